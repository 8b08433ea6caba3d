"""Files that come in: what is taken, where it goes, and what happens when something else happened first."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import Membership, User
from accounts.tests.factories import ClientFactory, OrganizationFactory, ProjectFactory, TeamFactory, UserFactory
from core.errors import (
    ConflictError,
    InvalidFieldError,
    NotAllowedError,
    TooManyRequestsError,
    UnsupportedTypeError,
)
from core.runs import worker
from core.runs.models import Run, Step
from core.storage import store, uploads
from core.storage.models import Removal, Upload
from media_library.models import Asset, Intake
from media_library.services import assets, imports, intake, quota
from media_library.services.accepting import accept_type
from media_library.services.describing import clean_tags
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db
TAKE = b"some bytes, as good as any"


@pytest.fixture
def mara() -> User:
    return UserFactory()


def announced(owner: User, **more: Any) -> Intake:
    said = {"filename": "take.mp4", "content_type": "video/mp4", "size": len(TAKE), **more}
    return intake.announce(owner=owner, **said)


def send(coming: Intake, data: bytes = TAKE) -> Upload:
    assert coming.upload is not None
    return uploads.receive(coming.upload.pk, start=None, source=io.BytesIO(data), length=len(data))


def test_an_announced_file_becomes_an_asset_when_its_last_byte_is_here(mara: User) -> None:
    coming = announced(mara, title="The take", tags=["Day 1", "day 1", " harbour "])
    assert not Asset.objects.exists()
    send(coming)
    asset = Asset.objects.get(pk=coming.pk)
    assert (asset.status, asset.kind, asset.key) == ("processing", "video", f"library/{coming.pk}/source")
    assert (asset.title, asset.tags, asset.written_by_people) == ("The take", ["Day 1", "harbour"], ["title", "tags"])
    assert Run.objects.filter(kind="media_library.ingest", subject_id=asset.pk).exists()
    with store().local(asset.key) as path:
        assert path.read_bytes() == TAKE
    coming.refresh_from_db()
    assert coming.status == Intake.Status.DONE


@pytest.mark.parametrize(
    ("filename", "content_type", "kind", "mime"),
    [
        ("a.MP4", "video/mp4", "video", "video/mp4"),
        ("a.mp4", "audio/mp4", "audio", "audio/mp4"),
        ("a.webm", "audio/webm", "audio", "audio/webm"),
        ("a.mov", "", "video", "video/quicktime"),
        ("a.mkv", "application/octet-stream", "video", "video/x-matroska"),
        ("a.ogg", "application/ogg", "audio", "audio/ogg"),
        ("a.wav", "audio/x-wav; rate=16000", "audio", "audio/wav"),
        ("a.jpeg", "image/jpg", "image", "image/jpeg"),
        ("a.srt", "text/plain", "caption", "application/x-subrip"),
        ("a.ttml", "application/xml", "caption", "application/ttml+xml"),
        ("a.ass", "", "caption", "text/x-ssa"),
        ("a.md", "text/markdown", "document", "text/markdown"),
        ("a.rtf", "text/rtf", "document", "application/rtf"),
        ("a.txt", "", "document", "text/plain"),
        ("script", "application/pdf", "document", "application/pdf"),
    ],
)
def test_what_is_taken_and_as_what(filename: str, content_type: str, kind: str, mime: str) -> None:
    assert accept_type(filename, content_type) == (kind, mime)


@pytest.mark.parametrize(
    ("filename", "content_type"),
    [
        ("a.exe", ""),
        ("a.svg", "image/svg+xml"),
        ("a.html", "text/html"),
        ("a.m3u8", "application/vnd.apple.mpegurl"),
        ("a.zip", "application/zip"),
        ("a.heic", "image/heic"),
        ("a", ""),
        ("a", "application/x-sh"),
        ("a.mp4", "image/png"),
        ("a.png", "video/mp4"),
        ("a.pdf", "video/mp4"),
        ("a.mp4", "audio/ogg"),
        (".mp4/..", ""),
    ],
)
def test_what_is_not_taken(filename: str, content_type: str) -> None:
    with pytest.raises(UnsupportedTypeError):
        accept_type(filename, content_type)


@pytest.mark.parametrize("name", ["../../etc/passwd.mp4", "..\\..\\x.mp4", "/etc/x.mp4", "x\r\nSet-Cookie: a=b.mp4"])
def test_a_name_never_becomes_part_of_a_place(mara: User, name: str) -> None:
    coming = announced(mara, filename=name)
    assert coming.upload is not None
    assert coming.upload.key == f"library/{coming.pk}/source"
    assert not set(coming.filename) & set("/\\\r\n")


def test_two_files_of_one_name_are_two_assets(mara: User) -> None:
    for _ in range(2):
        send(announced(mara))
    assert Asset.objects.filter(filename="take.mp4").count() == 2


def test_a_file_belongs_to_its_owners_only_house(mara: User) -> None:
    house = OrganizationFactory()
    Membership.objects.create(organization=house, user=mara, role=User.Role.PRODUCTION)
    assert announced(mara).organization == house
    assert announced(mara, shelf=Asset.Shelf.VOICE).organization is None
    Membership.objects.create(organization=OrganizationFactory(), user=mara, role=User.Role.PRODUCTION)
    assert announced(User.objects.get(pk=mara.pk)).organization is None


def test_a_customers_file_is_their_companys_not_every_customers(mara: User) -> None:
    client = ClientFactory()
    Membership.objects.create(organization=client.organization, user=mara, role=User.Role.CLIENT)
    TeamFactory(client=client, member=mara)
    mara = User.objects.get(pk=mara.pk)
    coming = announced(mara)
    send(coming)
    assert Asset.objects.get(pk=coming.pk).client == client


def test_nobody_adds_to_a_project_they_only_look_at(mara: User) -> None:
    project = ProjectFactory(viewer=mara)
    with pytest.raises(NotAllowedError):
        announced(mara, project=project)
    assert not Upload.objects.exists()


def test_a_project_that_was_closed_meanwhile_loses_no_file(mara: User) -> None:
    project = ProjectFactory(owner=mara)
    coming = announced(mara, project=project)
    project.deleted_at = timezone.now()
    project.save()
    send(coming)
    asset = Asset.objects.get(pk=coming.pk)
    assert (asset.project, asset.owner) == (None, mara)


def test_a_small_file_is_taken_in_one_piece(mara: User, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Scene one. A harbour.")
    asset = intake.take_in(path, owner=mara, filename="notes.txt")
    assert (asset.kind, asset.status, asset.size) == ("document", "processing", 21)
    assert store().exists(asset.key)
    assert not Removal.objects.exists()


@pytest.mark.parametrize("data", [b"", b"#EXTM3U\nother.mp4", b"MZ\x90\0", b"<html><script>"])
def test_a_file_that_is_not_what_it_is_called_leaves_nothing(mara: User, tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(data)
    with pytest.raises((UnsupportedTypeError, InvalidFieldError)):
        intake.take_in(path, owner=mara, filename="x.mp4", content_type="video/mp4")
    assert not Asset.objects.exists()
    assert not Removal.objects.exists()


def test_quota_counts_what_is_there_and_what_is_coming(mara: User, settings: Any) -> None:
    settings.STORAGE_QUOTAS = {"free": 100}
    AssetFactory(owner=mara, content=b"x" * 40)
    announced(mara, size=50)
    assert quota.usage(mara).left == 10
    with pytest.raises(quota.QuotaExceededError) as refused:
        announced(mara, size=11)
    assert refused.value.details == {"used": 40, "pending": 50, "limit": 100}
    announced(mara, size=10)


def test_what_was_made_of_a_file_costs_nothing(mara: User, settings: Any) -> None:
    settings.STORAGE_QUOTAS = {"free": 100}
    source = AssetFactory(owner=mara, content=b"x" * 90)
    AssetFactory(owner=mara, made_from=source, purpose="mezzanine", content=b"y" * 500)
    figures = quota.usage(mara)
    assert (figures.used, figures.made, figures.left) == (90, 500, 10)


def test_a_new_version_takes_the_place_of_the_old_one(mara: User) -> None:
    old = AssetFactory(owner=mara, title="The film", tags=["final"], written_by_people=["title", "tags"])
    coming = announced(mara, replaces=old)
    send(coming)
    new = Asset.objects.get(pk=coming.pk)
    old.refresh_from_db()
    assert (new.previous, new.version, new.is_current, old.is_current) == (old, 2, True, False)
    assert (new.title, new.tags, new.written_by_people) == ("The film", ["final"], ["tags", "title"])


def test_two_new_versions_at_once_stand_on_top_of_each_other(mara: User) -> None:
    old = AssetFactory(owner=mara)
    first, second = announced(mara, replaces=old), announced(mara, replaces=old)
    send(first)
    send(second)
    assert Asset.objects.get(pk=second.pk).previous_id == first.pk
    assert list(Asset.objects.filter(is_current=True)) == [Asset.objects.get(pk=second.pk)]


def test_a_version_of_a_film_is_no_picture(mara: User) -> None:
    with pytest.raises(InvalidFieldError):
        announced(mara, filename="x.png", content_type="image/png", replaces=AssetFactory(owner=mara))


@pytest.mark.parametrize("tags", [["x" * 51], [str(number) for number in range(21)]])
def test_there_are_at_most_twenty_tags_of_fifty_characters(tags: list[str]) -> None:
    with pytest.raises(InvalidFieldError):
        clean_tags(tags)


@pytest.mark.django_db(transaction=True)
def test_files_announced_at_once_do_not_take_the_same_room(mara: User, settings: Any) -> None:
    settings.STORAGE_QUOTAS = {"free": 100}

    def one(_: int) -> bool:
        try:
            announced(mara, size=30)
        except quota.QuotaExceededError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(one, range(8))) == [False] * 5 + [True] * 3


@pytest.mark.django_db(transaction=True)
def test_a_name_that_is_taken_keeps_its_file(mara: User, tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("first")
    kept = intake.take_in(path, owner=mara, filename="notes.txt", key="users/x/input/notes.txt", status="active")
    path.write_text("second")
    with pytest.raises(ConflictError):
        intake.take_in(path, owner=mara, filename="notes.txt", key=kept.key, status="active")
    with store().local(kept.key) as there:
        assert there.read_text() == "first"
    assert not Removal.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_broken_film_says_what_is_wrong_and_stays_until_its_owner_deletes_it(mara: User) -> None:
    coming = announced(mara, size=len(TAKE))
    send(coming)
    asset = Asset.objects.get(pk=coming.pk)
    for _ in range(5):
        step = Step.objects.filter(run__subject_id=asset.pk, status="queued").first()
        if step is not None:
            worker.perform(step.pk)
    asset.refresh_from_db()
    assert asset.status == Asset.Status.FAILED
    assert "plain text" in asset.problem
    assert store().exists(asset.key)
    assets.delete_permanently(asset, actor=mara)
    assert not store().exists(asset.key)


def test_notes_of_old_uploads_are_forgotten(mara: User) -> None:
    done, open_still = announced(mara), announced(mara)
    send(done)
    Intake.objects.update(updated_at=timezone.now() - timedelta(days=31))
    assert intake.forget() == 1
    assert list(Intake.objects.all()) == [open_still]


def test_a_new_version_stays_with_the_customer_of_the_old_one(mara: User) -> None:
    client = ClientFactory()
    Membership.objects.create(organization=client.organization, user=mara, role=User.Role.PRODUCTION)
    mara = User.objects.get(pk=mara.pk)
    old = AssetFactory(owner=mara, organization=client.organization, client=client)
    coming = announced(mara, replaces=old)
    send(coming)
    assert Asset.objects.get(pk=coming.pk).client == client


@pytest.mark.django_db(transaction=True)
def test_a_version_of_what_was_deleted_meanwhile_goes_too(mara: User) -> None:
    old = AssetFactory(owner=mara)
    coming = announced(mara, replaces=old)
    assets.delete_permanently(old, actor=mara)
    upload = send(coming)
    assert not Asset.objects.exists()
    assert not store().exists(upload.key)


def test_one_person_fetches_a_few_files_at_a_time(mara: User) -> None:
    for number in range(imports.MOST_AT_ONCE):
        imports.import_url(owner=mara, url=f"https://films.example/{number}.mp4")
    with pytest.raises(TooManyRequestsError):
        imports.import_url(owner=mara, url="https://films.example/6.mp4")
    imports.import_url(owner=UserFactory(), url="https://films.example/6.mp4")
