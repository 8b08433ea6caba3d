"""What the steps of a film share: its plan, the files of its clips, what is said in it, what an earlier film has of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel

from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError
from generation.models import Round, Take
from generation.services import composing
from generation.services.wishes import Wish
from generation.steps.base import TakeStep
from media_library.media.burning import film_cues, film_words
from media_library.media.overlays import Overlay
from media_library.media.webvtt import Cue
from media_library.media.webvtt.cuetext import escape
from media_library.media.words import Word
from media_library.models import Asset, Transcript
from media_library.queries.speech import spoken_words
from media_library.steps import filming
from media_library.steps.base import media_work
from media_library.steps.filming import Looked

R = TypeVar("R", bound=BaseModel)

NO_CLIP = "A clip of this film was deleted. Approve another one."
NO_AUDIO = "The sound of this film was deleted. Choose another one."
NO_PART = "A part of this film is gone. Compose it again."


class FilmStep(TakeStep[R]):
    """The run's subject is the round; its one take is the film."""

    def made(self, ctx: StepContext) -> Round:
        found = (
            Round.objects.select_related("session__owner").filter(pk=ctx.subject_id, session__deleted_at=None).first()
        )
        if found is None:
            raise StepError("The session was deleted.", code="no_source")
        return found

    def skip(self, ctx: StepContext) -> str:  # noqa: ARG002  (all steps of a film are needed)
        return ""

    def film(self, ctx: StepContext) -> Take:
        return composing.take_of(self.made(ctx))

    def plan(self, ctx: StepContext) -> dict[str, Any]:
        plan: dict[str, Any] = self.made(ctx).plan
        return plan

    def wish(self, ctx: StepContext) -> Wish:
        return Wish.of(self.plan(ctx)["wish"])

    def clip(self, ctx: StepContext, number: int) -> Asset:
        return self._there(self.plan(ctx)["clips"][number]["asset_id"], NO_CLIP)

    def audio(self, ctx: StepContext) -> Asset | None:
        wanted = self.wish(ctx).audio_id
        return self._there(wanted, NO_AUDIO) if wanted else None

    def _there(self, asset_id: str, gone: str) -> Asset:
        found = Asset.objects.filter(pk=asset_id, deleted_at=None).first()
        if found is None:
            raise StepError(gone, code="no_source")
        return found

    @contextmanager
    def stored(self, key: str, ctx: StepContext) -> Iterator[Path]:
        """A file as it is in the store."""
        try:
            with store().local(key) as path, media_work(ctx):
                yield path
        except FileMissingError as error:
            raise StepError(NO_PART, code="no_part") from error

    def earlier(self, ctx: StepContext, shape: type[R]) -> R | None:
        films = Round.objects.filter(session=self.made(ctx).session_id, kind=Round.Kind.FILM).values("pk")
        return filming.earlier(ctx, shape, subjects=films)

    def overlays(self, ctx: StepContext, looked: Looked) -> list[Overlay]:
        return composing.overlays_of(self.plan(ctx), length=looked.seconds)

    def cues(self, ctx: StepContext, looked: Looked) -> list[Cue]:
        """What is said, in the film's time: by who narrates, or in each clip; or what somebody wrote for the clip to say."""
        narrated = self._narrated(ctx, looked)
        if narrated:
            return narrated
        written: list[Cue] = []
        heard: list[tuple[str, list[Word]]] = []
        for number, (clip, at) in enumerate(zip(self.plan(ctx)["clips"], looked.clips, strict=True)):
            begins, ends = (float(Fraction(frame) / looked.fps) for frame in (at.at.shows, at.at.ends))
            if clip["caption"]:
                written.append(Cue.at(begins, ends, escape(clip["caption"])))
                heard.append(("en", []))
                continue
            asset = self.clip(ctx, number)
            words = film_words(spoken_words(asset), start=clip["start"], end=clip["end"], at=begins)
            heard.append((_language(asset), words))
        cuts = [float(clip.at.shows / looked.fps) for clip in looked.clips]
        spoken = film_cues(heard, fps=looked.fps, cuts=cuts, duration=looked.seconds)
        return sorted([*written, *spoken], key=lambda cue: cue.start)

    def _narrated(self, ctx: StepContext, looked: Looked) -> list[Cue]:
        audio = self.audio(ctx)
        if audio is None or self.wish(ctx).audio_role != "narration":
            return []
        words = film_words(spoken_words(audio), start=0.0, end=looked.seconds, at=0.0)
        return film_cues([(_language(audio), words)], fps=looked.fps, cuts=[0.0], duration=looked.seconds)

    def language(self, ctx: StepContext) -> str:
        """Of what is said; of captions that somebody wrote nobody knows it."""
        audio = self.audio(ctx)
        found = _language(audio, "") if audio is not None and self.wish(ctx).audio_role == "narration" else ""
        return found or next(
            (said for number in range(len(self.plan(ctx)["clips"])) if (said := _language(self.clip(ctx, number), ""))),
            "",
        )


def _language(asset: Asset, otherwise: str = "en") -> str:
    return Transcript.objects.filter(asset=asset).values_list("language", flat=True).first() or otherwise
