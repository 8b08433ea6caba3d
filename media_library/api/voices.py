"""Voices over JSON: profiles with their samples and consents, and how one sounds. voice.yaml's three routes, and the studio's own."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.api.base import PersonView
from accounts.services import foreign_reads
from ai.errors import LanguageUnsupportedError
from core import languages
from core.errors import DomainError, InvalidFieldError, NotFoundError
from core.rest.inputs import IdField, Input, TextField, named_id
from core.rest.limits import caller_key
from core.rest.negotiation import SoundUnlessAskedOtherwise
from core.rest.schema import Begun, Gives, Made
from core.rest.throttles import check
from core.storage import store
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.models import Asset, VoiceProfile
from media_library.queries.links import lifetime
from media_library.services import voice_speaking, voices

NOT_FOUND = "Resource not found"
LONGEST_TEXT = 1000
LANGUAGE_LENGTH = 10

LISTED = {"id": "uuid", "name": "string", "language": "string", "gender": "nullable string", "created_at": "datetime"}
OURS = {
    "status": "string",
    "similarity": "nullable float",
    "best_default": "nullable float",
    "engine": "nullable string",
    "problem": "nullable string",
    "consented": "bool",
    "is_own": "bool",
    "is_public": "bool",
}
PROFILE = {
    **LISTED,
    "description": "nullable string",
    "audio_sample_id": "nullable uuid",
    **OURS,
    "run_id": "nullable uuid",
}
CONSENT = {
    "id": "uuid",
    "given_by": "string",
    "given_at": "datetime",
    "statement": "string",
    "terms": "nullable string",
    "audio_file_id": "nullable uuid",
    "audio_sha256": "nullable string",
    "recorded_at": "datetime",
    "revoked_at": "nullable datetime",
}
PREVIEW = {"audio_url": "url", "duration_seconds": "float", "content_type": "string", "expires_at": "datetime"}


class ProfilesQuery(Input):
    language = TextField(max_length=35, required=False, allow_blank=True, default="")
    gender = TextField(max_length=20, required=False, allow_blank=True, default="")


class AgreementInput(Input):
    """That the speaker agreed, in their words."""

    statement = TextField(max_length=voices.LONGEST_STATEMENT)
    given_by = TextField(max_length=255)
    given_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    audio_file_id = IdField(required=False, allow_null=True, default=None)


class VoiceProfileInput(Input):
    name = TextField(
        max_length=255,
        error_messages=dict.fromkeys(("required", "null", "blank", "invalid"), "Name is required"),
    )
    audio_sample_id = IdField()
    language = TextField(max_length=LANGUAGE_LENGTH)
    description = TextField(max_length=5000, required=False, allow_blank=True, allow_null=True, default="")
    gender = TextField(max_length=20, required=False, allow_blank=True, allow_null=True, default="")
    consent = AgreementInput(required=False, allow_null=True, default=None)

    def validate_language(self, value: str) -> str:
        try:
            return languages.canonical(value)
        except DomainError as error:
            raise serializers.ValidationError(error.message) from error


class VoiceChangeInput(Input):
    name = TextField(max_length=255, required=False)
    description = TextField(max_length=5000, required=False, allow_blank=True)
    gender = TextField(max_length=20, required=False, allow_blank=True)
    is_public = serializers.BooleanField(required=False)


class RevokeInput(Input):
    because = TextField(max_length=500, required=False, allow_blank=True, default="")


class VoicePreviewQuery(Input):
    text = TextField(
        max_length=LONGEST_TEXT,
        error_messages=dict.fromkeys(("required", "null", "blank", "invalid"), "Text is required"),
    )
    language = TextField(max_length=35, required=False, allow_blank=True, default="")

    def validate_text(self, value: str) -> str:
        if not any(map(str.isalnum, value)):
            raise serializers.ValidationError("There is nothing in this text that can be spoken.")
        return value


class VoiceView(PersonView):
    def find(self, profile_id: uuid.UUID, action: str = "") -> VoiceProfile:
        rows = VoiceProfile.objects.visible_to(self.caller).with_consent().select_related("owner", "sample")
        found = rows.filter(pk=profile_id).first()
        if found is None:
            raise NotFoundError(NOT_FOUND)
        foreign_reads.note(self.caller, found)
        if action:
            policies.require(self.caller, action, found)
        return found

    def recording(self, asset_id: uuid.UUID) -> Asset:
        """The caller's own, or one of the library that they see."""
        kinds = (Asset.Kind.AUDIO, Asset.Kind.VIDEO)
        found = Asset.objects.visible_to(self.caller).filter(pk=asset_id, kind__in=kinds).first()
        if found is None:
            raise NotFoundError(NOT_FOUND)
        return found

    def agreement(self, said: dict[str, Any]) -> voices.Agreement:
        audio = said["audio_file_id"]
        return voices.Agreement(
            given_by=said["given_by"],
            statement=said["statement"],
            given_at=said["given_at"],
            audio=self.recording(audio) if audio else None,
        )

    def output(self, profile_id: uuid.UUID) -> dict[str, Any]:
        return profile_output(self.find(profile_id), of=self.caller.pk)


class Profiles(VoiceView):
    query = (ProfilesQuery,)
    gives = Gives(get={"profiles": [{**LISTED, **OURS}]})

    def get(self, request: Request) -> Response:
        """One's own, and the public ones of others."""
        query = ProfilesQuery.parse(request.query_params)
        rows = VoiceProfile.objects.visible_to(self.caller).with_consent().order_by("name", "pk")
        if query["language"]:
            rows = rows.filter(language__iexact=query["language"].replace("_", "-"))
        if query["gender"]:
            rows = rows.filter(gender__iexact=query["gender"])
        return Response({"profiles": [listed_output(row, of=self.caller.pk) for row in rows]})


class CreateProfile(VoiceView):
    """Private. With `consent` the voice is matched to the sample at once; without, it is kept and not used."""

    takes = VoiceProfileInput
    body_names_things = True
    gives = Gives(post=Made(PROFILE))

    def post(self, request: Request) -> Response:
        named = named_id(request.data, "audio_sample_id")
        sample = self.recording(named) if named else None
        body = VoiceProfileInput.parse(request.data)
        said = body["consent"]
        made = voices.create_voice(
            owner=self.caller,
            name=body["name"],
            language=body["language"],
            description=body["description"] or "",
            gender=body["gender"] or "",
            sample=sample,
            consent=self.agreement(said) if said else None,
        )
        return Response(self.output(made.pk), status=status.HTTP_201_CREATED)


class Profile(VoiceView):
    takes = VoiceChangeInput
    gives = Gives(get={**PROFILE, "consents": [CONSENT]}, patch=PROFILE)

    def get(self, _request: Request, profile_id: uuid.UUID) -> Response:
        """Who consented, in which words, is told to the profile's owner alone."""
        found = self.find(profile_id)
        told = policies.can(self.caller, "media_library.voice.change", found)
        rows = found.consents.order_by("-created_at", "-pk") if told else []
        consents = [consent_output(row) for row in rows]
        return Response({**profile_output(found, of=self.caller.pk), "consents": consents})

    def patch(self, request: Request, profile_id: uuid.UUID) -> Response:
        found = self.find(profile_id, "media_library.voice.change")
        voices.change_voice(found, actor=self.caller, **VoiceChangeInput.parse(request.data))
        return Response(self.output(profile_id))

    def delete(self, _request: Request, profile_id: uuid.UUID) -> Response:
        voices.delete_voice(self.find(profile_id, "media_library.voice.delete"), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Consent(VoiceView):
    takes = AgreementInput
    gives = Gives(post=Made(PROFILE), delete=PROFILE)

    def post(self, request: Request, profile_id: uuid.UUID) -> Response:
        """From now on the voice may be used: it is matched to its sample."""
        found = self.find(profile_id, "media_library.voice.consent")
        agreed = self.agreement(AgreementInput.parse(request.data))
        voices.record_consent(found, actor=self.caller, **vars(agreed))
        return Response(self.output(profile_id), status=status.HTTP_201_CREATED)

    def delete(self, request: Request, profile_id: uuid.UUID) -> Response:
        """The voice speaks no more; what was fitted is deleted here and where a provider keeps it. The record stays."""
        found = self.find(profile_id, "media_library.voice.consent")
        said = RevokeInput.parse(request.data if isinstance(request.data, dict) else {})
        voices.revoke_consent(found, actor=self.caller, because=said["because"])
        return Response(self.output(profile_id))


class Match(VoiceView):
    """Fits the voice to its sample again."""

    gives = Gives(post=Begun(PROFILE))

    def post(self, _request: Request, profile_id: uuid.UUID) -> Response:
        voices.begin_match(self.find(profile_id, "media_library.voice.change"), actor=self.caller)
        return Response(self.output(profile_id), status=status.HTTP_202_ACCEPTED)


class VoicePreview(VoiceView):
    """The sound itself; with `Accept: application/json` a link to it. The same words are spoken once."""

    query = (VoicePreviewQuery,)
    gives = Gives(get=PREVIEW)
    content_negotiation_class = SoundUnlessAskedOtherwise

    def get(self, request: Request, profile_id: uuid.UUID) -> Response | HttpResponse:
        # Beside the surface's own limit: each costs seconds of an engine.
        check("previews", caller_key(request, self.caller))
        profile = self.find(profile_id)
        voices.require_consent(profile)
        query = VoicePreviewQuery.parse(request.query_params)
        language = canonical(query["language"] or profile.language)
        try:
            spoken = voice_speaking.preview(profile, query["text"], language=language, actor=self.caller)
        except LanguageUnsupportedError as error:
            raise InvalidFieldError(error.message, field="query.language", kind="language_unsupported") from error
        headers = {"Cache-Control": "private, no-store"}
        if "application/json" not in request.headers.get("Accept", ""):
            with store().local(spoken.key) as path:
                return HttpResponse(path.read_bytes(), content_type="audio/wav", headers=headers)
        seconds = lifetime(inline=True)
        url = store().url(spoken.key, filename="preview.wav", content_type="audio/wav", inline=True, expires_in=seconds)
        body = {
            "audio_url": url,
            "duration_seconds": round(spoken.seconds, 3),
            "content_type": "audio/wav",
            "expires_at": timezone.now() + timedelta(seconds=seconds),
        }
        return Response(body, headers=headers)


def canonical(language: str) -> str:
    try:
        return languages.canonical(language)
    except DomainError as error:
        raise InvalidFieldError(error.message, field="query.language") from error


def listed_output(profile: VoiceProfile, *, of: Any) -> dict[str, Any]:
    return {
        "id": profile.pk,
        "name": profile.name,
        "language": profile.language,
        "gender": profile.gender or None,
        "created_at": profile.created_at,
        "status": profile.status,
        "similarity": profile.similarity,
        "best_default": profile.characteristics.get("best_default"),
        "engine": profile.engine or None,
        "problem": profile.problem or None,
        "consented": getattr(profile, "consented", False),
        "is_own": profile.owner_id == of,
        "is_public": profile.is_public,
    }


def profile_output(profile: VoiceProfile, *, of: Any) -> dict[str, Any]:
    return {
        **listed_output(profile, of=of),
        "description": profile.description or None,
        "audio_sample_id": profile.sample_id,
        "run_id": profile.run_id,
    }


def consent_output(consent: Any) -> dict[str, Any]:
    return {
        "id": consent.pk,
        "given_by": consent.given_by,
        "given_at": consent.given_at,
        "statement": consent.statement,
        "terms": consent.terms or None,
        "audio_file_id": consent.audio_id,
        "audio_sha256": consent.audio_sha256 or None,
        "recorded_at": consent.created_at,
        "revoked_at": consent.revoked_at,
    }
