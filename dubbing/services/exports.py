"""A dub to take along: what is said as captions, its lines with how they fit, its sound, its film, or all of it in one package."""

from __future__ import annotations

import hashlib
import json
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from django.utils.text import slugify

from core import spreadsheets
from core.errors import DomainError, TooLargeError, WrongStateError
from core.storage import removal, store
from core.storage.base import sha256_of
from dubbing.queries.desk import Desk, DeskLine
from dubbing.services import captions, mixing
from media_library.media.formats import srt
from media_library.media.sound_file import extract_sound
from media_library.models import Asset
from media_library.queries import links

FORMATS = ("vtt", "srt", "csv", "json", "wav", "mp4", "zip")
UNKNOWN = f"Formats are {', '.join(FORMATS)}."
NO_FILM = "There is no film of this dub yet. Make it first."
TOO_LARGE = "The films are too large for one package. Download them one by one."
LARGEST_PACKAGE = 4 * 2**30
WAV_RATE = 48_000
HEAD = (
    "number",
    "speaker",
    "voice",
    "start",
    "end",
    "original",
    "text",
    "state",
    "natural_seconds",
    "rate",
    "heard_from",
    "heard_to",
    "off_seconds",
    "engine",
    "note",
)


@dataclass(frozen=True)
class Text:
    filename: str
    content_type: str
    content: bytes


def text(desk: Desk, wanted: str) -> Text | None:
    """The small ones, at once; None for what is a file."""
    stem = name_of(desk)
    match wanted:
        case "vtt":
            return Text(f"{stem}.vtt", "text/vtt", captions.written(desk.dub, desk.lines).encode())
        case "srt":
            return Text(f"{stem}.srt", "application/x-subrip", srt.write(captions.document(desk.dub, desk.lines)))
        case "csv":
            return Text(f"{stem}.csv", "text/csv", spreadsheets.written(HEAD, rows(desk)).encode("utf-8-sig"))
        case "json":
            return Text(f"{stem}.json", "application/json", _json(told(desk)))
    if wanted not in FORMATS:
        raise DomainError(UNKNOWN)
    return None


def link(desk: Desk, wanted: str) -> str:
    """To a file: those of the library as they are; what is made for this is there for an hour."""
    if wanted == "mp4":
        return links.link(_made(desk, "film"))
    stem = name_of(desk)
    with tempfile.TemporaryDirectory(prefix="dub-export-") as folder:
        path = Path(folder) / f"{stem}.{wanted}"
        if wanted == "wav":
            with store().local(_made(desk, "sound").key) as sound:
                extract_sound(sound, path, form="wav", rate=WAV_RATE)
            content_type = "audio/wav"
        else:
            _package(desk, path)
            content_type = "application/zip"
        key = f"dubs/{desk.dub.pk}/exports/{uuid.uuid4()}/{path.name}"
        removal.remove_unless_kept(key)
        store().put(key, path, content_type=content_type)
        return store().url(
            key, filename=path.name, content_type=content_type, inline=False, expires_in=links.lifetime(inline=False)
        )


def name_of(desk: Desk) -> str:
    return f"{slugify(desk.dub.title) or 'dub'}-{desk.dub.target_language}"[:120]


def rows(desk: Desk) -> Iterator[list[Any]]:
    for one in desk.lines:
        line = one.line
        yield [
            line.number + 1,
            one.role.name,
            one.role.profile.name if one.role.profile else one.role.voice,
            line.start,
            line.end,
            line.original,
            line.text,
            one.state,
            line.natural,
            line.rate,
            line.placed_start,
            line.placed_end,
            one.off,
            line.engine,
            one.why,
        ]


def told(desk: Desk) -> dict[str, Any]:
    """Everything about the dub that is not sound or picture."""
    dub, report = desk.dub, desk.report
    return {
        "title": dub.title,
        "video": {"id": str(dub.video_id), "title": dub.video.name, "sha256": dub.video.sha256},
        "source_language": dub.source_language,
        "target_language": dub.target_language,
        "synthetic_speech": True,
        "disclosure": mixing.disclosure(dub),
        "options": dub.options,
        "facts": dub.facts,
        "out_of_date": desk.out_of_date,
        "cast": [
            {"name": one.role.name, "voice": one.role.voice, "matched_voice": getattr(one.role.profile, "name", None)}
            for one in desk.cast
        ],
        "report": {**vars(report), "ready": report.ready},
        "lines": [dict(zip(HEAD, row, strict=True)) for row in rows(desk)],
    }


def _json(body: Any) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"


def _made(desk: Desk, output: str) -> Asset:
    asset: Asset | None = getattr(desk.dub, output)
    if asset is None or asset.deleted_at is not None or not store().exists(asset.key):
        raise WrongStateError(NO_FILM)
    return asset


def _package(desk: Desk, into: Path) -> None:
    """Captions, lines, each spoken line and, where they are made, the films; with a manifest and the checksums of all of it."""
    films = [asset for output in ("film", "multitrack", "sound") if (asset := _there(desk, output)) is not None]
    if sum(asset.size for asset in films) > LARGEST_PACKAGE:
        raise TooLargeError(TOO_LARGE)
    sums: dict[str, str] = {}
    with ZipFile(into, "w") as package:
        for kind in ("vtt", "srt", "csv", "json"):
            made = text(desk, kind)
            assert made is not None  # noqa: S101  (all four are text)
            package.writestr(made.filename, made.content, ZIP_DEFLATED)
            sums[made.filename] = hashlib.sha256(made.content).hexdigest()
        for one in desk.lines:
            if (key := _sound_of(one)) and store().exists(key):
                _add(package, sums, key, f"lines/{one.line.number + 1:04}.wav")
        for asset in films:
            _add(package, sums, asset.key, asset.filename)
        manifest = {
            "dub": str(desk.dub.pk),
            "title": desk.dub.title,
            "language": desk.dub.target_language,
            "disclosure": mixing.disclosure(desk.dub),
            "files": [{"path": path, "sha256": digest} for path, digest in sorted(sums.items())],
        }
        content = _json(manifest)
        package.writestr("manifest.json", content, ZIP_DEFLATED)
        sums["manifest.json"] = hashlib.sha256(content).hexdigest()
        listed = "".join(f"{digest}  {path}\n" for path, digest in sorted(sums.items()))
        package.writestr("SHA256SUMS", listed.encode(), ZIP_DEFLATED)


def _there(desk: Desk, output: str) -> Asset | None:
    asset: Asset | None = getattr(desk.dub, output)
    there = asset is not None and asset.deleted_at is None and store().exists(asset.key)
    return asset if there else None


def _sound_of(one: DeskLine) -> str:
    return str(one.line.sound.get("key", "")) if not one.line.muted else ""


def _add(package: ZipFile, sums: dict[str, str], key: str, name: str) -> None:
    with store().local(key) as path:
        package.write(path, name, ZIP_STORED)
        sums[name] = sha256_of(path)
