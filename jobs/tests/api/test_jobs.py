"""The job's routes over HTTP, held against accessible.yaml."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse

from accounts.models import Organization
from core.testing.contract import differences, endpoint
from jobs.models import Job
from jobs.tests.factories import VTT, JobFactory, give_captions
from qc.models import LanguageReview

JOBS = "/api/v1/jobs"
NEW = {
    "filename": "film.mp4",
    "source_language": "en",
    "requested_outputs": {"captions_vtt": True, "languages": ["es", "en"]},
}


def shape(entry: str) -> Any:
    return endpoint(entry)["success"]["shape"]


def no_difference(answer: Any, entry: str) -> None:
    success = endpoint(entry)["success"]
    assert answer.status_code == success["status"], answer.content
    assert differences(answer.json(), success["shape"]) == []


@pytest.fixture
def job(house: Organization) -> Job:
    made = JobFactory(organization=house, languages=["es"], status=Job.Status.PENDING_QC)
    give_captions(made)
    return made


def upload(api: Any, content: bytes = b"0" * 5000, *, content_type: str = "video/mp4") -> dict[str, Any]:
    """Reserves and sends a file, and answers what init said."""
    reserved = api.post(
        f"{JOBS}/upload/init", {"filename": "film.mp4", "content_type": content_type, "size_bytes": len(content)}
    )
    no_difference(reserved, "accessible.jobs.upload_init")
    sent = api.client.put(
        reserved.json()["upload_url"].removeprefix("http://testserver"),
        content,
        content_type="application/octet-stream",
        headers={"Content-Range": f"bytes 0-{len(content) - 1}/{len(content)}"},
    )
    assert sent.status_code in {200, 201}, sent.content
    return reserved.json()


@pytest.mark.django_db(transaction=True)
class TestUpload:
    def test_an_upload_becomes_a_job_under_the_reserved_id(self, api: Any) -> None:
        person = api("client")
        reserved = upload(person)
        answer = person.post(f"{JOBS}/upload/complete", {**NEW, "gcs_uri": reserved["gcs_uri"]})
        no_difference(answer, "accessible.jobs.upload_complete")
        body = answer.json()
        assert body["id"] == reserved["job_id"]
        assert (body["status"], body["title"], body["size_bytes"]) == ("created", "film", 5000)
        assert body["requested_outputs"]["languages"] == ["es"]
        assert set(body["outputs"]) == {"en", "es"}
        assert LanguageReview.objects.filter(output__job=body["id"]).count() == 2

    def test_an_upload_is_completed_once(self, api: Any) -> None:
        person = api("client")
        done = {**NEW, "gcs_uri": upload(person)["gcs_uri"]}
        person.post(f"{JOBS}/upload/complete", done)
        again = person.post(f"{JOBS}/upload/complete", done)
        assert (again.status_code, again.json()["detail"]) == (409, "Upload already completed")

    def test_only_its_own_caller_completes_an_upload(self, api: Any) -> None:
        uri = upload(api("client"))["gcs_uri"]
        foreign = api("production").post(f"{JOBS}/upload/complete", {**NEW, "gcs_uri": uri})
        assert (foreign.status_code, foreign.json()["detail"]) == (400, "Uploaded object not found")

    @pytest.mark.parametrize(
        "uri",
        [
            "gs://reelwright/jobs/../../etc/passwd",
            "gs://other/jobs/x/source",
            "gs://reelwright/jobs/3ab8b5fb-7e6b-46ea-8780-641deed463f3/source",
            "x",
        ],
    )
    def test_an_invented_address_is_no_upload(self, api: Any, uri: str) -> None:
        answer = api("client").post(f"{JOBS}/upload/complete", {**NEW, "gcs_uri": uri})
        assert (answer.status_code, answer.json()["detail"]) == (400, "Uploaded object not found")

    def test_an_upload_that_has_not_arrived_makes_no_job(self, api: Any) -> None:
        person = api("client")
        reserved = person.post(
            f"{JOBS}/upload/init", {"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 10}
        ).json()
        answer = person.post(f"{JOBS}/upload/complete", {**NEW, "gcs_uri": reserved["gcs_uri"]})
        assert answer.status_code == 400
        assert not Job.objects.exists()

    def test_a_language_that_does_not_exist_is_named(self, api: Any) -> None:
        person = api("client")
        wanted = {**NEW, "requested_outputs": {"languages": ["qq-nonsense"]}}
        answer = person.post(f"{JOBS}/upload/complete", {**wanted, "gcs_uri": upload(person)["gcs_uri"]})
        assert (answer.status_code, answer.json()["detail"]) == (400, "Unsupported language: qq-nonsense")
        assert not Job.objects.exists()

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"filename": "a.mp4", "content_type": "text/html", "size_bytes": 10}, 400),
            ({"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 11 * 2**30}, 400),
            ({"filename": "a.mp4", "content_type": "video/mp4", "size_bytes": 0}, 422),
            ({"filename": "a.mp4", "content_type": "video/mp4"}, 422),
        ],
    )
    def test_a_bad_announcement_is_refused_before_a_byte_is_sent(self, api: Any, body: Any, status: int) -> None:
        assert api("client").post(f"{JOBS}/upload/init", body).status_code == status

    def test_a_missing_field_is_named_in_the_contracts_shape(self, api: Any) -> None:
        answer = api("client").post(f"{JOBS}/upload/init", {"filename": "a.mp4", "content_type": "video/mp4"})
        assert answer.json()["detail"][0]["loc"] == ["body", "size_bytes"]
        assert answer.json()["detail"][0]["type"] == "missing"

    @pytest.mark.parametrize("role", ["linguist", "reviewer"])
    def test_linguists_and_reviewers_do_not_upload(self, api: Any, role: str) -> None:
        # A body that is wrong as well: the role is judged before the body.
        assert api(role).post(f"{JOBS}/upload/init", {}).status_code == 403
        assert api(role).post(f"{JOBS}/upload/complete", {}).status_code == 403


class TestReading:
    def test_the_list_and_the_job_have_the_contracts_shape(self, api: Any, job: Job) -> None:
        no_difference(api("client").get(JOBS), "accessible.jobs.list")
        no_difference(api("client").get(f"{JOBS}/{job.pk}"), "accessible.jobs.get")

    @pytest.mark.parametrize("jobs", [1, 20])
    def test_the_list_costs_the_same_however_many_jobs(
        self, jobs: int, api: Any, house: Organization, django_assert_num_queries: Any
    ) -> None:
        cache.clear()
        JobFactory.create_batch(jobs, organization=house, languages=["es", "fr"])
        person = api("client")
        with django_assert_num_queries(6):
            assert person.get(JOBS).json()["total"] == jobs

    def test_the_list_filters_sorts_and_pages(self, api: Any, house: Organization) -> None:
        for title, status in (("b", "failed"), ("a", "failed"), ("c", "completed")):
            JobFactory(organization=house, title=title, status=status)
        found = api("admin").get(f"{JOBS}?status=failed,rejected&sort=title&size=1&page=2").json()
        assert [row["title"] for row in found["items"]] == ["b"]
        assert (found["total"], found["page"], found["size"]) == (2, 2, 1)

    @pytest.mark.parametrize("query", ["status=nonsense", "sort=password", "page=0", "org_id=7"])
    def test_a_filter_that_makes_no_sense_is_refused(self, api: Any, query: str) -> None:
        assert api("client").get(f"{JOBS}?{query}").status_code == 422

    def test_a_foreign_house_as_filter_matches_nothing(self, api: Any, job: Job) -> None:
        assert api("stranger").get(f"{JOBS}?org_id={job.organization_id}").json()["total"] == 0

    def test_what_is_not_visible_answers_like_an_unknown_id(self, api: Any, job: Job) -> None:
        foreign, unknown = (api("stranger").get(f"{JOBS}/{pk}") for pk in (job.pk, uuid.uuid4()))
        assert foreign.status_code == unknown.status_code == 404
        assert foreign.json() == unknown.json() == {"detail": "Job not found"}

    def test_nobody_is_401_before_anything_else(self, api: Any, job: Job) -> None:
        for path in (JOBS, f"{JOBS}/{job.pk}", f"{JOBS}/{uuid.uuid4()}"):
            answer = api(None).get(path)
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_a_junk_bearer_is_not_skipped_over_for_the_session(self, api: Any) -> None:
        assert api("client").get(JOBS, Authorization="Bearer junk").status_code == 401

    def test_a_write_without_the_csrf_token_changes_nothing(self, api: Any, job: Job) -> None:
        reviewer = api("reviewer")
        reviewer.token = ""
        assert reviewer.post(f"{JOBS}/{job.pk}/actions/approve_source").status_code == 403
        job.refresh_from_db()
        assert job.status == Job.Status.PENDING_QC


class TestActions:
    def test_a_reviewer_approves_the_source(self, api: Any, job: Job) -> None:
        answer = api("reviewer").post(f"{JOBS}/{job.pk}/actions/approve_source", {"comment": "Good"})
        no_difference(answer, "accessible.jobs.actions.approve_source")
        assert answer.json()["status"] == "approved_source"
        assert answer.json()["outputs"]["en"]["qc_state"] == "approved"

    def test_actions_take_an_empty_body(self, api: Any, job: Job) -> None:
        assert api("production").post(f"{JOBS}/{job.pk}/actions/approve_source").status_code == 200

    @pytest.mark.parametrize(
        ("path", "allowed"),
        [
            ("actions/approve_source", {"reviewer", "production", "admin"}),
            ("actions/complete", {"project_manager", "admin"}),
            ("cancel", {"production", "project_manager", "admin"}),
            ("retry", {"production", "project_manager", "admin"}),
        ],
    )
    def test_who_may_act_and_who_may_not(
        self, api: Any, job: Job, people: dict[str, Any], path: str, allowed: set[str]
    ) -> None:
        LanguageReview.objects.filter(output__job=job, output__language="es").update(linguist=people["linguist"])
        for role in people:
            answer = api(role).post(f"{JOBS}/{job.pk}/{path}", {})
            if role == "stranger":
                assert answer.status_code == 404
            elif role not in allowed:
                assert answer.status_code == 403, role
            else:
                assert answer.status_code in {200, 409}, (role, answer.content)
            Job.objects.filter(pk=job.pk).update(status=Job.Status.PENDING_QC)

    def test_a_wrong_state_says_so_in_the_contracts_words(self, api: Any, job: Job) -> None:
        answer = api("admin").post(f"{JOBS}/{job.pk}/actions/complete")
        assert answer.status_code == 409
        assert answer.json()["detail"] == "Cannot complete a job in status 'pending_qc'"

    def test_a_job_is_cancelled_once(self, api: Any, job: Job) -> None:
        first = api("production").post(f"{JOBS}/{job.pk}/cancel", {"reason": "Wrong film"})
        assert (first.status_code, first.json()["status"]) == (200, "cancelled")
        assert api("production").post(f"{JOBS}/{job.pk}/cancel").status_code == 409

    def test_the_buttons_of_a_person_are_what_he_may_do(self, api: Any, job: Job) -> None:
        assert api("reviewer").get(f"{JOBS}/{job.pk}").json()["allowed_actions"] == [
            "approve_source",
            "approve_english",
            "reject",
        ]
        assert api("project_manager").get(f"{JOBS}/{job.pk}").json()["allowed_actions"] == ["cancel"]
        assert api("client").get(f"{JOBS}/{job.pk}").json()["allowed_actions"] == []


class TestTracks:
    def test_a_track_is_read_as_json_and_as_a_file(self, api: Any, job: Job) -> None:
        answer = api("client").get(f"{JOBS}/{job.pk}/vtt?lang=en&kind=captions")
        no_difference(answer, "accessible.jobs.vtt.get")
        assert answer.json()["cues"][0]["text"] == "He was not an ill-disposed young man."
        raw = api("client").get(f"{JOBS}/{job.pk}/vtt", Accept="text/vtt")
        assert raw.headers["Content-Type"].startswith("text/vtt")
        assert raw.content.decode() == answer.json()["content"]

    def test_a_save_makes_a_version_that_names_its_author(self, api: Any, job: Job, people: dict[str, Any]) -> None:
        text = VTT.replace("young man", "old man")
        answer = api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": text, "base_version": 1})
        no_difference(answer, "accessible.jobs.vtt.update")
        assert (answer.json()["version"], answer.json()["updated_by"]) == (2, str(people["production"].pk))

    def test_a_stale_save_is_refused_and_its_text_is_kept(self, api: Any, job: Job) -> None:
        mine, theirs = (VTT.replace("young", word) for word in ("old", "tall"))
        api("admin").patch(f"{JOBS}/{job.pk}/vtt", {"content": theirs, "base_version": 1})
        lost = api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": mine, "base_version": 1})
        assert lost.status_code == 409
        body = lost.json()
        assert body["detail"] == "VTT was changed by someone else (current version 2)"
        assert (body["current_version"], body["base_version"]) == (2, 1)
        draft = f"{JOBS}/{job.pk}/vtt/drafts/{body['draft_id']}"
        assert body["draft_url"].endswith(draft)
        assert "old man" in api("production").get(draft).json()["content"]
        assert api("admin").get(draft).status_code == 404
        assert api("production").delete(draft).status_code == 204
        assert api("production").get(draft).status_code == 404

    def test_if_match_names_the_base_too(self, api: Any, job: Job) -> None:
        tag = api("production").get(f"{JOBS}/{job.pk}/vtt").headers["ETag"]
        body = {"content": VTT + "\nNOTE more\n"}
        assert api("production").patch(f"{JOBS}/{job.pk}/vtt", body, **{"If-Match": tag}).status_code == 200
        assert api("production").patch(f"{JOBS}/{job.pk}/vtt", body, **{"If-Match": tag}).status_code == 409

    def test_a_block_that_a_reader_would_drop_is_refused_with_its_line(self, api: Any, job: Job) -> None:
        broken = VTT + "\n00:00:07.000 --> 00:00:0x\nLost\n"
        answer = api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": broken})
        assert answer.status_code == 400
        assert answer.json()["detail"].startswith("Invalid WebVTT: line 9")
        lenient = api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": broken, "lenient": True})
        assert lenient.status_code == 200
        assert lenient.json()["dropped"][0]["line"] == 9

    def test_what_is_no_webvtt_is_refused(self, api: Any, job: Job) -> None:
        answer = api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": "1\n00:00 --> 00:01\nHi"})
        assert answer.status_code == 400

    def test_a_language_that_is_not_on_the_job_is_not_found(self, api: Any, job: Job) -> None:
        read = api("production").get(f"{JOBS}/{job.pk}/vtt?lang=fr")
        assert (read.status_code, read.json()["detail"]) == (404, "VTT not found")
        saved = api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": VTT, "lang": "fr"})
        assert (saved.status_code, saved.json()["detail"]) == (404, "Language not found on this job")

    @pytest.mark.parametrize("status", ["completed", "cancelled"])
    def test_a_finished_job_takes_no_more_text(self, api: Any, job: Job, status: str) -> None:
        Job.objects.filter(pk=job.pk).update(status=status)
        assert api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": VTT}).status_code == 409

    def test_who_edits(self, api: Any, job: Job, people: dict[str, Any]) -> None:
        review = LanguageReview.objects.filter(output__job=job, output__language="es")
        review.update(linguist=people["linguist"], state="in_progress")
        body = {"content": VTT, "lang": "es"}
        for role, status in (
            ("client", 403), ("project_manager", 403), ("linguist", 200), ("production", 200), ("reviewer", 403),
        ):  # fmt: skip
            assert api(role).patch(f"{JOBS}/{job.pk}/vtt", body).status_code == status, role
        assert api("linguist").patch(f"{JOBS}/{job.pk}/vtt", {"content": VTT, "lang": "en"}).status_code == 403
        assert api("reviewer").patch(f"{JOBS}/{job.pk}/vtt", {"content": VTT, "lang": "en"}).status_code == 200
        review.update(state="submitted")
        assert api("linguist").patch(f"{JOBS}/{job.pk}/vtt", body).status_code == 409

    def test_a_new_text_makes_speech_and_film_stale(self, api: Any, job: Job) -> None:
        job.outputs.filter(is_source=True).update(tts_status="done", render_status="done")
        api("production").patch(f"{JOBS}/{job.pk}/vtt", {"content": VTT})
        output = api("production").get(f"{JOBS}/{job.pk}").json()["outputs"]["en"]
        assert (output["tts_status"], output["render_status"]) == ("stale", "stale")


class TestDownloads:
    def test_every_link_works_and_is_signed(self, api: Any, job: Job, settings: Any) -> None:
        answer = api("production").get(f"{JOBS}/{job.pk}/downloads")
        no_difference(answer, "accessible.jobs.downloads")
        assert answer.headers["Cache-Control"] == "private, no-store"
        captions = next(asset for asset in answer.json()["assets"] if asset["kind"] == "captions_vtt")
        path = captions["url"].removeprefix(settings.PUBLIC_URL)
        assert api(None).get(path).status_code == 200
        assert api(None).get(path[:-2] + ("aa" if path[-2:] != "aa" else "bb")).status_code == 403

    def test_linguists_download_nothing(self, api: Any, job: Job, people: dict[str, Any]) -> None:
        LanguageReview.objects.filter(output__job=job).update(linguist=people["linguist"])
        assert api("linguist").get(f"{JOBS}/{job.pk}/downloads").status_code == 403


def test_the_sockets_address_wants_an_upgrade(api: Any) -> None:
    answer = api("client").get("/api/v1/ws/status")
    assert (answer.status_code, answer.json()) == (426, {"detail": "Upgrade required"})
    assert api(None).get("/api/v1/ws/status").status_code == 401


def test_a_refused_role_gets_the_contracts_sentence_and_why(api: Any, job: Job) -> None:
    answer = api("client").post(f"{JOBS}/{job.pk}/actions/complete")
    assert answer.json() == {"detail": "Insufficient role permissions", "reason": "A project manager completes a job."}


def test_routes_speak_the_dialect_for_wrong_methods_too(api: Any) -> None:
    answer = api("client").delete(reverse("jobs_api:upload_init"))
    assert answer.status_code == 405
    assert set(answer.json()) == {"detail"}
