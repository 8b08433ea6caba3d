"""The pictures of a film: what it is like, and each clip as a piece of its own."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from typing import Any

from pydantic import BaseModel

from chat.services import rendering
from chat.steps.filming import FilmStep
from core.runs.context import StepContext
from media_library.media.assemble import Wish, lay_out, make_piece
from media_library.media.burning import Burnt
from media_library.media.film_frames import Footage, film_shape, span_of
from media_library.media.titling import title_card
from media_library.media.webvtt import Cue
from media_library.steps.base import Stored, exists, put
from media_library.steps.filming import Looked, copied, footage_of_file, letters

# A title stands as long as it takes to read.
SECONDS_A_LETTER, MOST_TITLE_SECONDS = 0.06, 8.0


class Look(FilmStep[Looked]):
    """What the film is like, and how many frames of which footage each clip shows."""

    Result = Looked

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"digest": self.render(ctx).digest}

    def run(self, ctx: StepContext) -> Looked:
        plan = self.plan(ctx)
        ctx.progress(0.0, "Looking at the footage")
        found: dict[str, Footage | None] = {}
        for clip in plan["clips"]:
            if clip["asset_id"] not in found:
                asset = self.asset(ctx, clip["asset_id"])
                with self.opened(ctx, asset) as path:
                    found[clip["asset_id"]] = footage_of_file(asset, path)
        sources = [(found[clip["asset_id"]], clip["end"] - clip["start"]) for clip in plan["clips"]]
        shape = film_shape(sources, aspect=plan["aspect"], fill=plan["fill"])
        spans = [
            span_of(source, shape, start=clip["start"], end=clip["end"])
            for clip, (source, _) in zip(plan["clips"], sources, strict=True)
        ]
        wishes = [
            Wish(frames=span.frames, transition=clip["transition"], card=card_frames(clip["title_card"], shape.fps))
            for clip, span in zip(plan["clips"], spans, strict=True)
        ]
        places = lay_out(wishes, transition=round(plan["transition_seconds"] * shape.fps))
        return Looked.of(shape, spans, places)


def card_frames(text: str, fps: Fraction) -> int:
    if not text:
        return 0
    seconds = min(max(rendering.TITLE_SECONDS, SECONDS_A_LETTER * len(text)), MOST_TITLE_SECONDS)
    return round(Fraction(seconds) * fps)


class MadePiece(BaseModel):
    file: Stored
    frames: int
    copied: int
    delay: int
    reused: bool = False


class MakePiece(FilmStep[MadePiece]):
    """One clip's pictures. Made once for all films of the conversation in which it stands like this."""

    Result = MadePiece

    def clip(self, ctx: StepContext, number: int) -> dict[str, Any]:
        clip: dict[str, Any] = self.plan(ctx)["clips"][number]
        return clip

    def said(self, ctx: StepContext, looked: Looked) -> list[Cue]:
        """The captions that are drawn into this piece."""
        if self.plan(ctx)["captions"] != "burned":
            return []
        place = looked.clips[int(ctx.item)].at
        begins, ends = float(place.begins / looked.fps), float(place.ends / looked.fps)
        return [cue for cue in self.cues(ctx, looked) if cue.start < ends and cue.end > begins]

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        """Nothing that only this film or this place in it has: the same piece is the same in every film."""
        looked, number = ctx.result("look", Looked), int(ctx.item)
        clip, at = self.clip(ctx, number), looked.clips[number]
        place = {name: value for name, value in at.place.items() if name not in {"begins", "shows"}}
        before = None
        if at.at.dissolves:
            other = looked.clips[number - 1]
            before = [self.asset(ctx, self.clip(ctx, number - 1)["asset_id"]).sha256, other.first, other.frames]
        begins = round(at.at.begins / looked.fps * 1000)
        return {
            "made": rendering.MADE,
            "source": self.asset(ctx, clip["asset_id"]).sha256,
            "shape": looked.model_dump(exclude={"clips"}),
            "span": [at.first, at.frames, at.copyable],
            "place": place,
            "before": before,
            "card": clip["title_card"],
            "said": [(cue.start_ms - begins, cue.end_ms - begins, cue.text) for cue in self.said(ctx, looked)],
        }

    def intact(self, result: MadePiece) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> MadePiece:
        before = self.earlier(ctx, MadePiece)
        if before is not None and (file := copied(ctx, before.file, content_type="video/mp4")) is not None:
            return before.model_copy(update={"file": file, "reused": True})
        looked, number = ctx.result("look", Looked), int(ctx.item)
        clip, at, shape = self.clip(ctx, number), looked.clips[number], looked.shape
        ctx.progress(0.0, f"Cutting clip {number + 1} of {len(looked.clips)}")
        said = self.said(ctx, looked)
        with ExitStack() as stack:
            leaving = None
            if at.at.dissolves:
                other = self.asset(ctx, self.clip(ctx, number - 1)["asset_id"])
                leaving = self.source(
                    other, stack.enter_context(self.opened(ctx, other)), looked.clips[number - 1].span
                )
            asset = self.asset(ctx, clip["asset_id"])
            path = stack.enter_context(self.opened(ctx, asset))
            piece = make_piece(
                self.source(asset, path, at.span),
                ctx.workdir / "piece.mp4",
                shape,
                at.at,
                before=leaving,
                card=title_card(clip["title_card"], shape, fonts=letters()) if at.at.card else None,
                drawn=Burnt(said, shape, begins=at.at.begins, fonts=letters()) if said else None,
                progress=ctx.progress,
                halt=ctx.halt,
            )
        stored = put(ctx, piece.path, name="piece.mp4", content_type="video/mp4")
        return MadePiece(file=stored, frames=piece.frames, copied=piece.copied, delay=piece.delay)
