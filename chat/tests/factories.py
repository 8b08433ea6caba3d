"""Conversations, clips and films for tests, as their services leave them."""

from __future__ import annotations

from typing import Any

import factory
from django.db.models import Max

from accounts.models import User
from accounts.tests.factories import ProjectFactory, UserFactory
from chat.models import BibleRevision, BoardCard, Choice, ClipProposal, Conversation, Film, FilmSession, Message
from jobs.tests.factories import AssetFactory
from media_library.models import Asset, Speaker
from media_library.services import indexing
from media_library.tests import factories as library


class ConversationFactory(factory.django.DjangoModelFactory[Conversation]):
    class Meta:
        model = Conversation

    owner = factory.SubFactory(UserFactory)
    title = "Harbour story"


class FilmFactory(factory.django.DjangoModelFactory[Film]):
    """A film whose project is its owner's. `title` names the project."""

    class Meta:
        model = Film

    class Params:
        title = factory.Sequence(lambda n: f"Film {n}")

    owner = factory.SubFactory(UserFactory)
    project = factory.LazyAttribute(lambda film: ProjectFactory(owner=film.owner, name=film.title))
    title_key = factory.LazyAttribute(lambda film: film.title.strip().lower())
    settings = factory.LazyFunction(
        lambda: {"aspectRatio": "16:9", "episodeDuration": 25, "qualityTier": "professional"}
    )


def say(conversation: Conversation, content: str, *, role: str = "user", **fields: Any) -> Message:
    """The next message on the branch that is shown."""
    last = conversation.messages.aggregate(last=Max("number"))["last"]
    message = Message.objects.create(
        conversation=conversation,
        parent=fields.pop("parent", conversation.head),
        number=0 if last is None else last + 1,
        role=role,
        author=conversation.owner if role == "user" else None,
        content=content,
        **fields,
    )
    conversation.head = message
    conversation.save(update_fields=["head", "updated_at"])
    return message


def clip_in(conversation: Conversation, asset: Asset | None = None, **fields: Any) -> ClipProposal:
    values = {"title": "The harbour at dawn", "start": 1.0, "end": 3.0, "text": "The harbour was quiet.", **fields}
    return ClipProposal.objects.create(
        conversation=conversation,
        asset=asset or AssetFactory(),
        position=conversation.clips.count(),
        **values,
    )


def session_of(film: Film, **fields: Any) -> FilmSession:
    conversation = ConversationFactory(owner=film.owner, project=film.project, title=str(film.project))
    return FilmSession.objects.create(conversation=conversation, film=film, user=film.owner, **fields)


def developed(film: Film, *, title: str = "A lighthouse in winter") -> FilmSession:
    """Its first session, where the concept waits to be chosen: a wish, an answer with two choices; a bible, and a picture."""
    film.current_step = "concept-development"
    film.save(update_fields=["current_step"])
    session = session_of(film, step=film.current_step)
    say(session.conversation, f"Something about {title}.")
    answer = say(session.conversation, f"Two ways into {title}.", role="assistant", engine="local:catalogue")
    for position, name in enumerate((title, f"{title}, told backwards")):
        Choice.objects.create(
            session=session,
            message=answer,
            step=film.current_step,
            position=position,
            title=name,
            description=f"The story of {name}.",
            difficulty="medium",
            duration="25 minutes",
            details={"logline": name, "themes": ["patience"]},
            engine="local:catalogue",
        )
    BibleRevision.objects.create(film=film, number=1, content={"logline": title}, comment="Begun", author=film.owner)
    picture = AssetFactory(
        owner=film.owner,
        project=film.project,
        kind="image",
        filename=f"{title}.png",
        content_type="image/png",
        duration=None,
        technical={"width": 8, "height": 6},
    )
    BoardCard.objects.create(film=film, asset=picture, note=title, added_by=film.owner)
    return session


def footage(owner: User, *lines: str, speaker: str = "", **facts: Any) -> Asset:
    """A film of the library in which these sentences are said, two seconds each, and can be found."""
    asset = library.AssetFactory(owner=owner, **{"language": "en", "duration": 2.0 * len(lines), **facts})
    transcript = library.transcript_of(asset, *lines, language=asset.language)
    if speaker:
        who = Speaker.objects.create(transcript=transcript, label="speaker_1", name=speaker)
        transcript.segments.update(speaker=who)
    indexing.index_asset(asset, embed=True)
    return asset
