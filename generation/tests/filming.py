"""Sessions with approved clips that are real films, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.storage import store
from core.testing.patience import work_off
from generation.models import GenerationSession, Round, Take
from generation.tests.factories import SessionFactory, round_of, take_of
from jobs.tests.factories import AssetFactory
from media_library.media import credentials
from media_library.models import Asset

MADE = {
    "kind": credentials.TRAINED,
    "engine": "replicate",
    "model": "gen-4-turbo",
    "prompt": "It lifts off",
    "seed": 7,
    "cost_usd": "0.05",
    "made_at": "2026-01-02T03:04:05+00:00",
}


def stored_asset(owner: Any, path: Path, *, kind: str, content_type: str, **values: Any) -> Asset:
    """A file of somebody's own, really there."""
    key = f"users/{owner.pk}/output/{kind}/{path.name}"
    stored = store().put(key, path, content_type=content_type)
    values = {"shelf": Asset.Shelf.OUTPUT, "origin": Asset.Origin.GENERATED, "title": path.stem} | values
    return AssetFactory(
        owner=owner, key=key, kind=kind, content_type=content_type, size=stored.size, sha256=stored.sha256, **values
    )


def filmed(
    paths: Sequence[Path], *, owner: Any = None, seconds: float = 4.0, provenance: Any = None
) -> GenerationSession:
    """A session whose approved clips are these files, in this order."""
    session = SessionFactory(**({"owner": owner} if owner else {}))
    made = round_of(session, Round.Kind.CLIPS)
    for place, path in enumerate(paths):
        asset = stored_asset(
            session.owner,
            path,
            kind=Asset.Kind.VIDEO,
            content_type="video/mp4",
            duration=seconds,
            provenance=MADE if provenance is None else provenance,
        )
        take_of(session, Take.Kind.CLIP, round=made, asset=asset, approved=True, order_index=place, seconds=seconds)
    return session


def finished(made: Round) -> Round:
    run = work_off(made.run_id)
    assert run.status == "completed", (run.error, [step.log[-300:] for step in run.steps.all() if step.log])
    return Round.objects.select_related("session__final", "run").get(pk=made.pk)


def results(made: Round, name: str) -> list[dict[str, Any]]:
    """Of the steps of this name, in the order of the clips."""
    assert made.run is not None
    return [step.result or {} for step in made.run.steps.filter(name=name).order_by("item")]
