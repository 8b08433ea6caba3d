"""The cast of a dub: with whose voice each speaker of the original is heard. A change makes the lines of that role stale, and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from accounts import policies
from accounts.models import User
from ai import services as ai
from ai import speaking
from ai.capabilities.text_to_speech import Voice
from core import audit
from core.errors import DomainError, NotFoundError
from core.languages import name as language_name
from core.languages import primary
from dubbing import events
from dubbing.models import Dub, DubSpeaker
from dubbing.services import dubs
from media_library.models import VoiceConsent, VoiceProfile
from media_library.services import voice_speaking

NO_ROLE = "Role not found"
NO_PROFILE = "Voice not found"
# Between the usual voices of men and of women, in hertz.
HIGHER_VOICES = 165.0


@dataclass(frozen=True)
class Choice:
    """A voice that a role may have: one of an engine's, or a matched one of somebody who agreed to its use."""

    voice: str
    name: str
    language: str
    gender: str
    engine: str
    profile: VoiceProfile | None = None


def voices_for(dub: Dub, user: User | None = None) -> list[Choice]:
    """Every voice here that speaks the dub's language, the best first; with `user` the matched ones that they may use, too."""
    found = [
        Choice(one.voice.id, one.voice.name, one.voice.language, one.voice.gender, str(one.engine))
        for one in ai.voices(language=dub.target_language)
    ]
    if user is None:
        return found
    matched = VoiceProfile.objects.visible_to(user).filter(
        status=VoiceProfile.Status.READY, consents__in=VoiceConsent.objects.filter(revoked_at=None)
    )
    return [
        Choice("", one.name, one.language, one.gender, one.engine, one)
        for one in matched.order_by("name", "pk")
        if _speaks(one, dub.target_language)
    ] + found


def _speaks(profile: VoiceProfile, language: str) -> bool:
    try:
        return voice_speaking.speaks(profile, language)
    except DomainError:
        # Who made it is not configured here any more: it is no choice, until somebody matches it again.
        return False


@transaction.atomic
def cast(
    role: DubSpeaker,
    *,
    actor: User,
    voice: str = "",
    profile: VoiceProfile | None = None,
    name: str = "",
    speed: float | None = None,
) -> DubSpeaker:
    """Another voice, name or speed for a role. What is empty or None stays; an engine's voice takes the place of a matched one."""
    dub = dubs.hold(role.dub)
    locked = DubSpeaker.objects.select_for_update(of=("self",)).filter(pk=role.pk).first()
    if locked is None:
        raise NotFoundError(NO_ROLE)
    changed: dict[str, Any] = {}
    if profile is not None:
        _require_usable(profile, dub, actor)
        locked.profile, locked.voice, changed["profile"] = profile, "", str(profile.pk)
    elif voice:
        locked.voice, locked.profile = known_voice(voice, dub.target_language), None
        changed["voice"] = locked.voice
    if name.strip():
        locked.name = changed["name"] = " ".join(name.split())[:150]
    if speed is not None:
        locked.speed = changed["speed"] = round(speed, 3)
    locked.save(update_fields=["profile", "voice", "name", "speed", "updated_at"])
    audit.record("dubbing.role.cast", dub, actor=actor, role=str(locked.pk), **changed)
    events.cast_changed(locked)
    dubs.settle(dubs.find(dub.pk))
    return locked


def revoked(profile: VoiceProfile) -> None:
    """Nobody may use this voice any more: roles that have it say so, and no film is made of their lines."""
    for role in DubSpeaker.objects.filter(profile=profile, dub__deleted_at=None).order_by("dub", "pk"):
        dub = dubs.hold(Dub(pk=role.dub_id), free=False)
        events.cast_changed(role)
        dubs.settle(dubs.find(dub.pk))


def known_voice(voice: str, language: str) -> str:
    """As the engines write it; 400 for one that nobody here has, or that speaks other languages only."""
    wanted = next((one for one in speaking.offered() if one.id.lower() == voice.strip().lower()), None)
    if wanted is None:
        raise DomainError("Unknown voice")
    if not speaking.speaks(wanted, language):
        raise DomainError(f"This voice does not speak {language_name(language)}.")
    return wanted.id


def _require_usable(profile: VoiceProfile, dub: Dub, actor: User) -> None:
    policies.require(actor, "media_library.voice.use", profile)
    if profile.status != VoiceProfile.Status.READY:
        raise DomainError("This voice is not ready. Wait until it is matched, or choose another.")
    if not voice_speaking.speaks(profile, dub.target_language):
        raise DomainError(f"This voice does not speak {language_name(dub.target_language)}. Choose another.")
    if not VoiceProfile.objects.visible_to(dub.owner).filter(pk=profile.pk).exists():
        raise DomainError("The owner of this dub does not see this voice. Make it public, or choose another.")


def proposed(dub: Dub, roles: Sequence[DubSpeaker]) -> dict[DubSpeaker, str]:
    """A voice for each role, who speaks most first: of the kind that the speaker's pitch suggests, and another one for each while
    there are others."""
    known = [one.voice for one in ai.voices(language=dub.target_language)]
    taken: list[str] = []
    found: dict[DubSpeaker, str] = {}
    for role in roles:
        found[role] = _nearest(known, role.pitch, taken, dub.target_language)
        taken.append(found[role])
    return found


def _nearest(known: Sequence[Voice], pitch: float | None, taken: Sequence[str], language: str) -> str:
    wanted = "" if not pitch else "female" if pitch >= HIGHER_VOICES else "male"
    if not known:
        return ""

    def rank(place: int) -> tuple[bool, bool, int, bool, int]:
        voice = known[place]
        foreign = primary(voice.language) != primary(language)
        # Of those that differ in nothing that is known, the first: engines name their best first.
        variety = voice.language != language and "-" in language
        return foreign, bool(wanted and voice.gender != wanted), taken.count(voice.id), variety, place

    best = min(range(len(known)), key=rank)
    if known[best].id in taken:
        free = [place for place, voice in enumerate(known) if voice.id not in taken]
        best = min(free, key=rank) if free else best
    return known[best].id
