"""Transcripts over JSON: read, correct, name who speaks, take in and out."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PersonView
from accounts.models import User
from accounts.services import foreign_reads
from core.errors import DomainError, InvalidFieldError, NotFoundError, TooLargeError
from core.rest.body import MIB
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives
from core.rest.waiting import accepted, as_json, when_done
from core.runs.models import Run
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.api import transcript_shapes as shapes
from media_library.models import Asset, Segment, Speaker, Transcript, TranscriptEdit
from media_library.queries import transcripts as queries
from media_library.services import editing, history, identifying, naming, speakers, transcript_files, transcripts
from media_library.services.speakers import SpeakerSummary

CHANGE = "media_library.transcript.change"
# The file, and room for the form's other fields.
FILE_BYTES = transcript_files.MOST_BYTES + MIB


class TranscriptView(PersonView):
    def find(self, transcript_id: uuid.UUID) -> Transcript:
        rows = Transcript.objects.visible_to(self.caller).select_related("asset__project", "asset__organization")
        found = rows.filter(pk=transcript_id).first()
        if found is None:
            raise NotFoundError("Transcript not found")
        foreign_reads.note(self.caller, found.asset)
        return found

    def to_change(self, transcript_id: uuid.UUID) -> Transcript:
        found = self.find(transcript_id)
        policies.require(self.caller, CHANGE, found)
        return found

    def segment_to_change(self, segment_id: uuid.UUID) -> Segment:
        rows = Segment.objects.visible_to(self.caller).select_related("transcript__asset__project")
        found = rows.filter(pk=segment_id).first()
        if found is None:
            raise NotFoundError("Segment not found")
        foreign_reads.note(self.caller, found.transcript.asset)
        policies.require(self.caller, CHANGE, found.transcript)
        return found

    def changed(self, transcript: Transcript) -> Response:
        revision = Transcript.objects.values_list("revision", flat=True).get(pk=transcript.pk)
        return Response({"success": True, "revision": revision})


class TranscriptDetail(TranscriptView):
    gives = Gives(get=shapes.TRANSCRIPT)

    def get(self, _request: Request, transcript_id: uuid.UUID) -> Response:
        found = self.find(transcript_id)
        may = bool(policies.can(self.caller, CHANGE, found))
        return Response(shapes.transcript_output(found, speakers=queries.speakers_of(found), can_edit=may))


class UpdateRange(TranscriptView):
    takes = shapes.UpdateInput
    body_names_things = True
    gives = Gives(post={"success": "bool", "updated_segments": "int"})

    def post(self, request: Request) -> Response:
        transcript = self.to_change(self.named(request.data))
        start, end = shapes.time_range(request.data)
        body = shapes.TextInput.parse(request.data)
        updated = editing.update_range(
            transcript, start=start, end=end, text=body["new_text"], actor=self.caller, revision=body["revision"]
        )
        return Response({"success": True, "updated_segments": updated, "revision": transcript.revision})

    @staticmethod
    def named(data: Any) -> uuid.UUID:
        """What is no id is the id of nothing."""
        given = data.get("transcript_id") if isinstance(data, Mapping) else None
        if given is None:
            raise InvalidFieldError("Field required", field="transcript_id", kind="missing")
        try:
            return uuid.UUID(given)
        except (ValueError, TypeError, AttributeError) as error:
            raise NotFoundError("Transcript not found") from error


class IdentifySpeakers(TranscriptView):
    """The answer waits for what is long; then it is told where to ask."""

    takes = shapes.IdentifyInput
    gives = Gives(post=shapes.IDENTIFIED)
    throttle_group = "processing"

    def post(self, request: Request, transcript_id: uuid.UUID) -> Response | HttpResponse:
        transcript = self.to_change(transcript_id)
        wanted = shapes.IdentifyInput.parse(request.data)["speakers"]
        began = time.monotonic()
        if identifying.is_short(transcript):
            found = identifying.identify(transcript, by=self.caller, speakers_wanted=wanted)
            return Response(identified(found, time.monotonic() - began))
        run = identifying.identify_later(transcript, by=self.caller, speakers_wanted=wanted)

        def answer(done: Run) -> HttpResponse:
            took = (done.finished_at - done.created_at).total_seconds() if done.finished_at else 0.0
            return as_json(identified(speakers.summaries(transcript), took))

        return when_done(request, run, answer)


class SuggestNames(TranscriptView):
    """Names from what is said and from known voices, as a suggestion that people take or leave."""

    gives = Gives(post=shapes.PROPOSED)
    throttle_group = "processing"

    def post(self, _request: Request, transcript_id: uuid.UUID) -> Response:
        transcript = self.to_change(transcript_id)
        made = naming.suggest_names(transcript, by=self.caller)
        return Response({"suggestion_id": made.pk if made else None, "speakers": made.content if made else []})


def identified(found: list[SpeakerSummary], took: float) -> dict[str, Any]:
    return {
        "success": True,
        "speakers_identified": len(found),
        "speakers": [{"id": one.id, "name": one.name, "segments": one.segments} for one in found],
        "processing_time": round(took, 3),
    }


class SegmentSpeaker(TranscriptView):
    takes = shapes.SpeakerInput
    gives = Gives(put={"success": "bool"})

    def put(self, request: Request, segment_id: uuid.UUID) -> Response:
        segment = self.segment_to_change(segment_id)
        name = request.data.get("speaker") if isinstance(request.data, Mapping) else None
        if not isinstance(name, str):
            raise DomainError("Speaker is required")
        speakers.set_speaker(segment, name=name, actor=self.caller)
        return self.changed(segment.transcript)


class SegmentText(TranscriptView):
    takes = shapes.SegmentTextInput
    gives = Gives(patch=shapes.SEGMENT)

    def patch(self, request: Request, segment_id: uuid.UUID) -> Response:
        segment = self.segment_to_change(segment_id)
        body = shapes.SegmentTextInput.parse(request.data)
        editing.change_segment(segment, text=body["text"], actor=self.caller, revision=body["revision"])
        return Response({**shapes.segment_output(segment), "revision": segment.transcript.revision})


class SpeakerView(TranscriptView):
    def speaker_of(self, transcript: Transcript, speaker_id: uuid.UUID) -> Speaker:
        found = transcript.speakers.filter(pk=speaker_id).first()
        if found is None:
            raise NotFoundError("Speaker not found")
        found.transcript = transcript
        return found


class SpeakerName(SpeakerView):
    takes = shapes.NameInput
    gives = Gives(patch=shapes.CHANGED)

    def patch(self, request: Request, transcript_id: uuid.UUID, speaker_id: uuid.UUID) -> Response:
        speaker = self.speaker_of(self.find(transcript_id), speaker_id)
        policies.require(self.caller, CHANGE, speaker.transcript)
        body = shapes.NameInput.parse(request.data)
        speakers.rename_speaker(speaker, name=body["name"], actor=self.caller, revision=body["revision"])
        return self.changed(speaker.transcript)


class SpeakerMerge(SpeakerView):
    takes = shapes.MergeInput
    gives = Gives(post=shapes.CHANGED)

    def post(self, request: Request, transcript_id: uuid.UUID, speaker_id: uuid.UUID) -> Response:
        speaker = self.speaker_of(self.find(transcript_id), speaker_id)
        policies.require(self.caller, CHANGE, speaker.transcript)
        body = shapes.MergeInput.parse(request.data)
        into = self.speaker_of(speaker.transcript, body["into"])
        speakers.merge_speakers(speaker, into=into, actor=self.caller, revision=body["revision"])
        return self.changed(speaker.transcript)


class History(TranscriptView):
    gives = Gives(get=shapes.HISTORY)

    def get(self, _request: Request, transcript_id: uuid.UUID) -> Response:
        found = self.find(transcript_id)
        edits = queries.history_of(found)
        can_undo = any(not undone and edit.action != TranscriptEdit.Action.UNDO for edit, undone in edits)
        return Response(
            {
                "revision": found.revision,
                "can_undo": can_undo,
                "edits": [shapes.edit_output(edit, undone=undone) for edit, undone in edits],
            }
        )


class Undo(TranscriptView):
    takes = shapes.RevisionInput
    gives = Gives(post=shapes.CHANGED)

    def post(self, request: Request, transcript_id: uuid.UUID) -> Response:
        transcript = self.to_change(transcript_id)
        body = shapes.RevisionInput.parse(request.data)
        history.undo(transcript, actor=self.caller, revision=body["revision"])
        return self.changed(transcript)


class Export(TranscriptView):
    query = (shapes.ExportQuery,)
    gives = Gives(get="string")

    def get(self, request: Request, transcript_id: uuid.UUID) -> HttpResponse:
        found = self.find(transcript_id)
        wanted = shapes.ExportQuery.parse(request.query_params)
        made = transcript_files.export(
            found, wanted["format"], actor=self.caller, times=wanted["times"], names=wanted["speakers"]
        )
        return as_file(made)


def as_file(made: transcript_files.TranscriptFile) -> HttpResponse:
    response = HttpResponse(made.content, content_type=made.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{made.filename}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


class Import(TranscriptView):
    takes = shapes.ImportInput
    gives = Gives(post=shapes.IMPORTED)
    max_body_bytes = FILE_BYTES
    parser_classes = (MultiPartParser, StrictJSONParser)

    def post(self, request: Request, transcript_id: uuid.UUID) -> Response:
        return taken_in(self.to_change(transcript_id).asset, request, actor=self.caller)


class AssetView(PersonView):
    def asset_to_change(self, asset_id: uuid.UUID) -> Asset:
        found = Asset.objects.visible_to(self.caller).select_related("project").filter(pk=asset_id).first()
        if found is None:
            raise NotFoundError("Asset not found")
        foreign_reads.note(self.caller, found)
        policies.require(self.caller, "media_library.asset.change", found)
        return found


class AssetTranscript(AssetView):
    """A transcript for what has none yet, from captions."""

    takes = shapes.ImportInput
    gives = Gives(post=shapes.IMPORTED)
    max_body_bytes = FILE_BYTES
    parser_classes = (MultiPartParser, StrictJSONParser)

    def post(self, request: Request, asset_id: uuid.UUID) -> Response:
        return taken_in(self.asset_to_change(asset_id), request, actor=self.caller)


def taken_in(asset: Asset, request: Request, *, actor: User) -> Response:
    body = shapes.ImportInput.parse(request.data)
    file = body["file"]
    if file.size > transcript_files.MOST_BYTES:
        raise TooLargeError("A caption file may have 8 MB at most.")
    found, notes = transcript_files.import_file(
        asset,
        file.read(),
        filename=file.name or "",
        actor=actor,
        language=body["language"],
        kind=body["format"],
        lenient=body["lenient"],
    )
    return Response(
        {
            "success": True,
            "id": found.pk,
            "revision": found.revision,
            "segments": found.segments.count(),
            "notes": [{"line": one.line, "message": one.message, "lost": one.lost} for one in notes],
        }
    )


class Transcribe(AssetView):
    """Listens again, in another language where one is named."""

    takes = shapes.ListenInput
    gives = Gives(post={"run_id": "uuid", "status": "string", "status_url": "url"})
    throttle_group = "processing"

    def post(self, request: Request, asset_id: uuid.UUID) -> HttpResponse:
        asset = self.asset_to_change(asset_id)
        body = shapes.ListenInput.parse(request.data)
        return accepted(transcripts.transcribe_again(asset, language=body["language"] or "", by=self.caller))
