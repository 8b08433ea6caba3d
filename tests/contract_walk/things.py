"""The things of a walk that stand on its stage: what is said, noted, shared, talked of and filmed."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import (
    Organization,
    User,
)
from ai.models import Call
from ai.tests.factories import CallFactory
from chat.models import Attachment, Conversation, FilmSession, Record
from chat.tests.factories import ConversationFactory, FilmFactory, clip_in, developed, say
from generation.models import GenerationSession, Preset
from generation.tests.factories import SessionFactory, round_of, take_of
from jobs.models import Job
from media_library.models import Asset, Suggestion, Transcript
from media_library.tests.factories import transcript_of
from qc.models import ReviewNote, ShareLink


def random_id() -> str:
    return str(uuid.uuid4())


def spoken(asset: Asset, *lines: str) -> Transcript:
    """What two people say in turn."""
    transcript = transcript_of(asset, *lines)
    for number, segment in enumerate(transcript.segments.order_by("position")):
        segment.speaker, _ = transcript.speakers.get_or_create(label=f"speaker_{number % 2 + 1}")
        segment.save(update_fields=["speaker"])
    return transcript


def suggested(asset: Asset, title: str) -> Suggestion:
    content = {"title": title, "description": "", "tags": []}
    return Suggestion.objects.create(asset=asset, kind="metadata", engine="local:extract", content=content)


def noted(job: Job, author: User, body: str) -> ReviewNote:
    return ReviewNote.objects.create(job=job, timestamp=1.5, body=body, author=author)


def shared(job: Job, by: User) -> ShareLink:
    return ShareLink.objects.create(
        job=job,
        token_hash=(uuid.uuid4().hex * 2),
        prefix="abcdefgh",
        created_by=by,
        expires_at=timezone.now() + timedelta(days=7),
    )


def talk(owner: User, house: Organization, asset: Asset, title: str = "Harbour story") -> Conversation:
    """A question and its answer over that file, with the clip and the section that came of it, and the file attached."""
    conversation: Conversation = ConversationFactory(owner=owner, organization=house, title=title)
    say(conversation, f"Write about {title}.")
    answer = say(conversation, f"This is {title}.", role="assistant", intent="script", engine="local:compose")
    clip = clip_in(conversation, asset, message=answer, text=title)
    Record.objects.create(
        conversation=conversation, message=answer, position=0, heading="Night", content=title, duration=2.5, clip=clip
    )
    Attachment.objects.create(
        conversation=conversation, asset=asset, original_filename=asset.filename, uploaded_by=owner
    )
    return conversation


def called(conversation: Conversation, **fields: Any) -> Call:
    """A model, for the newest answer."""
    return CallFactory(
        user=conversation.owner,
        organization=conversation.organization,
        conversation_id=conversation.pk,
        endpoint="/api/chat",
        request={"turns_newest_first": [{"role": "user", "text": "Write to ana@house.example."}]},
        response={"text": "Yes."},
        **fields,
    )


def ids_in(conversation: Conversation) -> dict[str, str]:
    return {
        "conversation_id": str(conversation.pk),
        "message_id": str(conversation.head_id),
        "clip_id": str(conversation.clips.get().pk),
        "record_id": str(conversation.records.get().pk),
        "attachment_id": str(conversation.attachments.get().pk),
    }


def filmed(owner: User, title: str) -> FilmSession:
    film = FilmFactory(owner=owner, title=title)
    return developed(film, title=f"{title} in winter")


def generated(owner: User, like: FilmSession, prompt: str) -> GenerationSession:
    """A session with three pictures and three clips, and calls that cost what the document's example costs. Its id is that of a film's
    session too, because both documents call it `session_id`."""
    session: GenerationSession = SessionFactory(id=like.pk, owner=owner, prompt=prompt)
    for kind in ("image", "clip"):
        made = round_of(session, "images" if kind == "image" else "clips")
        for _ in range(3):
            take_of(session, kind, round=made)
    used = {"user": owner, "provider": "replicate", "subject_id": session.pk}
    pictures = {"capability": "generate_image", "model": "flux-schnell", "images": 4, "cost": Decimal("0.012")}
    clips = {"capability": "generate_video", "model": "gen-4-turbo", "seconds": 16.0, "cost": Decimal("0.24")}
    CallFactory(**used, **pictures)
    CallFactory(**used, **clips)
    Preset.objects.create(owner=owner, name=prompt, values={"seconds": 4})
    return session


def ids_of_generation(session: GenerationSession) -> dict[str, str]:
    return {
        "take_id": str(session.takes.order_by("kind", "index")[0].pk),
        "round_id": str(session.rounds.order_by("kind")[0].pk),
        "preset_id": str(Preset.objects.get(owner=session.owner).pk),
    }


def ids_of_film(session: FilmSession) -> dict[str, str]:
    return {
        "film_project_id": str(session.film.project_id),
        "session_id": str(session.pk),
        "choice_id": str(session.choices.order_by("position")[0].pk),
        "card_id": str(session.film.board.get().pk),
    }
