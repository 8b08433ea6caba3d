"""Quality checks, fixes, terms and profiles over HTTP."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from core.models import AuditEvent
from core.testing.contract import differences
from jobs.api import checks as shapes
from jobs.models import Job
from jobs.services import quality
from jobs.tests.factories import JobFactory, give_captions
from media_library.models import TrackVersion
from media_library.tests.media.test_quality import FIVE_FAULTS
from media_library.tests.test_terms_in_force import glossary
from qc.models import LanguageReview

pytestmark = pytest.mark.django_db

SPANISH = """WEBVTT

00:00:01.000 --> 00:00:03.000
Una red de alambre.

00:00:03.040 --> 00:00:06.000
=1+1 Un ordenador...
"""
ENGLISH = """WEBVTT

00:00:01.000 --> 00:00:03.000
A wire mesh.

00:00:03.040 --> 00:00:06.000
A computer.
"""


@pytest.fixture
def job(house: Organization, people: dict[str, User]) -> Job:
    made = JobFactory(organization=house, languages=["es"], status=Job.Status.PENDING_QC)
    give_captions(made, ENGLISH)
    give_captions(made, SPANISH, language="es")
    LanguageReview.objects.filter(output__job=made, output__language="es").update(
        linguist=people["linguist"], reviewer=people["reviewer"], state="in_progress"
    )
    return made


def at(job: Job, what: str = "checks", **query: str) -> str:
    address = f"/api/v1/jobs/{job.pk}/vtt/{what}"
    return f"{address}?{'&'.join(f'{name}={value}' for name, value in query.items())}" if query else address


def rules(answer: Any) -> list[tuple[int, str]]:
    assert answer.status_code == 200, answer.content
    return [(finding["cue_index"], finding["rule"]) for finding in answer.json()["findings"]]


class TestChecks:
    def test_five_cues_that_each_break_one_rule_give_exactly_five_findings(self, api: Any, house: Organization) -> None:
        job = JobFactory(organization=house)
        give_captions(job, FIVE_FAULTS)
        job.source.technical = {"fps": 25}
        job.source.save(update_fields=["technical"])
        answer = api("production").get(at(job, profile="netflix-en"))
        assert differences(answer.json(), shapes.REPORT) == []
        assert rules(answer) == [(0, "line_len"), (1, "dur_min"), (2, "cps_max"), (3, "gap_min"), (5, "lines_max")]
        body = answer.json()
        first = body["findings"][0]
        assert (first["measured"], first["limit"], first["severity"]) == (43, 42, "error")
        assert (body["errors"], body["warnings"], body["profile"], body["version"]) == (5, 0, "netflix", 1)
        version = TrackVersion.objects.get()
        assert version.profile == "netflix"
        assert [finding["rule"] for finding in version.findings] == [rule for _, rule in rules(answer)]

    def test_a_text_that_is_not_saved_is_checked_and_kept_nowhere(self, api: Any, job: Job) -> None:
        content = SPANISH.replace("00:00:03.040", "00:00:03.080")
        answer = api("linguist").post(at(job, lang="es"), {"content": content})
        assert (1, "ellipsis") in rules(answer)
        assert (0, "gap_min") not in rules(answer)
        assert answer.json()["version"] is None
        assert TrackVersion.objects.filter(findings__isnull=False).count() == 0
        fix = next(one for one in answer.json()["findings"] if one["rule"] == "ellipsis")["fix"]
        assert (fix["after"]["text"], fix["before"]["text"]) == ("=1+1 Un ordenador…", "=1+1 Un ordenador...")

    def test_a_translation_is_held_against_its_source_and_the_clients_words(
        self, api: Any, job: Job, house: Organization
    ) -> None:
        glossary(
            {"source_term": "mesh", "translations": {"es": "malla"}},
            {"source_term": "computer", "translations": {"es": "computadora"}},
            {"source_term": "computer", "translations": {"es": "ordenador"}, "forbidden": True},
            organization=house,
        )
        found = rules(api("linguist").get(at(job, lang="es")))
        assert {(0, "term_missing"), (1, "term_missing"), (1, "term_forbidden")} <= set(found)
        terms = api("linguist").get(at(job, "terms", lang="es")).json()
        assert ("mesh", "malla", False) in [(t["source"], t["target"], t["forbidden"]) for t in terms["terms"]]
        assert terms["source_language"] == "en"

    def test_a_spreadsheet_runs_nothing_of_it(self, api: Any, job: Job) -> None:
        answer = api("production").get(at(job, lang="es", format="csv"))
        assert answer.headers["Content-Type"].startswith("text/csv")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert tuple(rows[0]) == shapes.COLUMNS
        assert any(row[-1].startswith("'=1+1") for row in rows[1:])
        assert rows[1][:4] == ["1", "1.000", "3.000", "gap_min"]

    @pytest.mark.parametrize(
        ("query", "body", "status"),
        [
            ({"profile": "unheard-of"}, None, 422),
            ({"kind": "sounds"}, None, 422),
            ({"format": "pdf"}, None, 422),
            ({"lang": "tlh"}, None, 404),
            ({"kind": "audio_description"}, None, 404),
            ({}, {"content": "no signature"}, 400),
            ({}, {"content": "WEBVTT", "profile": "x"}, 422),
            ({}, {}, 422),
            ({}, [], 400),
        ],
    )
    def test_what_cannot_be_checked_is_refused(
        self, api: Any, job: Job, query: dict[str, str], body: Any, status: int
    ) -> None:
        someone = api("production")
        answer = someone.get(at(job, **query)) if body is None else someone.post(at(job, **query), body)
        assert answer.status_code == status, answer.content

    def test_a_track_of_nothing_is_checked(self, api: Any, job: Job) -> None:
        answer = api("production").post(at(job), {"content": "WEBVTT\n"})
        assert (rules(answer), answer.json()["score"]) == ([], 100.0)

    def test_the_check_costs_the_same_however_long_the_track_is(self, api: Any, job: Job) -> None:
        someone, costs = api("production"), []
        many = "\n\n".join(SPANISH.split("\n\n")[:1] + ["00:00:01.000 --> 00:00:03.000\nUna red."] * 300)
        for content in (SPANISH, many):
            with CaptureQueriesContext(connection) as queries:
                assert someone.post(at(job, lang="es"), {"content": content}).status_code == 200
            costs.append(len(queries))
        assert costs[0] == costs[1]


class TestFixes:
    def test_a_trial_changes_nothing(self, api: Any, job: Job) -> None:
        answer = api("client").post(at(job, "fixes"), {"lang": "es"})
        assert differences(answer.json(), shapes.FIXED) == []
        assert {one["rule"] for one in answer.json()["proposals"]} == {"gap_min", "ellipsis"}
        assert answer.json()["applied"] is False
        assert "ordenador…" in answer.json()["content"]
        assert TrackVersion.objects.count() == 2

    def test_taken_fixes_are_one_new_version_that_is_checked(self, api: Any, job: Job) -> None:
        linguist = api("linguist")
        body = {"lang": "es", "rules": ["gap_min", "ellipsis"], "dry_run": False, "base_version": 1}
        answer = linguist.post(at(job, "fixes"), body)
        assert (answer.status_code, answer.json()["applied"], answer.json()["version"]) == (200, True, 2)
        version = TrackVersion.objects.get(track__language="es", number=2)
        assert (version.source, version.comment) == ("edit", "Fixed: ellipsis, gap_min")
        assert version.profile == "house"
        assert {"gap_min", "ellipsis"}.isdisjoint(rule for _, rule in rules(linguist.get(at(job, lang="es"))))

    def test_only_the_chosen_findings_are_mended(self, api: Any, job: Job) -> None:
        body = {"lang": "es", "findings": [{"rule": "ellipsis", "cue_index": 1}], "dry_run": False}
        answer = api("linguist").post(at(job, "fixes"), body)
        assert [one["rule"] for one in answer.json()["proposals"]] == ["ellipsis"]

    def test_a_stale_base_is_a_conflict_that_loses_nothing(self, api: Any, job: Job) -> None:
        linguist = api("linguist")
        body = {"lang": "es", "dry_run": False, "base_version": 1}
        assert linguist.post(at(job, "fixes"), {**body, "rules": ["ellipsis"]}).json()["version"] == 2
        answer = linguist.post(at(job, "fixes"), {**body, "rules": ["gap_min"]})
        assert (answer.status_code, answer.json()["current_version"]) == (409, 2)
        assert answer.json()["draft_url"]

    def test_nothing_to_mend_saves_nothing(self, api: Any, job: Job) -> None:
        answer = api("linguist").post(at(job, "fixes"), {"lang": "es", "rules": ["dur_max"], "dry_run": False})
        assert (answer.json()["applied"], answer.json()["proposals"]) == (False, [])
        assert TrackVersion.objects.count() == 2

    @pytest.mark.parametrize(
        ("role", "lang", "status"),
        [("client", "es", 403), ("project_manager", "es", 403), ("linguist", "en", 403), ("stranger", "es", 404)],
    )
    def test_who_may_not_edit_mends_nothing(self, api: Any, job: Job, role: str, lang: str, status: int) -> None:
        answer = api(role).post(at(job, "fixes"), {"lang": lang, "dry_run": False})
        assert answer.status_code == status, answer.content

    def test_a_job_that_is_done_stays_as_it_is(self, api: Any, job: Job) -> None:
        Job.objects.filter(pk=job.pk).update(status=Job.Status.COMPLETED)
        answer = api("production").post(at(job, "fixes"), {"lang": "es", "dry_run": False})
        assert (answer.status_code, answer.json()["detail"]) == (409, "Job is read-only")

    @pytest.mark.parametrize(
        "body",
        [
            {"rules": ["number_spell"]},
            {"rules": "all"},
            {"findings": [{"rule": "x"}]},
            {"findings": [1]},
            {"dry_run": 7},
        ],
    )
    def test_a_wish_that_is_none_is_refused(self, api: Any, job: Job, body: dict[str, Any]) -> None:
        assert api("production").post(at(job, "fixes"), body).status_code == 422


class TestProfiles:
    def test_every_style_tells_its_numbers(self, api: Any) -> None:
        answer = api("linguist").get("/api/v1/quality/profiles")
        assert differences(answer.json(), {"profiles": [shapes.PROFILE]}) == []
        house = next(one for one in answer.json()["profiles"] if one["name"] == "house")
        assert (house["chars_per_line"], house["max_cps"]) == (42, 17)

    @pytest.mark.parametrize("role", ["project_manager", "production", "admin"])
    def test_the_style_of_a_job_is_chosen_and_noted(self, api: Any, job: Job, role: str) -> None:
        answer = api(role).patch(f"/api/v1/jobs/{job.pk}/quality", {"profile": "netflix-en", "required": True})
        assert answer.json() == {"profile": "netflix", "title": "Netflix", "required": True}
        event = AuditEvent.objects.get(action="jobs.job.quality")
        assert event.details == {"profile": "netflix", "required": True}

    @pytest.mark.parametrize("role", ["client", "linguist", "reviewer"])
    def test_others_do_not_choose_it(self, api: Any, job: Job, role: str) -> None:
        assert api(role).patch(f"/api/v1/jobs/{job.pk}/quality", {"profile": "bbc"}).status_code == 403

    def test_an_unknown_style_is_refused(self, api: Any, job: Job) -> None:
        assert api("production").patch(f"/api/v1/jobs/{job.pk}/quality", {"profile": "x"}).status_code == 422


class TestGate:
    def test_a_language_that_breaks_a_demanded_style_is_held_back_until_it_is_waived(self, job: Job) -> None:
        output = job.outputs.select_related("review").get(language="es")
        assert quality.gate(output) == []
        output.job.profile_required = True
        assert {finding.rule for finding in quality.gate(output)} == {"gap_min", "ellipsis"}
        output.review.waiver = "The client knows."
        assert quality.gate(output) == []
