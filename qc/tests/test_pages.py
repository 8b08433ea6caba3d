"""The queue and the scorecards as pages: what they count, what they cost, and whose they are."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from jobs.models import Job
from jobs.tests.factories import JobFactory, give_captions
from media_library.models import TrackVersion
from qc.models import LanguageReview, ReviewComment

pytestmark = pytest.mark.django_db
S = LanguageReview.State


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory()


def somebody(role: str, house: Organization, **more: Any) -> User:
    return UserFactory(role=role, house=house, **more)


def page(person: User, path: str) -> Any:
    client = Client()
    client.force_login(person)
    return client.get(path)


class TestQueue:
    @pytest.mark.parametrize("jobs", [1, 20])
    def test_it_costs_the_same_however_long(self, jobs: int, house: Organization) -> None:
        linguist = somebody("linguist", house)
        for _ in range(jobs):
            job = JobFactory(organization=house)
            give_captions(job)
            LanguageReview.objects.filter(output__job=job).update(linguist=linguist, state=S.ASSIGNED)
        client = Client()
        client.force_login(linguist)
        with CaptureQueriesContext(connection) as queries:
            assert f"{jobs} wait" in client.get("/queue").content.decode()
        assert len(queries) <= 16, len(queries)

    def test_the_late_stand_first_and_what_nobody_reviews_is_anybodys(self, house: Organization) -> None:
        reviewer, linguist = somebody("reviewer", house), somebody("linguist", house)
        now = timezone.now()
        for title, due, named in (("Late", -1, reviewer), ("Soon", 2, reviewer), ("Free", 3, None)):
            job = JobFactory(organization=house, title=title, due_at=now + timedelta(days=due))
            LanguageReview.objects.filter(output__job=job).update(
                state=S.SUBMITTED, reviewer=named, linguist=linguist, submitted_by=linguist
            )
        shown = page(reviewer, "/queue").content.decode()
        assert "3 wait" in shown
        assert shown.index("Late") < shown.index("Soon") < shown.index("For any reviewer") < shown.index("Free")
        review = LanguageReview.objects.get(output__job__title="Free")
        client = Client()
        client.force_login(reviewer)
        answer = client.post(f"/queue/{review.pk}/start")
        assert answer.headers["Location"] == f"/jobs/{review.output.job_id}/tracks/en/captions"
        review.refresh_from_db()
        assert (review.state, review.reviewer) == (S.IN_REVIEW, reviewer)

    def test_decisions_wait_for_those_who_make_them(self, house: Organization) -> None:
        JobFactory(organization=house, title="Waits for its source", status=Job.Status.PENDING_QC)
        JobFactory(organization=house, title="Waits for the end", status=Job.Status.PENDING_FINAL_REVIEW)
        assert "Waits for its source" in page(somebody("reviewer", house), "/queue").content.decode()
        manager = page(somebody("project_manager", house), "/queue").content.decode()
        assert "Waits for the end" in manager
        assert "Waits for its source" not in manager


class TestScores:
    @pytest.fixture
    def linguist(self, house: Organization) -> User:
        return somebody("linguist", house, name="=cmd()")

    @pytest.fixture
    def scored(self, house: Organization, linguist: User) -> User:
        """200 cues in two months: 1 minor and 1 major in the first, 1 minor in the second; and a matter of taste."""
        reviewer = somebody("reviewer", house)
        for month, found in ((1, ["minor", "major"]), (2, ["minor", ""])):
            job = JobFactory(organization=house, languages=["es"])
            track = give_captions(job, language="es")
            TrackVersion.objects.filter(track=track).update(cue_count=100)
            review = LanguageReview.objects.get(output__job=job, output__language="es")
            LanguageReview.objects.filter(pk=review.pk).update(
                linguist=linguist, state=S.IN_REVIEW, submitted_at=datetime(2026, month, 10, tzinfo=UTC)
            )
            for severity in found:
                ReviewComment.objects.create(
                    review=review,
                    body="Here",
                    author=reviewer,
                    about=linguist,
                    category="grammar" if severity else "",
                    severity=severity,
                )
            ReviewComment.objects.create(
                review=review, body="Hm", author=reviewer, about=linguist, category="subjective", severity="critical"
            )
        return somebody("production", house)

    def rows(self, person: User) -> list[list[str]]:
        answer = page(person, "/quality/scores.csv")
        assert answer.status_code == 200
        return list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))

    def test_errors_are_weighted_over_cues_and_taste_is_none(self, scored: User) -> None:
        head, row = self.rows(scored)
        assert dict(zip(head, row, strict=True)) | {} == {
            "linguist": "'=cmd()",
            "language": "es",
            "works": "2",
            "cues": "200",
            "errors": "3",
            "points": "7",
            "errors per 100 cues, weighted": "3.5",
            "trend": "-5.0",
            "minor": "2",
            "major": "1",
            "critical": "0",
            **dict.fromkeys(head[11:], "0"),
            "spelling, grammar, punctuation": "3",
        }
        assert "−5.0, better" in page(scored, "/quality/scores").content.decode().replace("-5.0", "−5.0")

    def test_errors_stay_with_whoever_made_them(self, scored: User, linguist: User, house: Organization) -> None:
        LanguageReview.objects.update(linguist=somebody("linguist", house, name="Newcomer"))
        by_name = {row[0]: row for row in self.rows(scored)[1:]}
        assert (by_name["'=cmd()"][5], by_name["Newcomer"][5]) == ("7", "0")

    def test_linguists_see_their_own_and_other_houses_nothing(
        self, scored: User, linguist: User, house: Organization
    ) -> None:
        assert len(self.rows(linguist)) == 2
        assert len(self.rows(somebody("linguist", house))) == 1
        assert len(self.rows(somebody("production", OrganizationFactory()))) == 1
        assert page(somebody("reviewer", house), "/quality/scores").status_code == 403

    @pytest.mark.parametrize("people", [1, 20])
    def test_it_costs_the_same_however_many_people(self, people: int, house: Organization) -> None:
        reviewer, reader = somebody("reviewer", house), somebody("production", house)
        for _ in range(people):
            worker = somebody("linguist", house)
            job = JobFactory(organization=house)
            LanguageReview.objects.filter(output__job=job).update(linguist=worker, submitted_at=timezone.now())
            ReviewComment.objects.create(
                review=LanguageReview.objects.get(output__job=job),
                body="Hm",
                author=reviewer,
                about=worker,
                category="style",
                severity="minor",
            )
        client = Client()
        client.force_login(reader)
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/quality/scores").status_code == 200
        assert len(queries) <= 10, len(queries)


def test_whoever_keeps_the_people_keeps_their_languages(house: Organization) -> None:
    manager, linguist = somebody("project_manager", house), somebody("linguist", house)
    assert f"/people/{linguist.pk}/languages" in page(manager, "/people").content.decode()
    client = Client()
    client.force_login(manager)
    form = {
        "skill-TOTAL_FORMS": "2",
        "skill-INITIAL_FORMS": "0",
        "skill-0-language": "Portuguese (Brazil)",
        "skill-0-level": "3",
        "skill-0-weekly_minutes": "90",
        "skill-1-language": "no such thing at all",
        "skill-1-level": "2",
    }
    assert client.post(f"/people/{linguist.pk}/languages", form).status_code == 422
    form["skill-1-language"] = ""
    assert client.post(f"/people/{linguist.pk}/languages", form).status_code == 302
    assert [(one.language, one.weekly_minutes) for one in linguist.language_skills.all()] == [("pt-BR", 90)]
