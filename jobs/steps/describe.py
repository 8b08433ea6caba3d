"""From pictures to a description: one sentence or more for each shot, with as many words as its gap holds.

A draft for a person. A local engine says only what it measured or read; the version's comment says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from ai import services as ai
from ai.errors import LanguageUnsupportedError
from core import languages
from core.runs.context import StepContext
from core.storage import store
from jobs import services
from jobs.models import Job
from jobs.steps.base import JobStep
from jobs.steps.ingest import Surveyed
from media_library.media import webvtt
from media_library.media.description import BETWEEN, MOST_EARLY, Candidate, Placed, place
from media_library.media.gaps import GUARD, SMALLEST_GAP, WORDS_PER_SECOND, Gap, Interval, gaps, speech_intervals
from media_library.media.thumbnails import frames_at
from media_library.media.webvtt import Cue
from media_library.media.webvtt.cuetext import escape
from media_library.media.words import Word
from media_library.models import Track
from media_library.queries.speech import spoken_words
from media_library.steps.base import media_work
from media_library.steps.intake import Conformed
from media_library.steps.listen import Transcribed

# Shorter shots are seen as part of their neighbour: a description of each would be longer than the picture.
SHORTEST_SHOT = 1.5
# Fewer words make no sentence; a gap that holds less is no place for a description.
FEWEST_WORDS = 4
MOST_WORDS = 28
# When the picture has to be held for it, a description is worth this many words.
HELD_WORDS = 14
# Where in a shot it is looked at: away from its edges, where transitions are.
LOOKS = (0.25, 0.7)
FRAME_WIDTH = 768
HEARD_AROUND = 8.0
SHORTEST_CUE = 0.2

MEASURED = "Draft by a local engine: says only what was measured or read on screen. A person completes it."
SEEN = "Draft by an engine. A person checks it."
UNSEEN = "No engine here describes pictures in {language}: a person writes the description."


class Described(BaseModel):
    engine: str = ""
    measured: bool = False
    missing: str = ""
    cues: int = 0


@dataclass(frozen=True)
class Shot:
    start: float
    end: float


def shots_of(cuts: list[float], *, duration: float) -> list[Shot]:
    """The shots between cuts, those that are too short joined to the one before."""
    shots: list[Shot] = []
    for start, end in pairwise([0.0, *cuts, duration]):
        if shots and (end - start < SHORTEST_SHOT or shots[-1].end - shots[-1].start < SHORTEST_SHOT):
            shots[-1] = Shot(shots[-1].start, end)
        else:
            shots.append(Shot(start, end))
    return shots


def room_for(shot: Shot, silences: list[Gap], *, free_from: float) -> int:
    """How many words about this shot fit into a gap while it is to be seen (a little earlier is allowed)."""
    best = 0.0
    for gap in silences:
        first = max(gap.usable_start, shot.start - MOST_EARLY, free_from)
        last_start = max(shot.end - 1.0, shot.start + 1.0)
        if first <= min(last_start, gap.usable_end):
            best = max(best, gap.usable_end - first)
    return min(MOST_WORDS, int(best * WORDS_PER_SECOND))


class Describe(JobStep[Described]):
    Result = Described

    def __init__(self) -> None:
        self.cues: list[Cue] = []

    def skip(self, ctx: StepContext) -> str:
        return "" if self.job(ctx).wants_description else "No description was asked for."

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        video = ctx.result("conform", Conformed)
        return {
            "video": video.key,
            "shots": ctx.result("survey", Surveyed).shots,
            "words": ctx.result("transcribe", Transcribed).digest,
            "holds": self.job(ctx).accessible_video_mp4,
        }

    def run(self, ctx: StepContext) -> Described:
        job, video = self.job(ctx), ctx.result("conform", Conformed)
        words = spoken_words(self.source(ctx))
        speech = speech_intervals(words)
        silences = gaps(speech, duration=video.duration, smallest=SMALLEST_GAP)
        shots = shots_of(ctx.result("survey", Surveyed).shots, duration=video.duration)
        heard, cuts = [(word.start, word.end) for word in words], [shot.start for shot in shots[1:]]
        placed: list[Placed] = []
        result = Described()
        free_from = 0.0
        with store().local(video.key) as path, media_work(ctx):
            for number, shot in enumerate(shots):
                ctx.progress(number / len(shots), f"Looking at shot {number + 1} of {len(shots)}")
                room = room_for(shot, silences, free_from=free_from)
                if room < FEWEST_WORDS:
                    if not job.accessible_video_mp4:
                        continue
                    room = HELD_WORDS
                use = self.use(ctx, "describe", part=str(number))
                try:
                    answer = ai.describe(
                        self._frames(ctx, path, shot),
                        language=job.source_language,
                        context=heard_around(words, shot),
                        max_words=room,
                        use=use,
                    )
                except LanguageUnsupportedError as error:
                    ctx.note(error.message)
                    return Described(missing=unseen(job))
                result.engine, result.measured = str(answer.engine), result.measured or answer.value.measured
                text = answer.value.description.strip()
                if text:
                    seconds = len(text.split()) / WORDS_PER_SECOND
                    wish = Candidate(text, shot.start, seconds, seen_until=shot.end)
                    # Shots come in order, so each wish is placed once, after what stands already.
                    placed += place(
                        [wish], words=heard, gaps=silences, duration=video.duration, shots=cuts, free_from=free_from
                    ).placed
                    free_from = placed[-1].source_end + BETWEEN
        self.cues = [planned_cue(one, speech, duration=video.duration) for one in placed]
        result.cues = len(self.cues)
        return result

    def _frames(self, ctx: StepContext, video: Path, shot: Shot) -> list[Path]:
        """What the shot looks like. The files are written over by the next shot's."""
        looks = [shot.start + (shot.end - shot.start) * share for share in LOOKS]
        frames = []
        for number, picture in enumerate(frames_at(video, looks, width=FRAME_WIDTH, halt=ctx.halt)):
            frames.append(ctx.workdir / f"look-{number}.jpg")
            picture.save(frames[-1], quality=90)
        return frames

    def intact(self, result: Described) -> bool:
        # An engine may have been installed since.
        return not result.missing

    def publish(self, ctx: StepContext, result: Described) -> None:
        output = self.output(ctx)
        comment = result.missing or (MEASURED if result.measured else SEEN)
        text = webvtt.Document(blocks=list(self.cues)).write()
        kind = Track.Kind.AUDIO_DESCRIPTION
        services.save_machine_text(output, kind, text, engine=result.engine or "none", comment=comment)
        services.note_engine(
            output, "description", result.engine, lacking=unseen(output.job), needs_person=bool(result.missing)
        )


def unseen(job: Job) -> str:
    return UNSEEN.format(language=languages.name(job.source_language))


def planned_cue(one: Placed, speech: list[Interval], *, duration: float) -> Cue:
    """The description's cue in source time. One that the picture is held for ends before the next word, whatever its length."""
    # Where the last picture is held, the cue still lies within the film, or no player would come to it.
    start = min(one.start, max(0.0, duration - SHORTEST_CUE))
    next_word = next((word for word, _ in speech if word > start), None)
    end = max(one.source_end, start + SHORTEST_CUE)
    if next_word is not None:
        end = min(end, max(next_word - 0.01, start + 0.05))
    return Cue.at(start, min(end, duration), escape(one.text))


def heard_around(words: list[Word], shot: Shot) -> str:
    """What is said a little before, during and after the shot: context for an engine that understands."""
    near = [word.text for word in words if shot.start - HEARD_AROUND <= word.start <= shot.end + GUARD]
    return " ".join(near)[-600:]
