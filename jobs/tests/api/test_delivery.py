"""Taking finished work along: links, packages, and what is in them."""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import tracemalloc
import uuid
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pysubs2
import pytest
from asgiref.sync import sync_to_async
from defusedxml import ElementTree
from django.conf import settings
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from ttconv.imsc import reader as imsc
from ttconv.isd import ISD
from ttconv.model import Text

from accounts.models import Organization, User
from core.rest.waiting import PatientHandler
from core.runs import worker
from core.runs.models import Step
from core.storage import store
from core.storage.models import Removal
from core.testing.contract import differences, endpoint
from core.testing.files import body_of
from jobs import queries
from jobs.api import delivery as shapes
from jobs.models import Delivery, Job
from jobs.services import deliveries, packaging
from jobs.services.packaging import DELIVERED, FORMATS
from jobs.steps.package import write_package
from jobs.tests.factories import VTT, AssetFactory, JobFactory, give_captions
from media_library import services as library
from media_library.media import webvtt
from media_library.models import Asset, Track
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db(transaction=True)

DAY = timedelta(days=1)
BULK = "/api/v1/jobs/bulk/download"
SPANISH = VTT.replace("He was not an ill-disposed young man.", "No era un <i>joven</i> de mala índole.\nNo & no.")


@pytest.fixture
def job(house: Organization, people: dict[str, User], own_store: None, tmp_path: Path) -> Job:
    """A finished job in two languages, with files that are there."""
    made = JobFactory(title="../Launch: café?", organization=house, languages=["es"], status=Job.Status.COMPLETED)
    give_captions(made)
    give_captions(made, SPANISH, language="es")
    output = made.outputs.get(language="es")
    output.description = library.open_track(made.source, kind=Track.Kind.AUDIO_DESCRIPTION, language="es")
    library.save_machine_version(output.description, SPANISH, engine="describer")
    output.description_audio = file(
        tmp_path, "d.mp3", b"ID3" + b"a" * 5000, owner=made.created_by, content_type="audio/mpeg"
    )
    output.accessible_video = file(tmp_path, "film.mp4", b"\0" * 3_000_000, owner=made.created_by)
    output.save()
    LanguageReview.objects.filter(output=output).update(linguist=people["linguist"], reviewer=people["reviewer"])
    return made


def file(folder: Path, name: str, content: bytes, *, owner: User, content_type: str = "video/mp4") -> Asset:
    path = folder / name
    path.write_bytes(content)
    key = f"test/{uuid.uuid4()}/{name}"
    stored = store().put(key, path, content_type=content_type)
    kind = Asset.Kind.AUDIO if content_type.startswith("audio") else Asset.Kind.VIDEO
    return AssetFactory(
        key=key,
        filename=name,
        size=stored.size,
        sha256=stored.sha256,
        owner=owner,
        kind=kind,
        content_type=content_type,
    )


def build() -> None:
    for step in Step.objects.filter(status=Step.Status.QUEUED):
        worker.perform(step.pk)


def fetched(api: Any, url: str) -> zipfile.ZipFile:
    answer = api(None).get(url.removeprefix(settings.PUBLIC_URL))
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(body_of(answer)))


def package(api: Any, job: Job, **wanted: Any) -> tuple[dict[str, Any], zipfile.ZipFile]:
    """What the production's package of this job holds."""
    someone = api("production")
    asked = someone.post(f"/api/v1/jobs/{job.pk}/deliveries", wanted)
    assert asked.status_code == 201, asked.content
    assert asked.json()["status"] == "building"
    build()
    answer = someone.get(f"/api/v1/deliveries/{asked.json()['id']}")
    assert answer.status_code == 200
    return answer.json(), fetched(api, answer.json()["download_url"])


class TestPackage:
    def test_every_language_and_form_is_in_it_under_safe_names(self, api: Any, job: Job) -> None:
        about, found = package(api, job)
        assert differences(about, shapes.DELIVERY) == []
        assert found.testzip() is None
        assert sorted(found.namelist()) == [
            "README.txt",
            "SHA256SUMS",
            "launch-café/en/launch-café.en.captions.srt",
            "launch-café/en/launch-café.en.captions.ttml",
            "launch-café/en/launch-café.en.captions.vtt",
            "launch-café/es/launch-café.es.accessible.mp4",
            "launch-café/es/launch-café.es.audio_description.mp3",
            "launch-café/es/launch-café.es.audio_description.txt",
            "launch-café/es/launch-café.es.audio_description.vtt",
            "launch-café/es/launch-café.es.captions.srt",
            "launch-café/es/launch-café.es.captions.ttml",
            "launch-café/es/launch-café.es.captions.vtt",
            "manifest.json",
        ]
        assert about["filename"] == "launch-café.zip"
        # Media is stored as it is; text is packed.
        kinds = {info.filename.rpartition(".")[2]: info.compress_type for info in found.infolist()}
        assert (kinds["mp4"], kinds["srt"]) == (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

    def test_all_checksums_hold(self, api: Any, job: Job) -> None:
        about, found = package(api, job)
        sums = dict(line.split("  ", 1)[::-1] for line in found.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == set(found.namelist()) - {"SHA256SUMS"}
        assert all(hashlib.sha256(found.read(name)).hexdigest() == digest for name, digest in sums.items())
        manifest = json.loads(found.read("manifest.json"))
        for row in manifest["files"]:
            assert (row["sha256"], row["bytes"]) == (sums[row["path"]], len(found.read(row["path"])))
        assert manifest["files"] == about["files"]
        srt = next(row for row in manifest["files"] if row["path"].endswith("es.captions.srt"))
        assert (srt["language"], srt["kind"], srt["version"], srt["engine"]) == ("es", "captions_vtt", 1, "test")
        assert manifest["jobs"][0]["languages"] == ["en", "es"]
        assert "sha256sum -c" in found.read("README.txt").decode()

    def test_other_libraries_read_the_same_captions(self, api: Any, job: Job) -> None:
        _, found = package(api, job)
        cues = [(cue.start_ms, cue.end_ms, webvtt.plain_text(cue)) for cue in webvtt.parse(SPANISH).cues]
        stem = "launch-café/es/launch-café.es.captions"
        srt = pysubs2.SSAFile.from_string(found.read(f"{stem}.srt").decode(), format_="srt")
        assert [(line.start, line.end, line.plaintext) for line in srt] == cues

        document = imsc.to_model(ElementTree.parse(io.BytesIO(found.read(f"{stem}.ttml"))))
        starts = list(ISD.significant_times(document))
        shown = {round(float(time) * 1000): words(ISD.from_model(document, time)) for time in starts}
        for start, end, text in cues:
            assert shown[start] == "".join(text.split())
            assert shown[end] != shown[start]

    def test_the_script_says_when_each_line_begins(self, api: Any, job: Job) -> None:
        _, found = package(api, job)
        script = found.read("launch-café/es/launch-café.es.audio_description.txt").decode().splitlines()
        assert script[0] == "../Launch: café?, Spanish"
        assert script[2] == "[00:00:01.000] No era un joven de mala índole. No & no."

    def test_only_what_is_asked_for_is_in_it(self, api: Any, job: Job) -> None:
        _, found = package(api, job, kinds=["captions_vtt"], formats=["srt"])
        assert {name.rpartition(".")[2] for name in found.namelist()} == {"srt", "json", "txt", "SHA256SUMS"}

    def test_the_same_content_is_packed_once_and_byte_for_byte_alike(self, api: Any, job: Job) -> None:
        about, _ = package(api, job)
        again = api("production").post(f"/api/v1/jobs/{job.pk}/deliveries", {}).json()
        assert (again["id"], again["status"]) == (about["id"], "ready")
        Delivery.objects.update(expires_at=timezone.now())
        anew, _ = package(api, job)
        assert (anew["id"] != about["id"], anew["sha256"]) == (True, about["sha256"])

    def test_a_changed_text_is_another_package(self, api: Any, job: Job) -> None:
        about, _ = package(api, job)
        output = job.outputs.get(language="es")
        library.save_version(output.captions, VTT, author=job.created_by, base_version=1)
        anew, found = package(api, job)
        assert anew["id"] != about["id"]
        manifest = json.loads(found.read("manifest.json"))
        row = next(row for row in manifest["files"] if row["path"].endswith("es.captions.vtt"))
        assert (row["version"], row["author"]) == (2, job.created_by.name)

    def test_a_file_that_is_gone_is_told(self, api: Any, job: Job) -> None:
        store().delete(job.outputs.get(language="es").accessible_video.key)
        someone = api("production")
        asked = someone.post(f"/api/v1/jobs/{job.pk}/deliveries", {}).json()
        build()
        found = someone.get(f"/api/v1/deliveries/{asked['id']}").json()
        assert (found["status"], found["download_url"]) == ("failed", None)
        assert "gone from the store" in found["error"]
        # Asking again tries again.
        assert someone.post(f"/api/v1/jobs/{job.pk}/deliveries", {}).json()["id"] != asked["id"]

    def test_what_is_over_goes_with_its_file(self, api: Any, job: Job) -> None:
        about, _ = package(api, job)
        key = Delivery.objects.get().key
        assert deliveries.purge() == 0
        Delivery.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert api("production").get(f"/api/v1/deliveries/{about['id']}").status_code == 404
        assert deliveries.purge() == 1
        assert (Delivery.objects.count(), store().exists(key), Removal.objects.count()) == (0, False, 0)


def words(isd: ISD) -> str:
    found = []

    def walk(part: Any) -> None:
        if isinstance(part, Text):
            found.append(part.get_text())
        for child in part:
            walk(child)

    for region in isd.iter_regions():
        walk(region)
    return "".join("".join(found).split())


class TestWhoMay:
    def test_a_client_downloads_what_is_completed(self, api: Any, job: Job) -> None:
        client = api("client")
        assert client.get(f"/api/v1/jobs/{job.pk}/downloads").status_code == 200
        Job.objects.update(status=Job.Status.PENDING_FINAL_REVIEW)
        for answer in (
            client.get(f"/api/v1/jobs/{job.pk}/downloads"),
            client.post(f"/api/v1/jobs/{job.pk}/deliveries", {}),
            client.get(f"/api/v1/jobs/{job.pk}/deliveries"),
        ):
            assert (answer.status_code, answer.json()["current_status"]) == (409, "pending_final_review")

    def test_a_reviewer_downloads_what_they_review(self, api: Any, job: Job) -> None:
        reviewer = api("reviewer")
        assert reviewer.get(f"/api/v1/jobs/{job.pk}/downloads").status_code == 200
        LanguageReview.objects.update(reviewer=None)
        Job.objects.update(status=Job.Status.PENDING_QC)
        assert reviewer.get(f"/api/v1/jobs/{job.pk}/downloads").status_code == 403

    @pytest.mark.parametrize(("role", "status"), [("linguist", 403), ("stranger", 404), (None, 401)])
    def test_others_get_no_package(self, api: Any, job: Job, role: str | None, status: int) -> None:
        assert api(role).post(f"/api/v1/jobs/{job.pk}/deliveries", {}).status_code == status

    def test_a_package_is_of_whoever_asked_for_it_and_only_while_they_may(self, api: Any, job: Job) -> None:
        about, _ = package(api, job)
        address = f"/api/v1/deliveries/{about['id']}"
        assert api("project_manager").get(address).status_code == 404
        assert api("admin").get(address).status_code == 200
        listed = api("production").get(f"/api/v1/jobs/{job.pk}/deliveries").json()
        assert [row["download_url"] for row in listed["items"]] == [None]
        Job.objects.update(deleted_at=timezone.now())
        assert api("production").get(address).json() == {"detail": "Delivery not found"}


class TestBulk:
    def test_jobs_are_packed_together_and_what_is_left_out_is_told(
        self, api: Any, job: Job, house: Organization
    ) -> None:
        twin = JobFactory(title=job.title, organization=house, status=Job.Status.COMPLETED)
        give_captions(twin)
        bare = JobFactory(organization=house, status=Job.Status.COMPLETED)
        missing = uuid.uuid4()
        body = {"job_ids": [str(pk) for pk in (job.pk, twin.pk, bare.pk, missing)], "kinds": ["captions_vtt"]}
        someone = api("client")
        assert someone.post(BULK, body).status_code == 202
        build()
        answer = someone.post(BULK, body)
        success = endpoint("accessible.jobs.bulk.download")["success"]
        assert (answer.status_code, differences(answer.json(), success["shape"])) == (200, [])
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.json()["job_count"] == 2
        assert answer.json()["skipped"] == [
            {"job_id": str(bare.pk), "detail": "No downloadable assets"},
            {"job_id": str(missing), "detail": "Job not found"},
        ]
        folders = {
            name.partition("/")[0] for name in fetched(api, answer.json()["download_url"]).namelist() if "/" in name
        }
        assert folders == {"launch-café", "launch-café-2"}

    def test_what_a_client_may_not_have_yet_is_left_out(self, api: Any, job: Job, house: Organization) -> None:
        other = JobFactory(organization=house, status=Job.Status.PENDING_QC)
        give_captions(other)
        body = {"job_ids": [str(job.pk), str(other.pk)], "kinds": ["captions_vtt"]}
        api("client").post(BULK, body)
        build()
        (skipped,) = api("client").post(BULK, body).json()["skipped"]
        assert skipped == {
            "job_id": str(other.pk),
            "detail": "The files can be downloaded once the job is completed.",
        }

    def test_nothing_to_take_along_is_not_found(self, api: Any, job: Job, house: Organization) -> None:
        bare = JobFactory(organization=house, source=None, status=Job.Status.COMPLETED)
        for ids in ([uuid.uuid4()], [bare.pk]):
            answer = api("production").post(BULK, {"job_ids": [str(pk) for pk in ids]})
            assert (answer.status_code, answer.json()) == (404, {"detail": "No downloadable assets"})
        assert api("stranger").post(BULK, {"job_ids": [str(job.pk)]}).status_code == 404

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"job_ids": []},
            {"job_ids": ["x"]},
            {"job_ids": [str(uuid.uuid4())] * 101},
            {"job_ids": [str(uuid.uuid4())], "kinds": ["everything"]},
            {"job_ids": "all"},
        ],
    )
    def test_a_wish_that_is_none_is_refused(self, api: Any, job: Job, body: dict[str, Any]) -> None:
        assert api("production").post(BULK, body).status_code == 422
        assert api("linguist").post(BULK, body).status_code == 403


async def test_the_answer_waits_for_the_package_and_holds_no_thread(job: Job, people: dict[str, User]) -> None:
    def work() -> None:
        while not Step.objects.filter(status=Step.Status.QUEUED).exists():
            time.sleep(0.05)
        build()
        connections.close_all()

    browser = Client()
    await sync_to_async(browser.force_login)(people["production"])
    cookies = {name: morsel.value for name, morsel in browser.cookies.items()}
    cookies["csrftoken"] = "a" * 32
    transport = httpx2.ASGITransport(app=PatientHandler(), raise_app_exceptions=False)
    thread = threading.Thread(target=work)
    thread.start()
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver", cookies=cookies) as over_http:
        answer = await over_http.post(
            BULK, json={"job_ids": [str(job.pk)], "kinds": ["captions_vtt"]}, headers={"X-CSRFToken": "a" * 32}
        )
    await sync_to_async(thread.join)()
    assert (answer.status_code, answer.json()["job_count"], answer.json()["skipped"]) == (200, 1, [])


def test_who_presses_twice_at_once_gets_one_package(job: Job, people: dict[str, User]) -> None:
    def ask() -> uuid.UUID:
        try:
            asked = deliveries.ask_for_package([job.pk], kinds=DELIVERED, forms=FORMATS, actor=people["production"])
            return asked.delivery.pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as several:
        found = list(several.map(lambda _: ask(), range(4)))
    assert len(set(found)) == 1
    assert Delivery.objects.count() == 1


@pytest.mark.parametrize("wanted", ["bulk", "list"])
def test_it_costs_the_same_however_many_there_are(
    api: Any, house: Organization, people: dict[str, User], wanted: str
) -> None:
    costs = []
    for count in (1, 20):
        jobs = [JobFactory(organization=house, languages=["es"], status=Job.Status.COMPLETED) for _ in range(count)]
        for job in jobs:
            give_captions(job)
        rows = [
            Delivery(
                filename=f"{n}.zip", digest=f"{n}", created_by=people["production"], expires_at=timezone.now() + DAY
            )
            for n in range(count)
        ]
        for row in Delivery.objects.bulk_create(rows):
            row.jobs.add(jobs[0])
        someone = api("production")
        with CaptureQueriesContext(connection) as queries:
            if wanted == "bulk":
                body = {"job_ids": [str(job.pk) for job in jobs], "kinds": ["captions_vtt", "chapters_vtt"]}
                assert someone.post(BULK, body).status_code == 202
            else:
                answer = someone.get(f"/api/v1/jobs/{jobs[0].pk}/deliveries")
                assert (answer.status_code, len(answer.json()["items"])) == (200, count)
        costs.append(len(queries))
    assert costs[0] == costs[1]


def test_a_large_film_is_packed_without_being_held_in_memory(job: Job, tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    with large.open("wb") as sparse:
        sparse.truncate(96 * 2**20)
    key = f"test/{uuid.uuid4()}/large.mp4"
    store().put(key, large, content_type="video/mp4")
    Asset.objects.filter(filename="film.mp4").update(key=key)
    plan = packaging.plan(list(queries.detailed(Job.objects.all())), kinds=DELIVERED, forms=FORMATS)
    tracemalloc.start()
    try:
        files = write_package(tmp_path / "package.zip", plan)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert max(file["bytes"] for file in files) == 96 * 2**20
    assert peak < 16 * 2**20
