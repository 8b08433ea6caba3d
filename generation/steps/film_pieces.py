"""The pictures of a film: what it is like, its clips in one form, and each of them as a piece with what stands over it.

What did not change since an earlier film of the session is copied from it. Clips of other makers are brought into the film's form once,
so that words over one of them touch only the frames under the words.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from typing import Any

from pydantic import BaseModel

from core.runs.context import StepContext
from generation.services import composing
from generation.steps.film_base import FilmStep
from media_library.media.assemble import Source, encode, lay_out, make_piece, spans
from media_library.media.assemble import Wish as Clip
from media_library.media.burning import Burnt
from media_library.media.film_frames import Footage, Planes, film_shape, footage, is_ready, pictures, span_of
from media_library.media.overlays import Frames, Overlaid, Overlay, frames_of
from media_library.media.probe import probe
from media_library.media.webvtt import Cue
from media_library.steps.base import Stored, exists, put
from media_library.steps.filming import Looked, copied, letters, opened


class Measured(BaseModel):
    """`alike`: all clips have the film's form as they are, down to how they were encoded."""

    looked: Looked
    alike: bool


class Measure(FilmStep[Measured]):
    Result = Measured

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        wish, clips = self.wish(ctx), self.plan(ctx)["clips"]
        files = [self.clip(ctx, number).sha256 for number in range(len(clips))]
        return {"made": composing.MADE, "clips": files, "aspect": wish.aspect, "fill": wish.fill}

    def run(self, ctx: StepContext) -> Measured:
        ctx.progress(0.0, "Looking at the clips")
        wish, sources, ready = self.wish(ctx), [], True
        for number, clip in enumerate(self.plan(ctx)["clips"]):
            asset = self.clip(ctx, number)
            with opened(ctx, asset) as path:
                sources.append((footage(path), clip["end"] - clip["start"]))
            with self.stored(asset.key, ctx) as path:
                ready = ready and is_ready(probe(path))
        shape = film_shape(sources, aspect=wish.aspect, fill=wish.fill)  # type: ignore[arg-type]  # checked when it was read
        alike = ready and all(source.is_of(shape) for source, _ in sources)
        return Measured(looked=Looked.of(shape if alike else replace(shape, headers=b""), (), ()), alike=alike)


class Formed(BaseModel):
    file: Stored
    reused: bool = False


class Form(FilmStep[Formed]):
    """One clip as the film has its pictures: size, rate, colours, way of encoding. Its sound stays where it is."""

    Result = Formed

    def skip(self, ctx: StepContext) -> str:
        return "The clips are alike." if ctx.result("measure", Measured).alike else ""

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        looked = ctx.result("measure", Measured).looked
        return {
            "made": composing.MADE,
            "source": self.clip(ctx, int(ctx.item)).sha256,
            "shape": looked.model_dump(exclude={"clips"}),
        }

    def intact(self, result: Formed) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Formed:
        before = self.earlier(ctx, Formed)
        if before is not None and (file := copied(ctx, before.file, content_type="video/mp4")) is not None:
            return Formed(file=file, reused=True)
        shape, into = ctx.result("measure", Measured).looked.shape, ctx.workdir / "form.mp4"
        number = int(ctx.item)
        ctx.progress(0.0, f"Preparing clip {number + 1}")
        with opened(ctx, self.clip(ctx, number)) as path:
            source = footage(path)
            count = max(1, round(source.frames / source.shape.fps * shape.fps))
            made = 0

            def report(more: int) -> None:
                nonlocal made
                made += more
                ctx.progress(min(1.0, made / count), f"Preparing clip {number + 1}")

            frames = pictures(source, shape, first=source.begins, count=count, halt=ctx.halt)
            encode(frames, into, shape, report=report, halt=ctx.halt)
        return Formed(file=put(ctx, into, name="form.mp4", content_type="video/mp4"))


class ClipStep(FilmStep[Any]):
    @contextmanager
    def pictures_of(self, ctx: StepContext, number: int) -> Iterator[Footage]:
        """The clip as the film has it."""
        formed = ctx.result_or_none("form", Formed, item=str(number))
        if formed is None:
            with opened(ctx, self.clip(ctx, number)) as path:
                yield footage(path)
            return
        with self.stored(formed.file.key, ctx) as path:
            yield footage(path)

    def source_of(self, ctx: StepContext, number: int) -> str:
        """Names the bytes that `pictures_of` reads."""
        formed = ctx.result_or_none("form", Formed, item=str(number))
        return formed.file.sha256 if formed is not None else self.clip(ctx, number).sha256


class Look(ClipStep):
    """How many frames of each clip are shown, and where."""

    Result = Looked

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        plan = self.plan(ctx)
        return {
            "digest": plan["digest"],
            "sources": [self.source_of(ctx, number) for number in range(len(plan["clips"]))],
        }

    def run(self, ctx: StepContext) -> Looked:
        wish, clips, found = self.wish(ctx), self.plan(ctx)["clips"], []
        for number, clip in enumerate(clips):
            with self.pictures_of(ctx, number) as source:
                found.append((source, clip["end"] - clip["start"]))
        shape = replace(film_shape(found), fill=ctx.result("measure", Measured).looked.shape.fill)
        parts = [
            span_of(source, shape, start=float(source.begins) + clip["start"], end=float(source.begins) + clip["end"])
            for clip, (source, _) in zip(clips, found, strict=True)
        ]
        wishes = [Clip(frames=part.frames, transition=wish.transition) for part in parts]
        places = lay_out(wishes, transition=round(wish.transition_seconds * shape.fps))
        return Looked.of(shape, parts, places)


class MadePiece(BaseModel):
    file: Stored
    frames: int
    copied: int
    delay: int
    reused: bool = False


class MakePiece(ClipStep):
    """One clip's pictures with the words that stand over them."""

    Result = MadePiece

    def standing(self, ctx: StepContext, looked: Looked) -> list[tuple[Overlay, Frames]]:
        """What stands over this piece, with the frames of the piece in which it does."""
        place, found = looked.clips[int(ctx.item)].at, []
        for overlay in self.overlays(ctx, looked):
            first, beyond = frames_of(overlay, looked.fps)
            if first < place.ends and beyond > place.begins:
                frames = first - place.begins, beyond - place.begins
                # Only where it comes and goes it matters how long it stands elsewhere.
                found.append(
                    (overlay, frames if overlay.fade else spans([frames], within=(0, place.ends - place.begins))[0])
                )
        return found

    def said(self, ctx: StepContext, looked: Looked) -> list[Cue]:
        if self.wish(ctx).captions != "burned":
            return []
        place = looked.clips[int(ctx.item)].at
        begins, ends = float(place.begins / looked.fps), float(place.ends / looked.fps)
        return [cue for cue in self.cues(ctx, looked) if cue.start < ends and cue.end > begins]

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        """Nothing that only this film or this place in it has: the same piece is the same in every film."""
        looked, number = ctx.result("look", Looked), int(ctx.item)
        at = looked.clips[number]
        begins = round(at.at.begins / looked.fps * 1000)
        before = None
        if at.at.dissolves:
            other = looked.clips[number - 1]
            before = [self.source_of(ctx, number - 1), other.first, other.frames]
        return {
            "made": composing.MADE,
            "source": self.source_of(ctx, number),
            "shape": looked.model_dump(exclude={"clips"}),
            "span": [at.first, at.frames, at.copyable],
            "place": {name: value for name, value in at.place.items() if name not in {"begins", "shows"}},
            "before": before,
            "overlays": [
                [
                    {name: value for name, value in asdict(one).items() if name not in {"start", "duration"}},
                    list(frames),
                ]
                for one, frames in self.standing(ctx, looked)
            ],
            "said": [(cue.start_ms - begins, cue.end_ms - begins, cue.text) for cue in self.said(ctx, looked)],
        }

    def intact(self, result: MadePiece) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> MadePiece:
        before = self.earlier(ctx, MadePiece)
        if before is not None and (file := copied(ctx, before.file, content_type="video/mp4")) is not None:
            return MadePiece(**{**before.model_dump(), "file": file, "reused": True})
        looked, number = ctx.result("look", Looked), int(ctx.item)
        at, shape = looked.clips[number], looked.shape
        ctx.progress(0.0, f"Composing clip {number + 1} of {len(looked.clips)}")
        over = Overlaid((one for one, _ in self.standing(ctx, looked)), shape, begins=at.at.begins, fonts=letters)
        burnt = Burnt(self.said(ctx, looked), shape, begins=at.at.begins, fonts=letters())
        touched = [*over.touched, *burnt.touched]

        def drawn(planes: Planes, frame: int) -> None:
            burnt(planes, frame)
            over(planes, frame)

        with ExitStack() as stack:
            leaving = None
            if at.at.dissolves:
                other = stack.enter_context(self.pictures_of(ctx, number - 1))
                leaving = Source(footage=other, span=looked.clips[number - 1].span)
            source = stack.enter_context(self.pictures_of(ctx, number))
            piece = make_piece(
                Source(footage=source, span=at.span),
                ctx.workdir / "piece.mp4",
                shape,
                at.at,
                before=leaving,
                drawn=drawn if touched else None,
                touched=touched,
                progress=lambda done, _note: ctx.progress(done, f"Composing clip {number + 1} of {len(looked.clips)}"),
                halt=ctx.halt,
            )
        stored = put(ctx, piece.path, name="piece.mp4", content_type="video/mp4")
        return MadePiece(file=stored, frames=piece.frames, copied=piece.copied, delay=piece.delay)
