"""Voices: trying one out, and choosing whose voice speaks a language of a job."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from accounts.models import Client, User
from ai import previews, speaking
from ai.services import Use


@dataclass(frozen=True)
class Heard:
    """A preview as it goes out. `spoken` is the text that the engine was given."""

    sound: bytes
    seconds: float
    engine: str
    voice: str
    language: str
    spoken: str
    call_id: UUID


def preview(
    text: str,
    *,
    voice: str,
    provider: str = "",
    model: str = "",
    language: str = "",
    client: Client | None = None,  # noqa: ARG001
    listener: User,
) -> Heard:
    """The text in this voice, as words are said for the client, or for the listener's house."""
    wanted, asked, spoken_language = speaking.choose(voice, provider=provider, model=model, language=language)
    spoken = text
    houses = list(listener.roles_by_house)
    with tempfile.TemporaryDirectory(prefix="preview-") as folder:
        answer = previews.preview(
            spoken,
            Path(folder) / "preview.mp3",
            voice=wanted.id,
            language=spoken_language,
            model=asked,
            written=text,
            use=Use(
                purpose="jobs.preview",
                user_id=listener.pk,
                organization_id=houses[0] if len(houses) == 1 else None,
            ),
        )
        sound = answer.value.path.read_bytes()
    return Heard(
        sound=sound,
        seconds=answer.value.seconds,
        engine=str(answer.engine),
        voice=answer.value.voice.id,
        language=spoken_language,
        spoken=spoken,
        call_id=answer.call_id,
    )
