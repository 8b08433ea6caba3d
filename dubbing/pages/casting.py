"""The cast board: with whose voice each speaker is heard, and how that sounds."""

from __future__ import annotations

import math
import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.pages.parts import found, sentence_of, viewer
from ai import previews
from core.errors import DomainError, NotAllowedError, NotFoundError
from core.storage import for_page, store
from dubbing.models import Dub, DubSpeaker
from dubbing.pages.desk import UNKNOWN, WRITE, carry_out, changed, find_dub, way_to
from dubbing.services import casting
from jobs.services import voicing
from media_library.models import VoiceProfile
from media_library.queries import links
from media_library.services import voice_speaking

LONGEST_SAMPLE = 300


@login_required
@never_cache
@require_POST
def cast(request: HttpRequest, dub_id: uuid.UUID, role_id: uuid.UUID) -> HttpResponse:
    dub = find_dub(request, dub_id)
    role: DubSpeaker = found(dub.cast.select_related("dub", "profile"), role_id, UNKNOWN)
    find_dub(request, dub_id, WRITE)
    role.dub = dub
    if request.POST.get("act") == "listen":
        return listen(request, dub)
    return carry_out(
        request, dub, lambda: choose(request, role), done=f"{request.POST.get('name') or role.name} is cast."
    )


def choose(request: HttpRequest, role: DubSpeaker) -> None:
    kind, _, value = request.POST.get("voice", "").partition(":")
    profile = find_profile(request, value) if kind == "profile" else None
    same = profile.pk == role.profile_id if profile else role.profile_id is None and value == role.voice
    casting.cast(
        role,
        actor=viewer(request),
        voice=value if kind == "voice" and not same else "",
        profile=None if same else profile,
        name=request.POST.get("name", ""),
        speed=speed_of(request),
    )


def speed_of(request: HttpRequest) -> float | None:
    given = request.POST.get("speed", "").replace(",", ".").strip()
    if not given:
        return None
    try:
        speed = float(given)
    except ValueError:
        speed = math.nan
    if not 0.5 <= speed <= 2.0:
        raise DomainError("A voice speaks at 0.5 to 2 times its own speed.")
    return speed


def find_profile(request: HttpRequest, value: str) -> VoiceProfile:
    try:
        wanted = uuid.UUID(value)
    except ValueError:
        raise NotFoundError(casting.NO_PROFILE) from None
    return found(VoiceProfile.objects.visible_to(viewer(request)), wanted, casting.NO_PROFILE)


def listen(request: HttpRequest, dub: Dub) -> HttpResponse:
    """A few words in this voice, before it is given to anybody."""
    text = request.POST.get("sample", "").strip()[:LONGEST_SAMPLE]
    kind, _, value = request.POST.get("voice", "").partition(":")
    try:
        if not any(map(str.isalnum, text)):
            raise DomainError("There is nothing to say yet: write this speaker's first line.")
        if kind == "profile":
            kept = voice_speaking.preview(
                find_profile(request, value), text, language=dub.target_language, actor=viewer(request)
            )
            url = store().url(
                kept.key,
                filename="voice.wav",
                content_type="audio/wav",
                inline=True,
                expires_in=links.lifetime(inline=True),
            )
            return redirect(for_page(url))
        heard = voicing.preview(
            text, voice=value, language=dub.target_language, client=dub.video.client, listener=viewer(request)
        )
    except NotAllowedError:
        raise
    except DomainError as error:
        if request.headers.get("HX-Request"):
            return changed(request, dub, lines=set(), problem=sentence_of(error), status=error.status_code)
        return redirect(way_to(dub))
    headers = {"X-Engine": heard.engine, "X-Voice": heard.voice, "X-Content-Type-Options": "nosniff"}
    return HttpResponse(heard.sound, content_type=previews.CONTENT_TYPE, headers=headers)
