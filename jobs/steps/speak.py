"""The spoken description: said by an engine, line by line."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai import speaking
from ai.capabilities.text_to_speech import Speech
from ai.errors import LanguageUnsupportedError
from core import languages
from core.runs.context import StepContext
from jobs import services
from jobs.models import LanguageOutput
from jobs.services import voicing
from jobs.steps.base import JobStep, newest
from jobs.steps.describe import Described
from jobs.steps.translate import Translated
from media_library.media import webvtt
from media_library.media.gaps import WORDS_PER_SECOND
from media_library.media.respelling import Respelling, respelled
from media_library.steps.base import Stored, exists, put

# Voices differ: some engines read half as fast again as people who describe. No slower than this, or it drags.
SLOWEST = 0.75
FEWEST_WORDS_FOR_PACE = 5
UNSPOKEN = "No engine here speaks {language}: a person reads the description."


def waits_for_person(ctx: StepContext, output: LanguageOutput) -> str:
    """Why nothing can be spoken in this language yet, or nothing: no engine did the text and no person has written it."""
    version = newest(output.description_id)
    if version is not None and version.author_id is not None:
        return ""
    # Nobody may have drawn up a description: a person went on without one.
    described = ctx.result_or_none("describe", Described) or Described()
    if output.is_source:
        return described.missing
    # Without a description there is nothing to translate either, and the source's reason is the true one.
    return ctx.result("translate", Translated, item=ctx.item).missing or described.missing


class Line(BaseModel):
    """One spoken cue. `start` and `end` are the cue's own times in the source; `seconds` is what the engine's voice took."""

    index: int
    text: str
    start: float
    end: float
    seconds: float
    sound: Stored


class Spoken(BaseModel):
    engine: str = ""
    voice: str = ""
    missing: str = ""
    lines: list[Line] = []


class Speak(JobStep[Spoken]):
    Result = Spoken

    def __init__(self) -> None:
        self.voice = ""
        self.ways: list[Respelling] = []

    def skip(self, ctx: StepContext) -> str:
        return waits_for_person(ctx, self.output(ctx))

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        version = newest(self.output(ctx).description_id)
        text = version.content if version else ""
        return {
            "text": hashlib.sha256(text.encode()).hexdigest(),
            "language": ctx.item,
            "voice": voicing.voice_of(self.output(ctx)),
            "said": self._said(ctx, text),
        }

    def _said(self, ctx: StepContext, text: str) -> str:
        """A digest of what the voice is given where that is not what is written."""
        ways = voicing.respellings_of(self.output(ctx))
        said = respelled(text, ways) if ways else text
        return "" if said == text else hashlib.sha256(said.encode()).hexdigest()

    def run(self, ctx: StepContext) -> Spoken:
        self.voice = voicing.voice_of(self.output(ctx))
        self.ways = voicing.respellings_of(self.output(ctx))
        version = newest(self.output(ctx).description_id)
        cues = webvtt.parse(version.content).cues if version else []
        texts = {index: " ".join(webvtt.plain_text(cue.text).split()) for index, cue in enumerate(cues)}
        texts = {index: text for index, text in texts.items() if text}
        lines: list[Line] = []
        engine = voice = ""
        try:
            speed = self._pace(ctx, texts)
            for number, (index, text) in enumerate(texts.items()):
                note = f"Speaking {languages.name(ctx.item)}, {number + 1} of {len(texts)}"
                ctx.progress(number / len(texts), note)
                answer = self._say(ctx, text, part=str(index), speed=speed)
                engine, voice = str(answer.engine), answer.value.voice.name
                sound = put(ctx, answer.value.path, name=f"line-{index}.wav", content_type="audio/wav")
                cue = cues[index]
                lines.append(
                    Line(
                        index=index, text=text, start=cue.start, end=cue.end, seconds=answer.value.seconds, sound=sound
                    )
                )
        except LanguageUnsupportedError as error:
            ctx.note(error.message)
            return Spoken(missing=unspeakable(ctx.item))
        return Spoken(engine=engine, voice=voice, lines=lines)

    def _pace(self, ctx: StepContext, texts: dict[int, str]) -> float:
        """The speed at which this voice describes at the planning rate: measured on its longest line, never faster than natural."""
        longest = max(texts.values(), key=len, default="")
        if len(longest.split()) < FEWEST_WORDS_FOR_PACE:
            return 1.0
        # As that line itself: when it is not to be slowed down, it is spoken and paid for already.
        index = next(index for index, text in texts.items() if text == longest)
        natural = self._say(ctx, longest, part=str(index), speed=1.0).value.seconds
        rate = len(longest.split()) / max(natural, 0.1)
        return round(min(1.0, max(SLOWEST, WORDS_PER_SECOND / rate)), 2)

    def _say(self, ctx: StepContext, text: str, *, part: str, speed: float) -> ai.Answer[Speech]:
        # A line that is said as before is found in the ledger, whatever else has changed since: it is not paid for again.
        use = replace(self.use(ctx, "speak"), key=f"{ctx.run_id}/speak/{ctx.item}")
        return ai.speak(
            respelled(text, self.ways),
            ctx.workdir / f"line-{part}.wav",
            language=ctx.item,
            voice=self.voice,
            model=speaking.model_for(self.voice, ctx.item),
            speed=speed,
            use=use,
            progress=lambda _share, _note: ctx.check(),
        )

    def intact(self, result: Spoken) -> bool:
        # An engine may have been installed since.
        return not result.missing and exists(*(line.sound for line in result.lines))

    def publish(self, ctx: StepContext, result: Spoken) -> None:
        services.note_engine(
            self.output(ctx), "speech", result.engine, lacking=unspeakable(ctx.item), needs_person=bool(result.missing)
        )


def unspeakable(language: str) -> str:
    return UNSPOKEN.format(language=languages.name(language))


def unspoken(ctx: StepContext) -> str:
    """The reason to leave out what needs speech: the step that speaks was left out, or found no voice."""
    spoken = ctx.result_or_none("speak", Spoken, item=ctx.item)
    return "The description waits for a person." if spoken is None else spoken.missing
