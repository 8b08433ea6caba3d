"""Twenty people at the same language at the same moment: one wins, and the trail knows of one move."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.models import AuditEvent
from jobs.models import Job
from jobs.tests.api.conftest import Api
from jobs.tests.factories import JobFactory
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db(transaction=True)
PEOPLE = 20
S = LanguageReview.State


def at_once(calls: list[Callable[[], Any]]) -> Counter[int]:
    """Makes all calls together, each on a connection of its own, and counts the answers by status."""
    start = threading.Barrier(len(calls))
    statuses: list[int] = []

    def one(call: Callable[[], Any]) -> None:
        try:
            start.wait(20)
            statuses.append(call().status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(statuses) == len(calls)
    return Counter(statuses)


@pytest.fixture
def review() -> LanguageReview:
    house = OrganizationFactory()
    job = JobFactory(organization=house, languages=["es"], status=Job.Status.PENDING_FINAL_REVIEW)
    found = LanguageReview.objects.get(output__job=job, output__language="es")
    found.reviewer = UserFactory(role=User.Role.REVIEWER, house=house)
    found.save()
    return found


def caller(person: User, review: LanguageReview, verb: str, body: Any) -> Callable[[], Any]:
    way = f"/api/v1/language-qc/jobs/{review.output.job_id}/languages/es/{verb}"
    door = Api(person)
    return lambda: door.post(way, body)


def moves(review: LanguageReview) -> list[str]:
    rows = AuditEvent.objects.filter(subject_id=str(review.pk), action__startswith="qc.language_review.")
    return [row.action.rsplit(".", 1)[1] for row in rows]


def test_of_approvals_and_rejections_one_wins(review: LanguageReview) -> None:
    LanguageReview.objects.filter(pk=review.pk).update(state=S.IN_REVIEW)
    calls = [caller(review.reviewer, review, ("approve", "reject")[number % 2], {}) for number in range(PEOPLE)]
    assert at_once(calls) == {200: 1, 409: PEOPLE - 1}
    review.refresh_from_db()
    assert moves(review) == [{S.APPROVED: "approve", S.REJECTED: "reject"}[review.state]]


@pytest.mark.parametrize("state", [S.UNASSIGNED, S.IN_PROGRESS])
def test_of_those_who_give_it_to_somebody_one_wins(state: str, review: LanguageReview) -> None:
    house = review.output.job.organization
    manager = UserFactory(role=User.Role.PRODUCTION, house=house)
    linguists = [UserFactory(role=User.Role.LINGUIST, house=house) for _ in range(PEOPLE)]
    first = UserFactory(role=User.Role.LINGUIST, house=house) if state == S.IN_PROGRESS else None
    LanguageReview.objects.filter(pk=review.pk).update(state=state, linguist=first)
    calls = [
        caller(manager, review, ("assign", "reassign")[number % 2], {"linguist_id": str(linguist.pk)})
        for number, linguist in enumerate(linguists)
    ]
    counted = at_once(calls)
    review.refresh_from_db()
    assert review.state == S.ASSIGNED
    # A call that began after another was through saw its outcome, and may replace it: each that was answered 200 is in the trail.
    assert len(moves(review)) == counted[200] >= 1
    assert counted[200] + counted[409] == PEOPLE
    assert moves(review).count("assign") == (1 if state == S.UNASSIGNED else 0)


def test_of_reviewers_who_open_it_one_has_it(review: LanguageReview) -> None:
    LanguageReview.objects.filter(pk=review.pk).update(state=S.SUBMITTED, reviewer=None)
    house = review.output.job.organization
    reviewers = [UserFactory(role=User.Role.REVIEWER, house=house) for _ in range(PEOPLE)]
    counted = at_once([caller(one, review, "open-review", {}) for one in reviewers])
    review.refresh_from_db()
    assert review.state == S.IN_REVIEW
    assert counted[200] == 1
    assert moves(review) == ["open_review"]
