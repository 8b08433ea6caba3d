"""What is stored has a row, and what has a row is stored: the check that operators run finds either without the other."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from core.runs import invariants
from core.storage import store
from core.storage.local import LocalStore
from media_library.models import Asset, ClipFile
from media_library.services import open_track, save_machine_version, version_key
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_store(settings: Any, tmp_path: Path) -> None:
    settings.STORAGE_ROOT = tmp_path


def put(key: str, *, age: float = 3600) -> None:
    files = store()
    assert isinstance(files, LocalStore)
    source = Path(files.root, "source")
    source.write_bytes(b"x")
    files.put(key, source, content_type="text/plain")
    then = time.time() - age
    os.utime(files.path_of(key), (then, then))


def found() -> list[str]:
    return [one for one in invariants.violations(everything=True) if "stored" in one or "does not exist" in one]


def test_all_that_the_library_keeps_is_known() -> None:
    asset = AssetFactory()
    put("clips/a.mp4")
    ClipFile.objects.create(asset=asset, start_ms=0, end_ms=10, format="mp4", key="clips/a.mp4")
    track = open_track(asset, kind="captions", language="en")
    version_key(save_machine_version(track, "WEBVTT\n", engine="x"))
    assert found() == []


def test_a_file_that_nobody_knows_is_found() -> None:
    put("library/lost/source")
    assert len(found()) == 1
    with pytest.raises(CommandError):
        call_command("check_invariants")


def test_what_was_written_just_now_is_given_time() -> None:
    put("library/fresh/source", age=0)
    assert found() == []


def test_a_row_without_its_file_is_found() -> None:
    asset = AssetFactory()
    store().delete(asset.key)
    assert found() == [f"asset {asset.pk} names {asset.key}, which does not exist"]
    Asset.objects.all().delete()
    assert found() == []
