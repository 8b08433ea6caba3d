"""What engines propose for an asset. What no person has written is filled in at once; the rest waits for a person to decide.

An accepted part counts as written by the person who accepted it.
"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from PIL import Image

from accounts.models import User
from ai import services as ai
from ai.capabilities.summarize import Summary
from core import audit
from core.errors import DomainError, InvalidFieldError, WrongStateError
from core.storage import store
from core.storage.base import FileMissingError
from media_library.models import Asset, Segment, Suggestion
from media_library.queries.links import picture
from media_library.services import assets, indexing, speakers
from media_library.services.analysis import PROPOSED
from media_library.services.describing import LONGEST_TAG, MOST_TAGS, clean_tags

Kind, Status = Suggestion.Kind, Suggestion.Status

NO_TRANSCRIPT = "No transcript found for video"
FIELDS = ("title", "description", "tags")
# What can be taken of a suggestion, by kind; of speakers it is their labels.
PARTS = {Kind.METADATA: FIELDS, Kind.PICTURE: ("description", "tags", "objects")}
LANGUAGE = "en"


@dataclass(frozen=True)
class Autofill:
    """`suggestion` holds what waits for a person, or, when nothing does, all that was filled in."""

    summary: Summary
    suggestion: Suggestion
    updated_fields: list[str]


def suggest_metadata(asset: Asset, *, by: User) -> Autofill:
    """Title, description and tags from what is said. No transaction is open while the engine reads."""
    lines = list(
        Segment.objects.filter(transcript__asset=asset).order_by("position", "pk").values_list("text", flat=True)
    )
    if not any(line.strip() for line in lines):
        raise DomainError(NO_TRANSCRIPT)
    use = ai.Use(purpose="media_library.autofill", user_id=by.pk, organization_id=asset.organization_id)
    answer = ai.summarize(lines, language=asset.transcript.language, use=use)
    return _fill_in(asset, answer, by=by)


@transaction.atomic
def _fill_in(asset: Asset, answer: ai.Answer[Summary], *, by: User) -> Autofill:
    summary = answer.value
    said = {"title": summary.title, "description": summary.description, "tags": summary.tags}
    told = {name: value for name, value in said.items() if value}
    locked = Asset.objects.select_for_update(of=("self",)).filter(pk=asset.pk, deleted_at=None).first()
    if locked is None:
        raise WrongStateError("This file was deleted.")
    free = {name: value for name, value in told.items() if name not in locked.written_by_people}
    for name, value in free.items():
        setattr(locked, name, value)
    if free:
        locked.save(update_fields=[*free, "updated_at"])
        indexing.index_asset(locked, parts={"name"})
    waiting = {name: value for name, value in told.items() if name not in free}
    # One proposal of a kind is open at a time: the newest.
    Suggestion.objects.filter(asset=locked, kind=Kind.METADATA, status=Status.OPEN).delete()
    suggestion = Suggestion.objects.create(
        asset=locked,
        kind=Kind.METADATA,
        content=waiting or told,
        engine=str(answer.engine)[:100],
        measured=summary.measured,
        call_id=answer.call_id,
        status=Status.OPEN if waiting else Status.ACCEPTED,
        accepted=sorted(free),
        decided_by=None if waiting else by,
        decided_at=None if waiting else timezone.now(),
    )
    audit.record("media_library.asset.autofill", locked, actor=by, engine=str(answer.engine), fields=sorted(free))
    return Autofill(summary, suggestion, [name for name in FIELDS if name in free])


def suggest_picture(asset: Asset, *, by: User) -> Suggestion:
    """What is to be seen, from what was found out when the file came in; else by looking at its picture now."""
    if asset.analysis.get("description"):
        content = {name: asset.analysis[name] for name in PROPOSED if asset.analysis.get(name)}
        engine, measured = str(asset.analysis.get("engine") or ""), bool(asset.analysis.get("measured"))
        return _propose(asset, content, engine=engine, measured=measured, call_id=None, by=by)
    shown = picture(asset)
    if shown is None:
        raise WrongStateError("There is no picture of this file yet.")
    use = ai.Use(purpose="media_library.describe", user_id=by.pk, organization_id=asset.organization_id)
    with tempfile.TemporaryDirectory(prefix="looking-") as folder:
        look = Path(folder) / "look.jpg"
        try:
            with store().local(shown.key) as path, Image.open(path) as image:
                image.convert("RGB").save(look, quality=90)
        except FileMissingError as error:
            raise WrongStateError("The picture of this file is gone from the store.") from error
        answer = ai.describe([look], language=LANGUAGE, use=use)
    seen = answer.value
    content = {"description": seen.description.strip(), "tags": seen.tags}
    return _propose(asset, content, engine=str(answer.engine), measured=seen.measured, call_id=answer.call_id, by=by)


@transaction.atomic
def _propose(
    asset: Asset, content: dict[str, Any], *, engine: str, measured: bool, call_id: uuid.UUID | None, by: User
) -> Suggestion:
    locked = Asset.objects.select_for_update(of=("self",)).get(pk=asset.pk)
    Suggestion.objects.filter(asset=locked, kind=Kind.PICTURE, status=Status.OPEN).delete()
    suggestion = Suggestion.objects.create(
        asset=locked, kind=Kind.PICTURE, content=content, engine=engine[:100], measured=measured, call_id=call_id
    )
    audit.record("media_library.asset.look", locked, actor=by, engine=engine)
    return suggestion


@transaction.atomic
def decide(suggestion: Suggestion, *, actor: User, accept: Collection[str]) -> Suggestion:
    """Takes these parts; none of them dismisses the whole. Once is for good."""
    asset = Asset.objects.select_for_update(of=("self",)).get(pk=suggestion.asset_id)
    locked = Suggestion.objects.select_for_update().filter(pk=suggestion.pk).first()
    if locked is None or locked.status != Status.OPEN:
        raise WrongStateError("This suggestion was decided on already.")
    names = names_of(locked)
    taken = [name for name in names if name in accept]
    if foreign := sorted(set(accept) - set(names)):
        raise InvalidFieldError(f"This suggestion has no part {foreign[0]!r}.", field="accept")
    if locked.kind == Kind.SPEAKERS:
        _name_speakers(asset, locked, taken, actor=actor)
    elif taken:
        assets.change(asset, actor=actor, **_values(asset, locked.content, taken))
        indexing.index_asset(asset, parts={"name"})
    locked.status = Status.ACCEPTED if taken else Status.DISMISSED
    locked.accepted = sorted({*locked.accepted, *taken})
    locked.decided_by, locked.decided_at = actor, timezone.now()
    locked.save(update_fields=["status", "accepted", "decided_by", "decided_at"])
    audit.record(
        f"media_library.suggestion.{'accept' if taken else 'dismiss'}",
        asset,
        actor=actor,
        kind=locked.kind,
        parts=taken,
        engine=locked.engine,
    )
    return locked


def names_of(suggestion: Suggestion) -> list[str]:
    """The parts that can be taken, each by itself."""
    content = suggestion.content
    if suggestion.kind == Kind.SPEAKERS:
        return [str(row["label"]) for row in speaker_rows(content)]
    return [name for name in PARTS[Kind(suggestion.kind)] if content.get(name)]


def speaker_rows(content: Any) -> list[dict[str, Any]]:
    rows = content if isinstance(content, list) else content.get("speakers", [])
    return [row for row in rows if row.get("label") and row.get("name")]


def _values(asset: Asset, content: dict[str, Any], taken: Collection[str]) -> dict[str, Any]:
    """Tags are added to those that are there, as far as there is room."""
    values = {name: content[name] for name in taken if name in {"title", "description"}}
    proposed = [tag for name in ("tags", "objects") if name in taken for tag in content[name]]
    if proposed:
        once: dict[str, str] = {}
        for tag in [*asset.tags, *map(str, proposed)]:
            if len(tag) <= LONGEST_TAG:
                once.setdefault(tag.casefold(), tag)
        values["tags"] = clean_tags(list(once.values())[:MOST_TAGS])
    return values


def _name_speakers(asset: Asset, suggestion: Suggestion, taken: Collection[str], *, actor: User) -> None:
    known = {one.label: one for one in asset.transcript.speakers.all()}
    for row in speaker_rows(suggestion.content):
        if row["label"] not in taken:
            continue
        if row["label"] not in known:
            raise WrongStateError("The speakers were told apart anew since this was suggested.")
        speakers.rename_speaker(known[row["label"]], name=str(row["name"]), actor=actor)
