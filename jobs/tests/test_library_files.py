"""What jobs and the library's files have to do with each other: a job holds its video, and says that it does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.storage import store
from jobs.models import Job
from jobs.tests.factories import JobFactory
from media_library.models import Asset
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db
S = Job.Status


@pytest.fixture
def mara() -> User:
    return UserFactory(role=User.Role.PRODUCTION)


@pytest.fixture
def film(mara: User) -> Asset:
    return AssetFactory(owner=mara)


def door(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def delete(user: User, asset: Asset) -> Any:
    return door(user).delete(f"/api/library/assets/{asset.pk}")


@pytest.mark.parametrize("status", sorted(set(S.values) - {S.CANCELLED, S.REJECTED, S.FAILED}))
def test_a_file_stays_while_a_job_needs_it(mara: User, film: Asset, status: str) -> None:
    JobFactory(source=film, created_by=mara, status=status)
    answer = delete(mara, film)
    assert (answer.status_code, answer.json()["error"]) == (409, "File is in use")
    assert store().exists(film.key)


@pytest.mark.parametrize("status", [S.CANCELLED, S.REJECTED, S.FAILED])
def test_a_job_that_came_to_nothing_lets_go_of_its_file(mara: User, film: Asset, status: str) -> None:
    job = JobFactory(source=film, created_by=mara, status=status)
    assert delete(mara, film).status_code == 204
    job.refresh_from_db()
    assert job.source is None


def test_the_jobs_of_a_file_are_told_to_those_who_see_them(mara: User, film: Asset) -> None:
    job = JobFactory(source=film, created_by=mara, title="Launch")
    JobFactory(source=film, created_by=UserFactory())
    items = door(mara).get(f"/api/library/assets/{film.pk}/uses").json()["items"]
    assert [(one["kind"], one["label"], one["url"]) for one in items] == [("job", "Launch", f"/jobs/{job.pk}")]


def test_a_job_is_made_of_a_file_that_is_there_already(mara: User, film: Asset, tmp_path: Any) -> None:
    (tmp_path / "film.mp4").write_bytes(b"a film")
    store().put(film.key, tmp_path / "film.mp4", content_type="video/mp4")
    browser = door(mara)
    page = browser.get(f"/library/{film.pk}").content.decode()
    assert f"/jobs/new/of/{film.pk}" in page
    answer = browser.post(
        f"/jobs/new/of/{film.pk}",
        {"source_language": "en", "languages": ["es"], "captions_vtt": "on", "title": "Launch"},
    )
    job = Job.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/jobs/{job.pk}")
    assert (job.title, job.created_by, job.filename) == ("Launch", mara, film.filename)
    assert sorted(job.outputs.values_list("language", flat=True)) == ["en", "es"]
    # A copy: the library's file may go.
    assert job.source_id != film.pk
    with store().local(job.source.key) as path:
        assert path.read_bytes() == b"a film"
    assert delete(mara, film).status_code == 204


def test_a_job_is_made_of_no_picture_and_of_nobody_elses_file(mara: User) -> None:
    browser = door(mara)
    sent = {"source_language": "en", "captions_vtt": "on"}
    picture = AssetFactory(owner=mara, kind=Asset.Kind.IMAGE)
    answer = browser.post(f"/jobs/new/of/{picture.pk}", sent)
    assert answer.status_code == 422
    assert "A job is made of a video." in answer.content.decode()
    assert browser.post(f"/jobs/new/of/{AssetFactory().pk}", sent).status_code == 404
    gone = AssetFactory(owner=mara)
    store().delete(gone.key)
    assert "The file of this video is gone." in browser.post(f"/jobs/new/of/{gone.pk}", sent).content.decode()
    assert not Job.objects.exists()
