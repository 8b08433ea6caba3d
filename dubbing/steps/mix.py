"""The films of a dub: its sound, then the picture copied beside it, by itself and with the original's sound."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core.languages import name
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError
from dubbing.models import Dub
from dubbing.queries import desk as desks
from dubbing.queries.desk import DeskLine
from dubbing.queries.sayings import film_digest
from dubbing.services import captions, dubs, mixing
from dubbing.services.mixing import Made
from dubbing.steps.base import DubStep
from media_library.media import disclosure, dub_sound
from media_library.media.ffmpeg import Input, run
from media_library.media.probe import probe
from media_library.media.render import CaptionTrack, SoundTrack, accessible_video
from media_library.steps.base import Stored, exists, media_work, put
from media_library.steps.intake import Conformed

# How far the sound of a finished film may be from its picture in length.
SYNC_SECONDS = 0.1


class Mixed(BaseModel):
    """`made_of` names the lines that are heard in it."""

    file: Stored
    duration: float
    loudness: float
    gain: float
    made_of: str
    engines: list[str]


class MixSound(DubStep[Mixed]):
    Result = Mixed

    def lines(self, ctx: StepContext) -> tuple[Dub, list[DeskLine]]:
        dub = self.dub(ctx)
        _, lines = desks.read(dub)
        return dub, lines

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        dub, lines = self.lines(ctx)
        return {"lines": film_digest(dub, [one.line for one in lines])}

    def intact(self, result: Mixed) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Mixed:
        dub, lines = self.lines(ctx)
        report = desks.report_of(lines)
        if not report.ready:
            # Somebody went on writing since this was begun.
            raise StepError(mixing.in_the_way(report), code="not_ready")
        heard = [one for one in lines if one.state in desks.SPOKEN]
        options, conformed = dubs.Options.of(dub.options), ctx.result("conform", Conformed)
        ctx.progress(0.0, "Mixing sound")
        with ExitStack() as stack:
            try:
                original = stack.enter_context(store().local(conformed.key))
                voices = [
                    dub_sound.Line(
                        path=stack.enter_context(store().local(one.line.sound["key"])),
                        start=one.line.placed_start or one.line.start,
                    )
                    for one in heard
                ]
            except FileMissingError as error:
                raise StepError("The sound of a line is gone. Speak it again.", code="no_sound") from error
            stack.enter_context(media_work(ctx))
            mixed = ctx.workdir / "mixed.m4a"
            made = dub_sound.dub_sound(
                original,
                mixed,
                lines=voices,
                speech=[(one.line.start, max(one.line.end, one.line.placed_end or 0.0)) for one in heard],
                duration=conformed.duration,
                background=options.background,
                duck_db=options.duck_db,
                loudness=dubs.LOUDNESS[options.loudness],
                progress=ctx.progress,
                halt=ctx.halt,
            )
            engines = sorted({one.line.engine for one in heard if one.line.engine})
            into = ctx.workdir / "sound.m4a"
            run(
                inputs=[Input(path=mixed)],
                options=["-map", "0:a:0", "-c", "copy", *disclosure.tags(", ".join(engines))],
                output=into,
                muxer="ipod",
                what="Naming the voices",
                halt=ctx.halt,
            )
        return Mixed(
            file=put(ctx, into, name="sound.m4a", content_type="audio/mp4"),
            duration=made.duration,
            loudness=made.loudness,
            gain=made.gain,
            made_of=film_digest(dub, [one.line for one in lines]),
            engines=engines,
        )


class Film(BaseModel):
    film: Stored
    multitrack: Stored
    captions: Stored
    duration: float
    facts: dict[str, Any]


class MakeFilms(DubStep[Film]):
    Result = Film

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        mixed = ctx.result("sound", Mixed)
        return {"sound": mixed.file.sha256, "of": mixed.made_of, "said": self._said_digest(ctx)}

    def _said_digest(self, ctx: StepContext) -> str:
        return hashlib.sha256(self._said(ctx).encode()).hexdigest()

    def _said(self, ctx: StepContext) -> str:
        dub = self.dub(ctx)
        _, lines = desks.read(dub)
        return captions.written(dub, lines)

    def intact(self, result: Film) -> bool:
        return exists(result.film, result.multitrack, result.captions)

    def run(self, ctx: StepContext) -> Film:
        dub, mixed, conformed = self.dub(ctx), ctx.result("sound", Mixed), ctx.result("conform", Conformed)
        said = ctx.workdir / "captions.vtt"
        said.write_text(self._said(ctx), encoding="utf-8")
        language = name(dub.target_language)
        track = CaptionTrack(path=said, language=dub.target_language, title=f"{language} captions")
        film, multitrack = ctx.workdir / "film.mp4", ctx.workdir / "multitrack.mp4"
        tags = disclosure.tags(", ".join(mixed.engines))
        with ExitStack() as stack:
            picture = stack.enter_context(store().local(conformed.key))
            sound = stack.enter_context(store().local(mixed.file.key))
            stack.enter_context(media_work(ctx))
            dubbed = SoundTrack(path=sound, language=dub.target_language, title=f"{language} (synthetic voices)")
            original = SoundTrack(
                path=picture, language=dub.source_language, title=f"{name(dub.source_language)} (original)"
            )
            for into, sounds, begins in ((film, [dubbed], 0.0), (multitrack, [original, dubbed], 0.5)):
                accessible_video(
                    picture,
                    into,
                    pauses=(),
                    sounds=sounds,
                    captions=[track],
                    tags=tags,
                    progress=lambda done, note, begins=begins: ctx.progress(begins + done / 2, note),  # type: ignore[misc]
                    halt=ctx.halt,
                )
            facts = _checked(film, conformed.duration)
        return Film(
            film=put(ctx, film, name="film.mp4", content_type="video/mp4"),
            multitrack=put(ctx, multitrack, name="multitrack.mp4", content_type="video/mp4"),
            captions=put(ctx, said, name="captions.vtt", content_type="text/vtt"),
            duration=conformed.duration,
            facts=facts,
        )

    def publish(self, ctx: StepContext, result: Film) -> None:
        mixed, dub = ctx.result("sound", Mixed), self.dub(ctx)
        _, lines = desks.read(dub)
        sound = {"loudness": round(mixed.loudness + mixed.gain, 2), "made_by": "dub"}
        mixing.ready(
            ctx.subject_id,
            {
                "film": Made(**result.film.model_dump(), duration=result.duration, technical={**result.facts, **sound}),
                "multitrack": Made(
                    **result.multitrack.model_dump(),
                    duration=result.duration,
                    technical={**result.facts, **sound, "sound_tracks": 2},
                ),
                "sound": Made(**mixed.file.model_dump(), duration=mixed.duration, technical=sound),
                "captions": Made(**result.captions.model_dump(), duration=None, technical={"made_by": "dub"}),
            },
            made_of=mixed.made_of,
            segments=captions.segments(lines),
            engines=mixed.engines,
        )


def _checked(made: Path, duration: float) -> dict[str, Any]:
    """Held against the plan: the sound as long as the picture, both as long as the original."""
    found = probe(made).require(video=True, audio=True)
    video, audio = found.video, found.audio
    assert video is not None  # noqa: S101  (required above)
    assert audio is not None  # noqa: S101  (as above)
    if abs(video.duration - audio.duration) > SYNC_SECONDS or abs(found.duration - duration) > 2 * SYNC_SECONDS:
        told = f"{video.duration:.3f} s of picture, {audio.duration:.3f} s of sound"
        raise StepError(
            f"The film is not as it was planned ({told}). Try again.", code="invalid_output", retryable=True
        )
    return {"width": video.width, "height": video.height, "fps": float(video.fps), "video_codec": video.codec}
