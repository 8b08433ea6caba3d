"""`{% reader_of transcript as reader %}`: what partials/transcript.html shows, for whoever looks at the page."""

from __future__ import annotations

from django import template

from accounts.models import User
from media_library.models import Transcript
from media_library.pages import transcript_shown
from media_library.pages.transcript_shown import Reader

register = template.Library()


@register.simple_tag(takes_context=True)
def reader_of(context: template.Context, transcript: Transcript) -> Reader:
    user = context["user"]
    assert isinstance(user, User)  # noqa: S101  (pages with a transcript want a sign-in)
    return transcript_shown.reader_of(transcript, user)


@register.filter
def colour(place: int) -> int:
    """One of the eight marks for the speaker at this place."""
    return place % 8 + 1
