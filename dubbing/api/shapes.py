"""Dubs as JSON, the same for routes and pages. Links are minted here, once the caller is known to see what they lead to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from core.storage import store
from dubbing.models import Dub
from dubbing.queries.desk import Desk, DeskLine, DeskRole, Report
from dubbing.queries.sayings import version_of
from dubbing.services.casting import Choice
from media_library.models import Asset
from media_library.queries import links

FILE = {
    "$nullable": True,
    "id": "uuid",
    "url": "url",
    "filename": "string",
    "size": "int",
    "duration": "nullable float",
}
DUB = {
    "id": "uuid",
    "title": "string",
    "status": "string",
    "problem": "nullable string",
    "source_language": "nullable string",
    "target_language": "string",
    "video": {"id": "uuid", "title": "string", "duration": "nullable float"},
    "project_id": "nullable uuid",
    "owner": {"id": "uuid", "name": "string"},
    "options": "object",
    "facts": "object",
    "run_id": "nullable uuid",
    "progress": "float",
    "films": {"film": FILE, "multitrack": FILE, "sound": FILE, "captions": FILE},
    "created_at": "datetime",
    "updated_at": "datetime",
}
ROLE = {
    "id": "uuid",
    "name": "string",
    "position": "int",
    "voice": "string",
    "profile": {"$nullable": True, "id": "uuid", "name": "string", "similarity": "nullable float"},
    "speed": "float",
    "pitch": "nullable float",
    "lines": "int",
    "seconds": "float",
    "stale": "int",
    "problem": "nullable string",
}
LINE = {
    "id": "uuid",
    "number": "int",
    "role_id": "uuid",
    "start": "float",
    "end": "float",
    "latest": "float",
    "original": "string",
    "text": "string",
    "version": "string",
    "written_by": "string",
    "suggestion": "string",
    "muted": "bool",
    "state": "string",
    "why": "string",
    "engine": "string",
    "natural": "nullable float",
    "rate": "nullable float",
    "placed_start": "nullable float",
    "placed_end": "nullable float",
    "off": "nullable float",
    "similarity": "nullable float",
    "sound_url": "nullable url",
}
REPORT = {
    **dict.fromkeys(("lines", "spoken", "stale", "waiting", "voiceless", "muted", "tight", "blocked", "near"), "int"),
    **dict.fromkeys(("share", "fastest", "farthest"), "nullable float"),
    "ready": "bool",
}
CHOICE = {
    "voice": "string",
    "profile_id": "nullable uuid",
    "name": "string",
    "language": "string",
    "gender": "string",
    "engine": "string",
}
DESK = {
    "dub": DUB,
    "cast": [ROLE],
    "lines": [LINE],
    "report": REPORT,
    "out_of_date": "bool",
    "voices": [CHOICE],
    "cost_usd": "string",
    "may": {"write": "bool", "delete": "bool"},
}


def dub_shape(dub: Dub) -> dict[str, Any]:
    """`dub` comes with its video, owner, run and films (`services.dubs.rows`)."""
    return {
        "id": dub.pk,
        "title": dub.title,
        "status": dub.status,
        "problem": dub.problem or None,
        "source_language": dub.source_language or None,
        "target_language": dub.target_language,
        "video": {"id": dub.video_id, "title": dub.video.name, "duration": dub.video.duration},
        "project_id": dub.project_id,
        "owner": {"id": dub.owner_id, "name": dub.owner.name},
        "options": dub.options,
        "facts": dub.facts,
        "run_id": dub.run_id,
        "progress": round(dub.run.progress, 4) if dub.run else 0.0,
        "films": {name: file_shape(getattr(dub, name)) for name in ("film", "multitrack", "sound", "captions")},
        "created_at": dub.created_at,
        "updated_at": dub.updated_at,
    }


def file_shape(asset: Asset | None) -> dict[str, Any] | None:
    if asset is None or asset.deleted_at is not None:
        return None
    return {
        "id": asset.pk,
        "url": links.link(asset, inline=True),
        "filename": asset.filename,
        "size": asset.size,
        "duration": asset.duration,
    }


def role_shape(one: DeskRole) -> dict[str, Any]:
    role = one.role
    return {
        "id": role.pk,
        "name": role.name,
        "position": role.position,
        "voice": role.voice,
        "profile": {"id": role.profile.pk, "name": role.profile.name, "similarity": role.profile.similarity}
        if role.profile
        else None,
        "speed": role.speed,
        "pitch": role.pitch,
        "lines": one.lines,
        "seconds": one.seconds,
        "stale": one.stale,
        "problem": one.problem or None,
    }


def line_shape(one: DeskLine) -> dict[str, Any]:
    line = one.line
    return {
        "id": line.pk,
        "number": line.number,
        "role_id": line.role_id,
        "start": line.start,
        "end": line.end,
        "latest": one.slot.latest,
        "original": line.original,
        "text": line.text,
        "version": version_of(line),
        "written_by": line.written_by,
        "suggestion": line.suggestion,
        "muted": line.muted,
        "state": one.state,
        "why": one.why,
        "engine": line.engine,
        "natural": line.natural,
        "rate": line.rate,
        "placed_start": line.placed_start,
        "placed_end": line.placed_end,
        "off": one.off,
        "similarity": line.similarity,
        "sound_url": sound_url(one),
    }


def sound_url(one: DeskLine) -> str | None:
    """To the line as it was spoken last, stale or not."""
    if not one.line.sound:
        return None
    return store().url(
        one.line.sound["key"],
        filename=f"line-{one.line.number + 1}.wav",
        content_type="audio/wav",
        inline=True,
        expires_in=links.lifetime(inline=True),
    )


def report_shape(report: Report) -> dict[str, Any]:
    return {**{name: getattr(report, name) for name in REPORT if name != "ready"}, "ready": report.ready}


def choice_shape(one: Choice) -> dict[str, Any]:
    return {
        "voice": one.voice,
        "profile_id": one.profile.pk if one.profile else None,
        "name": one.name,
        "language": one.language,
        "gender": one.gender,
        "engine": one.engine,
    }


def desk_shape(desk: Desk, *, voices: Iterable[Choice], cost_usd: object) -> dict[str, Any]:
    return {
        "dub": dub_shape(desk.dub),
        "cast": [role_shape(one) for one in desk.cast],
        "lines": [line_shape(one) for one in desk.lines],
        "report": report_shape(desk.report),
        "out_of_date": desk.out_of_date,
        "voices": [choice_shape(one) for one in voices],
        "cost_usd": str(cost_usd),
        "may": {"write": bool(desk.may_write), "delete": bool(desk.may_delete)},
    }
