"""Voices: trying one out, and choosing whose voice speaks a language of a job."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from accounts.models import Client, Organization, User
from ai import previews, speaking
from ai.services import Use
from core import audit
from core.errors import InvalidFieldError
from core.languages import name, primary
from jobs.models import Job, LanguageOutput
from jobs.services.pausing import lock_writable, require_describing
from jobs.services.tracks import mark_stale
from media_library.media import webvtt
from media_library.media.respelling import Respelling, respelled
from media_library.media.term_use import occurring
from media_library.models import Pronunciation, TrackVersion
from media_library.queries.pronunciations import respellings_for


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
    client: Client | None = None,
    listener: User,
) -> Heard:
    """The text in this voice, as words are said for the client, or for the listener's house."""
    wanted, asked, spoken_language = speaking.choose(voice, provider=provider, model=model, language=language)
    houses = list(Organization.objects.filter(pk__in=listener.roles_by_house).order_by("pk"))
    house = client.organization if client else houses[0] if len(houses) == 1 else None
    entries = respellings_for(
        client=client, organization=house, owner=listener, language=spoken_language, voice=wanted.id
    )
    spoken = respelled(text, entries)
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
                organization_id=house.pk if house else None,
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


def voice_of(output: LanguageOutput) -> str:
    """Whose voice speaks this language: its own choice, else the job's."""
    return output.tts_voice or output.job.tts_voice


def respellings_of(output: LanguageOutput) -> list[Respelling]:
    """How words are said in this language of the job."""
    job = output.job
    return respellings_for(
        client=job.client,
        organization=job.organization,
        owner=job.created_by,
        language=output.language,
        voice=voice_of(output),
    )


def choose_voice(output: LanguageOutput, voice: str, *, actor: User) -> LanguageOutput:
    """From now on this voice speaks the language; what another one said is stale. Empty is the job's own voice again."""
    require_describing(actor, output)
    chosen = _known_voice(voice, output.language) if voice.strip() else ""
    with transaction.atomic():
        lock_writable(output.job)
        locked = LanguageOutput.objects.select_for_update(of=("self",)).get(pk=output.pk)
        before = locked.tts_voice
        if before != chosen:
            locked.tts_voice = chosen
            locked.save(update_fields=["tts_voice", "updated_at"])
            mark_stale(locked)
            audit.record(
                "jobs.language.voice", locked, actor=actor, language=locked.language, voice=chosen, before=before
            )
    output.refresh_from_db(fields=["tts_voice", "tts_status", "render_status"])
    return output


def _known_voice(voice: str, language: str) -> str:
    """As the catalogue writes it; a voice that speaks other languages only is no choice."""
    wanted = next((one for one in speaking.offered() if one.id.lower() == voice.strip().lower()), None)
    if wanted is None:
        raise InvalidFieldError("Unknown voice", field="voice")
    if not speaking.speaks(wanted, language):
        raise InvalidFieldError(f"This voice does not speak {name(language)}.", field="voice")
    return wanted.id


def mark_said_otherwise(entries: Sequence[Pronunciation]) -> int:
    """Languages whose description holds a term that is said in another way now have to be spoken again. How many they were."""
    scopes = Q(pk__in=[])
    for entry in entries:
        scopes |= _where(entry)
    outputs = (
        LanguageOutput.objects.filter(scopes, job__deleted_at=None, tts_status=LanguageOutput.Work.DONE)
        .exclude(job__status__in=Job.READ_ONLY)
        .select_related("job")
        .order_by("pk")
        .distinct()
    )
    texts = dict(
        TrackVersion.objects.filter(track__in=outputs.values("description"), number=F("track__version")).values_list(
            "track_id", "content"
        )
    )
    marked = 0
    for output in outputs:
        text = _plain(texts.get(output.description_id, "")) if output.description_id else ""
        if any(_concerns(entry, output) and occurring(entry.term, text, entry.case_sensitive) for entry in entries):
            mark_stale(output)
            marked += 1
    return marked


def _where(entry: Pronunciation) -> Q:
    if entry.client_id:
        return Q(job__client=entry.client_id)
    if entry.organization_id:
        return Q(job__organization=entry.organization_id)
    return Q(job__created_by=entry.owner_id)


def _concerns(entry: Pronunciation, output: LanguageOutput) -> bool:
    job = output.job
    if entry.client_id:
        here = job.client_id == entry.client_id
    elif entry.organization_id:
        here = job.organization_id == entry.organization_id
    else:
        here = job.created_by_id == entry.owner_id
    spoken = entry.language in {"", output.language, primary(output.language)}
    return here and spoken and entry.voice in {"", voice_of(output)}


def _plain(text: str) -> str:
    return "\n".join(" ".join(webvtt.plain_text(cue.text).split()) for cue in webvtt.parse(text).cues)
