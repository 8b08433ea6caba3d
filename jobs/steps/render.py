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
from jobs.services import pausing
from jobs.steps.base import JobStep, newest
from jobs.steps.ingest import Surveyed
from jobs.steps.mix import Mixed, Parts, earlier, kept_file, told
from jobs.steps.place import Timetable, left_out_checks
from jobs.steps.speak import unspoken
from media_library import services as library
from media_library.media import webvtt
from media_library.media.freeze import frame_count
from media_library.media.kept import Kept
from media_library.media.pauses import Pause
from media_library.media.quality import HOUSE
from media_library.media.quality import check as check_captions
from media_library.media.render import CaptionTrack, Rendered, SoundTrack, accessible_video
from media_library.media.timemap import TimeMap
from media_library.media.verify import Check, Expectation, verify
from media_library.media.webvtt import Cue
from media_library.models import Asset
from media_library.steps.base import Stored, exists, media_work, put
from media_library.steps.intake import Conformed


class Captions(BaseModel):
    language: str
    cues: int
    file: Stored


class RenderedVideo(BaseModel):
    """`standard` is the second film, which holds nothing; its captions are the tracks' own. `parts` say what the first one's pictures
    are made of, of the video `of`: from them the next film takes what did not change."""

    video: Stored
    captions: list[Captions]
    duration: float
    standard: Stored | None = None
    parts: Parts = []
    of: str = ""


class Render(JobStep[RenderedVideo]):
    """Captions of the language itself come first, then those of the source."""

    Result = RenderedVideo

    def __init__(self) -> None:
        self.before: RenderedVideo | None = None

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

    def _chapters(self, ctx: StepContext, times: TimeMap) -> list[Cue]:
        return pausing.film_chapters(self.output(ctx), times)

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        # Asked before the row gives up what it had.
        self.before = earlier(ctx, RenderedVideo)
        mixed, table = ctx.result("mix", Mixed, item=ctx.item), ctx.result("place", Timetable, item=ctx.item)
        sounds = (mixed.mix, mixed.original, mixed.standard, mixed.plain)
        return {
            "sounds": [stored.sha256 for stored in sounds if stored],
            "pauses": table.pauses,
            "video": ctx.result("conform", Conformed).key,
            "captions": {
                language: [(cue.start_ms, cue.end_ms, cue.text, cue.settings) for cue in cues]
                for language, cues in self._captions(ctx).items()
            },
            "chapters": [(cue.start_ms, cue.end_ms, cue.text) for cue in self._chapters(ctx, TimeMap())],
        }

    def run(self, ctx: StepContext) -> RenderedVideo:
        table, mixed = (
            ctx.result("place", Timetable, item=ctx.item),
            ctx.result("mix", Mixed, item=ctx.item),
        )
        if mixed.mix is None or mixed.original is None:
            raise StepError("The sound of this language is missing. Retry the speech.", code="no_sound")
        video = ctx.result("conform", Conformed).key
        before = self.before if self.before is not None and self.before.of == video else None
        captions = self._write_captions(ctx, TimeMap(table.held))
        with kept_file(before.video if before else None, before.parts if before else None) as kept:
            stored, made = self._film(ctx, "accessible.mp4", table.held, (mixed.mix, mixed.original), captions, kept)
        standard = None
        if mixed.standard is not None and mixed.plain is not None:
            written = self._write_captions(ctx, TimeMap(), folder="standard")
            standard, _ = self._film(ctx, "standard.mp4", [], (mixed.standard, mixed.plain), written, None)
        files = [
            Captions(
                language=language,
                cues=len(webvtt.parse(path.read_text()).cues),
                file=put(ctx, path, name=path.name.lower(), content_type="text/vtt"),
            )
            for language, path in captions.items()
        ]
        parts = told(made.picture.parts) if made.picture else []
        return RenderedVideo(
            video=stored, captions=files, duration=table.duration, standard=standard, parts=parts, of=video
        )

    def _film(
        self,
        ctx: StepContext,
        name: str,
        pauses: list[Pause],
        sounds: tuple[Stored, Stored],
        captions: dict[str, Path],
        kept: Kept | None,
    ) -> tuple[Stored, Rendered]:
        """One film, stored: `sounds` are the mix with the description and the original."""
        job, into = self.job(ctx), ctx.workdir / name
        spoken, source_name = languages.name(ctx.item), languages.name(job.source_language)
        table = ctx.result("place", Timetable, item=ctx.item)
        described = f"{spoken} description" if table.lines else source_name
        with (
            store().local(ctx.result("conform", Conformed).key) as video,
            store().local(sounds[0].key) as mix,
            store().local(sounds[1].key) as original,
            media_work(ctx),
        ):
            made = accessible_video(
                video,
                into,
                pauses=pauses,
                sounds=[
                    SoundTrack(path=mix, language=ctx.item, title=described),
                    SoundTrack(path=original, language=job.source_language, title=f"{source_name}, original"),
                ],
                captions=[
                    CaptionTrack(path=path, language=language, title=f"{languages.name(language)} captions")
                    for language, path in captions.items()
                ],
                chapters=self._chapters(ctx, TimeMap(pauses)),
                identity="picture",
                kept=kept,
                progress=ctx.progress,
                halt=ctx.halt,
            )
        return put(ctx, into, name=name, content_type="video/mp4"), made

    def _write_captions(self, ctx: StepContext, times: TimeMap, *, folder: str = "") -> dict[str, Path]:
        """The captions as files in output time."""
        paths = {}
        (ctx.workdir / folder).mkdir(exist_ok=True)
        for language, cues in self._captions(ctx).items():
            paths[language] = ctx.workdir / folder / f"captions.{language}.vtt"
            paths[language].write_text(webvtt.Document(blocks=list(times.cues(cues))).write())
        return paths

    def intact(self, result: RenderedVideo) -> bool:
        return exists(result.video, result.standard, *(captions.file for captions in result.captions))

    def publish(self, ctx: StepContext, result: RenderedVideo) -> None:
        job, output, source = self.job(ctx), self.output(ctx), self.source(ctx)
        stem = f"{services.slug(job.title)}.{output.language}"
        table = ctx.result("place", Timetable, item=ctx.item)
        # The player keeps its place between the source and this film by them.
        video = self._keep(ctx, result.video, Asset.Purpose.ACCESSIBLE_VIDEO, f"{stem}.accessible.mp4", table.pauses)
        standard = None
        if result.standard is not None:
            standard = self._keep(ctx, result.standard, Asset.Purpose.STANDARD_VIDEO, f"{stem}.standard.mp4", [])
        elif output.standard_video_id:
            # No second film is wished for any more, and its file goes with the result that named it.
            Asset.objects.filter(pk=output.standard_video_id).delete()
        own = next((captions.file for captions in result.captions if captions.language == output.language), None)
        captions = None
        if own is not None:
            captions = library.keep_made(
                source,
                purpose=Asset.Purpose.ACCESSIBLE_CAPTIONS,
                kind=Asset.Kind.CAPTION,
                language=output.language,
                key=own.key,
                filename=f"{stem}.accessible.vtt",
                content_type="text/vtt",
                size=own.size,
                sha256=own.sha256,
            )
        services.keep_output(output, accessible_video=video, standard_video=standard, accessible_captions=captions)

    def _keep(
        self, ctx: StepContext, stored: Stored, purpose: str, filename: str, pauses: list[tuple[float, float]]
    ) -> Asset:
        table = ctx.result("place", Timetable, item=ctx.item)
        return library.keep_made(
            self.source(ctx),
            purpose=purpose,
            kind=Asset.Kind.VIDEO,
            language=ctx.item,
            key=stored.key,
            filename=filename,
            content_type="video/mp4",
            size=stored.size,
            sha256=stored.sha256,
            duration=table.duration if pauses else table.source_seconds,
            technical={"pauses": pauses},
        )


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
        films = [(rendered.video, table.duration, table.pauses)]
        if rendered.standard is not None:
            films.append((rendered.standard, table.source_seconds, []))
        found: list[Check] = []
        with store().local(ctx.result("conform", Conformed).key) as source, media_work(ctx):
            fps, _ = frame_count(source)
        for film, duration, pauses in films:
            expected = Expectation(
                duration=duration,
                fps=fps,
                sounds=[ctx.item, job.source_language],
                captions=[(captions.language, self._cues(ctx, captions, pauses)) for captions in rendered.captions],
                places=[at for at, _ in pauses],
            )
            with store().local(film.key) as video, media_work(ctx):
                found += verify(video, expected, progress=ctx.progress, halt=ctx.halt)
        wrong = [check for check in found if not check.passed]
        if wrong:
            said = "; ".join(f"{check.name}: {check.measured} instead of {check.expected}" for check in wrong)
            raise StepError(
                f"The rendered video is not right ({said}). Retry it.", code="invalid_output", retryable=True
            )
        checks = [{"kind": "accessible_video_mp4", "advice": False, **asdict(check)} for check in found]
        left_out = left_out_checks(table.left_out, kind="accessible_video_mp4")
        return Validated(checks=[*checks, *left_out, *self._texts(ctx, table, float(fps))])

    def _cues(self, ctx: StepContext, captions: Captions, pauses: list[tuple[float, float]]) -> int:
        """A film that holds nothing shows the track's own cues, none of them in two parts."""
        if pauses:
            return captions.cues
        version = newest(self.job(ctx).outputs.get(language=captions.language).captions_id)
        return len(webvtt.parse(version.content).cues) if version else 0

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
