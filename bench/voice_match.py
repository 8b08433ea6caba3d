"""How much nearer a matched voice comes to a real reader than the voice that would have spoken otherwise.

The sample are three clips of the reader (15 s); judged is against two others, with sentences that the fit never heard, by the cosine of
speaker vectors. The same person reaches 0.91 with these clips. The encoder that judges is the one that was fitted to.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from bench.measure import NO_GOAL, Row, at_least, at_most, cpu_seconds

if TYPE_CHECKING:
    from ai.local.styles import Fitted
    from ai.local.wav import Samples

NAME = "voice_match"
GOAL = at_least(0.2, "")
SPEECH = Path(__file__).resolve().parent.parent / "tests" / "data" / "speech"
SAMPLE, JUDGE = ("0870", "0880", "0890"), ("0920", "0930")
QUICK_TRIALS = 3
STOCK = 3  # voices that the map says are the likest
SENTENCES = (
    "The committee will publish its report early in the spring.",
    "Please leave your umbrella beside the door and follow me upstairs.",
    "Seven small boats were waiting in the harbour when the storm arrived.",
    "She had never been so surprised by a simple question.",
)
SPANISH = (
    "El comité publicará su informe al principio de la primavera.",
    "Siete barcos pequeños esperaban en el puerto cuando llegó la tormenta.",
)


def rows(*, quick: bool) -> Iterator[Row]:
    import numpy as np

    from ai.local import kokoro, matching, styles, wav
    from ai.local.listening import RATE

    if quick:
        matching.TRIALS = QUICK_TRIALS
    judge = styles.voice_of(clips(JUDGE))
    with tempfile.TemporaryDirectory(prefix="voice-match-") as folder:
        sample, style = Path(folder) / "sample.wav", Path(folder) / "style.npz"
        wav.write(sample, clips(SAMPLE), rate=RATE)
        wall, cpu = time.perf_counter(), cpu_seconds()
        matched, _ = matching.VoiceMatch().match(sample, style, language="en")
        wall, cpu = time.perf_counter() - wall, cpu_seconds() - cpu
        fitted = styles.Fitted.read(style)

    def like(sound: Samples) -> float:
        return float(styles.voice_of(matching.heard_as(sound)) @ judge)

    said = [spoken(fitted, sentence, "en-US") for sentence in SENTENCES]
    default = like(stock(kokoro.default("en")))
    room = styles.Room()
    likest = np.argsort(-(room.expected(room.stock()) @ judge))[:STOCK]
    best = max(like(stock(kokoro.names()[number])) for number in likest)
    ours = like(np.concatenate(said))
    wrong = statistics.fmean(
        matching.wrong_words(sound, text, "en") or 0.0 for sound, text in zip(said, SENTENCES, strict=True)
    )
    spanish = [spoken(fitted, sentence, "es") for sentence in SPANISH]
    yield Row("likeness, default voice", ours=default, unit="", goal=NO_GOAL)
    yield Row("likeness, best voice of all", ours=best, unit="", goal=NO_GOAL)
    yield Row("likeness, matched", ours=ours, unit="", goal=NO_GOAL)
    yield Row("gained over the default voice", ours=ours - default, unit="")
    yield Row("gained over the best voice", ours=ours - best, unit="", goal=NO_GOAL)
    yield Row("words heard wrongly", ours=wrong, unit="", goal=at_most(0.05, ""))
    yield Row("likeness in Spanish", ours=like(np.concatenate(spanish)), unit="", goal=NO_GOAL)
    yield Row("likeness that it states itself", ours=matched.similarity, unit="", goal=NO_GOAL)
    yield Row("time of the fit", ours=wall, goal=at_most(90, "s"))
    yield Row("processor time of the fit", ours=cpu, goal=NO_GOAL)


def clips(numbers: tuple[str, ...]) -> Samples:
    import numpy as np

    from ai.local import listening

    paths = [SPEECH / f"sense_and_sensibility_01_austen_64kb-{number}.wav" for number in numbers]
    return np.concatenate([listening.decode(path) for path in paths])


def spoken(fitted: Fitted, sentence: str, language: str) -> Samples:
    from ai.local import kokoro

    return fitted.move.apply(kokoro.say(sentence, fitted.style, language=language), rate=kokoro.RATE)


def stock(voice: str) -> Samples:
    from ai.local import kokoro

    return kokoro.say(" ".join(SENTENCES), kokoro.styles(voice), language="en-US")
