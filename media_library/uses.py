"""Where an asset or a voice is used. Apps add what they know: `register` a finder, which answers with what `user` may see of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from accounts.models import User
from media_library.models import Asset, Collection, Persona, VoiceProfile


@dataclass(frozen=True)
class Use:
    """`kind` is a word for a program (job, clip, collection, voice), `url` the page."""

    kind: str
    label: str
    url: str
    when: datetime | None


Finder = Callable[[Asset, User], Iterable[Use]]
FINDERS: list[Finder] = []
VoiceFinder = Callable[[VoiceProfile, User], Iterable[Use]]
VOICE_FINDERS: list[VoiceFinder] = []


def register(finder: Finder) -> Finder:
    if finder not in FINDERS:
        FINDERS.append(finder)
    return finder


def of(asset: Asset, user: User) -> list[Use]:
    return [use for finder in FINDERS for use in finder(asset, user)]


def register_for_voices(finder: VoiceFinder) -> VoiceFinder:
    if finder not in VOICE_FINDERS:
        VOICE_FINDERS.append(finder)
    return finder


def of_voice(voice: VoiceProfile, user: User) -> list[Use]:
    return [use for finder in VOICE_FINDERS for use in finder(voice, user)]


@register_for_voices
def by_personas(voice: VoiceProfile, user: User) -> Iterator[Use]:
    for persona in Persona.objects.visible_to(user).active().filter(voice=voice).order_by("name", "pk"):
        yield Use("persona", persona.name, reverse("media_library:persona", args=[persona.pk]), persona.created_at)


@register
def in_the_library(asset: Asset, user: User) -> Iterator[Use]:
    for cut in Asset.objects.visible_to(user).filter(cut_from=asset).order_by("-created_at", "-pk"):
        yield Use("clip", cut.name, reverse("media_library:asset", args=[cut.pk]), cut.created_at)
    for collection in Collection.objects.visible_to(user).filter(assets=asset).distinct().order_by("name", "pk"):
        way = reverse("media_library:collection", args=[collection.pk])
        yield Use("collection", collection.name, way, collection.created_at)
    for voice in VoiceProfile.objects.visible_to(user).filter(sample=asset).distinct().order_by("name", "pk"):
        yield Use("voice", voice.name, reverse("media_library:voice", args=[voice.pk]), voice.created_at)
