"""What comes in, in the document's spelling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from chat.models import FilmSession
from chat.queries.films import ORDERS
from core.rest.inputs import IdField, Input, TextField

STATUSES = ("active", "completed", "on-hold", "archived")
SESSION_STATUSES = tuple(FilmSession.Status.values)
ROLES = ("collaborator", "viewer")
LONGEST_MESSAGE = 20_000


def _choice(values: Iterable[str], sentence: str, **more: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=list(values), error_messages={"invalid_choice": sentence}, **more)


def _words(most: int, **more: Any) -> TextField:
    return TextField(max_length=most, required=False, **more)


def _episodes(**more: Any) -> serializers.IntegerField:
    sentence = "Episode count must be between 1 and 50"
    return serializers.IntegerField(
        min_value=1, max_value=50, required=False, error_messages={"min_value": sentence, "max_value": sentence}, **more
    )


class SpokenInput(Input):
    """A message without its place, as sockets bring it."""

    message = TextField(
        max_length=LONGEST_MESSAGE, error_messages={"required": "Message is required", "blank": "Message is required"}
    )
    attachments = serializers.ListField(child=IdField(), required=False, default=list, max_length=20)


class FilmMessageInput(SpokenInput):
    projectId = TextField(max_length=100)  # noqa: N815  (the document's spelling)
    sessionId = TextField(max_length=100, required=False, allow_null=True, default=None)  # noqa: N815  (the document's spelling)


class ChosenInput(Input):
    """A choice without its place."""

    choiceId = IdField(required=False, allow_null=True, default=None)  # noqa: N815  (the document's spelling)
    customInput = TextField(max_length=5000, required=False, allow_null=True, allow_blank=True, default="")  # noqa: N815  (the document's spelling)


class FilmChoiceInput(ChosenInput):
    sessionId = TextField(max_length=100)  # noqa: N815  (the document's spelling)


class FilmUploadInput(Input):
    projectId = TextField(max_length=100)  # noqa: N815  (the document's spelling)
    sessionId = TextField(max_length=100)  # noqa: N815  (the document's spelling)
    file = serializers.FileField(
        allow_empty_file=True, error_messages={"required": "File is required", "invalid": "File is required"}
    )
    description = _words(5000, allow_blank=True, default="")
    mediaType = serializers.RegexField(  # noqa: N815  (the document's spelling)
        r"\A[a-z][a-z0-9_]{0,49}\Z",
        required=False,
        default="style_reference",
        error_messages={"invalid": "Lower-case letters, digits and underscores, such as concept_art."},
    )


class PageQuery(Input):
    page = serializers.IntegerField(min_value=1, max_value=2**31, required=False, default=1)
    limit = serializers.IntegerField(min_value=1, required=False, default=20)


class SessionListQuery(PageQuery):
    projectId = _words(100, allow_blank=True, default="")  # noqa: N815  (the document's spelling)
    status = _choice(
        SESSION_STATUSES, f"Status must be one of {', '.join(SESSION_STATUSES)}", required=False, default=""
    )


class FilmSessionInput(Input):
    status = _choice(("active", "paused"), "Status must be active or paused")


class FilmListQuery(PageQuery):
    status = _choice(STATUSES, "Unknown status", required=False, default="")
    genre = _words(100, allow_blank=True, default="")
    search = _words(200, allow_blank=True, default="")
    sort = _choice(ORDERS, "Unknown sort key", required=False, default="updated_at")
    order = _choice(("asc", "desc"), "Order must be asc or desc", required=False, default="desc")


class FilmSettingsInput(Input):
    aspectRatio = serializers.RegexField(  # noqa: N815  (the document's spelling)
        r"\A\d{1,2}(\.\d{1,2})?:\d{1,2}\Z", required=False, error_messages={"invalid": "Such as 16:9 or 2.39:1."}
    )
    episodeDuration = serializers.IntegerField(min_value=1, max_value=600, required=False)  # noqa: N815  (the document's spelling)
    qualityTier = _words(50)  # noqa: N815  (the document's spelling)


class FilmFacts(Input):
    description = _words(10_000, allow_blank=True)
    genre = _words(100)
    episodeCount = _episodes()  # noqa: N815  (the document's spelling)
    targetAudience = _words(100)  # noqa: N815  (the document's spelling)
    projectSettings = FilmSettingsInput(required=False)  # noqa: N815  (the document's spelling)


class FilmInput(FilmFacts):
    title = TextField(max_length=255, error_messages={"required": "Title is required", "blank": "Title is required"})


class FilmChangeInput(FilmFacts):
    title = _words(255)
    status = _choice(STATUSES, "Unknown status", required=False)


class FilmCollaboratorInput(Input):
    email = serializers.EmailField(error_messages={"invalid": "Invalid email format"})
    role = _choice(ROLES, "Role must be collaborator or viewer", required=False, default="collaborator")


class FilmRewindInput(Input):
    step = TextField(max_length=40)


class BibleInput(Input):
    content = serializers.DictField()
    baseRevision = serializers.IntegerField(min_value=0)  # noqa: N815  (the document's spelling)
    comment = _words(300, allow_blank=True, default="")


class BibleRestoreInput(Input):
    baseRevision = serializers.IntegerField(min_value=0, required=False, allow_null=True, default=None)  # noqa: N815  (the document's spelling)


class BibleExportQuery(Input):
    format = _choice(("pdf", "fountain"), "Unsupported format", required=False, default="pdf")


class BoardCardInput(Input):
    mediaId = IdField()  # noqa: N815  (the document's spelling)
    column = _words(60, allow_blank=True, default="")
    note = _words(500, allow_blank=True, default="")


class BoardCardChangeInput(Input):
    column = _words(60)
    position = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    note = _words(500, allow_blank=True)


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda found: f"_{found[0].lower()}", name)
