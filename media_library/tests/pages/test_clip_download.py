"""The address that gives a range as a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.runs.models import Run
from core.testing.files import body_of
from media_library.models import Asset, ClipFile
from media_library.tests.factories import AssetFactory
from media_library.tests.working import work


@pytest.fixture
def mara(db: None) -> User:
    return UserFactory()


@pytest.fixture
def video(mara: User, numbered_film: Path) -> Asset:
    return AssetFactory(owner=mara, content=numbered_film, filename="Numbered.mp4", title="Harbour", duration=4.0)


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_it_waits_on_a_page_and_then_leads_to_the_file(mara: User, video: Asset) -> None:
    address = f"/library/{video.pk}/clip?start=1.5&end=2.5&format=mov"
    first = browser(mara).get(address)
    assert first.status_code == 202
    assert first.headers["Refresh"] == f"3; url={address}"
    assert b"The clip is being cut" in first.content
    work(Run.objects.get())
    then = browser(mara).get(address)
    assert then.status_code == 302
    file = browser(mara).get(then.headers["Location"])
    assert file.headers["Content-Disposition"] == 'attachment; filename="Harbour 00.00.01-00.00.02.mov"'
    assert len(body_of(file)) == ClipFile.objects.get().size


def test_without_a_format_a_film_comes_as_mp4_and_sound_as_m4a(mara: User, video: Asset, recording: Path) -> None:
    talk = AssetFactory(owner=mara, content=recording, kind="audio", filename="talk.mp3", duration=4.0)
    for asset in (video, talk):
        assert browser(mara).get(f"/library/{asset.pk}/clip?start=0&end=1").status_code == 202
    assert sorted(ClipFile.objects.values_list("format", flat=True)) == ["m4a", "mp4"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("start=2&end=1", b"Invalid time range"),
        ("start=nan&end=1", b"Invalid time range"),
        ("", b"Invalid time range"),
        ("start=1&end=2&format=exe", b"Unsupported format"),
    ],
)
def test_what_cannot_be_cut_is_refused_on_a_page(mara: User, video: Asset, query: str, words: bytes) -> None:
    answer = browser(mara).get(f"/library/{video.pk}/clip?{query}")
    assert answer.status_code == 400
    assert words in answer.content


def test_a_stranger_cannot_cut(video: Asset) -> None:
    assert browser(UserFactory()).get(f"/library/{video.pk}/clip?start=0&end=1").status_code == 404
    assert Client().get(f"/library/{video.pk}/clip?start=0&end=1").status_code == 302
