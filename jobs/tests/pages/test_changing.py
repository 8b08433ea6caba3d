"""Pages of a job's moves, its form, its copy and the selection on the list."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organization, User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.runs.models import Run
from jobs import services
from jobs.models import Delivery, Job
from jobs.tests.factories import JobFactory, give_captions
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db
S = Job.Status


@pytest.fixture
def house() -> Organization:
    return OrganizationFactory()


@pytest.fixture
def people(house: Organization) -> dict[str, User]:
    return {role: UserFactory(role=role, house=house) for role in User.Role.values}


def as_(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("status", S.values)
@pytest.mark.parametrize("role", ["client", "reviewer", "production", "project_manager", "admin"])
def test_every_button_of_the_page_leads_to_its_question(house, people, status: str, role: str) -> None:
    job = JobFactory(
        organization=house, created_by=people["client"], status=status, languages=["es"], audio_description_mp3=True,
        failed_step=S.RENDERING if status == S.FAILED else "", approved_source_by=people["reviewer"],
        rejection={"stage": "qc", "reason": "No.", "by": str(people["reviewer"].pk), "at": "2026-01-01T00:00:00Z"}
        if status == S.REJECTED
        else None,
    )  # fmt: skip
    browser = as_(people[role])
    page = browser.get(f"/jobs/{job.pk}")
    assert page.status_code == 200
    for action in page.context["forward"] + page.context["aside"]:
        assert f"ask-{action.verb}" in page.content.decode()
        question = browser.get(f"/jobs/{job.pk}/actions/{action.verb}")
        assert question.status_code == 200
        assert action.question in question.content.decode().replace("&quot;", '"')
    for name in ("edit", "clone", "delete"):
        code = browser.get(f"/jobs/{job.pk}/{name}").status_code
        assert code == (
            200 if page.context[f"may_{name}"] or (name == "edit" and job.is_read_only and role != "reviewer") else 403
        ), name


def test_a_reviewer_who_rejects_a_job_comes_back_to_the_list(house, people) -> None:
    job = JobFactory(organization=house, status=S.PENDING_QC)
    browser = as_(people["reviewer"])
    answer = browser.post(f"/jobs/{job.pk}/actions/reject", {"words": "Blurred."})
    assert (answer.status_code, answer.url) == (302, "/jobs")
    job.refresh_from_db()
    assert (job.status, job.rejection["reason"]) == (S.REJECTED, "Blurred.")
    again = JobFactory(organization=house, status=S.PENDING_QC)
    answer = browser.post(f"/jobs/{again.pk}/actions/reject", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == "/jobs"


def test_chosen_languages_are_returned(house, people) -> None:
    job = JobFactory(organization=house, status=S.PENDING_FINAL_REVIEW, languages=["es", "de"])
    LanguageReview.objects.filter(output__job=job).update(state="approved")
    as_(people["project_manager"]).post(
        f"/jobs/{job.pk}/actions/return_to_qc", {"languages": ["es"], "words": "Names."}
    )
    states = dict(LanguageReview.objects.filter(output__job=job).values_list("output__language", "state"))
    assert states == {"en": "approved", "de": "approved", "es": "unassigned"}


def test_the_form_changes_the_job_and_what_it_delivers(house, people) -> None:
    job = JobFactory(organization=house, status=S.PENDING_QC, languages=["es"])
    browser = as_(people["production"])
    form = browser.get(f"/jobs/{job.pk}/edit").context["form"]
    data = {name: value for name, value in form.initial.items() if value not in (None, False)}
    sent = {**data, "title": "Launch", "languages": ["de", "fr"], "audio_description_mp3": "on", "due_at": "2026-12-24"}
    assert browser.post(f"/jobs/{job.pk}/edit", sent).status_code == 302
    job.refresh_from_db()
    assert (job.title, job.audio_description_mp3, str(job.due_at.date())) == ("Launch", True, "2026-12-24")
    assert set(job.outputs.values_list("language", "tts_status")) == {
        ("en", "pending"),
        ("de", "pending"),
        ("fr", "pending"),
    }
    assert LanguageReview.objects.filter(output__job=job).count() == 3
    assert browser.post(f"/jobs/{job.pk}/edit", {**sent, "title": ""}).status_code == 422


def test_where_work_goes_on_the_form_changes_names_and_dates_only(house, people) -> None:
    job = JobFactory(organization=house, status=S.RENDERING, languages=["es"])
    browser = as_(people["production"])
    form = browser.get(f"/jobs/{job.pk}/edit").context["form"]
    assert "languages" not in form.fields
    data = {name: value for name, value in form.initial.items() if value not in (None, False)}
    assert browser.post(f"/jobs/{job.pk}/edit", {**data, "title": "Later"}).status_code == 302
    job.refresh_from_db()
    assert (job.title, job.outputs.count()) == ("Later", 2)


def test_a_copy_is_made_with_another_video(house, people) -> None:
    job = JobFactory(organization=house, languages=["es"], notes="Quiet.", accessible_video_mp4=True)
    film = SimpleUploadedFile("next.mp4", b"film", content_type="video/mp4")
    answer = as_(people["client"]).post(f"/jobs/{job.pk}/clone", {"title": "Next", "file": film})
    copy = Job.objects.exclude(pk=job.pk).get()
    assert (answer.status_code, answer.url) == (302, f"/jobs/{copy.pk}")
    assert (copy.cloned_from, copy.notes, copy.accessible_video_mp4, copy.filename) == (job, "Quiet.", True, "next.mp4")
    assert copy.run is not None
    assert set(copy.outputs.values_list("language", flat=True)) == {"en", "es"}


def test_a_deleted_job_is_gone_and_its_work_ends(house, people) -> None:
    job = JobFactory(organization=house, status=S.INGESTING)
    job.run = Run.objects.create(kind=services.KIND, subject_id=job.pk, status=Run.Status.RUNNING)
    job.save()
    browser = as_(people["production"])
    assert browser.post(f"/jobs/{job.pk}/delete").url == "/jobs"
    assert browser.get(f"/jobs/{job.pk}").status_code == 404
    assert Run.objects.get(pk=job.run_id).status == Run.Status.CANCELLED


class TestSelection:
    def test_what_can_be_done_is_done_and_the_others_are_named(self, house, people) -> None:
        waiting = JobFactory(organization=house, status=S.PENDING_QC)
        failed = JobFactory(organization=house, status=S.FAILED, title="Broken")
        foreign = JobFactory(organization=OrganizationFactory(), status=S.PENDING_QC, title="Foreign")
        sent = {"act": "approve_source", "ids": [waiting.pk, failed.pk, foreign.pk, "no-id"], "back": "/jobs?q=a"}
        answer = as_(people["production"]).post("/jobs/bulk", sent)
        assert answer.url == "/jobs?q=a"
        told = [str(message) for message in answer.wsgi_request._messages]
        assert told == [
            "1 job approved.",
            "“Broken”: not possible in the state “Failed”.",
            "“A job”: Job not found",
        ]
        waiting.refresh_from_db()
        assert waiting.status == S.APPROVED_SOURCE

    def test_the_files_of_several_jobs_are_packed_together(self, house, people) -> None:
        jobs = [JobFactory(organization=house, status=S.COMPLETED) for _ in range(2)]
        for job in jobs:
            give_captions(job)
        empty = JobFactory(organization=house, status=S.COMPLETED, source=None)
        sent = {"act": "downloads", "ids": [one.pk for one in (*jobs, empty)]}
        answer = as_(people["production"]).post("/jobs/bulk", sent)
        assert answer.url == "/jobs"
        told = [str(message) for message in answer.wsgi_request._messages]
        assert told[-1].startswith("The files are being packed.")
        assert set(Delivery.objects.get().jobs.all()) == set(jobs)
        nothing = as_(people["production"]).post("/jobs/bulk", {"act": "downloads", "ids": [empty.pk]})
        assert [str(message) for message in nothing.wsgi_request._messages][-1].startswith("None of these jobs")

    def test_each_role_is_offered_what_it_may(self, house, people) -> None:
        JobFactory(organization=house, status=S.PENDING_QC)
        offered = {
            role: [offer.verb for offer in as_(user).get("/jobs").context["bulk"]] for role, user in people.items()
        }
        assert offered["linguist"] == []
        assert offered["reviewer"] == ["approve_source", "downloads"]
        assert offered["project_manager"] == ["return_to_qc", "retry", "downloads", "cancel", "delete"]
        assert offered["client"] == ["downloads", "cancel", "delete"]
        assert as_(people["linguist"]).post("/jobs/bulk", {"act": "delete"}).status_code == 403
        assert as_(people["admin"]).post("/jobs/bulk", {"act": "explode"}).status_code == 404

    @pytest.mark.parametrize("count", [1, 20])
    def test_the_list_costs_the_same_however_many_jobs(
        self, house, people, count: int, django_assert_max_num_queries
    ) -> None:
        JobFactory.create_batch(count, organization=house, languages=["es"], status=S.PENDING_QC)
        browser = as_(people["production"])
        browser.get("/jobs")
        with django_assert_max_num_queries(32) as found:
            browser.get("/jobs")
        assert len(found) <= 32
