"""What a voice is given for a line, and a digest of it: where that differs from what was spoken, the line is stale."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from core.languages import name
from dubbing.models import Dub, DubLine, DubSpeaker
from media_library.media.respelling import Respelling, respelled
from media_library.models import VoiceConsent, VoiceProfile
from media_library.queries.pronunciations import respellings_for

# The way lines are spoken has changed: what was spoken before is not the same any more.
MADE = 1


def cast_of(dub: Dub) -> QuerySet[DubSpeaker]:
    """With `consented`: whether the matched voice of a role may be used."""
    given = VoiceConsent.objects.filter(profile=OuterRef("profile"), revoked_at=None)
    return dub.cast.select_related("profile").annotate(consented=Exists(given)).order_by("position", "pk")


def voice_problem(role: DubSpeaker) -> str:
    """Why nothing can be said in this role now; empty when its voice may be used. Roles come from `cast_of`."""
    profile = role.profile
    if profile is None:
        return "" if role.voice else f"Choose a voice for {role.name}."
    if not getattr(role, "consented", False):
        return f"Nobody agrees to the use of the voice “{profile.name}” any more. Choose another for {role.name}."
    if profile.status != VoiceProfile.Status.READY:
        return f"The voice “{profile.name}” is not ready. Choose another for {role.name}, or wait."
    return ""


class Sayings:
    """How the lines of one dub are said. Asks for the pronunciations of a voice once, however many lines it has."""

    def __init__(self, dub: Dub) -> None:
        self.dub = dub
        self._ways: dict[str, list[Respelling]] = {}

    def said(self, text: str, role: DubSpeaker) -> str:
        """The text as the voice gets it: words respelled the way that it says right."""
        return respelled(" ".join(text.split()), self._of(role.voice))

    def digest(self, line: DubLine, role: DubSpeaker) -> str:
        profile = role.profile
        voice = (
            ["matched", str(profile.pk), profile.model_key, profile.hosted_voice]
            if profile is not None
            else ["voice", role.voice]
        )
        parts = [MADE, self.dub.target_language, self.said(line.text, role), voice, round(role.speed, 3)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def _of(self, voice: str) -> list[Respelling]:
        if voice not in self._ways:
            self._ways[voice] = respellings_for(
                client=self.dub.video.client,
                organization=self.dub.organization,
                owner=self.dub.owner,
                language=self.dub.target_language,
                voice=voice,
            )
        return self._ways[voice]


def version_of(line: DubLine) -> str:
    """Stands for the wording that somebody has before them."""
    return hashlib.sha256(line.text.encode()).hexdigest()[:12]


def film_digest(dub: Dub, lines: Iterable[DubLine]) -> str:
    """Names what a film of these lines is made of."""
    heard = [
        [line.text, line.muted, line.start, line.end, line.sound.get("sha256", ""), line.placed_start, line.placed_end]
        for line in lines
    ]
    options = {name: value for name, value in dub.options.items() if name != "auto_film"}
    text = json.dumps([MADE, dub.video.sha256, dub.target_language, options, heard], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def waits_for_person(dub: Dub) -> str:
    source = name(dub.source_language) if dub.source_language else "the original"
    return f"Nobody here translates from {source} to {name(dub.target_language)}: a person writes this line."
