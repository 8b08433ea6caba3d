"""The door of the film: its wish is kept, and the film is composed."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.pages.parts import sentence_of, viewer
from core.errors import DomainError
from core.storage.spooling import spooled
from generation.pages import film_form
from generation.pages.making import way_back
from generation.pages.sessions import find_session, show
from generation.policies import CHANGE
from generation.services import composing, wishes
from media_library.models import Asset
from media_library.services import folders


@login_required
@require_POST
def film(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    session, user = find_session(request, session_id, action=CHANGE), viewer(request)
    if "more" in request.POST:
        return show(request, session, film=film_form.as_sent(request.POST, user, more=True))
    try:
        body = film_form.sent(request.POST)
        if file := request.FILES.get("audio_file"):
            body["audio_id"] = str(bring(file, user).pk)
        composing.compose(session, wishes.read(session, body), actor=user)
    except DomainError as error:
        filled = film_form.as_sent(request.POST, user, problem=sentence_of(error))
        return show(request, session, film=filled, status=error.status_code)
    return redirect(way_back(session_id, "titles"))


# core.rest.body: the sound and what stands around it in the form.
film.max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20  # type: ignore[attr-defined]  # core.rest.body reads it


def bring(file: UploadedFile[bytes], owner: User) -> Asset:
    """Into the person's input folder, where the next session finds it too."""
    with spooled(file) as path:
        return folders.put_input(path, owner=owner, filename=file.name or "audio", content_type=file.content_type or "")
