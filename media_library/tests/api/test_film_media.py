"""Media of films: what comes in, what is refused by name, and lists that cost the same however long they are."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import ProjectMember
from accounts.tests.factories import ProjectFactory, UserFactory
from media_library.models import Asset
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db
MEDIA = "/api/v1/media"


def png(name: str = "hero.png", size: tuple[int, int] = (8, 6)) -> SimpleUploadedFile:
    picture = BytesIO()
    Image.new("RGB", size, "navy").save(picture, "PNG")
    return SimpleUploadedFile(name, picture.getvalue(), "image/png")


def door(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def film() -> Any:
    return ProjectFactory(owner=UserFactory(), client=None)


def send(film: Any, *files: SimpleUploadedFile, who: Any = None, **fields: Any) -> Any:
    return door(who or film.owner).post(f"{MEDIA}/upload", {"projectId": film.pk, "files": list(files), **fields})


def test_each_file_is_answered_for_itself(film: Any, settings: Any) -> None:
    settings.FILM_FILE_LIMITS = {**settings.FILM_FILE_LIMITS, "free": 2000}
    html = SimpleUploadedFile("page.jpg", b"<html></html>", "image/jpeg")
    large = SimpleUploadedFile("large.png", b"x" * 2001, "image/png")
    answer = send(film, png(), html, large).json()
    assert [one["filename"] for one in answer["uploads"]] == ["hero.png"]
    assert [(one["filename"], one["code"]) for one in answer["rejected"]] == [
        ("page.jpg", "UNSUPPORTED_FORMAT"),
        ("large.png", "FILE_TOO_LARGE"),
    ]
    assert all(one["reason"] for one in answer["rejected"])
    assert Asset.objects.get().project == film


def test_one_file_may_be_called_file(film: Any) -> None:
    answer = door(film.owner).post(f"{MEDIA}/upload", {"projectId": film.pk, "file": png()})
    assert len(answer.json()["uploads"]) == 1


@pytest.mark.parametrize(
    "tags",
    [json.dumps(["sea", "night"]), ["sea", "night"]],
    ids=["json", "repeated"],
)
def test_tags_come_as_json_or_as_parts(film: Any, tags: Any) -> None:
    send(film, png(), tags=tags)
    assert Asset.objects.get().tags == ["sea", "night"]


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": "[1, 2]"},
        {"tags": "[broken"},
        {"tags": json.dumps(["x"] * 21)},
        {"tags": json.dumps(["x" * 51])},
        {"tags": ["ok", "y" * 51]},
        {"mediaType": "Concept Art"},
        {"mediaType": "x" * 51},
    ],
)
def test_what_is_wrong_about_the_form_is_400_and_nothing_is_kept(film: Any, fields: dict[str, Any]) -> None:
    answer = send(film, png(), **fields)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"]["details"][0]["field"] in {"tags", "mediaType"}
    assert not Asset.objects.exists()


def test_a_viewer_looks_and_a_stranger_finds_nothing(film: Any) -> None:
    viewer = UserFactory()
    ProjectMember.objects.create(project=film, user=viewer, role="viewer")
    media = AssetFactory(owner=film.owner, project=film)
    assert send(film, png(), who=viewer).status_code == 403
    assert door(viewer).get(f"{MEDIA}/{media.pk}").status_code == 200
    assert door(UserFactory()).get(f"{MEDIA}/{media.pk}").status_code == 404
    assert door(UserFactory()).get(MEDIA).json()["pagination"]["total"] == 0


def test_lists_are_sorted_filtered_and_paged(film: Any) -> None:
    small = AssetFactory(owner=film.owner, project=film, filename="b.mp4", content=b"1", tags=["sea"])
    large = AssetFactory(owner=film.owner, project=film, filename="A.mp4", content=b"12345", tags=["sea", "night"])
    AssetFactory(owner=film.owner, filename="no-project.mp4")

    def names(**query: Any) -> list[str]:
        return [one["filename"] for one in door(film.owner).get(MEDIA, query).json()["media"]]

    assert names(sort="filename") == ["A.mp4", "b.mp4"]
    assert names(sort="size") == ["A.mp4", "b.mp4"]
    assert names() == ["A.mp4", "b.mp4"]
    assert names(tags="sea, night") == ["A.mp4"]
    assert names(mediaType="video", search="B.") == ["b.mp4"]
    page = door(film.owner).get(MEDIA, {"limit": 1, "page": 2}).json()["pagination"]
    assert (page["total"], page["totalPages"], page["hasNext"], page["hasPrev"]) == (2, 2, False, True)
    Asset.objects.filter(pk=small.pk).update(status="failed")
    assert names(status="failed") == ["b.mp4"]
    large.archived_at = large.created_at
    large.save()
    assert names(status="archived") == ["A.mp4"]


def test_a_list_costs_the_same_for_one_and_for_many(film: Any) -> None:
    browser, costs = door(film.owner), []
    browser.get(MEDIA)
    for more in (1, 19):
        for _ in range(more):
            AssetFactory(owner=film.owner, project=film)
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(MEDIA).status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1]
