"""Links for guests through the doors guests use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test import override_settings
from django.utils import timezone

from accounts.models import Notification, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from jobs.models import Job
from jobs.tests.factories import JobFactory, give_captions
from media_library.models import Asset
from qc.models import GuestVerdict, LanguageReview, ReviewNote, ShareLink
from qc.services import sharing
from qc.services.sharing import Terms

pytestmark = pytest.mark.django_db


@pytest.fixture
def maker() -> User:
    return UserFactory(role="production", house=OrganizationFactory(name="Northlight"), name="Pia")


@pytest.fixture
def job(maker: User) -> Job:
    job = JobFactory(
        organization_id=maker.houses_as("production")[0], created_by=maker, title="Launch", languages=["es"]
    )
    give_captions(job)
    Asset.objects.filter(pk=job.source_id).update(duration=10)
    return job


def link_to(job: Job, maker: User, **terms: Any) -> str:
    _, token = sharing.share(job, actor=maker, terms=Terms(**terms))
    return token


def test_a_guest_watches_without_an_account_and_is_counted_once(job: Job, maker: User) -> None:
    token, browser = link_to(job, maker), Browser()
    page = browser.get(f"/s/{token}")
    assert (page.status_code, page["X-Robots-Tag"]) == (200, "noindex, nofollow")
    assert "no-store" in page["Cache-Control"]
    assert b"Launch" in page.content
    assert maker.email.encode() not in page.content
    browser.get(f"/s/{token}")
    assert ShareLink.objects.get().view_count == 1
    track = browser.get(f"/s/{token}/tracks/en/captions.vtt")
    assert track.content.startswith(b"WEBVTT")
    assert Browser().get(f"/s/{token}/tracks/en/captions.vtt").status_code == 404


def test_a_dead_link_looks_like_one_that_never_was(job: Job, maker: User) -> None:
    revoked, over, guarded, used = (
        link_to(job, maker),
        link_to(job, maker),
        link_to(job, maker, password="tide"),
        link_to(job, maker, max_views=1),
    )
    ShareLink.objects.filter(prefix=revoked[:8]).update(revoked_at=timezone.now())
    ShareLink.objects.filter(prefix=over[:8]).update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Browser().get(f"/s/{used}").status_code == 200
    pages = [Browser().get(f"/s/{token}") for token in ("never-was", revoked, over, guarded, used)]
    assert [page.status_code for page in pages] == [404] * 5
    # But for the form's own token, which is another for everybody.
    bodies = {re.sub(rb'(value|content)="\w{64}"', b"", page.content) for page in pages}
    assert len(bodies) == 1


def test_the_password_opens_it_and_a_new_one_shuts_it_again(job: Job, maker: User) -> None:
    token, browser = link_to(job, maker, password="tide"), Browser()
    assert browser.post(f"/s/{token}", {"password": "wave"}).status_code == 404
    assert browser.post(f"/s/{token}", {"password": "tide"}).status_code == 302
    assert browser.get(f"/s/{token}").status_code == 200
    ShareLink.objects.update(password="another")
    assert browser.get(f"/s/{token}").status_code == 404
    assert ShareLink.objects.get().view_count == 1


def test_a_cookie_of_one_link_opens_no_other(job: Job, maker: User) -> None:
    mine, other = link_to(job, maker), link_to(job, maker, password="tide")
    browser = Browser()
    browser.get(f"/s/{mine}")
    (kept,) = [cookie for cookie in browser.cookies.values() if cookie.key == "reelwright_guest"]
    browser.cookies.load({"reelwright_guest": kept.value})
    assert browser.get(f"/s/{other}").status_code == 404


def test_what_is_shared_ends_with_its_job(job: Job, maker: User) -> None:
    token, browser = link_to(job, maker), Browser()
    assert browser.get(f"/s/{token}").status_code == 200
    Job.objects.filter(pk=job.pk).update(deleted_at=timezone.now())
    assert browser.get(f"/s/{token}").status_code == 404


@pytest.fixture
def limits() -> Iterator[None]:
    cache.clear()
    with override_settings(RATE_LIMITS=True):
        yield


@pytest.mark.usefixtures("limits")
def test_guesses_are_counted_by_address() -> None:
    tries = [Browser().get(f"/s/guess-{n}", REMOTE_ADDR="203.0.113.77").status_code for n in range(31)]
    assert tries == [404] * 30 + [429]


def test_a_guest_writes_under_a_name_and_the_team_hears_of_it(job: Job, maker: User) -> None:
    token, browser = link_to(job, maker, allow_comments=True), Browser()
    browser.get(f"/s/{token}")
    said = browser.post(f"/s/{token}/notes", {"body": "<b>Our logo</b> is old.", "at": "2.5", "name": " Dana  Kim "})
    assert said.status_code == 302
    note = ReviewNote.objects.get()
    assert (note.guest_name, note.timestamp, note.author, note.internal) == ("Dana Kim", 2.5, None, False)
    assert Notification.objects.get(user=maker).text == "Dana Kim (guest) left a note on “Launch”"
    page = browser.get(f"/s/{token}").content.decode()
    assert "&lt;b&gt;Our logo&lt;/b&gt; is old." in page
    assert 'value="Dana Kim"' in page


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"body": "Late.", "at": "11", "name": "Dana"}, "Timestamp beyond video duration"),
        ({"body": "Here.", "at": "soon", "name": "Dana"}, "Write the moment in seconds."),
        ({"body": "Here.", "at": "1", "name": " "}, "Say what you are called"),
        ({"body": "  ", "at": "1", "name": "Dana"}, "Write what you see."),
    ],
)
def test_a_note_that_is_refused_stays_on_the_page(job: Job, maker: User, typed: dict[str, str], problem: str) -> None:
    token, browser = link_to(job, maker, allow_comments=True), Browser()
    browser.get(f"/s/{token}")
    page = browser.post(f"/s/{token}/notes", typed)
    assert page.status_code == 400
    assert problem in page.content.decode()
    assert typed["body"].strip() in page.content.decode()
    assert not ReviewNote.objects.exists()


def test_a_link_for_watching_takes_no_notes_and_no_verdict(job: Job, maker: User) -> None:
    token, browser = link_to(job, maker), Browser()
    browser.get(f"/s/{token}")
    assert browser.post(f"/s/{token}/notes", {"body": "x", "at": "1", "name": "D"}).status_code == 403
    assert browser.post(f"/s/{token}/verdict", {"verdict": "approved", "name": "D"}).status_code == 403


def test_guests_do_not_read_what_is_for_the_house(job: Job, maker: User) -> None:
    ReviewNote.objects.create(job=job, timestamp=1, body="The client is late.", author=maker, internal=True)
    token = link_to(job, maker, allow_comments=True)
    assert "The client is late." not in Browser().get(f"/s/{token}").content.decode()


def test_a_guest_approves_or_says_what_should_change(job: Job, maker: User) -> None:
    token, browser = link_to(job, maker, allow_approval=True), Browser()
    browser.get(f"/s/{token}")
    silent = browser.post(f"/s/{token}/verdict", {"verdict": "changes", "name": "Dana"})
    assert (silent.status_code, "Say what should change." in silent.content.decode()) == (400, True)
    browser.post(f"/s/{token}/verdict", {"verdict": "changes", "name": "Dana", "comment": "The logo."})
    browser.post(f"/s/{token}/verdict", {"verdict": "approved", "name": "Dana"})
    assert [one.verdict for one in GuestVerdict.objects.order_by("at")] == ["changes", "approved"]
    assert Notification.objects.get(user=maker, read_at=None).text == "Dana (guest) approved “Launch”"
    assert Job.objects.get(pk=job.pk).status == Job.Status.CREATED


def test_what_people_checked_is_told_from_what_they_did_not(job: Job, maker: User) -> None:
    LanguageReview.objects.filter(output__language="en").update(state="approved")
    page = Browser().get(f"/s/{link_to(job, maker)}").content.decode()
    assert "Checked by people: English." in page
    assert "Not checked yet: Spanish." in page


@pytest.mark.django_db(transaction=True)
def test_the_last_view_is_given_once() -> None:
    maker = UserFactory(role="production", house=OrganizationFactory())
    token = link_to(JobFactory(organization_id=maker.houses_as("production")[0], created_by=maker), maker, max_views=3)

    def look(_: int) -> int:
        try:
            return Browser().get(f"/api/v1/share/public/share/{token}").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as crowd:
        assert sorted(crowd.map(look, range(10))) == [200] * 3 + [404] * 7
    assert ShareLink.objects.get().view_count == 3


def test_more_than_ninety_days_is_refused(job: Job, maker: User) -> None:
    browser = Browser()
    browser.force_login(maker)
    answer = browser.post(
        f"/api/v1/share/jobs/{job.pk}/share", {"expires_in_hours": 90 * 24 + 1}, content_type="application/json"
    )
    assert answer.status_code == 422


def test_a_link_is_made_on_its_page_and_its_address_shown_once(job: Job, maker: User) -> None:
    browser = Browser()
    browser.force_login(maker)
    page = browser.post(f"/jobs/{job.pk}/links", {"days": "7", "name": "Meridian", "allow_comments": "on"})
    address = re.search(r"/s/([\w-]{43})", page.content.decode())
    assert address is not None
    assert Browser().get(address[0]).status_code == 200
    assert address[1] not in browser.get(f"/jobs/{job.pk}/links").content.decode()
    browser.post(f"/jobs/{job.pk}/links/{ShareLink.objects.get().pk}/revoke")
    assert Browser().get(address[0]).status_code == 404
