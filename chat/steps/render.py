"""The sound of a film, and the film itself: all that was made put into one file."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from contextlib import ExitStack
from typing import Any

from pydantic import BaseModel

from chat.services import rendering
from chat.steps.filming import FilmStep
from chat.steps.pieces import MadePiece
from core import languages
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from core.storage.base import FileMissingError
from media_library.media import webvtt
from media_library.media.assemble import Piece, stitch
from media_library.media.burning import film_words
from media_library.media.film_sound import FilmSound, Heard, Music, film_sound
from media_library.media.render import CaptionTrack, SoundTrack, accessible_video
from media_library.media.webvtt import Cue
from media_library.models import Transcript
from media_library.queries.speech import spoken_words
from media_library.services import excerpts
from media_library.steps.base import Stored, exists, media_work, put
from media_library.steps.filming import Looked, checked, copied


class Mixed(BaseModel):
    file: Stored
    duration: float
    loudness: float
    gain: float
    ducked: list[tuple[float, float]]


class Mix(FilmStep[Mixed]):
    Result = Mixed

    def speech(self, ctx: StepContext, looked: Looked) -> list[tuple[float, float]] | None:
        """Where somebody speaks, by the transcripts; None where a clip has none and must be listened to."""
        plan = self.plan(ctx)
        assets = rendering.footage_of(plan)
        told = set(Transcript.objects.filter(asset__in=list(assets)).values_list("asset", flat=True))
        if any(uuid.UUID(clip["asset_id"]) not in told for clip in plan["clips"]):
            return None
        spans = []
        for clip, at in zip(plan["clips"], looked.clips, strict=True):
            begin = float(at.at.shows / looked.fps)
            words = spoken_words(assets[clip["asset_id"]])
            heard = film_words(words, start=clip["start"], end=clip["end"], at=begin)
            spans += [(round(word.start, 3), round(word.end, 3)) for word in heard]
        return spans

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        looked, plan = ctx.result("look", Looked), self.plan(ctx)
        music = plan["music_id"]
        return {
            "made": rendering.MADE,
            "clips": [
                [self.asset(ctx, clip["asset_id"]).sha256, at.first, at.place]
                for clip, at in zip(plan["clips"], looked.clips, strict=True)
            ],
            "rate": looked.rate,
            "music": [self.asset(ctx, music).sha256, plan["music_level"]] if music else None,
            "loudness": plan["loudness"],
            "speech": self.speech(ctx, looked) if music else None,
        }

    def intact(self, result: Mixed) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Mixed:
        before = self.earlier(ctx, Mixed)
        if before is not None and (file := copied(ctx, before.file, content_type="audio/mp4")) is not None:
            return before.model_copy(update={"file": file})
        looked, plan = ctx.result("look", Looked), self.plan(ctx)
        ctx.progress(0.0, "Mixing sound")
        with ExitStack() as stack:
            paths = {
                asset_id: stack.enter_context(self.opened(ctx, self.asset(ctx, asset_id)))
                for asset_id in dict.fromkeys(clip["asset_id"] for clip in plan["clips"])
            }
            music = None
            if plan["music_id"]:
                path = stack.enter_context(self.opened(ctx, self.asset(ctx, plan["music_id"])))
                music = Music(path=path, level=plan["music_level"])
            into = ctx.workdir / "sound.m4a"
            made: FilmSound = film_sound(
                [
                    Heard(path=paths[clip["asset_id"]], first=at.span.first, place=at.at)
                    for clip, at in zip(plan["clips"], looked.clips, strict=True)
                ],
                into,
                fps=looked.fps,
                music=music,
                loudness=rendering.LOUDNESS[plan["loudness"]],
                speech=self.speech(ctx, looked) if music else None,
                progress=ctx.progress,
                halt=ctx.halt,
            )
        file = put(ctx, into, name="sound.m4a", content_type="audio/mp4")
        return Mixed(
            file=file, duration=made.duration, loudness=made.loudness, gain=made.gain, ducked=list(made.ducked)
        )


class Film(BaseModel):
    """`copied` of its `frames` are the footage's own, bit for bit."""

    file: Stored
    duration: float
    frames: int
    copied: int
    language: str
    chapters: list[dict[str, Any]]
    facts: dict[str, Any]


class MakeFilm(FilmStep[Film]):
    """Pieces and sound in one file, with chapters and, where asked for, captions as a track."""

    Result = Film

    def pieces(self, ctx: StepContext, looked: Looked) -> list[MadePiece]:
        return [ctx.result("piece", MadePiece, item=str(number)) for number in range(len(looked.clips))]

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        looked = ctx.result("look", Looked)
        tracked = self.plan(ctx)["captions"] == "track"
        cues = self.cues(ctx, looked) if tracked else []
        return {
            "pieces": [piece.file.sha256 for piece in self.pieces(ctx, looked)],
            "sound": ctx.result("sound", Mixed).file.sha256,
            "chapters": self.chapters(ctx, looked),
            "captions": hashlib.sha256(
                str([(cue.start_ms, cue.end_ms, cue.text) for cue in cues]).encode()
            ).hexdigest(),
        }

    def chapters(self, ctx: StepContext, looked: Looked) -> list[dict[str, Any]]:
        found = []
        for number, (clip, at) in enumerate(zip(self.plan(ctx)["clips"], looked.clips, strict=True), start=1):
            start, end = (round(float(frame / looked.fps), 3) for frame in (at.at.begins, at.at.ends))
            found.append({"start": start, "end": end, "title": clip["title"] or f"Clip {number}"})
        return found

    def language(self, ctx: StepContext) -> str:
        """That of most clips."""
        spoken = dict(
            Transcript.objects.filter(asset__in=list(rendering.footage_of(self.plan(ctx)))).values_list(
                "asset", "language"
            )
        )
        counted = Counter(
            language for clip in self.plan(ctx)["clips"] if (language := spoken.get(uuid.UUID(clip["asset_id"])))
        )
        return str(counted.most_common(1)[0][0]) if counted else ""

    def intact(self, result: Film) -> bool:
        return exists(result.file)

    def run(self, ctx: StepContext) -> Film:
        looked, mixed = ctx.result("look", Looked), ctx.result("sound", Mixed)
        pieces, language = self.pieces(ctx, looked), self.language(ctx)
        into, chapters = ctx.workdir / "film.mp4", self.chapters(ctx, looked)
        try:
            with ExitStack() as stack:
                files = [stack.enter_context(store().local(piece.file.key)) for piece in pieces]
                sound = stack.enter_context(store().local(mixed.file.key))
                stack.enter_context(media_work(ctx))
                parts = [
                    Piece(path=path, frames=piece.frames, copied=piece.copied, delay=piece.delay)
                    for path, piece in zip(files, pieces, strict=True)
                ]
                picture = stitch(parts, ctx.workdir / "picture.mp4", looked.shape, progress=_half(ctx), halt=ctx.halt)
                accessible_video(
                    picture.path,
                    into,
                    pauses=(),
                    sounds=[SoundTrack(path=sound, language=language or "und", title="Sound")],
                    captions=self._captions(ctx, looked, language),
                    chapters=[Cue.at(one["start"], one["end"], one["title"]) for one in chapters],
                    halt=ctx.halt,
                )
                facts = checked(into, looked)
        except FileMissingError as error:
            raise StepError("A part of this film is gone. Render it again.", code="no_part") from error
        file = put(ctx, into, name="film.mp4", content_type="video/mp4")
        return Film(
            file=file,
            duration=looked.seconds,
            frames=picture.frames,
            copied=picture.copied,
            language=language,
            chapters=chapters,
            facts=facts,
        )

    def _captions(self, ctx: StepContext, looked: Looked, language: str) -> list[CaptionTrack]:
        if self.plan(ctx)["captions"] != "track":
            return []
        cues = self.cues(ctx, looked)
        if not cues:
            return []
        path = ctx.workdir / "captions.vtt"
        path.write_text(webvtt.Document(blocks=list(cues)).write(), encoding="utf-8")
        title = f"{languages.name(language)} captions" if language else "Captions"
        return [CaptionTrack(path=path, language=language or "und", title=title, is_default=True)]

    def publish(self, ctx: StepContext, result: Film) -> None:
        looked, plan = ctx.result("look", Looked), self.plan(ctx)
        transcripts = {
            str(one.asset_id): one for one in Transcript.objects.filter(asset__in=list(rendering.footage_of(plan)))
        }
        segments = []
        for clip, at in zip(plan["clips"], looked.clips, strict=True):
            if (transcript := transcripts.get(clip["asset_id"])) is None:
                continue
            begin = float(at.at.shows / looked.fps)
            for row, speaker in excerpts.rows(transcript, start=clip["start"], end=clip["end"]):
                segments.append(_moved(row, begin, speaker.shown if speaker else ""))
        technical = {**result.facts, "frames": result.frames, "frames_copied": result.copied, "made_by": "cut"}
        rendering.ready(
            ctx.subject_id,
            **result.file.model_dump(),
            duration=result.duration,
            technical=technical,
            chapters=result.chapters,
            segments=segments,
            language=result.language,
        )


def _moved(row: dict[str, Any], by: float, speaker: str) -> dict[str, Any]:
    times = {name: round(row[name] + by, 3) for name in ("start", "end")}
    words = [
        {**word, "start": round(word["start"] + by, 3), "end": round(word["end"] + by, 3)} for word in row["words"]
    ]
    return {**row, **times, "words": words, "speaker": speaker}


def _half(ctx: StepContext) -> Any:
    return lambda done, note: ctx.progress(done / 2, note)
