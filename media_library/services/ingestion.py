"""Ingestion: everything that is found out about a file and made of it after it came in, as one run for each asset.

An asset is `processing` until that is done, then `active`; `failed` says in `problem` what a person can act on, and the original is kept
as it was brought. One that is active already stays so while more is found out about it.
"""

from __future__ import annotations

import uuid

from django.db import transaction

from accounts.models import User
from core import audit
from core.errors import WrongStateError
from core.runs import services as runs
from core.runs.models import Run
from media_library import events, signals
from media_library.models import Asset
from media_library.services import making as library

KIND = "media_library.ingest"
FIRST = "check"
S = Asset.Status


@transaction.atomic
def start(asset: Asset, *, by: User | None) -> Run:
    """Begins the work. Refused while it is under way."""
    run = runs.start(KIND, subject_id=asset.pk, created_by=by)
    _begin(asset, run)
    return run


@transaction.atomic
def restart(asset: Asset, *, by: User) -> Run:
    """Does again what failed, or what was left out; what is there is not made anew. Refused while the work is under way."""
    run = Run.objects.filter(kind=KIND, subject_id=asset.pk).first()
    if run is None:
        run = start(asset, by=by)
    elif run.status == Run.Status.FAILED:
        run = runs.retry(run.pk)
    elif run.status in Run.ACTIVE:
        raise WrongStateError("This is being worked on already.")
    else:
        run = runs.reopen(run.pk, FIRST)
    _begin(asset, run)
    audit.record("media_library.asset.ingest", asset, actor=by, run=str(run.pk))
    return run


@transaction.atomic
def cancel(asset: Asset, *, by: User) -> Run:
    """Stops the work within seconds. What was made so far stays."""
    run = Run.objects.filter(kind=KIND, subject_id=asset.pk).first()
    if run is None:
        raise WrongStateError("This work is not running.")
    run = runs.cancel(run.pk)
    audit.record("media_library.asset.ingest_cancel", asset, actor=by, run=str(run.pk))
    return run


@transaction.atomic
def enrich(asset: Asset, *, by: User | None) -> None:
    """Finds out what other work on the file has left to find, once."""
    if not Run.objects.filter(kind=KIND, subject_id=asset.pk).exists():
        start(asset, by=by)


def note(asset_id: uuid.UUID, step: str, text: str) -> None:
    """What could not be done, though the file can be used; nothing once it could. Shown beside the file's facts."""
    asset = Asset.objects.select_for_update(no_key=True, of=("self",)).filter(pk=asset_id).first()
    notes = dict(asset.technical.get("notes", {})) if asset else {}
    if asset is None or notes.get(step, "") == text:
        return
    notes.pop(step, None)
    library.note_technical(asset, notes={**notes, step: text} if text else notes)


def finish(asset_id: uuid.UUID) -> None:
    """All is done."""
    _settle(asset_id, S.ACTIVE, "")


def fail(asset_id: uuid.UUID, problem: str, *, step: str = "") -> None:
    """The original is kept and handed out as it is. What could be used before still can."""
    if Asset.objects.filter(pk=asset_id, status=S.ACTIVE).exists():
        note(asset_id, step or FIRST, problem)
    else:
        _settle(asset_id, S.FAILED, problem)


def _begin(asset: Asset, run: Run) -> None:
    asset.run = run
    if asset.status == S.FAILED:
        asset.status, asset.problem = S.PROCESSING, ""
    asset.save(update_fields=["run", "status", "problem", "updated_at"])
    events.asset_status(asset)


@transaction.atomic
def _settle(asset_id: uuid.UUID, status: str, problem: str) -> None:
    asset = Asset.objects.select_related("run").filter(pk=asset_id).first()
    if asset is None:
        return
    asset.status, asset.problem = status, problem
    asset.save(update_fields=["status", "problem", "updated_at"])
    signals.asset_settled.send(sender=Asset, asset=asset)
    events.asset_status(asset)
