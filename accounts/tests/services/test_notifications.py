"""News: told once, read once, and by mail as each person wishes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from accounts.models import Notification, User
from accounts.services import digests
from accounts.services.notifications import mark_read, notify
from accounts.tests.factories import UserFactory
from core.mail.models import Letter

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
EVENING_BEFORE = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)


def at(moment: datetime) -> None:
    Notification.objects.update(created_at=moment)


def signed_in(user: User) -> Client:
    browser = Client()
    browser.force_login(user)
    return browser


def test_newer_news_of_the_same_subject_replace_older_unread_ones() -> None:
    user = UserFactory()
    for text in ("First", "Second"):
        notify([user, user, None], kind="job.failed", text=text, subject="job:1")
    notify([user], kind="job.failed", text="Another job", subject="job:2")
    unread = Notification.objects.unread().filter(user=user).order_by("text").values_list("text", flat=True)
    assert list(unread) == ["Another job", "Second"]


def test_people_who_have_left_are_not_told() -> None:
    assert notify([UserFactory(is_active=False)], kind="job.failed", text="A") == []


@pytest.mark.parametrize(
    ("wish", "urgent", "letters"),
    [("at_once", False, 1), ("at_once", True, 1), ("daily", False, 0), ("daily", True, 1), ("never", True, 0)],
)
def test_letters_come_as_each_person_wishes(wish: str, urgent: bool, letters: int) -> None:
    user = UserFactory(notification_mail=wish)
    (news,) = notify([user], kind="job.failed", text="“Harbour” stopped.", url="/jobs/1", urgent=urgent)
    assert Letter.objects.filter(to=user.email, subject="“Harbour” stopped.").count() == letters
    assert bool(Notification.objects.get(pk=news.pk).mailed_at) == bool(letters)


def test_a_letter_quotes_what_people_typed_as_text() -> None:
    user = UserFactory(notification_mail="at_once")
    notify([user], kind="job.failed", text="<b>Harbour</b>\nBcc: x@example.com", url="/jobs/1")
    letter = Letter.objects.get()
    assert "<b>Harbour" not in letter.html
    assert "\n" not in letter.subject


# The day's letter.


def test_the_days_news_come_in_one_letter_and_once() -> None:
    user = UserFactory(notification_mail="daily")
    for number in range(3):
        notify([user], kind="job.completed", text=f"News {number}", url=f"/jobs/{number}")
    at(EVENING_BEFORE)
    assert digests.send_digests(NOON) == 1
    letter = Letter.objects.get()
    assert letter.subject == "3 news from Reelwright"
    assert all(f"News {number}" in letter.text for number in range(3))
    assert digests.send_digests(NOON) == 0
    assert digests.send_digests(NOON + timedelta(days=1)) == 0


def test_what_was_read_or_came_this_morning_waits_for_no_letter() -> None:
    user = UserFactory(notification_mail="daily")
    notify([user], kind="job.completed", text="Read")
    at(EVENING_BEFORE)
    mark_read(user)
    notify([user], kind="job.completed", text="Later")
    Notification.objects.unread().update(created_at=NOON - timedelta(hours=1))
    assert digests.send_digests(NOON) == 0
    assert digests.send_digests(NOON + timedelta(days=1)) == 1


@pytest.mark.parametrize("wish", ["never", "at_once"])
def test_who_wants_no_daily_letter_gets_none(wish: str) -> None:
    Notification.objects.create(user=UserFactory(notification_mail=wish), kind="job.completed", text="A")
    at(EVENING_BEFORE)
    assert digests.send_digests(NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_one_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    users = [UserFactory(notification_mail="daily") for _ in range(4)]
    for user in users:
        Notification.objects.create(user=user, kind="job.completed", text="A")
    at(EVENING_BEFORE)
    together, sent = Barrier(2), []

    def work() -> None:
        try:
            together.wait()
            sent.append(digests.send_digests(NOON))
        finally:
            connection.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == len(users) == Letter.objects.count()
    assert digests.send_digests(NOON) == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_thing_told_twice_at_once_is_told_once() -> None:
    users = [UserFactory() for _ in range(3)]
    together = Barrier(2)
    problems: list[Exception] = []

    def tell(people: list[User]) -> None:
        try:
            together.wait()
            notify(people, kind="job.failed", text="A", subject="job:1")
        except Exception as error:  # noqa: BLE001  (whatever it is, the test shows it)
            problems.append(error)
        finally:
            connection.close()

    workers = [Thread(target=tell, args=[people]) for people in (users, users[::-1])]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert problems == []
    assert Notification.objects.unread().count() == len(users)


# The page and the bell.


def test_the_page_shows_unread_news_first_and_marks_them(django_assert_max_num_queries: Any) -> None:
    user = UserFactory()
    notify([user], kind="job.completed", text="Old and read", url="/jobs")
    mark_read(user)
    for number in range(19):
        notify([user], kind="brief.approved", text=f"Approved {number}", url="/briefs")
    browser = signed_in(user)
    with django_assert_max_num_queries(12):
        page = browser.get("/notifications").content.decode()
    assert page.index("Approved 18") < page.index("Old and read")
    assert "Old and read" not in browser.get("/notifications?show=unread").content.decode()
    assert "Approved" not in browser.get("/notifications?topic=jobs").content.decode()
    assert "19 unread" in browser.get("/notifications/bell").content.decode()
    one = Notification.objects.unread().first()
    assert one is not None
    browser.post("/notifications/read", {"id": str(one.pk), "back": "/notifications?show=unread"})
    assert Notification.objects.unread().count() == 18
    assert browser.post("/notifications/read", {"back": "https://elsewhere.example"})["Location"] == "/notifications"
    assert Notification.objects.unread().count() == 0


def test_following_news_reads_them_and_leads_to_the_thing() -> None:
    user, other = UserFactory(), UserFactory()
    (news,) = notify([user], kind="job.completed", text="A", url="/jobs")
    assert signed_in(other).get(f"/notifications/{news.pk}").status_code == 404
    assert Notification.objects.unread().filter(pk=news.pk).exists()
    assert signed_in(user).get(f"/notifications/{news.pk}")["Location"] == "/jobs"
    assert not Notification.objects.unread().filter(pk=news.pk).exists()


def test_programs_read_news_and_mark_them() -> None:
    user, other = UserFactory(), UserFactory()
    mine = [notify([user], kind="job.completed", text=f"News {number}")[0] for number in range(3)]
    (foreign,) = notify([other], kind="job.completed", text="Foreign")
    browser = signed_in(user)
    answer = browser.get("/api/notifications?size=2").json()
    assert (answer["unread"], answer["total"], len(answer["notifications"])) == (3, 3, 2)
    body = {"ids": [str(mine[0].pk), str(foreign.pk)]}
    assert browser.post("/api/notifications/read", body, content_type="application/json").json() == {
        "read": 1,
        "unread": 2,
    }
    assert browser.get("/api/notifications?unread=true").json()["total"] == 2
    assert browser.post("/api/notifications/read", {}, content_type="application/json").status_code == 400
    answer = browser.post("/api/notifications/read", {"all": True}, content_type="application/json").json()
    assert answer == {"read": 2, "unread": 0}
    assert Notification.objects.unread().get().user == other


def test_letters_are_chosen_in_the_profile() -> None:
    user = UserFactory(name="Ada")
    signed_in(user).post("/account", {"name": "Ada", "avatar_url": "", "notification_mail": "never"})
    user.refresh_from_db()
    assert user.notification_mail == "never"
    signed_in(user).post("/account", {"name": "Ada", "avatar_url": ""})
    user.refresh_from_db()
    assert user.notification_mail == "never"
