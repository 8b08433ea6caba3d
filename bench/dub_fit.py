"""How near the lines of a dub end to their slots: the sample from English to Spanish, said by each natural voice."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench import NO_GOAL, Row, at_least
from media_library.media import fitting
from media_library.media.dub_lines import lines_of
from media_library.media.voice_fit import fitted
from media_library.media.words import Word

NAME = "dub_fit"
GOAL = at_least(0.95, "of lines")

SAMPLE = Path("tests/data/sample.mp4")
SOURCE, TARGET = "en", "es"


def rows(*, quick: bool) -> Iterator[Row]:
    from ai.capabilities.translate import TranslationRequest
    from ai.local.apertium import Apertium
    from ai.local.kokoro import Kokoro
    from ai.local.whisper import Whisper

    heard, _ = Whisper().transcribe(SAMPLE, language=SOURCE)
    lines = lines_of(Word(word.text.strip(), word.start, word.end) for word in heard.words)
    texts, _ = Apertium().translate(
        TranslationRequest(lines=[line.text for line in lines], source=SOURCE, target=TARGET)
    )
    slots = fitting.slots([(line.start, line.end) for line in lines], duration=heard.duration)
    engine = Kokoro()
    voices = [voice for voice in engine.voices() if voice.language == TARGET][: 1 if quick else None]
    near = strict = hurried = blocked = 0
    farthest = 0.0
    with tempfile.TemporaryDirectory(prefix="dub-fit-") as folder:
        for voice in voices:
            for number, (text, slot) in enumerate(zip(texts, slots, strict=True)):
                place = Path(folder) / f"{voice.id}-{number}"
                place.mkdir()

                def say(speed: float, text: str = text, voice: str = voice.id, place: Path = place) -> Path:
                    into = place / f"said-{speed:.3f}.wav"
                    return engine.speak(text, into, language=TARGET, voice=voice, speed=speed)[0].path

                made = fitted(say, place, slot)
                off = max(slot.end - made.end, made.end - slot.latest, 0.0)
                near += off <= fitting.NEAR_SECONDS
                strict += abs(made.end - slot.end) <= fitting.NEAR_SECONDS
                hurried += made.rate > fitting.WARNS
                blocked += made.fit.verdict == fitting.BLOCKED
                farthest = max(farthest, off)
                print(
                    f"dub_fit: {voice.id} line {number + 1}: slot {slot.start:.2f}-{slot.end:.2f} (to {slot.latest:.2f}), "
                    f"by itself {made.natural:.2f} s, rate {made.rate:.2f}, heard {made.start:.2f}-{made.end:.2f}"
                )
    count = len(voices) * len(lines)
    print(f"dub_fit: {len(lines)} lines, {len(voices)} voices; {hurried} of {count} hurried, {blocked} too long")
    yield Row("dub lines that end within 0.15 s of their slot", ours=near / count, unit="of lines")
    yield Row("dub lines, without the pause they borrow", ours=strict / count, unit="of lines", goal=NO_GOAL)
    yield Row("dub line farthest from its slot", ours=farthest, unit="s", goal=NO_GOAL)
