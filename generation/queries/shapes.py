"""Sessions, takes and rounds as programs and pages read them. Links are made for one answer, after the access check."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Prefetch

from generation.models import GenerationSession, Round, Take
from media_library.models import Asset
from media_library.queries import links

# What is shown as a file of the session, once it is there.
LISTED = (Take.Kind.IMAGE, Take.Kind.CLIP, Take.Kind.FINAL, Take.Kind.AUDIO)


def with_takes(
    sessions: Iterable[GenerationSession],
) -> dict[uuid.UUID, list[Take]]:
    """All takes of these sessions, in the order in which they were planned. One query."""
    takes = Take.objects.filter(session__in=[session.pk for session in sessions]).select_related("asset")
    found: dict[uuid.UUID, list[Take]] = defaultdict(list)
    for take in takes.order_by("round__created_at", "round", "index", "pk"):
        found[take.session_id].append(take)
    return found


class Pictures:
    """The small pictures of many takes, in one query."""

    def __init__(self, takes: Iterable[Take]) -> None:
        self._found = links.pictures([take.asset for take in takes if is_there(take) and take.asset is not None])

    def of(self, take: Take) -> str | None:
        asset = take.asset if is_there(take) else None
        if asset is None:
            return None
        small = self._found.get(asset.pk) or (asset if asset.kind == Asset.Kind.IMAGE else None)
        return links.link(small, inline=True) if small else None


def is_there(take: Take) -> bool:
    return take.status == Take.Status.READY and take.asset is not None and take.asset.deleted_at is None


def take_shape(take: Take, pictures: Pictures | None = None, variants: Sequence[Take] = ()) -> dict[str, Any]:
    pictures = pictures or Pictures([take, *variants])
    asset = take.asset if is_there(take) else None
    made = take.made
    return {
        "id": take.pk,
        "type": take.kind,
        "url": links.link(asset, inline=True) if asset else None,
        "download_url": links.link(asset) if asset else None,
        "thumbnail_url": pictures.of(take),
        "approved": take.approved,
        "order_index": take.order_index,
        "created_at": take.created_at,
        "round_id": take.round_id,
        "index": take.index,
        "asset_id": asset.pk if asset else None,
        "prompt": take.prompt,
        "seed": take.seed,
        "seconds": take.seconds,
        "trim": {"start": take.trim_start, "end": take.trim_end},
        "caption": take.caption,
        "engine": made.get("engine") or None,
        "named": made.get("named") or None,
        "status": take.status,
        "problem": take.problem or None,
        "cost_usd": float(made.get("cost_usd") or 0),
        "source_id": take.source_id,
        "replaces": made.get("replaces") or None,
        "removed": take.removed_at is not None,
        "variants": [
            {
                "id": one.pk,
                "url": links.link(one.asset, inline=True) if is_there(one) and one.asset else None,
                "thumbnail_url": pictures.of(one),
                "prompt": one.prompt,
                "seed": one.seed,
            }
            for one in variants
        ],
    }


def asset_shapes(takes: Sequence[Take], pictures: Pictures) -> list[dict[str, Any]]:
    """What is there and not replaced, as the document lists it."""
    return [take_shape(take, pictures) for take in _shown(takes) if is_there(take) and take.kind in LISTED]


def _shown(takes: Sequence[Take]) -> list[Take]:
    return [take for take in takes if take.replaced_by_id is None and take.removed_at is None]


def session_rows(sessions: Sequence[GenerationSession]) -> list[dict[str, Any]]:
    """A list of them, at the same number of queries however many."""
    takes = with_takes(sessions)
    pictures = Pictures([take for rows in takes.values() for take in rows])
    return [_session(session, takes[session.pk], pictures) for session in sessions]


def session_shape(session: GenerationSession) -> dict[str, Any]:
    """One of them with all that a page shows of it: what is being made, what failed, variants, what was taken out."""
    takes = with_takes([session])[session.pk]
    pictures = Pictures(takes)
    variants: dict[uuid.UUID, list[Take]] = defaultdict(list)
    for take in takes:
        if take.replaced_by_id is not None and is_there(take):
            variants[take.replaced_by_id].append(take)
    return {
        **_session(session, takes, pictures),
        "takes": [take_shape(take, pictures, variants[take.pk]) for take in _shown(takes)],
        "removed": [take_shape(take, pictures) for take in takes if take.removed_at is not None],
        "rounds": [round_shape(one) for one in rounds_of(session)],
        "composition": session.composition,
    }


def _session(session: GenerationSession, takes: Sequence[Take], pictures: Pictures) -> dict[str, Any]:
    final = session.final if session.final is not None and session.final.deleted_at is None else None
    return {
        "id": session.pk,
        "status": session.status,
        "prompt": session.prompt,
        "video_prompt": session.video_prompt or None,
        "final_video_url": links.link(final, inline=True) if final else None,
        "created_at": session.created_at,
        "completed_at": session.completed_at,
        "assets": asset_shapes(takes, pictures),
        "title": session.title,
        "aspect_ratio": session.aspect_ratio,
        "problem": session.problem or None,
        "cap_usd": None if session.cap_usd is None else float(session.cap_usd),
        "project_id": session.project_id,
        "updated_at": session.updated_at,
    }


def rounds_of(session: GenerationSession) -> list[Round]:
    rows = session.rounds.select_related("run").order_by("created_at", "pk")
    return list(rows.prefetch_related(Prefetch("takes", queryset=Take.objects.order_by("index", "pk"))))


def round_shape(made: Round) -> dict[str, Any]:
    """With the prompts and seeds of its takes, and what it cost beside what it was thought to cost."""
    takes = list(made.takes.all())
    return {
        "id": made.pk,
        "kind": made.kind,
        "number": made.number,
        "status": made.status,
        "problem": made.problem or None,
        "prompt": made.prompt,
        "progress": _progress(made),
        "message": (made.run.message if made.run else "") or None,
        "run_id": made.run_id,
        "estimate_usd": float(made.estimate_usd),
        "cost_usd": round(sum(float(take.made.get("cost_usd") or 0) for take in takes), 6),
        "plan": made.plan,
        "takes": [
            {"id": take.pk, "index": take.index, "prompt": take.prompt, "seed": take.seed, "status": take.status}
            for take in takes
        ],
        "created_at": made.created_at,
        "finished_at": made.finished_at,
    }


def _progress(made: Round) -> float:
    if made.status == Round.Status.DONE:
        return 1.0
    return round(made.run.progress, 4) if made.run else 0.0
