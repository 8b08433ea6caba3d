"""Voices over JSON: which there are, in which languages, and how one sounds."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Client, User
from ai import previews, speaking
from core.errors import DomainError, NotFoundError, StorageFullError
from core.languages import canonical
from core.rest.inputs import IdField, Input, TextField
from core.rest.negotiation import SoundUnlessAskedOtherwise
from core.rest.schema import Gives
from core.rest.views import ApiView
from core.storage import store
from jobs.api.views import caller
from jobs.services import voicing

LONGEST_TEXT = 500
LANGUAGE_LENGTH = 35
NAME_LENGTH = 80

VOICE = {"id": "string", "name": "string", "language": "nullable string", "gender": "nullable string"}
VOICES = {"providers": [{"provider": "string", "voices": [VOICE]}]}
LANGUAGES = {"languages": [{"code": "string", "name": "string"}]}
OPTIONS = {
    "providers": [
        {
            "id": "string",
            "name": "string",
            "models": "list<string>",
            "default_model": "string",
            "default_voice": "string",
        }
    ],
    "defaults": {"provider": "string", "model": "string", "default_voice": "string"},
}
PREVIEW = {
    "audio_url": "url",
    "content_type": "string",
    "duration_seconds": "float",
    "expires_at": "datetime",
    "engine": "string",
    "voice": "string",
    "language": "string",
    "spoken_text": "string",
}


class VoicesQuery(Input):
    provider = serializers.ChoiceField(choices=list(speaking.TITLES), required=False, default="")
    language = TextField(max_length=LANGUAGE_LENGTH, required=False, default="")

    def validate_language(self, value: str) -> str:
        try:
            return canonical(value) if value else ""
        except DomainError as error:
            raise serializers.ValidationError(error.message) from error


class VoicePreviewInput(Input):
    text = TextField(min_length=1, max_length=LONGEST_TEXT)
    voice = TextField(max_length=NAME_LENGTH)
    provider = TextField(max_length=NAME_LENGTH, required=False, default="")
    model = TextField(max_length=NAME_LENGTH, required=False, default="")
    language = TextField(max_length=LANGUAGE_LENGTH, required=False, default="")
    client_id = IdField(required=False, allow_null=True, default=None)

    def validate_text(self, value: str) -> str:
        if not any(map(str.isalnum, value)):
            raise serializers.ValidationError("There is nothing in this text that can be spoken.")
        return value


class Voices(ApiView):
    query = (VoicesQuery,)
    gives = Gives(get=VOICES)

    def get(self, request: Request) -> Response:
        query = VoicesQuery.parse(request.query_params)
        found: dict[str, list[dict[str, Any]]] = {
            one: [] for one in speaking.TITLES if one == query["provider"] or not query["provider"]
        }
        for voice in speaking.offered(provider=query["provider"], language=query["language"]):
            found[voice.provider].append(
                {"id": voice.id, "name": voice.name, "language": voice.language, "gender": voice.gender}
            )
        return Response({"providers": [{"provider": one, "voices": voices} for one, voices in found.items()]})


class Languages(ApiView):
    gives = Gives(get=LANGUAGES)

    def get(self, _request: Request) -> Response:
        return Response({"languages": [{"code": code, "name": name} for code, name in speaking.languages().items()]})


class Options(ApiView):
    gives = Gives(get=OPTIONS)

    def get(self, _request: Request) -> Response:
        return Response(
            {
                "providers": [
                    {
                        "id": one.id,
                        "name": one.name,
                        "models": one.models,
                        "default_model": one.default_model,
                        "default_voice": one.default_voice,
                    }
                    for one in speaking.speakers()
                ],
                "defaults": {
                    "provider": speaking.DEFAULT_PROVIDER,
                    "model": speaking.DEFAULT_MODEL,
                    "default_voice": speaking.DEFAULT_VOICE,
                },
            }
        )


class Preview(ApiView):
    """The sound itself; with `Accept: application/json` a link to it. `X-Engine` names who spoke."""

    takes = VoicePreviewInput
    gives = Gives(post=PREVIEW)
    throttle_group = "previews"
    content_negotiation_class = SoundUnlessAskedOtherwise

    def post(self, request: Request) -> Response | HttpResponse:
        body = VoicePreviewInput.parse(request.data)
        heard = voicing.preview(
            body["text"],
            voice=body["voice"],
            provider=body["provider"],
            model=body["model"],
            language=body["language"],
            client=visible_client(caller(request), body["client_id"]) if body["client_id"] else None,
            listener=caller(request),
        )
        if "application/json" in request.headers.get("Accept", ""):
            return Response(linked(heard), headers={"Vary": "Accept"})
        headers = {
            "X-Engine": heard.engine,
            "X-Voice": heard.voice,
            "X-Duration-Seconds": f"{heard.seconds:.2f}",
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
            "Vary": "Accept",
        }
        return HttpResponse(heard.sound, content_type=previews.CONTENT_TYPE, headers=headers)


def visible_client(user: User, client_id: uuid.UUID) -> Client:
    found = Client.objects.visible_to(user).select_related("organization").filter(pk=client_id).first()
    if found is None:
        raise NotFoundError("Client not found")
    return found


def linked(heard: voicing.Heard) -> dict[str, Any]:
    key = previews.key_of(heard.call_id)
    if not store().exists(key):
        raise StorageFullError
    lifetime = settings.PREVIEW_LINK_SECONDS
    return {
        "audio_url": store().url(
            key, filename="preview.mp3", content_type=previews.CONTENT_TYPE, inline=True, expires_in=lifetime
        ),
        "content_type": previews.CONTENT_TYPE,
        "duration_seconds": round(heard.seconds, 3),
        "expires_at": timezone.now() + timedelta(seconds=lifetime),
        "engine": heard.engine,
        "voice": heard.voice,
        "language": heard.language,
        "spoken_text": heard.spoken,
    }
