"""Where voices speak: in dubs, and in texts that voice jobs have said."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from accounts.models import User
from dubbing.models import Dub, VoiceClone
from media_library import uses
from media_library.models import VoiceProfile

MOST_TEXTS = 20


@uses.register_for_voices
def in_dubs(voice: VoiceProfile, user: User) -> Iterator[uses.Use]:
    for dub in Dub.objects.visible_to(user).filter(cast__profile=voice).distinct().order_by("-created_at", "-pk"):
        yield uses.Use("dub", dub.title, reverse("dubbing:dub", args=[dub.pk]), dub.created_at)


@uses.register_for_voices
def in_texts(voice: VoiceProfile, user: User) -> Iterator[uses.Use]:
    said = VoiceClone.objects.visible_to(user).filter(profile=voice, asset__deleted_at=None)
    for clone in said.select_related("asset").order_by("-created_at", "-pk")[:MOST_TEXTS]:
        kind = "text" if clone.revoked_at is None else "text, consent revoked"
        way = reverse("media_library:asset", args=[clone.asset_id]) if clone.asset_id else ""
        yield uses.Use(kind, clone.text_content[:60], way, clone.created_at)
