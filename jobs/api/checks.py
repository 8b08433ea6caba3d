"""Quality checks of tracks over JSON: what a style finds, what may be mended by itself, and the words a client has settled."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.request import Request
from rest_framework.response import Response

from core import spreadsheets
from core.errors import NotAllowedError
from core.rest.inputs import Input
from core.rest.schema import Gives
from core.rest.views import ApiView
from jobs import policies
from jobs.api import serializers as shapes
from jobs.api.tracks import TRACK_BODY_BYTES, JsonUnlessAskedOtherwise
from jobs.api.views import caller, find_job
from jobs.models import LanguageOutput
from jobs.services import find_output, quality, slug
from media_library.media.profiles import PROFILES, Profile
from media_library.media.quality.fixes import FIXABLE, Proposal
from media_library.media.webvtt import Cue

PROFILE = {
    "name": "string",
    "title": "string",
    "chars_per_line": "int",
    "lines": "int",
    "max_cps": "nullable float",
    "optimum_cps": "nullable float",
    "max_wpm": "nullable float",
    "min_duration": "float",
    "max_duration": "nullable float",
    "min_gap_frames": "int",
    "min_gap": "float",
}
CUE = {"start": "float", "end": "float", "text": "string"}
PROPOSAL = {
    "rule": "string",
    "cue_index": "int",
    "before": CUE,
    "after": {"$nullable": True, **CUE},
    "reason": "string",
}
FINDING = {
    "rule": "string",
    "cue_index": "int",
    "message": "string",
    "severity": "string",
    "measured": "nullable float",
    "limit": "nullable float",
    "fixable": "bool",
    "fix": {"$nullable": True, **PROPOSAL},
}
REPORT = {
    "job_id": "uuid",
    "language": "string",
    "kind": "string",
    "version": "nullable int",
    "profile": "string",
    "required": "bool",
    "errors": "int",
    "warnings": "int",
    "score": "float",
    "findings": [FINDING],
}
FIXED = {
    "proposals": [PROPOSAL],
    "applied": "bool",
    "version": "nullable int",
    "content": "string",
    "errors": "int",
    "warnings": "int",
    "score": "float",
}
TERM = {
    "source": "string",
    "target": "string",
    "forbidden": "bool",
    "notes": "string",
    "case_sensitive": "bool",
}
COLUMNS = ("cue", "start", "end", "rule", "severity", "message", "measured", "limit", "text")


class ChecksQuery(shapes.TrackQuery):
    profile = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    format = serializers.ChoiceField(("json", "csv"), default="json")


class ChecksInput(shapes.TrackQuery):
    content = serializers.CharField(trim_whitespace=False)
    profile = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")


class FindingInput(Input):
    rule = serializers.CharField(max_length=40)
    cue_index = serializers.IntegerField(min_value=0, max_value=100_000)


class FixesInput(shapes.TrackQuery):
    """Without rules and findings all that has a safe fix is taken."""

    profile = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    content = serializers.CharField(trim_whitespace=False, required=False, allow_null=True, default=None)
    rules = serializers.ListField(child=serializers.ChoiceField(sorted(FIXABLE)), default=list, max_length=60)
    findings = serializers.ListField(child=FindingInput(), default=list, max_length=20_000)
    dry_run = serializers.BooleanField(default=True)
    base_version = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)


class TermsQuery(Input):
    lang = serializers.CharField(max_length=shapes.LANGUAGE_LENGTH, required=False, default="")


class QualityInput(Input):
    profile = serializers.CharField(max_length=40, required=False)
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]  # the field's name in our API


class Checks(ApiView):
    takes = ChecksInput
    query = (ChecksQuery,)
    gives = Gives(get=REPORT, post=REPORT)
    content_negotiation_class = JsonUnlessAskedOtherwise
    max_body_bytes = TRACK_BODY_BYTES
    idempotent = False

    def get(self, request: Request, job_id: uuid.UUID) -> Response | HttpResponse:
        """What the style finds in the newest version. As CSV it opens in a spreadsheet."""
        job = find_job(request, job_id)
        query = ChecksQuery.parse(request.query_params)
        output = find_output(job, query["lang"])
        report = quality.check_output(output, query["kind"], profile=query["profile"], reader=caller(request))
        if query["format"] == "csv":
            name = f"{slug(job.title)}.{output.language}.{query['kind']}.{report.profile.name}.csv"
            return spreadsheets.download(name, COLUMNS, csv_rows(report))
        return Response(report_output(report, output, query["kind"]))

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """The same of a text that is not saved yet, for whoever is writing it."""
        job = find_job(request, job_id)
        body = ChecksInput.parse(_with_query(request))
        output = find_output(job, body["lang"])
        report = quality.check_output(
            output, body["kind"], profile=body["profile"], content=body["content"], reader=caller(request)
        )
        return Response(report_output(report, output, body["kind"]))


class Fixes(ApiView):
    takes = FixesInput
    gives = Gives(post=FIXED)
    max_body_bytes = TRACK_BODY_BYTES

    def post(self, request: Request, job_id: uuid.UUID) -> Response:
        """What would be mended; with `dry_run: false` it is, as one new version."""
        job = find_job(request, job_id)
        if isinstance(request.data, dict) and request.data.get("dry_run") is False:
            policies.require(caller(request), "edit_tracks", job)
        body = FixesInput.parse(_with_query(request))
        fixed = quality.fix_output(
            find_output(job, body["lang"]),
            body["kind"],
            actor=caller(request),
            profile=body["profile"],
            content=body["content"],
            rules=body["rules"],
            findings={(one["rule"], one["cue_index"]) for one in body["findings"]},
            dry_run=body["dry_run"],
            base_version=body["base_version"],
        )
        return Response(
            {
                "proposals": [proposal_output(proposal) for proposal in fixed.proposals],
                "applied": fixed.text is not None,
                "version": fixed.text.version.number if fixed.text else None,
                "content": fixed.content,
                "errors": fixed.left.errors,
                "warnings": fixed.left.warnings,
                "score": fixed.left.score,
            }
        )


class Terms(ApiView):
    query = (TermsQuery,)
    gives = Gives(get={"language": "string", "source_language": "string", "terms": [TERM]})

    def get(self, request: Request, job_id: uuid.UUID) -> Response:
        job = find_job(request, job_id)
        output = find_output(job, TermsQuery.parse(request.query_params)["lang"])
        if not policies.may_read_track(caller(request), output):
            raise NotAllowedError
        terms = [asdict(term) for term in quality.terms_for(job, output.language)]
        return Response({"language": output.language, "source_language": job.source_language, "terms": terms})


class Profiles(ApiView):
    gives = Gives(get={"profiles": [PROFILE]})

    def get(self, _request: Request) -> Response:
        return Response({"profiles": [profile_output(profile) for profile in PROFILES.values()]})


class JobQuality(ApiView):
    takes = QualityInput
    gives = Gives(patch={"profile": "string", "title": "string", "required": "bool"})

    def patch(self, request: Request, job_id: uuid.UUID) -> Response:
        """Which style the job is held against, and whether a language that breaks it can be submitted."""
        job = find_job(request, job_id)
        policies.require(caller(request), "quality", job)
        body = QualityInput.parse(request.data)
        job = quality.require_profile(
            job, profile=body.get("profile"), required=body.get("required"), actor=caller(request)
        )
        title = quality.find_profile(job.quality_profile).title
        return Response({"profile": job.quality_profile, "title": title, "required": job.profile_required})


def _with_query(request: Request) -> dict[str, Any]:
    """The body, with what the address says of language and kind."""
    if not isinstance(request.data, dict):
        raise ParseError
    return {**request.query_params.dict(), **request.data}


def profile_output(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in PROFILE}


def cue_output(cue: Cue) -> dict[str, Any]:
    return {"start": cue.start, "end": cue.end, "text": cue.text}


def proposal_output(proposal: Proposal) -> dict[str, Any]:
    return {
        "rule": proposal.rule,
        "cue_index": proposal.cue_index,
        "before": cue_output(proposal.before),
        "after": cue_output(proposal.after) if proposal.after else None,
        "reason": proposal.reason,
    }


def report_output(report: quality.Report, output: LanguageOutput, kind: str) -> dict[str, Any]:
    findings = []
    for finding in report.findings:
        proposal = report.proposals.get((finding.rule, finding.cue_index))
        findings.append(
            {
                **asdict(finding),
                "fixable": finding.rule in FIXABLE,
                "fix": proposal_output(proposal) if proposal else None,
            }
        )
    return {
        "job_id": output.job_id,
        "language": output.language,
        "kind": kind,
        "version": report.version,
        "profile": report.profile.name,
        "required": output.job.profile_required,
        "errors": report.errors,
        "warnings": report.warnings,
        "score": report.score,
        "findings": findings,
    }


def csv_rows(report: quality.Report) -> list[list[Any]]:
    rows: list[list[Any]] = []
    for finding in report.findings:
        cue = report.cues[finding.cue_index] if finding.cue_index < len(report.cues) else Cue(0, 0)
        times = [f"{cue.start:.3f}", f"{cue.end:.3f}"]
        rows.append(
            [
                finding.cue_index + 1,
                *times,
                finding.rule,
                finding.severity,
                finding.message,
                finding.measured,
                finding.limit,
                cue.text,
            ]
        )
    return rows
