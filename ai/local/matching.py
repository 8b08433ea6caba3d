"""A voice match: Kokoro's style moved until a speaker encoder hears the sample's voice in it. Not a clone: nothing of the sample itself
is kept but where the voice lies among Kokoro's own, its average spectrum and its melody.

Places of the room of styles are tried one after the other, each the best guess of a map that learns from every trial; the best few are
compared on sentences that none of them was tried with, moved toward the sample's spectrum and melody where that helps, and checked by
recognition. What is reported was measured on further sentences, against a part of the sample that nothing was fitted to.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import structlog
from scipy.signal import resample_poly

from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.match_voice import Matched, MatchedVoice
from ai.capabilities.text_to_speech import Speech, Voice
from ai.errors import EngineMissingError, InvalidAnswerError, LanguageUnsupportedError
from ai.local import kokoro, phonemes, samples, styles, wav, world
from ai.local.listening import RATE
from ai.local.styles import Fitted, Matrix, Room
from ai.local.voiceprints import mean
from ai.local.whisper import Whisper
from ai.local.world import Curve, Move
from core.languages import name as language_name
from core.languages import primary

log = structlog.get_logger(__name__)

# The map was made with the first two; the others are for choosing and for judging, and no trial hears them.
FIT_SENTENCES = ("The tall ship sailed past the old stone harbour.", "She bought fresh bread and two jars of honey.")
CHOOSING = "We walked home along the river before the rain began."
JUDGING = {
    "en": "Nobody in the village had ever seen such a winter. The letter arrived on a Thursday, folded twice and smelling of smoke.",
    "es": "Nadie en el pueblo había visto nunca un invierno así. La carta llegó un jueves, doblada dos veces.",
    "fr": "Personne au village n'avait jamais vu un tel hiver. La lettre est arrivée un jeudi, pliée en deux.",
    "it": "Nessuno in paese aveva mai visto un inverno simile. La lettera arrivò un giovedì, piegata due volte.",
    "pt": "Ninguém na aldeia tinha visto um inverno assim. A carta chegou numa quinta-feira, dobrada duas vezes.",
    "hi": "गाँव में किसी ने ऐसी सर्दी कभी नहीं देखी थी। चिट्ठी गुरुवार को आई।",
}
TRIALS = 18
# What a step away from the nearest voice costs, in turn: near ones are clear, far ones are alike.
PENALTIES = (0.004, 0.008, 0.002)
COMPARED = 4  # of the places tried
HELD_OUT = 0.4  # of the sample, if it is long enough
LONG_ENOUGH = 8.0  # seconds of speech
FEWEST_WINDOWS = 4
WORTH_IT = 0.01  # likeness that the vocoder must bring, for it is heard
MOST_WRONG = 0.05  # of the words
RETREATS = 2
MATCHED_ID = "matched"


@dataclass(frozen=True)
class Target:
    """The sample, divided: `voice` and `spectrum` are fitted to, `judge` is not."""

    voice: Matrix
    judge: Matrix
    held_out: bool
    spectrum: Curve
    melody: tuple[float, float]
    seconds: float


@dataclass(frozen=True)
class Trial:
    place: Matrix
    likeness: float


class VoiceMatch:
    engine = Engine("local", "voice-match")

    def languages(self) -> frozenset[str] | None:
        return frozenset(primary(tag) for tag in kokoro.languages())

    def match(
        self,
        sample: Path,
        into: Path,
        *,
        language: str,
        gender: str = "",  # noqa: ARG002  (the protocol's: here it is heard rather than told)
        name: str = "",  # noqa: ARG002  (the protocol's: nothing is kept under it here)
        mark: str = "",  # noqa: ARG002  (the protocol's: here making it again gives the same)
        progress: Progress = silent,
    ) -> tuple[Matched, Usage]:
        progress(0.0, "Listening to the sample")
        target = _target(samples.hear(sample))
        room = Room()
        stock = room.stock()
        likest = int(np.argmax(room.expected(stock) @ target.voice))
        start = stock[likest]
        tried = _trials(room, target, start, progress)
        progress(0.7, "Comparing the best")
        chosen = _compared(room, target, tried)
        spoken = language if primary(language) in JUDGING and primary(language) in (self.languages() or ()) else "en"
        progress(0.8, "Reading aloud")
        fitted, place, said, wrong = _understood(room, target, chosen, start, spoken)
        fitted.write(into)
        progress(0.92, "Measuring the likeness")
        default = kokoro.default(spoken)
        likeness = round(float(styles.voice_of(heard_as(said)) @ target.judge), 3)
        best_default = round(_stock_likeness(default, target, spoken), 3)
        pitch, spread = round(target.melody[0], 1), round(target.melody[1], 2)
        nearest = kokoro.names()[likest]
        facts = {
            "engine": str(self.engine),
            "pitch": pitch,
            "spread": spread,
            "similarity": likeness,
            "best_default": best_default,
            "default_voice": default,
            "nearest_voice": nearest,
            "nearest_similarity": round(_stock_likeness(nearest, target, spoken), 3),
            "held_out": target.held_out,
            "language": spoken,
            "word_errors": None if wrong is None else round(wrong, 3),
            "mix": _shares(room, place),
            "shift": round(fitted.move.shift, 2),
            "tilt_db": round(float(np.abs(fitted.move.tilt).max()), 1),
            "trials": len(tried),
            "sample_seconds": round(target.seconds, 1),
        }
        progress(1.0, "Matched")
        return Matched(into, "", likeness, best_default, pitch, spread, facts), Usage(seconds=target.seconds)

    def speak(
        self,
        voice: MatchedVoice,
        text: str,
        into: Path,
        *,
        language: str,
        speed: float = 1.0,
        progress: Progress = silent,
    ) -> tuple[Speech, Usage]:
        phonemes.require_words(text)
        if primary(language) not in (self.languages() or ()):
            raise LanguageUnsupportedError(f"A voice matched here does not speak {language_name(language)}.")
        if voice.model_path is None:
            raise InvalidAnswerError("What was fitted of this voice is not there. Match it again.")
        fitted = Fitted.read(voice.model_path)
        tag = kokoro.variety(language)
        sound = kokoro.say(
            text, fitted.style, language=tag, speed=speed, progress=lambda done, what: progress(0.95 * done, what)
        )
        seconds = wav.write(into, fitted.move.apply(sound, rate=kokoro.RATE), rate=kokoro.RATE)
        progress(1.0, "Spoken")
        told = Voice(MATCHED_ID, voice.name or "Matched voice", tag)
        return Speech(into, seconds, told), Usage(seconds=seconds, characters=len(text))

    def forget(self, voice: MatchedVoice) -> None:
        """Its file is all there is, and the caller's."""


def heard_as(sound: wav.Samples) -> wav.Samples:
    """Kokoro's sound as the engines that listen take it."""
    heard: wav.Samples = resample_poly(sound, 2, 3).astype(np.float32)
    return heard


def _target(heard: samples.Heard) -> Target:
    windows = heard.windows
    spoken = sum(end - start for start, end in heard.passages)
    cut = int(len(windows) * (1 - HELD_OUT))
    held_out = spoken >= LONG_ENOUGH and cut >= FEWEST_WINDOWS and len(windows) - cut >= FEWEST_WINDOWS
    first, rest = (windows.vectors[:cut], windows.vectors[cut:]) if held_out else (windows.vectors, windows.vectors)
    until = float(windows.ends[cut - 1]) if held_out else np.inf
    parts = [heard.samples[int(start * RATE) : int(end * RATE)] for start, end in heard.passages if start < until]
    fitted_to = np.concatenate(parts)
    return Target(
        voice=mean(first).astype(float),
        judge=mean(rest).astype(float),
        held_out=held_out,
        spectrum=world.spectrum(fitted_to, rate=RATE),
        melody=world.melody(heard.sound, rate=RATE),
        seconds=spoken,
    )


def _trials(room: Room, target: Target, start: Matrix, progress: Progress) -> list[Trial]:
    """Each at the place that the map, as far as it has learned, finds best."""
    tried: list[Trial] = []
    gained = [np.zeros_like(target.voice)]
    for number in range(TRIALS):
        progress(0.05 + 0.65 * number / TRIALS, f"Trying voice {number + 1} of {TRIALS}")
        place = room.search(
            target.voice,
            start=start,
            bias=np.mean(gained, axis=0),
            penalty=PENALTIES[number % len(PENALTIES)],
            seed=number + 1,
        )
        sentence = number % len(FIT_SENTENCES)
        sound = heard_as(kokoro.say(FIT_SENTENCES[sentence], room.style(place), language="en-US"))
        plain = styles.voice_of(sound)
        tilted = styles.voice_of(_tilted(sound, target))
        room.learn(place, sentence, plain)
        # What the filter will add is learned too, so that places are judged as they will be heard.
        gained.append(tilted - plain)
        tried.append(Trial(place, float(tilted @ target.voice)))
    return tried


def _compared(room: Room, target: Target, tried: Sequence[Trial]) -> Matrix:
    """Of the best trials the one that is best with a sentence that is new to all, both sentences counted."""
    best = sorted(tried, key=lambda trial: -trial.likeness)[:COMPARED]

    def worth(trial: Trial) -> float:
        sound = heard_as(kokoro.say(CHOOSING, room.style(trial.place), language="en-US"))
        return trial.likeness + float(styles.voice_of(_tilted(sound, target)) @ target.voice)

    return max(best, key=worth).place if len(best) > 1 else best[0].place


def _understood(
    room: Room, target: Target, place: Matrix, start: Matrix, language: str
) -> tuple[Fitted, Matrix, wav.Samples, float | None]:
    """The voice at the place, or nearer to Kokoro's own as long as recognition does not understand it. None: nobody could listen."""
    tag, text = kokoro.variety(language), JUDGING[primary(language)]
    for retreat in range(RETREATS + 1):
        style = room.style(place)
        sound = kokoro.say(CHOOSING, style, language="en-US")
        fitted = Fitted(style, _move(sound, target))
        said = fitted.move.apply(kokoro.say(text, style, language=tag), rate=kokoro.RATE)
        wrong = wrong_words(said, text, language)
        if wrong is None or wrong <= MOST_WRONG or retreat == RETREATS:
            break
        log.info("ai.voice_match_retreats", wrong=wrong)
        place = start + (place - start) / 2
    return fitted, place, said, wrong


def _move(sound: wav.Samples, target: Target) -> Move:
    """The filter, and the vocoder if the melody it makes is worth its sound."""
    heard = heard_as(sound)
    curve = world.tilt(target.spectrum, world.spectrum(heard, rate=RATE))
    plain = Move(curve)
    shift, spread = world.towards(*target.melody, of=world.melody(heard, rate=RATE))
    sung = Move(curve, shift, spread)
    likeness = [float(styles.voice_of(move.apply(heard, rate=RATE)) @ target.voice) for move in (plain, sung)]
    return sung if likeness[1] - likeness[0] > WORTH_IT else plain


def _tilted(heard: wav.Samples, target: Target) -> wav.Samples:
    return world.tilted(heard, world.tilt(target.spectrum, world.spectrum(heard, rate=RATE)), rate=RATE)


def _stock_likeness(voice: str, target: Target, language: str) -> float:
    sound = kokoro.say(JUDGING[primary(language)], kokoro.styles(voice), language=kokoro.variety(language))
    return float(styles.voice_of(heard_as(sound)) @ target.judge)


def wrong_words(said: wav.Samples, text: str, language: str) -> float | None:
    """The share of words that recognition hears wrongly, or None if it is not installed."""
    with tempfile.TemporaryDirectory(prefix="matching-") as folder:
        path = Path(folder) / "said.wav"
        wav.write(path, said, rate=kokoro.RATE)
        try:
            heard, _ = Whisper().transcribe(path, language=primary(language))
        except EngineMissingError:
            return None
    return word_errors(text, " ".join(segment.text for segment in heard.segments))


def word_errors(said: str, heard: str) -> float:
    """Words missing, added or replaced, for every word that was said."""
    wanted, got = _words(said), _words(heard)
    row = list(range(len(got) + 1))
    for number, word in enumerate(wanted, 1):
        diagonal, row[0] = row[0], number
        for place, other in enumerate(got, 1):
            diagonal, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, diagonal + (word != other))
    return row[-1] / max(len(wanted), 1)


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+(?:'[^\W_]+)?", text.lower().replace("’", "'"))


def _shares(room: Room, place: Matrix) -> dict[str, float]:
    """The voices that the timbre is mostly mixed of."""
    timbre, _ = room.mix(place)
    most = np.argsort(-np.abs(timbre))[:6]
    return {kokoro.names()[number]: round(float(timbre[number]), 2) for number in most}
