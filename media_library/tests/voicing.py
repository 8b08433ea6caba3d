"""A person with recordings and voices, and engines that answer as their providers do on the wire."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

from accounts.models import User
from core.testing.providers import voices as played
from media_library.models import Asset, VoiceProfile
from media_library.services import voices
from media_library.tests.factories import AssetFactory, VoiceProfileFactory

CARDS = sorted((Path(__file__).resolve().parents[2] / "tests/data/voices").glob("cards-*.wav"))
SAID: dict[str, Any] = {"given_by": "Ana Lima", "statement": "Yes, for the harbour films."}


def one_reader(into: Path) -> Path:
    """All clips of one reader, one after the other."""
    with wave.open(str(into), "wb") as joined:
        for number, clip in enumerate(CARDS * 2):
            with wave.open(str(clip), "rb") as file:
                if not number:
                    joined.setparams(file.getparams())
                joined.writeframes(file.readframes(file.getnframes()))
    return into


def recording_of(owner: User, path: Path, **fields: Any) -> Asset:
    kinds = {".mp4": ("video", "video/mp4"), ".mp3": ("audio", "audio/mpeg"), ".wav": ("audio", "audio/wav")}
    kind, content_type = kinds[path.suffix]
    return AssetFactory(
        owner=owner,
        shelf="voice",
        kind=kind,
        content_type=content_type,
        filename=path.name,
        content=path,
        **{"technical": {}, "duration": 4.0, **fields},
    )


def ready_voice(owner: User, **fields: Any) -> VoiceProfile:
    """Cloned by the provider that the tests play, with a consent in force."""
    profile = VoiceProfileFactory(owner=owner, **fields)
    voices.record_consent(profile, actor=owner, **SAID)
    VoiceProfile.objects.filter(pk=profile.pk).update(
        status="ready", engine="elevenlabs:eleven_multilingual_v2", hosted_voice=played.FIRST, similarity=0.81
    )
    profile.refresh_from_db()
    return profile
