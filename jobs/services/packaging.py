"""What goes into a package of finished work: every file by name, where its bytes come from and who made it."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from core import languages
from jobs.models import Job, LanguageOutput
from jobs.services.delivery import slug
from jobs.services.pausing import chapters_vtt
from media_library import services as library
from media_library.media import formats, webvtt
from media_library.media.webvtt import Document
from media_library.models import Asset, TrackVersion

# The contract's kinds, and what the studio makes beyond them.
KINDS = (
    "source_video",
    "captions_vtt",
    "audio_description_vtt",
    "audio_description_mp3",
    "accessible_video_mp4",
    "standard_video_mp4",
    "chapters_vtt",
)
# What a package holds unless other kinds are named: not the film that the client sent.
DELIVERED = KINDS[1:]
FORMATS = ("vtt", "srt", "ttml", "txt")
TEXT_FORMATS = {"captions": ("vtt", "srt", "ttml"), "audio_description": ("vtt", "txt")}
FORMAT = "reelwright-delivery/1"
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9-]+")


@dataclass(frozen=True)
class Entry:
    """A file of the package: bytes of the store (`key`), or a text that is written when the package is (`write`).

    `identity` is all that its bytes depend on. `version` is that of the track it was written from.
    """

    path: str
    kind: str
    language: str
    identity: str
    key: str = ""
    write: Callable[[], bytes] | None = None
    version: int | None = None
    engine: str = ""
    author: str = ""
    job_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Plan:
    entries: list[Entry]
    folders: dict[uuid.UUID, str]
    jobs: list[Job]

    @property
    def digest(self) -> str:
        """The same for packages that hold the same bytes under the same names."""
        parts = sorted((entry.path, entry.kind, entry.language, entry.identity) for entry in self.entries)
        return hashlib.sha256(json.dumps([FORMAT, parts]).encode()).hexdigest()


def plan(jobs: Sequence[Job], *, kinds: Collection[str], forms: Collection[str]) -> Plan:
    """The files of these jobs that exist now. `jobs` come from `queries.detailed`."""
    newest = library.newest_versions(
        [
            track
            for job in jobs
            for output in job.outputs.all()
            for track in (output.captions, output.description)
            if track
        ]
    )
    entries: list[Entry] = []
    folders: dict[uuid.UUID, str] = {}
    taken: set[str] = set()
    for job in jobs:
        folder = _unique(slug(job.title), taken)
        folders[job.pk] = folder
        if "source_video" in kinds and job.source is not None:
            entries += _file(job, folder, "source", job.source, kind="source_video", language=job.source_language)
        for output in job.outputs.all():
            entries += _of_language(job, output, folder, newest, kinds, forms)
    return Plan(entries, folders, list(jobs))


def _of_language(
    job: Job,
    output: LanguageOutput,
    folder: str,
    newest: dict[uuid.UUID, TrackVersion],
    kinds: Collection[str],
    forms: Collection[str],
) -> Iterable[Entry]:
    tag = _NOT_IN_NAMES.sub("-", output.language).strip("-") or "und"
    within, stem = f"{folder}/{tag}", f"{folder}.{tag}"
    for track, name, kind in (
        (output.captions, "captions", "captions_vtt"),
        (output.description, "audio_description", "audio_description_vtt"),
    ):
        version = newest.get(track.pk) if track else None
        if version is not None and kind in kinds:
            yield from _texts(job, version, f"{within}/{stem}.{name}", name=name, kind=kind, forms=forms)
    for asset, name, kind in (
        (output.description_audio, "audio_description", "audio_description_mp3"),
        (output.accessible_video, "accessible", "accessible_video_mp4"),
        (output.accessible_captions, "accessible.captions", "accessible_video_mp4"),
        (output.standard_video, "standard", "standard_video_mp4"),
    ):
        if asset is not None and kind in kinds:
            yield from _file(job, within, f"{stem}.{name}", asset, kind=kind, language=output.language)
    chapters = chapters_vtt(output) if "chapters_vtt" in kinds and output.accessible_video is not None else None
    if chapters:
        data = chapters.encode()
        identity = hashlib.sha256(data).hexdigest()
        path = f"{within}/{stem}.accessible.chapters.vtt"
        yield Entry(path, "chapters_vtt", output.language, identity, write=lambda: data, job_id=job.pk)


def _file(job: Job, folder: str, stem: str, asset: Asset, *, kind: str, language: str) -> Iterable[Entry]:
    ending = asset.filename.rpartition(".")[2].lower() if "." in asset.filename else ""
    ending = _NOT_IN_NAMES.sub("", ending)[:8] or "bin"
    engine = str(asset.technical.get("engine") or "")
    yield Entry(
        f"{folder}/{stem}.{ending}",
        kind,
        language,
        f"{asset.pk}/{asset.sha256}",
        asset.key,
        engine=engine,
        job_id=job.pk,
    )


def _texts(
    job: Job, version: TrackVersion, path: str, *, name: str, kind: str, forms: Collection[str]
) -> Iterable[Entry]:
    language = version.track.language
    title = f"{job.title}, {languages.name(language)}"
    for form in TEXT_FORMATS[name]:
        if form not in forms:
            continue
        yield Entry(
            f"{path}.{form}",
            kind,
            language,
            f"{version.track_id}/{version.number}/{form}",
            write=_writer(version.content, form, language=language, title=title),
            version=version.number,
            engine=version.engine,
            author=version.author.name if version.author else "",
            job_id=job.pk,
        )


def _writer(content: str, form: str, *, language: str, title: str) -> Callable[[], bytes]:
    def write() -> bytes:
        document = webvtt.parse(content)
        if form == "txt":
            return script(document, title=title).encode()
        return formats.write(document, form, language=language, title=title)

    return write


def script(document: Document, *, title: str) -> str:
    """A description to read aloud: when each line begins, and what is said."""
    lines = [title, ""]
    for cue in document.cues:
        lines.append(f"[{webvtt.format_timestamp(cue.start_ms)}] {' '.join(webvtt.plain_text(cue).split())}")
    return "\n".join(lines) + "\n"


def _unique(name: str, taken: set[str]) -> str:
    """Jobs may have the same title. File systems that take no case into account see no two alike."""
    number, wanted = 1, name
    while wanted.casefold() in taken:
        number += 1
        wanted = f"{name}-{number}"
    taken.add(wanted.casefold())
    return wanted


def manifest(plan: Plan, files: Sequence[dict[str, Any]]) -> bytes:
    """What is in the package, for programs."""
    about = {
        "format": FORMAT,
        "digest": plan.digest,
        "jobs": [
            {
                "id": str(job.pk),
                "title": job.title,
                "folder": plan.folders[job.pk],
                "source_language": job.source_language,
                "languages": [output.language for output in job.outputs.all()],
            }
            for job in plan.jobs
        ],
        "files": list(files),
    }
    return (json.dumps(about, ensure_ascii=False, indent=2) + "\n").encode()


def readme(plan: Plan, files: Sequence[dict[str, Any]]) -> bytes:
    """What is in the package, for people."""
    lines = ["This package was made by Reelwright.", ""]
    for job in plan.jobs:
        lines += [f"{' '.join(job.title.split())} ({plan.folders[job.pk]}/)", ""]
        inside = [file for file in files if file["path"].startswith(f"{plan.folders[job.pk]}/")]
        lines += [f"  {file['path']}  ({file['bytes']:,} bytes)" for file in inside]
        lines.append("")
    lines += [
        "Captions are given as WebVTT, SubRip and TTML (IMSC 1.1 Text), all with the times of the film that was sent in.",
        "Files with “accessible” in their names belong to the described film, which holds its picture in places: its captions and",
        "chapters have its own times.",
        "",
        "manifest.json lists every file with its size, its SHA-256 and the version it was made of.",
        "To see that nothing was damaged on the way: sha256sum -c SHA256SUMS",
        "",
    ]
    return "\n".join(lines).encode()
