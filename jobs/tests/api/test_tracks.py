"""Versions of tracks over JSON: save, move, compare, go back, merge, and what is typed in between."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.client import encode_multipart
from django.test.utils import CaptureQueriesContext

from core.models import AuditEvent
from core.testing.contract import differences, endpoint
from jobs.models import Job
from jobs.tests.factories import JobFactory, give_captions
from media_library.media import webvtt
from media_library.media.cue_diff import cue_digest
from media_library.models import TrackDraft
from qc.models import CueReview, LanguageReview

JOBS = "/api/v1/jobs"
LINES = [f"Line {number} of the film." for number in range(6)]


def text_of(*lines: str) -> str:
    cues = [webvtt.Cue(at * 4000, at * 4000 + 3000, line) for at, line in enumerate(lines)]
    return webvtt.Document(blocks=list(cues)).write()


VTT = text_of(*LINES)


@pytest.fixture
def job(people: dict[str, Any], house: Any) -> Job:
    made: Job = JobFactory(created_by=people["client"], organization=house, languages=["es"], status="pending_qc")
    give_captions(made, VTT)
    # Sees the job, and has no business with its English.
    LanguageReview.objects.filter(output__job=made, output__language="es").update(linguist=people["linguist"])
    return made


@pytest.fixture
def vtt(job: Job) -> str:
    return f"{JOBS}/{job.pk}/vtt"


def no_difference(answer: Any, entry: str) -> None:
    assert answer.status_code == 200, answer.content
    assert not differences(answer.json(), endpoint(entry)["success"]["shape"])


def changed(**lines: str) -> str:
    """`_2="…"` is another text for cue 2."""
    return text_of(*[lines.get(f"_{number}", line) for number, line in enumerate(LINES)])


def texts(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [cue["text"] for cue in answer.json()["cues"]]


class TestTiming:
    def test_cues_of_a_range_move_as_a_version_of_their_own(self, api: Any, vtt: str) -> None:
        body = {"offset_ms": 1500, "start_cue": 2, "end_cue": 3, "base_version": 1}
        answer = api("production").post(f"{vtt}/adjust-timing", body)
        no_difference(answer, "accessible.jobs.vtt.adjust_timing")
        assert [cue["start"] for cue in answer.json()["cues"]] == [0, 4, 9.5, 13.5, 16, 20]
        row = api("production").get(f"{vtt}/versions").json()["items"][0]
        assert (row["version"], row["source"], row["comment"]) == (2, "timing", "Moved by +1,500 ms")

    @pytest.mark.parametrize(
        ("body", "detail"),
        [
            ({"offset_ms": -36_000_000}, "Cue 0 would start before 0"),
            ({"offset_ms": -4001, "start_cue": 1}, "Cue 1 would start before 0"),
            ({"offset_ms": 1, "start_cue": 6}, "There are no cues in this range"),
            ({"offset_ms": 1, "start_cue": 3, "end_cue": 2}, "There are no cues in this range"),
        ],
    )
    def test_an_impossible_shift_changes_nothing(self, api: Any, vtt: str, body: Any, detail: str) -> None:
        answer = api("production").post(f"{vtt}/adjust-timing", body)
        assert (answer.status_code, answer.json()["detail"]) == (400, detail)
        assert api("production").get(vtt).json()["version"] == 1

    @pytest.mark.parametrize("offset", ["1e400", "NaN", 1.5, None, 10**12])
    def test_an_offset_is_a_whole_number(self, api: Any, vtt: str, offset: Any) -> None:
        assert api("production").post(f"{vtt}/adjust-timing", {"offset_ms": offset}).status_code == 422

    def test_clamping_stops_at_the_start_of_the_film(self, api: Any, vtt: str) -> None:
        body = {"offset_ms": -36_000_000, "start_cue": 1, "clamp": True}
        answer = api("production").post(f"{vtt}/adjust-timing", body)
        assert [cue["start"] for cue in answer.json()["cues"]] == [0, 0, 4, 8, 12, 16]

    def test_the_same_key_twice_moves_once(self, api: Any, vtt: str) -> None:
        key = {"Idempotency-Key": "shift-once"}
        answers = [api("production").post(f"{vtt}/adjust-timing", {"offset_ms": 500}, **key) for _ in range(2)]
        assert [answer.json()["version"] for answer in answers] == [2, 2]
        assert api("production").get(vtt).json()["cues"][0]["start"] == 0.5

    def test_a_shift_of_an_older_version_is_refused(self, api: Any, vtt: str) -> None:
        body = {"offset_ms": 500, "base_version": 1}
        assert api("production").post(f"{vtt}/adjust-timing", body).status_code == 200
        again = api("production").post(f"{vtt}/adjust-timing", body)
        assert again.status_code == 409
        assert again.json()["detail"] == "VTT was changed by someone else (current version 2)"
        assert not TrackDraft.objects.exists()

    def test_a_language_without_a_text_has_nothing_to_move(self, api: Any, vtt: str) -> None:
        for language in ("es", "fr"):
            answer = api("production").post(f"{vtt}/adjust-timing", {"offset_ms": 1, "lang": language})
            assert (answer.status_code, answer.json()["detail"]) == (404, "VTT not found")


class TestVersions:
    def test_every_version_says_how_it_came_to_be(self, api: Any, vtt: str, job: Job) -> None:
        production = api("production")
        production.patch(vtt, {"content": changed(_1="Other."), "base_version": 1, "comment": "Better"})
        production.post(f"{vtt}/adjust-timing", {"offset_ms": 10})
        production.post(f"{vtt}/versions/restore", {"version": 1})
        answer = api("client").get(f"{vtt}/versions?size=2")
        no_difference(answer, "accessible.jobs.vtt.versions.list")
        assert (answer.json()["total"], len(answer.json()["items"])) == (4, 2)
        rows = api("client").get(f"{vtt}/versions").json()["items"]
        assert [(row["version"], row["source"], row["cue_count"]) for row in rows] == [
            (4, "restore", 6), (3, "timing", 6), (2, "edit", 6), (1, "ai", 6),
        ]  # fmt: skip
        assert [row["comment"] for row in rows] == ["Restored version 1", "Moved by +10 ms", "Better", None]
        assert rows[-1]["created_by"] is None

    def test_a_list_costs_the_same_however_many_versions(self, api: Any, vtt: str) -> None:
        client = api("production")
        client.get(f"{vtt}/versions")
        with CaptureQueriesContext(connection) as few:
            client.get(f"{vtt}/versions")
        for number in range(1, 12):
            client.patch(vtt, {"content": changed(_1=f"Take {number}."), "base_version": number})
        with CaptureQueriesContext(connection) as many:
            assert client.get(f"{vtt}/versions").json()["total"] == 12
        assert len(many) == len(few)

    def test_a_version_is_read_whole(self, api: Any, vtt: str) -> None:
        api("production").patch(vtt, {"content": changed(_1="Other.")})
        answer = api("client").get(f"{vtt}/versions/1")
        no_difference(answer, "accessible.jobs.vtt.versions.get")
        assert answer.json()["content"] == VTT

    @pytest.mark.parametrize("number", ["0", "2", "99999999999999999999"])
    def test_a_version_that_is_not_there_is_not_found(self, api: Any, vtt: str, number: str) -> None:
        answer = api("production").get(f"{vtt}/versions/{number}")
        assert (answer.status_code, answer.json()["detail"]) == (404, "Version not found")

    def test_versions_of_other_tracks_and_houses_are_not_found(self, api: Any, vtt: str, job: Job) -> None:
        other = JobFactory(languages=[])
        give_captions(other, VTT)
        api("production").patch(vtt, {"content": VTT})
        assert api("production").get(f"{vtt}/versions/2").status_code == 200
        assert api("production").get(f"{vtt}/versions/2?kind=audio_description").status_code == 404
        assert api("production").get(f"{vtt}/versions/1?lang=es").status_code == 404
        assert api("stranger").get(f"{vtt}/versions/1").json()["detail"] == "Job not found"

    def test_two_versions_are_compared_cue_by_cue_and_as_files(self, api: Any, vtt: str) -> None:
        production = api("production")
        lines = [*LINES[:2], "Another third.", *LINES[3:5]]
        production.patch(vtt, {"content": text_of(*lines)})
        answer = production.get(f"{vtt}/versions/diff?from=1&to=2")
        no_difference(answer, "accessible.jobs.vtt.versions.diff")
        body = answer.json()
        assert (body["added"], body["removed"], body["modified"]) == (0, 1, 1)
        assert [(one["cue_index"], one["change"]) for one in body["changes"]] == [(2, "modified"), (5, "removed")]
        assert body["changes"][0]["after"]["text"] == "Another third."
        assert body["changes"][1]["after"] is None
        assert "-Line 2 of the film.\n+Another third.\n" in body["unified_diff"]
        assert production.get(f"{vtt}/versions/diff?v1=1").json() == body

    @pytest.mark.parametrize(
        ("query", "status"), [("from=1&to=9", 404), ("from=9", 404), ("to=1", 422), ("from=x", 422)]
    )
    def test_what_cannot_be_compared_is_said(self, api: Any, vtt: str, query: str, status: int) -> None:
        assert api("production").get(f"{vtt}/versions/diff?{query}").status_code == status

    def test_restoring_makes_a_new_version_and_leaves_history_alone(self, api: Any, vtt: str) -> None:
        production = api("production")
        production.patch(vtt, {"content": changed(_1="Other."), "base_version": 1})
        stale = production.post(f"{vtt}/versions/restore", {"version": 1, "base_version": 1})
        assert stale.status_code == 409
        answer = production.post(f"{vtt}/versions/restore", {"version": 1, "base_version": 2})
        no_difference(answer, "accessible.jobs.vtt.versions.restore")
        assert (answer.json()["version"], answer.json()["content"]) == (3, VTT)
        assert "Other." in production.get(f"{vtt}/versions/2").json()["content"]
        gone = production.post(f"{vtt}/versions/restore", {"version": 9})
        assert (gone.status_code, gone.json()["detail"]) == (404, "Version not found")

    @pytest.mark.parametrize("path", ["adjust-timing", "versions/restore"])
    def test_who_changes_and_when(self, api: Any, vtt: str, job: Job, people: dict[str, Any], path: str) -> None:
        body = {"offset_ms": 1, "version": 1}
        for role, status in (
            ("client", 403), ("project_manager", 403), ("linguist", 403), ("reviewer", 200), ("admin", 200), ("stranger", 404),
        ):  # fmt: skip
            assert api(role).post(f"{vtt}/{path}", body).status_code == status, role
        Job.objects.filter(pk=job.pk).update(status="completed")
        done = api("production").post(f"{vtt}/{path}", body)
        assert (done.status_code, done.json()["detail"]) == (409, "Job is read-only")


class TestEdits:
    def test_some_cues_are_changed_by_their_place_in_the_text_before(self, api: Any, vtt: str) -> None:
        edits = [
            {"index": 1, "text": "Changed."},
            {"index": 2, "start": 8.25},
            {"index": 3, "delete": True},
            {"index": 4, "insert": True, "start": 15.2, "end": 15.9, "text": "New."},
        ]
        answer = api("production").patch(vtt, {"edits": edits, "base_version": 1})
        body = answer.json()
        assert (answer.status_code, body["version"], body["cue_count"]) == (200, 2, 6)
        assert [(cue["index"], cue["text"], cue["written_by"]) for cue in body["cues"]] == [
            (1, "Changed.", "person"), (2, LINES[2], "person"), (3, "New.", "person"),
        ]  # fmt: skip
        assert answer.headers["ETag"] == '"2"'
        read = api("production").get(vtt)
        assert texts(read) == [LINES[0], "Changed.", LINES[2], "New.", *LINES[4:]]
        assert [cue["start"] for cue in read.json()["cues"]] == [0, 4, 8.25, 15.2, 16, 20]
        assert [cue["written_by"] for cue in read.json()["cues"]] == ["machine", *["person"] * 3, *["machine"] * 2]

    def test_a_text_that_would_break_the_frame_is_one_cue(self, api: Any, vtt: str) -> None:
        hostile = "<img onerror=x>\n\n00:00:01.000 --> 00:00:02.000\n<script>"
        api("production").patch(vtt, {"edits": [{"index": 0, "text": hostile}], "base_version": 1})
        read = texts(api("production").get(vtt))
        assert len(read) == 6
        assert read[0] == "<img onerror=x>\n00:00:01.000 --&gt; 00:00:02.000\n<script>"

    def test_stale_edits_are_kept_as_a_whole_text(self, api: Any, vtt: str) -> None:
        api("admin").patch(vtt, {"content": changed(_1="Theirs."), "base_version": 1})
        lost = api("production").patch(vtt, {"edits": [{"index": 1, "text": "Mine."}], "base_version": 1})
        assert lost.status_code == 409
        assert (lost.json()["current_version"], lost.json()["base_version"]) == (2, 1)
        draft = api("production").get(lost.json()["draft_url"].removeprefix("http://testserver"))
        drafts = api("production").get(f"{vtt}/drafts").json()["items"]
        assert [one["id"] for one in drafts] == [lost.json()["draft_id"]]
        assert "Mine." in drafts[0]["content"]
        assert draft.status_code in {200, 404}

    @pytest.mark.parametrize(
        ("edit", "status"),
        [
            ({"index": 6, "text": "x"}, 400), ({"index": 7, "insert": True, "start": 1, "end": 2, "text": ""}, 400),
            ({"index": -1}, 422), ({"index": 0, "start": -1}, 422), ({"index": 0, "start": "nan"}, 422),
            ({"index": 0, "insert": True, "text": "x"}, 422), ({"index": 0, "end": "inf"}, 422), ({}, 422), ("x", 422),
        ],
    )  # fmt: skip
    def test_what_is_no_edit_is_refused(self, api: Any, vtt: str, edit: Any, status: int) -> None:
        assert api("production").patch(vtt, {"edits": [edit], "base_version": 1}).status_code == status

    def test_content_and_edits_are_not_sent_together(self, api: Any, vtt: str) -> None:
        for body in ({}, {"edits": []}, {"content": VTT, "edits": [{"index": 0}]}):
            assert api("production").patch(vtt, body).status_code == 422

    def test_a_save_costs_the_same_queries_however_long_the_track(self, api: Any, house: Any, people: Any) -> None:
        counts = []
        for size in (5, 400):
            job = JobFactory(created_by=people["client"], organization=house, languages=["es"])
            give_captions(job, text_of(*[f"Line {number}" for number in range(size)]))
            path, body = f"{JOBS}/{job.pk}/vtt", {"edits": [{"index": 3, "text": "x"}], "base_version": 1}
            client = api("production")
            client.get(path)
            with CaptureQueriesContext(connection) as queries:
                assert client.patch(path, body).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_a_save_without_a_base_says_so(self, api: Any, vtt: str) -> None:
        assert api("production").patch(vtt, {"content": VTT}).json()["unconditional"] is True
        assert AuditEvent.objects.filter(action="media_library.track.saved_without_base").count() == 1


class TestOrigins:
    def written_by(self, api: Any, vtt: str) -> str:
        return "".join(cue["written_by"][0] for cue in api("production").get(vtt).json()["cues"])

    def test_who_wrote_a_cue_survives_what_others_do(self, api: Any, vtt: str) -> None:
        production = api("production")
        production.patch(vtt, {"content": changed(_1="Mine."), "base_version": 1})
        assert self.written_by(api, vtt) == "mpmmmm"
        production.patch(vtt, {"content": text_of("New.", *texts(production.get(vtt))[1:]), "base_version": 2})
        assert self.written_by(api, vtt) == "ppmmmm"
        production.post(f"{vtt}/adjust-timing", {"offset_ms": 40})
        assert self.written_by(api, vtt) == "ppmmmm"
        production.post(f"{vtt}/versions/restore", {"version": 2})
        assert self.written_by(api, vtt) == "mpmmmm"
        production.post(f"{vtt}/versions/restore", {"version": 1})
        assert self.written_by(api, vtt) == "mmmmmm"

    def test_a_cue_that_somebody_read_is_marked_until_it_changes(self, api: Any, vtt: str, job: Job) -> None:
        review = LanguageReview.objects.get(output__job=job, output__is_source=True)
        for index in (1, 2):
            digest = cue_digest(webvtt.parse(VTT).cues[index])
            CueReview.objects.create(review=review, kind="captions", cue_index=index, text_digest=digest)
        edits = [{"index": 1, "text": "x"}, {"index": 0, "insert": True, "start": 0, "end": 0.5, "text": "First"}]
        saved = api("production").patch(vtt, {"edits": edits, "base_version": 1})
        assert [cue["reviewed"] for cue in saved.json()["cues"]] == [False, False]
        read = api("production").get(vtt).json()["cues"]
        assert [cue["index"] for cue in read if cue["reviewed"]] == [3]


class TestDrafts:
    def test_what_is_typed_waits_and_goes_with_the_save(self, api: Any, vtt: str) -> None:
        production = api("production")
        assert production.get(f"{vtt}/draft").status_code == 404
        half = VTT + "\n00:00:30.0"
        for text in ("WEBVTT\n", half):
            answer = production.put(f"{vtt}/draft", {"content": text, "base_version": 1})
            assert answer.status_code == 200
        found = production.get(f"{vtt}/draft").json()
        assert (found["content"], found["base_version"], found["automatic"]) == (half, 1, True)
        assert TrackDraft.objects.count() == 1
        assert api("production").get(f"{vtt}/versions").json()["total"] == 1
        assert api("admin").get(f"{vtt}/draft").status_code == 404
        production.patch(vtt, {"content": VTT, "base_version": 1})
        assert production.get(f"{vtt}/draft").status_code == 404

    def test_a_draft_is_discarded(self, api: Any, vtt: str) -> None:
        api("production").put(f"{vtt}/draft", {"content": "x"})
        assert api("production").delete(f"{vtt}/draft").status_code == 204
        assert api("production").delete(f"{vtt}/draft").status_code == 404

    def test_a_stale_save_leaves_what_is_typed_alone(self, api: Any, vtt: str) -> None:
        api("production").put(f"{vtt}/draft", {"content": "typed", "base_version": 1})
        api("admin").patch(vtt, {"content": changed(_1="Theirs."), "base_version": 1})
        api("production").patch(vtt, {"content": changed(_1="Mine."), "base_version": 1})
        drafts = api("production").get(f"{vtt}/drafts").json()["items"]
        assert sorted(one["automatic"] for one in drafts) == [False, True]

    def test_only_who_may_save_keeps_drafts(self, api: Any, vtt: str, job: Job) -> None:
        for role, status in (("client", 403), ("linguist", 403), ("reviewer", 200), ("stranger", 404)):
            assert api(role).put(f"{vtt}/draft", {"content": "x"}).status_code == status, role
        assert api("production").put(f"{vtt}/draft", {"content": "x" * (2 * 2**20 + 1)}).status_code == 413
        Job.objects.filter(pk=job.pk).update(status="cancelled")
        assert api("production").put(f"{vtt}/draft", {"content": "x"}).status_code == 409


class TestMerge:
    def test_changes_of_two_people_become_one_text(self, api: Any, vtt: str) -> None:
        api("admin").patch(vtt, {"content": changed(_1="Theirs."), "base_version": 1})
        mine = changed(_1="Mine.", _4="Only mine.")
        answer = api("production").post(f"{vtt}/merge", {"content": mine, "base_version": 1})
        body = answer.json()
        assert (answer.status_code, body["current_version"]) == (200, 2)
        assert [cue.text for cue in webvtt.parse(body["content"]).cues][1::3] == ["Theirs.", "Only mine."]
        (conflict,) = body["conflicts"]
        assert [conflict[side]["text"] for side in ("base", "mine", "theirs")] == [LINES[1], "Mine.", "Theirs."]
        assert conflict["cue_index"] == 1
        saved = api("production").patch(vtt, {"content": body["content"], "base_version": 2})
        assert [cue["written_by"] for cue in saved.json()["cues"]][4] == "person"

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            ({"content": VTT, "base_version": 9}, 404),
            ({"content": "no", "base_version": 1}, 400),
            ({"content": VTT}, 422),
            ({"content": VTT, "base_version": 1, "lang": "es"}, 404),
        ],
    )
    def test_what_cannot_be_merged_is_said(self, api: Any, vtt: str, body: Any, status: int) -> None:
        assert api("production").post(f"{vtt}/merge", body).status_code == status


class TestUpload:
    def send(self, api: Any, job: Job, data: bytes, role: str = "production", **fields: str) -> Any:
        person = api(role)
        form = {"file": SimpleUploadedFile("final.vtt", data), "language": "en", **fields}
        return person.client.post(
            f"/api/v1/production/jobs/{job.pk}/upload-final-vtt",
            encode_multipart("frame", form),
            content_type="multipart/form-data; boundary=frame",
            headers={"X-CSRFToken": person.token},
        )

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
    def test_a_finished_file_is_a_version(self, api: Any, job: Job, encoding: str) -> None:
        job.outputs.filter(is_source=True).update(tts_status="done", render_status="done")
        answer = self.send(api, job, changed(_0="Straße, ¿qué?").replace("\n", "\r\n").encode(encoding))
        no_difference(answer, "accessible.production.upload_final_vtt")
        assert texts(answer)[0] == "Straße, ¿qué?"
        row = api("production").get(f"{JOBS}/{job.pk}/vtt/versions").json()["items"][0]
        assert (row["version"], row["source"]) == (2, "upload")
        output = job.outputs.get(is_source=True)
        assert (output.tts_status, output.render_status) == ("stale", "stale")

    def test_a_language_without_a_text_gets_its_first(self, api: Any, job: Job) -> None:
        assert self.send(api, job, VTT.encode(), language="es").json()["version"] == 1

    @pytest.mark.parametrize(
        "data",
        [
            b"", b"1\n00:00:01,000 --> 00:00:02,000\nSRT\n", b"<tt/>", changed(_0="Straße").encode("latin-1"),
            VTT.encode() + b"\n00:00:40.000 --> 00:00:4\nLost\n", b"WEBVTT\n\n\x00\xff\xfe", b"\x89PNG\r\n\x1a\n" + bytes(40),
        ],
    )  # fmt: skip
    def test_what_is_no_webvtt_or_not_utf8_is_refused(self, api: Any, job: Job, data: bytes) -> None:
        answer = self.send(api, job, data)
        assert (answer.status_code, answer.json()["detail"]) == (400, "Invalid WebVTT")
        assert answer.json()["reason"]
        assert api("production").get(f"{JOBS}/{job.pk}/vtt").json()["version"] == 1

    def test_a_file_that_is_too_long_is_refused(self, api: Any, job: Job) -> None:
        assert self.send(api, job, b"WEBVTT\n\nNOTE " + b"x" * 2 * 2**20).status_code == 413

    def test_production_uploads_and_nobody_else(self, api: Any, job: Job) -> None:
        for role in ("client", "linguist", "reviewer", "project_manager"):
            assert self.send(api, job, b"", role).status_code == 403, role
        assert self.send(api, job, VTT.encode(), "stranger").json()["detail"] == "Job not found"
        unknown = self.send(api, job, VTT.encode(), language="fr")
        assert (unknown.status_code, unknown.json()["detail"]) == (404, "Language not found on this job")
        Job.objects.filter(pk=job.pk).update(status="completed")
        closed = self.send(api, job, VTT.encode())
        assert (closed.status_code, closed.json()["detail"]) == (409, "Job is read-only")
