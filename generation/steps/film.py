"""The sound of a film of clips, and the film itself: one file with its credentials, in its owner's output folder."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from fractions import Fraction
from typing import Any

from django.utils import timezone
from pydantic import BaseModel

from core import languages
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError
from generation.services import composing, wishes
from generation.steps.film_base import NO_PART, FilmStep
from generation.steps.film_pieces import MadePiece
from media_library.media import credentials, thumbnails, webvtt
from media_library.media.assemble import Piece, stitch
from media_library.media.film_sound import FilmSound, Heard, Music, film_sound
from media_library.media.probe import probe
from media_library.media.render import CaptionTrack, SoundTrack, accessible_video
from media_library.models import Asset
from media_library.services import provenance
from media_library.steps.base import Stored, exists, keep, media_work, put
from media_library.steps.fetch import fetched
from media_library.steps.filming import Looked, checked, copied

# Of a sound that stands at an address elsewhere.
MOST_AUDIO_BYTES, MOST_AUDIO_SECONDS = 200 * 2**20, 120.0
MP4, JPEG = "video/mp4", "image/jpeg"


class Brought(BaseModel):
    file: Stored


class Fetch(FilmStep[Brought]):
    """The sound that stands at an address elsewhere, judged again now, and by its bytes."""

    Result = Brought

    def skip(self, ctx: StepContext) -> str:
        return "" if self.wish(ctx).audio_url else "No sound is to be fetched."

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        # What stands there changes; a round fetches it once.
        return {"url": self.wish(ctx).audio_url, "round": str(ctx.subject_id)}

    def intact(self, result: Brought) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Brought:
        path = ctx.workdir / "audio"
        ctx.progress(0.0, "Fetching the sound")
        fetched(ctx, self.wish(ctx).audio_url, path, most_bytes=MOST_AUDIO_BYTES, seconds=MOST_AUDIO_SECONDS)
        with media_work(ctx):
            found = probe(path).require(video=False, audio=True)
        return Brought(file=put(ctx, path, name="audio", content_type=found.kind.mime))


class Mixed(BaseModel):
    file: Stored
    duration: float
    loudness: float
    gain: float
    ducked: list[tuple[float, float]]
    reused: bool = False


class Mix(FilmStep[Mixed]):
    """What is heard in the clips, and the sound that was chosen, each giving way as wished, as loud as wished."""

    Result = Mixed

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        looked, wish, audio = ctx.result("look", Looked), self.wish(ctx), self.audio(ctx)
        brought = ctx.result_or_none("audio", Brought)
        heard = audio.sha256 if audio is not None else brought.file.sha256 if brought is not None else ""
        choices = (wish.audio_role, wish.audio_loops, wish.music_level, wish.duck, wish.fade_in, wish.fade_out)
        return {
            "made": composing.MADE,
            "clips": [
                [self.clip(ctx, number).sha256, clip["start"], at.frames, at.place]
                for number, (clip, at) in enumerate(zip(self.plan(ctx)["clips"], looked.clips, strict=True))
            ],
            "rate": looked.rate,
            "audio": [heard, *choices] if heard else None,
            "loudness": wish.loudness,
        }

    def intact(self, result: Mixed) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Mixed:
        before = self.earlier(ctx, Mixed)
        if before is not None and (file := copied(ctx, before.file, content_type="audio/mp4")) is not None:
            return before.model_copy(update={"file": file, "reused": True})
        looked, plan, into = ctx.result("look", Looked), self.plan(ctx), ctx.workdir / "sound.m4a"
        ctx.progress(0.0, "Mixing the sound")
        with ExitStack() as stack:
            heard = [
                Heard(
                    path=stack.enter_context(self.stored(self.clip(ctx, number).key, ctx)),
                    first=Fraction(clip["start"]),
                    place=at.at,
                )
                for number, (clip, at) in enumerate(zip(plan["clips"], looked.clips, strict=True))
            ]
            made: FilmSound = film_sound(
                heard,
                into,
                fps=looked.fps,
                music=self._music(ctx, stack),
                loudness=wishes.LOUDNESS[self.wish(ctx).loudness],
                progress=lambda done, _note: ctx.progress(done, "Mixing the sound"),
                halt=ctx.halt,
            )
        file = put(ctx, into, name="sound.m4a", content_type="audio/mp4")
        return Mixed(
            file=file, duration=made.duration, loudness=made.loudness, gain=made.gain, ducked=list(made.ducked)
        )

    def _music(self, ctx: StepContext, stack: ExitStack) -> Music | None:
        wish, audio, brought = self.wish(ctx), self.audio(ctx), ctx.result_or_none("audio", Brought)
        if audio is not None:
            path = stack.enter_context(self.stored(audio.key, ctx))
        elif brought is not None:
            path = stack.enter_context(self.stored(brought.file.key, ctx))
        else:
            return None
        narrates = wish.audio_role == "narration"
        return Music(
            path=path,
            # Nobody asks a voice to be quieter than it was spoken but by saying so.
            level=0.0 if narrates and wish.music_level == wishes.Wish.music_level else wish.music_level,
            loops=wish.audio_loops and not narrates,
            leads=narrates,
            ducks=wish.duck,
            rises=wish.fade_in,
            falls=wish.fade_out,
            # The only sound there is: as loud as it is, and then as loud as the film is to be.
            alone=None,
        )


class Made(BaseModel):
    """`copied` of its `frames` are the clips' own, bit for bit; `reused` pieces were copied from an earlier film."""

    file: Stored
    poster: Stored
    duration: float
    frames: int
    copied: int
    reused: int
    technical: dict[str, Any]
    provenance: dict[str, Any]


class MakeFilm(FilmStep[Made]):
    """Pieces and sound in one file, with captions as a track where asked for, and with the credentials of how it came to be."""

    Result = Made

    def pieces(self, ctx: StepContext, looked: Looked) -> list[MadePiece]:
        return [ctx.result("piece", MadePiece, item=str(number)) for number in range(len(looked.clips))]

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        looked = ctx.result("look", Looked)
        cues = self.cues(ctx, looked) if self.wish(ctx).captions == "track" else []
        said = str([(cue.start_ms, cue.end_ms, cue.text) for cue in cues])
        return {
            "round": str(ctx.subject_id),
            "pieces": [piece.file.sha256 for piece in self.pieces(ctx, looked)],
            "sound": ctx.result("sound", Mixed).file.sha256,
            "captions": hashlib.sha256(said.encode()).hexdigest(),
        }

    def intact(self, result: Made) -> bool:
        return exists(result.file, result.poster)

    def run(self, ctx: StepContext) -> Made:
        looked, pieces = ctx.result("look", Looked), self.pieces(ctx, ctx.result("look", Looked))
        joined, film, poster = (ctx.workdir / name for name in ("joined.mp4", "film.mp4", "poster.jpg"))
        how = self.how(ctx)
        try:
            with ExitStack() as stack:
                files = [stack.enter_context(store().local(piece.file.key)) for piece in pieces]
                sound = stack.enter_context(store().local(ctx.result("sound", Mixed).file.key))
                stack.enter_context(media_work(ctx))
                parts = [
                    Piece(path=path, frames=piece.frames, copied=piece.copied, delay=piece.delay)
                    for path, piece in zip(files, pieces, strict=True)
                ]
                picture = stitch(parts, ctx.workdir / "picture.mp4", looked.shape, halt=ctx.halt)
                ctx.progress(0.4, "Putting the film together")
                language = self.language(ctx) or "und"
                accessible_video(
                    picture.path,
                    joined,
                    pauses=(),
                    sounds=[SoundTrack(path=sound, language=language, title="Sound")],
                    captions=self._captions(ctx, looked, language),
                    halt=ctx.halt,
                )
                ctx.progress(0.8, "Signing the film")
                making = provenance.making(str(self.made(ctx).session)[:200], how)
                credentials.sign(joined, film, content_type=MP4, making=making, identity=provenance.identity())
                technical = checked(film, looked)
                thumbnails.poster(film, poster, halt=ctx.halt)
        except FileMissingError as error:
            raise StepError(NO_PART, code="no_part") from error
        stored, _ = self.into_folder(ctx, self.film(ctx), film, family="video")
        return Made(
            file=stored,
            poster=put(ctx, poster, name="poster.jpg", content_type=JPEG),
            duration=looked.seconds,
            frames=picture.frames,
            copied=picture.copied,
            reused=sum(piece.reused for piece in pieces),
            technical=technical,
            provenance=how,
        )

    def how(self, ctx: StepContext) -> dict[str, Any]:
        """How the film came to be: of what, and that no engine was asked for this."""
        made, audio, wish = self.made(ctx), self.audio(ctx), self.wish(ctx)
        clips = [self.clip(ctx, number) for number in range(len(made.plan["clips"]))]
        parts = [str(clip.provenance.get("kind") or credentials.COMPOSITE) for clip in clips]
        added = bool(audio is not None or wish.audio_url or wish.overlays)
        return {
            "kind": credentials.source_type_of(parts, beside=added),
            "engine": "local",
            "model": "film",
            "prompt": made.session.prompt,
            "seed": None,
            "cost_usd": "0",
            "made_at": timezone.now().isoformat(timespec="seconds"),
            "ingredients": [provenance.ingredient(one) for one in [*clips, *([audio] if audio else [])]],
            "label": wish.label,
            "session_id": str(made.session_id),
        }

    def _captions(self, ctx: StepContext, looked: Looked, language: str) -> list[CaptionTrack]:
        cues = self.cues(ctx, looked) if self.wish(ctx).captions == "track" else []
        if not cues:
            return []
        path = ctx.workdir / "captions.vtt"
        path.write_text(webvtt.Document(blocks=list(cues)).write(), encoding="utf-8")
        title = f"{languages.name(language)} captions" if language != "und" else "Captions"
        return [CaptionTrack(path=path, language=language, title=title, is_default=True)]

    def publish(self, ctx: StepContext, result: Made) -> None:
        facts = {"frames": result.frames, "frames_copied": result.copied, "pieces_reused": result.reused}
        film = composing.ready(
            ctx.subject_id,
            **result.file.model_dump(),
            duration=result.duration,
            technical={**result.technical, **facts, "made_by": "film"},
            how=result.provenance,
        )
        keep(film, Asset.Purpose.POSTER, "poster.jpg", JPEG, result.poster)
