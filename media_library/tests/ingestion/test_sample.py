"""The sample, with the engines that come with the studio."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts.models import User
from media_library.models import Asset, Passage
from media_library.services import ingestion
from media_library.tests.factories import AssetFactory
from media_library.tests.working import work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]
SAMPLE = Path(__file__).parents[3] / "tests" / "data" / "sample.mp4"


def test_the_sample_is_heard_seen_told_apart_and_found(owner: User, settings: Any, tmp_path: Path) -> None:
    settings.STORAGE_ROOT = tmp_path / "store"
    asset = AssetFactory(
        owner=owner, filename="sample.mp4", content=SAMPLE, duration=None, technical={}, status=Asset.Status.PROCESSING
    )
    work(ingestion.start(asset, by=owner))
    asset = Asset.objects.select_related("transcript").get(pk=asset.pk)
    assert (asset.status, asset.problem, asset.technical.get("notes")) == (Asset.Status.ACTIVE, "", None)
    text = " ".join(asset.transcript.segments.order_by("position").values_list("text", flat=True))
    assert (asset.transcript.language, "John Dashwood" in text) == ("en", True)
    assert asset.transcript.speakers.exists()
    assert not asset.transcript.segments.filter(speaker=None).exists()
    assert asset.technical["shots"]
    assert asset.technical["palette"]
    assert asset.analysis["measured"] is True
    assert asset.analysis["style"]["lighting"]
    spoken = asset.passages.filter(kind=Passage.Kind.SPEECH)
    assert spoken.count() == asset.transcript.segments.count()
    assert not asset.passages.filter(embedding=None).exists()
    # Chapters are for what lasts longer than this.
    assert asset.chapters == []
