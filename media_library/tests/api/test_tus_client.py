"""A tus client that is not ours, against the real server: created, cut, gone on with by another process."""

from __future__ import annotations

import io
import secrets
from pathlib import Path
from typing import Any

import pytest
from tusclient.client import TusClient
from tusclient.exceptions import TusCommunicationError

from accounts.services import tokens
from accounts.tests.factories import UserFactory
from core.storage import store
from core.testing.server import database_url, serving
from media_library.models import Asset

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.workers]
MIB = 2**20


def test_a_client_of_others_uploads_into_the_library(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = secrets.token_bytes(9 * MIB)
    settings.STORAGE_ROOT = tmp_path / "media"
    (tmp_path / "static").mkdir()
    person = UserFactory()
    token = tokens.issue(person, methods=["pwd"]).access_token
    environment = {
        "REELWRIGHT_HOME": str(tmp_path),
        "DATABASE_URL": database_url(),
        "LINK_SIGNING_KEY": "the key of these tests",
        "JWT_SIGNING_KEY": settings.JWT_SIGNING_KEY,
        "LOG_LEVEL": "ERROR",
        "AWS_STORAGE_BUCKET_NAME": "",
    }
    about = {"filename": "harbour.mp4", "filetype": "video/mp4", "title": "The harbour"}
    with serving(env=environment) as first:
        client = TusClient(f"{first.url}/uploads", headers={"Authorization": f"Bearer {token}"})
        uploader = client.uploader(file_stream=io.BytesIO(data), chunk_size=4 * MIB, metadata=about)
        uploader.upload_chunk()
        assert uploader.offset == 4 * MIB
        first.kill()
        with pytest.raises(TusCommunicationError):
            uploader.upload_chunk()
        port = first.port
    with serving(env=environment, port=port):
        resumed = TusClient(uploader.url).uploader(file_stream=io.BytesIO(data), url=uploader.url)
        assert resumed.offset == 4 * MIB
        resumed.upload()
    asset = Asset.objects.get()
    assert (asset.owner, asset.title, asset.kind, asset.status) == (person, "The harbour", "video", "processing")
    with store().local(asset.key) as path:
        assert path.read_bytes() == data
