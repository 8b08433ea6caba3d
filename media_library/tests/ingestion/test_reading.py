"""Documents and caption files on their way into the library."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.models import User
from core.storage import store
from core.testing.providers import ProviderServer
from media_library.models import Asset, Passage
from media_library.services import ingestion
from media_library.tests.factories import AssetFactory
from media_library.tests.media.test_documents import word_file
from media_library.tests.working import work

pytestmark = pytest.mark.django_db(transaction=True)
K, S = Asset.Kind, Asset.Status
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def taken_in(path: Path, owner: User, *, kind: str, content_type: str) -> Asset:
    asset = AssetFactory(
        owner=owner,
        kind=kind,
        filename=path.name,
        content_type=content_type,
        content=path,
        duration=None,
        technical={},
        status=S.PROCESSING,
    )
    work(ingestion.start(asset, by=owner))
    return Asset.objects.get(pk=asset.pk)


def said(asset: Asset) -> str:
    found = asset.passages.filter(kind=Passage.Kind.DOCUMENT).order_by("position")
    return " ".join(found.values_list("text", flat=True))


def test_the_words_of_a_document_are_found(owner: User, engines: ProviderServer, tmp_path: Path) -> None:
    path = word_file(tmp_path / "brief.docx", "The harbour at dawn.", "Two boats leave.")
    asset = taken_in(path, owner, kind=K.DOCUMENT, content_type=DOCX)
    assert (asset.status, asset.problem, asset.technical.get("notes")) == (S.ACTIVE, "", None)
    assert said(asset) == "The harbour at dawn. Two boats leave."
    assert asset.technical["words"] == 7
    assert not asset.passages.filter(embedding=None).exists()
    with store().local(asset.made.get().key) as text:
        assert text.read_text() == "The harbour at dawn.\nTwo boats leave."


def test_a_caption_files_words_are_found(owner: User, engines: ProviderServer, tmp_path: Path) -> None:
    path = tmp_path / "launch.vtt"
    path.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Good evening</v>\n")
    asset = taken_in(path, owner, kind=K.CAPTION, content_type="text/vtt")
    assert (asset.status, said(asset)) == (S.ACTIVE, "Good evening")


@pytest.mark.parametrize(
    ("name", "content", "content_type", "note"),
    [
        ("terms.pdf", b"%PDF-1.7\n" + bytes(100), "application/pdf", "The document is damaged."),
        ("empty.ttml", b"no captions at all", "application/ttml+xml", "These captions cannot be read"),
    ],
)
def test_what_cannot_be_read_is_kept_and_says_so(
    owner: User, engines: ProviderServer, tmp_path: Path, name: str, content: bytes, content_type: str, note: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    kind = K.CAPTION if name.endswith("ttml") else K.DOCUMENT
    asset = taken_in(path, owner, kind=kind, content_type=content_type)
    assert (asset.status, said(asset)) == (S.ACTIVE, "")
    assert note in asset.technical.get("notes", {}).get("read", "")
    assert store().exists(asset.key)
    assert asset.passages.filter(kind=Passage.Kind.NAME).exists()
