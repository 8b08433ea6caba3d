"""Languages that are checked, over HTTP: what is refused for a reason, and what follows from a move."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Notification, Organization, User
from accounts.tests.factories import UserFactory
from core.errors import WrongStateError
from core.live.models import LiveEvent
from core.models import AuditEvent
from jobs import workflows as job_moves
from jobs.models import Job
from jobs.signals import outputs_changed, returned_to_qc
from jobs.tests.api.conftest import Api
from jobs.tests.factories import VTT, JobFactory, give_captions
from media_library import services as library
from qc.models import LanguageReview, LanguageSkill, ReviewComment

QC = "/api/v1/language-qc"
S = LanguageReview.State


@pytest.fixture
def job(house: Organization) -> Job:
    made = JobFactory(organization=house, languages=["es", "de"], status=Job.Status.PENDING_FINAL_REVIEW)
    give_captions(made)
    give_captions(made, language="es")
    Job.objects.filter(pk=made.pk).update(due_at=timezone.now() + timedelta(days=3))
    made.source.duration = 600
    made.source.save(update_fields=["duration"])
    return made


@pytest.fixture
def spanish(job: Job) -> LanguageReview:
    return LanguageReview.objects.get(output__job=job, output__language="es")


def way(job: Job, verb: str, lang: str = "es") -> str:
    return f"{QC}/jobs/{job.pk}/languages/{lang}/{verb}"


def given(review: LanguageReview, state: str, **people: User | None) -> None:
    LanguageReview.objects.filter(pk=review.pk).update(state=state, **people)


def put(person: User, path: str, body: Any) -> Any:
    caller = Api(person)
    return caller.client.put(path, body, content_type="application/json", headers={"X-CSRFToken": caller.token})


class TestAssigning:
    def test_whoever_names_languages_gets_no_others(self, api: Any, people: dict[str, User], job: Job) -> None:
        LanguageSkill.objects.create(user=people["linguist"], language="fr")
        answer = api("production").post(way(job, "assign"), {"linguist_id": str(people["linguist"].pk)})
        assert (answer.status_code, answer.json()["detail"]) == (400, "User does not work in es")
        LanguageSkill.objects.create(user=people["linguist"], language="es")
        assert (
            api("production").post(way(job, "assign"), {"linguist_id": str(people["linguist"].pk)}).status_code == 200
        )

    @pytest.mark.parametrize("gone", [{"is_active": False}, {"deleted_at": timezone.now()}])
    def test_who_may_not_sign_in_is_not_found(
        self, gone: dict[str, Any], api: Any, people: dict[str, User], job: Job
    ) -> None:
        User.objects.filter(pk=people["linguist"].pk).update(**gone)
        answer = api("production").post(way(job, "assign"), {"linguist_id": str(people["linguist"].pk)})
        assert (answer.status_code, answer.json()["detail"]) == (404, "User not found")

    def test_linguist_and_reviewer_are_two_people(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.UNASSIGNED, reviewer=people["production"])
        answer = api("admin").post(way(job, "assign"), {"linguist_id": str(people["production"].pk)})
        assert answer.status_code == 400
        given(spanish, S.ASSIGNED, reviewer=None, linguist=people["production"])
        answer = api("admin").post(way(job, "assign-reviewer"), {"reviewer_id": str(people["production"].pk)})
        assert (answer.status_code, answer.json()["detail"]) == (400, "User is not a reviewer")

    def test_in_bulk_each_entry_stands_alone(self, api: Any, people: dict[str, User], job: Job) -> None:
        linguist, reviewer = str(people["linguist"].pk), str(people["reviewer"].pk)
        body = {
            "assignments": [
                {"language": "es", "linguist_id": linguist, "reviewer_id": reviewer},
                {"language": "de", "linguist_id": linguist, "reviewer_id": str(people["client"].pk)},
                {"language": "xx", "linguist_id": linguist},
                {"language": "en", "linguist_id": str(people["stranger"].pk)},
                {"language": "en"},
            ]
        }
        answer = api("project_manager").post(f"{QC}/jobs/{job.pk}/languages/bulk-assign", body).json()
        assert [one["detail"] for one in answer["results"]] == [
            None,
            "User is not a reviewer",
            "Language not found on this job",
            "User not found",
            "Nobody is named",
        ]
        assert (answer["succeeded"], answer["failed"]) == (1, 4)
        # Both or neither.
        german = LanguageReview.objects.get(output__job=job, output__language="de")
        assert (german.state, german.linguist) == (S.UNASSIGNED, None)

    def test_two_people_change_places(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.ASSIGNED, linguist=people["admin"], reviewer=people["production"])
        body = {
            "language": "es",
            "linguist_id": str(people["production"].pk),
            "reviewer_id": str(people["reviewer"].pk),
        }
        answer = api("admin").post(f"{QC}/jobs/{job.pk}/languages/bulk-assign", {"assignments": [body]})
        assert answer.json()["succeeded"] == 1, answer.json()
        spanish.refresh_from_db()
        assert (spanish.linguist, spanish.reviewer) == (people["production"], people["reviewer"])

    def test_a_waiver_ends_with_a_new_linguist(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.IN_PROGRESS, linguist=people["linguist"], reviewer=people["reviewer"])
        assert api("linguist").post(way(job, "waive"), {"reason": "No."}).status_code == 403
        assert api("reviewer").post(way(job, "waive"), {}).status_code == 422
        waived = api("reviewer").post(way(job, "waive"), {"reason": "The client's own wording."})
        assert waived.json()["waiver"] == "The client's own wording."
        assert AuditEvent.objects.filter(action="qc.language_review.waive").count() == 1
        answer = api("production").post(way(job, "reassign"), {"linguist_id": str(people["production"].pk)})
        assert answer.json()["waiver"] is None


class TestByRule:
    def skilled(self, house: Organization, name: str, level: int, minutes: int = 0) -> User:
        person = UserFactory(role=User.Role.LINGUIST, house=house, name=name)
        LanguageSkill.objects.create(user=person, language="es", level=level, weekly_minutes=minutes)
        return person

    def test_the_best_who_has_time_gets_it(self, api: Any, house: Organization, job: Job) -> None:
        self.skilled(house, "Busy", 3, minutes=5)
        ines = self.skilled(house, "Ines", 2, minutes=60)
        self.skilled(house, "Learner", 1)
        listed = api("production").get(f"{way(job, 'candidates')}").json()["candidates"]
        assert [one["user"]["name"] for one in listed if one["fits"]][:2] == ["Ines", "Learner"]
        busy = next(one for one in listed if one["user"]["name"] == "Busy")
        assert (busy["fits"], busy["free_minutes"]) == (False, 5)
        assert "5 min too much for them" in busy["reasons"]
        answer = api("production").post(f"{QC}/jobs/{job.pk}/languages/auto-assign", {"languages": ["es"]}).json()
        assert answer["results"][0]["linguist_id"] == str(ines.pk)
        review = LanguageReview.objects.get(output__job=job, output__language="es")
        assert (review.state, review.linguist) == (S.ASSIGNED, ines)
        assert review.reviewer is not None
        assert review.reviewer != ines

    def test_load_counts_what_is_due_before(self, api: Any, house: Organization, job: Job) -> None:
        first, second = self.skilled(house, "A", 3, minutes=60), self.skilled(house, "B", 3, minutes=60)
        other = JobFactory(organization=house, languages=["es"])
        other.source.duration = 1800
        other.source.save(update_fields=["duration"])
        LanguageReview.objects.filter(output__job=other, output__language="es").update(linguist=first, state="assigned")
        listed = api("production").get(way(job, "candidates")).json()["candidates"]
        assert [(one["user"]["name"], one["load_minutes"]) for one in listed[:2]] == [("B", 0), ("A", 30)]
        LanguageReview.objects.filter(output__job=other).update(due_at=timezone.now() + timedelta(days=30))
        listed = api("production").get(way(job, "candidates")).json()["candidates"]
        assert [one["load_minutes"] for one in listed[:2]] == [0, 0]
        assert second.name == "B"

    def test_where_nobody_fits_the_language_stays_open(self, api: Any, people: dict[str, User], job: Job) -> None:
        LanguageSkill.objects.create(user=people["linguist"], language="fr")
        answer = api("production").post(f"{QC}/jobs/{job.pk}/languages/auto-assign", {}).json()
        assert {one["language"]: one["ok"] for one in answer["results"]} == {"de": False, "es": False}
        assert "Spanish" in next(one["detail"] for one in answer["results"] if one["language"] == "es")
        assert not LanguageReview.objects.filter(output__job=job).exclude(state=S.UNASSIGNED).exists()

    @pytest.mark.parametrize("linguists", [1, 20])
    def test_candidates_cost_the_same_however_many(
        self, linguists: int, api: Any, house: Organization, job: Job
    ) -> None:
        for number in range(linguists):
            self.skilled(house, f"L{number}", 2, minutes=100)
        caller = api("production")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert caller.get(way(job, "candidates")).status_code == 200
        assert len(queries) <= 12


class TestReading:
    def test_a_cue_that_changed_is_read_again_and_one_that_moved_is_not(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.IN_REVIEW, linguist=people["linguist"], reviewer=people["reviewer"])
        reviewer = api("reviewer")
        for index in (0, 1):
            answer = reviewer.post(way(job, "mark-cue-reviewed"), {"cue_index": index})
        assert answer.json()["reviewed_cues"] == [0, 1]
        track = spanish.output.captions
        before = "WEBVTT\n\n00:00:00.000 --> 00:00:00.900\nNew.\n\n" + VTT.removeprefix("WEBVTT\n\n")
        library.save_version(track, before.replace("cold-hearted", "cold"), author=people["linguist"])
        shown = reviewer.get(f"{QC}/jobs/{job.pk}/language-qc").json()["languages"]["es"]
        assert (shown["reviewed_cues"], shown["total_cues"]) == ([1], 3)
        answer = reviewer.post(way(job, "mark-cue-reviewed"), {"cue_index": 0})
        assert answer.json()["reviewed_cues"] == [0, 1]
        answer = reviewer.post(way(job, "mark-cue-reviewed"), {"cue_index": 1, "reviewed": False})
        assert answer.json()["reviewed_cues"] == [0]

    def test_there_is_no_cue_of_a_track_that_was_never_written(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.IN_REVIEW, linguist=people["linguist"], reviewer=people["reviewer"])
        body = {"cue_index": 0, "kind": "audio_description"}
        answer = api("reviewer").post(way(job, "mark-cue-reviewed"), body)
        assert (answer.status_code, answer.json()["detail"]) == (404, "Cue not found")

    def test_clients_read_no_reason_and_no_address(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.REJECTED, linguist=people["linguist"])
        LanguageReview.objects.filter(pk=spanish.pk).update(rejection_reason="Careless.")
        shown = api("client").get(f"{QC}/jobs/{job.pk}/language-qc").json()["languages"]["es"]
        assert (shown["rejection_reason"], shown["linguist"]["email"]) == (None, "")
        assert (
            api("production").get(f"{QC}/jobs/{job.pk}/language-qc").json()["languages"]["es"]["rejection_reason"]
            == "Careless."
        )

    def test_a_linguist_sees_their_own_languages_only(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.ASSIGNED, linguist=people["linguist"])
        assert set(api("linguist").get(f"{QC}/jobs/{job.pk}/language-qc").json()["languages"]) == {"es"}
        answer = api("linguist").post(way(job, "start-work", "de"))
        assert (answer.status_code, answer.json()["detail"]) == (404, "Language not found on this job")

    @pytest.mark.parametrize("languages", [1, 20])
    def test_the_map_costs_the_same_however_many_languages(
        self, languages: int, api: Any, house: Organization, people: dict[str, User]
    ) -> None:
        tags = ["es", "de", "fr", "it", "pt", "nl", "sv", "da", "fi", "pl", "cs", "hu", "ro", "bg", "el", "tr", "uk"]
        job = JobFactory(organization=house, languages=[*tags, "ja", "ko", "zh"][:languages])
        for output in job.outputs.all():
            give_captions(job, language=output.language)
        LanguageReview.objects.filter(output__job=job).update(linguist=people["linguist"], reviewer=people["reviewer"])
        caller = api("production")
        with CaptureQueriesContext(connection) as queries:
            assert len(caller.get(f"{QC}/jobs/{job.pk}/language-qc").json()["languages"]) == languages + 1
        assert len(queries) <= 9, [one["sql"] for one in queries]


class TestComments:
    @pytest.fixture
    def reviewed(self, people: dict[str, User], spanish: LanguageReview) -> LanguageReview:
        given(spanish, S.IN_REVIEW, linguist=people["linguist"], reviewer=people["reviewer"])
        return spanish

    def test_a_weighed_comment_is_about_the_linguist_of_that_time(
        self, api: Any, people: dict[str, User], job: Job, reviewed: LanguageReview
    ) -> None:
        body = {"body": "Means 15.", "cue_index": 0, "category": "mistranslation", "severity": "major"}
        made = api("reviewer").post(way(job, "comments"), body)
        assert (made.status_code, made.json()["category"], made.json()["severity"]) == (201, "mistranslation", "major")
        given(reviewed, S.IN_REVIEW, linguist=people["production"])
        assert ReviewComment.objects.get().about == people["linguist"]

    def test_words_are_their_authors_and_settling_is_everybodys(
        self, api: Any, people: dict[str, User], job: Job, reviewed: LanguageReview
    ) -> None:
        made = api("reviewer").post(way(job, "comments"), {"text": "Means 15."}).json()
        place = f"{way(job, 'comments')}/{made['id']}"
        assert api("linguist").patch(place, {"body": "It is fine."}).status_code == 403
        settled = api("linguist").patch(place, {"resolved": True}).json()
        assert (settled["resolved"], settled["body"]) == (True, "Means 15.")
        changed = api("reviewer").patch(place, {"body": "Means 16.", "resolved": False}).json()
        assert (changed["resolved"], changed["body"]) == (False, "Means 16.")
        elsewhere = f"{way(job, 'comments', 'de')}/{made['id']}"
        answer = api("production").patch(elsewhere, {"resolved": True})
        assert (answer.status_code, answer.json()["detail"]) == (404, "Comment not found")

    def test_a_comment_stands_at_a_cue_that_is_there(self, api: Any, job: Job, reviewed: LanguageReview) -> None:
        answer = api("reviewer").post(way(job, "comments"), {"body": "Here.", "cue_index": 99})
        assert (answer.status_code, answer.json()["detail"]) == (404, "Cue not found")
        assert api("client").get(way(job, "comments")).status_code == 403


class TestTheGate:
    def test_a_broken_style_keeps_a_language_until_somebody_waives_it(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.IN_PROGRESS, linguist=people["linguist"], reviewer=people["reviewer"])
        long = "WEBVTT\n\n00:00:01.000 --> 00:00:01.200\n" + "Far too much for so little time. " * 4 + "\n"
        library.save_version(spanish.output.captions, long, author=people["linguist"])
        Job.objects.filter(pk=job.pk).update(profile_required=True, quality_profile="netflix")
        refused = api("linguist").post(way(job, "submit"), {})
        assert refused.status_code == 409, refused.content
        assert "of profile 'netflix'" in refused.json()["detail"]
        assert {one["severity"] for one in refused.json()["findings"]} == {"error"}
        assert LanguageReview.objects.get(pk=spanish.pk).state == S.IN_PROGRESS
        assert api("reviewer").post(way(job, "waive"), {"reason": "The client's wish."}).status_code == 200
        assert api("linguist").post(way(job, "submit"), {}).json()["state"] == S.SUBMITTED


class TestQueue:
    @pytest.mark.parametrize("jobs", [1, 20])
    def test_it_costs_the_same_however_long(
        self, jobs: int, api: Any, house: Organization, people: dict[str, User]
    ) -> None:
        for _ in range(jobs):
            made = JobFactory(organization=house, languages=["es"])
            LanguageReview.objects.filter(output__job=made).update(linguist=people["linguist"], state=S.ASSIGNED)
        caller = api("linguist")
        with CaptureQueriesContext(connection) as queries:
            assert caller.get(f"{QC}/me/language-qc-queue").json()["total"] == jobs * 2
        assert len(queries) == 4, [one["sql"] for one in queries]

    def test_the_oldest_deadline_stands_first_and_done_work_only_when_asked(
        self, api: Any, house: Organization, people: dict[str, User], job: Job
    ) -> None:
        now = timezone.now()
        LanguageReview.objects.filter(output__job=job).update(linguist=people["linguist"])
        for tag, state, days in (("en", S.APPROVED, None), ("es", S.IN_PROGRESS, 5), ("de", S.REJECTED, 1)):
            due = now + timedelta(days=days) if days else None
            LanguageReview.objects.filter(output__job=job, output__language=tag).update(state=state, due_at=due)
        rows = api("linguist").get(f"{QC}/me/language-qc-queue").json()["items"]
        assert [row["language"] for row in rows] == ["de", "es"]
        rows = api("linguist").get(f"{QC}/me/language-qc-queue?state=approved").json()["items"]
        assert [row["language"] for row in rows] == ["en"]
        assert api("linguist").get(f"{QC}/me/language-qc-queue?state=nonsense").status_code == 422
        assert api("client").get(f"{QC}/me/language-qc-queue").json()["items"] == []


class TestWithTheJob:
    def test_submitting_to_nobody_tells_every_reviewer_who_may_then_open_it(
        self, api: Any, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.IN_PROGRESS, linguist=people["linguist"])
        assert api("linguist").post(way(job, "submit"), {}).status_code == 200
        assert Notification.objects.get(kind="qc.language.submitted").user == people["reviewer"]
        answer = api("reviewer").post(way(job, "open-review"))
        assert (answer.status_code, answer.json()["reviewer"]["id"]) == (200, str(people["reviewer"].pk))

    def test_sockets_hear_of_every_move(
        self,
        api: Any,
        people: dict[str, User],
        job: Job,
        spanish: LanguageReview,
        django_capture_on_commit_callbacks: Any,
    ) -> None:
        given(spanish, S.ASSIGNED, linguist=people["linguist"])
        with django_capture_on_commit_callbacks(execute=True):
            assert api("linguist").post(way(job, "start-work")).status_code == 200
        heard = LiveEvent.objects.filter(key=str(job.pk)).latest("seq").payload
        assert {name: heard[name] for name in ("type", "language", "state", "previous_state")} == {
            "type": "language.state",
            "language": "es",
            "state": "in_progress",
            "previous_state": "assigned",
        }

    def test_a_language_goes_back_with_its_job(
        self, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        LanguageReview.objects.filter(output__job=job).update(state=S.APPROVED)
        given(spanish, S.APPROVED, linguist=people["linguist"])
        returned_to_qc.send(sender=Job, job=job, languages=["es", "en"], actor=people["project_manager"])
        states = dict(LanguageReview.objects.filter(output__job=job).values_list("output__language", "state"))
        assert states == {"es": S.IN_PROGRESS, "en": S.UNASSIGNED, "de": S.APPROVED}

    def test_a_language_that_was_begun_is_not_taken_out(
        self, people: dict[str, User], job: Job, spanish: LanguageReview
    ) -> None:
        given(spanish, S.IN_PROGRESS, linguist=people["linguist"])
        with pytest.raises(WrongStateError, match="es"):
            outputs_changed.send(sender=Job, job=job, added=[], removed=["de", "es"], actor=people["client"])
        outputs_changed.send(sender=Job, job=job, added=[], removed=["de"], actor=people["client"])

    def test_nobody_approves_the_source_that_they_submitted(self, api: Any, people: dict[str, User], job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(status=Job.Status.PENDING_QC)
        source = LanguageReview.objects.get(output__job=job, output__is_source=True)
        given(source, S.SUBMITTED, linguist=people["linguist"], submitted_by=people["production"])
        approve = f"/api/v1/jobs/{job.pk}/actions/approve_source"
        assert api("production").post(approve, {}).status_code == 403
        job.refresh_from_db()
        assert job.status == Job.Status.PENDING_QC
        assert "approve_source" in job_moves.allowed_actions(job, people["reviewer"])
        assert api("reviewer").post(approve, {}).status_code == 200


class TestSkills:
    def test_people_say_what_they_can_do(self, api: Any, people: dict[str, User]) -> None:
        place = f"{QC}/people/{people['linguist'].pk}/skills"
        body = {"skills": [{"language": "pt_br", "level": 3, "weekly_minutes": 120}, {"language": "es"}]}
        answer = put(people["linguist"], place, body)
        assert [(one["language"], one["level"]) for one in answer.json()["skills"]] == [("es", 2), ("pt-BR", 3)]
        assert api("production").get(place).status_code == 403
        assert api("project_manager").get(place).json()["skills"][1]["weekly_minutes"] == 120
        for wrong in ([{"language": "qq-nonsense"}], [{"language": "es", "level": 9}], [{"language": "es"}] * 2):
            answer = put(people["linguist"], place, {"skills": wrong})
            assert answer.status_code == 422, answer.content
