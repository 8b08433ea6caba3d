"""The accessible video: rendered with its pauses, captions and sound tracks, then held against what it should be."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core import languages
from core.runs.context import StepContext
from core.runs.errors import StepError
from core.storage import store
from jobs import services
from jobs.steps.base import JobStep, newest
from jobs.steps.ingest import Surveyed
from jobs.steps.speak import Mixed, Timetable, unspoken
from media_library import services as library
from media_library.media import webvtt
from media_library.media.freeze import frame_count
from media_library.media.quality import HOUSE
from media_library.media.quality import check as check_captions
from media_library.media.render import CaptionTrack, SoundTrack, accessible_video
from media_library.media.timemap import TimeMap
from media_library.media.verify import Expectation, verify
from media_library.media.webvtt import Cue
from media_library.models import Asset
from media_library.steps.base import Stored, exists, media_work, put
from media_library.steps.intake import Conformed


class Captions(BaseModel):
    language: str
    cues: int
    file: Stored


class RenderedVideo(BaseModel):
    video: Stored
    captions: list[Captions]
    duration: float


class Render(JobStep[RenderedVideo]):
    """Captions of the language itself come first, then those of the source."""

    Result = RenderedVideo

    def skip(self, ctx: StepContext) -> str:
        return unspoken(ctx)

    def _captions(self, ctx: StepContext) -> dict[str, list[Cue]]:
        """Caption cues in source time, by language."""
        job, found = self.job(ctx), {}
        for language in dict.fromkeys((ctx.item, job.source_language)):
            output = job.outputs.get(language=language)
            version = newest(output.captions_id)
            if version is not None and (cues := webvtt.parse(version.content).cues):
                found[language] = cues
        return found

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        mixed, table = ctx.result("mix", Mixed, item=ctx.item), ctx.result("place", Timetable, item=ctx.item)
        return {
            "sounds": [stored.sha256 for stored in (mixed.mix, mixed.original) if stored],
            "pauses": table.pauses,
            "video": ctx.result("conform", Conformed).key,
            "captions": {
                language: [(cue.start_ms, cue.end_ms, cue.text, cue.settings) for cue in cues]
                for language, cues in self._captions(ctx).items()
            },
        }

    def run(self, ctx: StepContext) -> RenderedVideo:
        job, table = self.job(ctx), ctx.result("place", Timetable, item=ctx.item)
        mixed = ctx.result("mix", Mixed, item=ctx.item)
        if mixed.mix is None or mixed.original is None:
            raise StepError("The sound of this language is missing. Retry the speech.", code="no_sound")
        captions = self._write_captions(ctx, TimeMap(table.held))
        into = ctx.workdir / "accessible.mp4"
        name, source_name = languages.name(ctx.item), languages.name(job.source_language)
        described = f"{name} description" if table.lines else source_name
        with (
            store().local(ctx.result("conform", Conformed).key) as video,
            store().local(mixed.mix.key) as mix,
            store().local(mixed.original.key) as original,
            media_work(ctx),
        ):
            accessible_video(
                video,
                into,
                pauses=table.held,
                sounds=[
                    SoundTrack(path=mix, language=ctx.item, title=described),
                    SoundTrack(path=original, language=job.source_language, title=f"{source_name}, original"),
                ],
                captions=[
                    CaptionTrack(path=path, language=language, title=f"{languages.name(language)} captions")
                    for language, path in captions.items()
                ],
                progress=ctx.progress,
                halt=ctx.halt,
            )
        stored = put(ctx, into, name="accessible.mp4", content_type="video/mp4")
        files = [
            Captions(
                language=language,
                cues=len(webvtt.parse(path.read_text()).cues),
                file=put(ctx, path, name=path.name.lower(), content_type="text/vtt"),
            )
            for language, path in captions.items()
        ]
        return RenderedVideo(video=stored, captions=files, duration=table.duration)

    def _write_captions(self, ctx: StepContext, times: TimeMap) -> dict[str, Path]:
        """The captions as files in output time."""
        paths = {}
        for language, cues in self._captions(ctx).items():
            paths[language] = ctx.workdir / f"captions.{language}.vtt"
            paths[language].write_text(webvtt.Document(blocks=list(times.cues(cues))).write())
        return paths

    def intact(self, result: RenderedVideo) -> bool:
        return exists(result.video, *(captions.file for captions in result.captions))

    def publish(self, ctx: StepContext, result: RenderedVideo) -> None:
        job, output, source = self.job(ctx), self.output(ctx), self.source(ctx)
        stem = f"{services.slug(job.title)}.{output.language}.accessible"
        video = library.keep_made(
            source,
            purpose=Asset.Purpose.ACCESSIBLE_VIDEO,
            kind=Asset.Kind.VIDEO,
            language=output.language,
            key=result.video.key,
            filename=f"{stem}.mp4",
            content_type="video/mp4",
            size=result.video.size,
            sha256=result.video.sha256,
            duration=result.duration,
            # The player keeps its place between the source and this film by them.
            technical={"pauses": ctx.result("place", Timetable, item=ctx.item).pauses},
        )
        own = next((captions.file for captions in result.captions if captions.language == output.language), None)
        captions = None
        if own is not None:
            captions = library.keep_made(
                source,
                purpose=Asset.Purpose.ACCESSIBLE_CAPTIONS,
                kind=Asset.Kind.CAPTION,
                language=output.language,
                key=own.key,
                filename=f"{stem}.vtt",
                content_type="text/vtt",
                size=own.size,
                sha256=own.sha256,
            )
        services.keep_output(output, accessible_video=video, accessible_captions=captions)


class Validated(BaseModel):
    """`checks` are {kind, name, passed, measured, expected, advice}; advice is for a person to weigh and stops nothing."""

    checks: list[dict[str, Any]]


class Validate(JobStep[Validated]):
    Result = Validated

    def skip(self, ctx: StepContext) -> str:
        return unspoken(ctx)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        rendered = ctx.result("render", RenderedVideo, item=ctx.item)
        version = newest(self.output(ctx).captions_id)
        findings = ctx.result("place", Timetable, item=ctx.item).findings
        return {
            "video": rendered.video.sha256,
            "captions": version.number if version else 0,
            "description": findings,
        }

    def run(self, ctx: StepContext) -> Validated:
        rendered = ctx.result("render", RenderedVideo, item=ctx.item)
        table = ctx.result("place", Timetable, item=ctx.item)
        job = self.job(ctx)
        with (
            store().local(ctx.result("conform", Conformed).key) as source,
            store().local(rendered.video.key) as video,
            media_work(ctx),
        ):
            fps, _ = frame_count(source)
            found = verify(
                video,
                Expectation(
                    duration=table.duration,
                    fps=fps,
                    sounds=[ctx.item, job.source_language],
                    captions=[(captions.language, captions.cues) for captions in rendered.captions],
                    places=[at for at, _ in table.pauses],
                ),
                progress=ctx.progress,
                halt=ctx.halt,
            )
        wrong = [check for check in found if not check.passed]
        if wrong:
            said = "; ".join(f"{check.name}: {check.measured} instead of {check.expected}" for check in wrong)
            raise StepError(
                f"The rendered video is not right ({said}). Retry it.", code="invalid_output", retryable=True
            )
        checks = [{"kind": "accessible_video_mp4", "advice": False, **asdict(check)} for check in found]
        return Validated(checks=[*checks, *self._texts(ctx, table, float(fps))])

    def _texts(self, ctx: StepContext, table: Timetable, fps: float) -> list[dict[str, Any]]:
        """Captions against the house profile and the description against its rules: for a person to see."""
        version = newest(self.output(ctx).captions_id)
        cues = webvtt.parse(version.content).cues if version else []
        findings = check_captions(
            cues,
            profile=HOUSE,
            language=ctx.item,
            fps=fps,
            shots=ctx.result("survey", Surveyed).shots,
            duration=ctx.result("conform", Conformed).duration,
        )
        errors = [finding for finding in findings if finding.severity == "error"]
        spoken = [finding for finding in table.findings if finding["severity"] == "error"]
        return [
            _advice("captions_vtt", "house profile", [finding.message for finding in errors]),
            _advice("audio_description_mp3", "description rules", [finding["message"] for finding in spoken]),
        ]

    def publish(self, ctx: StepContext, result: Validated) -> None:
        services.keep_output(self.output(ctx), checks=result.checks)


def _advice(kind: str, name: str, errors: list[str]) -> dict[str, Any]:
    measured = f"{len(errors)} broken: {errors[0]}" if errors else "none broken"
    return {
        "kind": kind,
        "name": name,
        "passed": not errors,
        "measured": measured,
        "expected": "none broken",
        "advice": True,
    }
