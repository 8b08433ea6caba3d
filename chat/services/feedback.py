"""What people think of scripts, and the scripts that others learn from: those of one's own house, and what an admin gave to all."""

from __future__ import annotations

import hashlib
import re

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Organization, User
from chat.models import Conversation, Message, ScriptExample, ScriptFeedback
from core import audit
from core.errors import DomainError

NO_SCRIPT = "Script content is required"
NO_RATING = "Rating must be between 1 and 5"
MOST_SCRIPT = 60_000
MOST_FEEDBACK = 5_000
# From here on a script is worth learning from.
GOOD = 4.0
MOST_LISTED = 20


@transaction.atomic
def rate(
    user: User,
    *,
    script_content: str,
    conversation: Conversation | None = None,
    feedback: str = "",
    rating: int | None = None,
) -> ScriptFeedback:
    """A person's later rating of the same script takes the place of the earlier one in what is counted."""
    text = _storable(script_content).strip()
    if not text:
        raise DomainError(NO_SCRIPT)
    if len(text) > MOST_SCRIPT:
        raise DomainError(f"A script has {MOST_SCRIPT:,} characters at most.")
    if rating is not None and not 1 <= rating <= 5:
        raise DomainError(NO_RATING)
    house = conversation.organization if conversation else _only_house(user)
    given = ScriptFeedback.objects.create(
        conversation=conversation,
        message=_message_of(conversation, text),
        user=user,
        organization=house,
        script_content=text,
        digest=digest_of(text),
        feedback=_storable(feedback).strip()[:MOST_FEEDBACK],
        rating=rating,
    )
    if rating is not None:
        _count(given)
    audit.record("chat.script.rate", given, actor=user, rating=rating, digest=given.digest)
    return given


def examples_for(user: User, organization: Organization | None, limit: int) -> list[ScriptExample]:
    """The best first. Of the house that is asked for, of a person without one, and what was given to all: never another house's."""
    rows = _liked(user)
    if organization is not None:
        rows = rows.filter(Q(organization=organization) | Q(organization=None, owner=None))
    else:
        rows = rows.filter(Q(organization=None, owner=user) | Q(organization=None, owner=None))
    return list(rows.order_by("-rating", "-ratings", "-created_at", "pk")[:limit])


def examples(user: User) -> list[ScriptExample]:
    """All that this person may learn from, the best first."""
    return list(_liked(user).order_by("-rating", "-ratings", "-created_at", "pk")[:MOST_LISTED])


@transaction.atomic
def curate(example: ScriptExample, *, actor: User) -> ScriptExample:
    """Gives a copy of it to all. The house's own stays its own."""
    copy, made = ScriptExample.objects.get_or_create(
        organization=None,
        owner=None,
        digest=example.digest,
        defaults={
            "title": example.title,
            "content": example.content,
            "style": example.style,
            "category": example.category,
            "rating": example.rating,
            "ratings": example.ratings,
        },
    )
    if not copy.is_active:
        copy.is_active = True
        copy.save(update_fields=["is_active", "updated_at"])
    audit.record("chat.script_example.curate", copy, actor=actor, origin=str(example.pk), made=made)
    return copy


@transaction.atomic
def retire(example: ScriptExample, *, actor: User) -> ScriptExample:
    """Nobody learns from it any more, however it is rated."""
    example.is_active = False
    example.save(update_fields=["is_active", "updated_at"])
    audit.record("chat.script_example.retire", example, actor=actor)
    return example


def digest_of(script: str) -> str:
    """The same for the same words, whatever their case and spacing."""
    return hashlib.sha256(" ".join(script.casefold().split()).encode()).hexdigest()


def _liked(user: User) -> QuerySet[ScriptExample]:
    """A house's own as long as people rate them well; what an admin gave to all is their choice."""
    return ScriptExample.objects.visible_to(user).filter(Q(rating__gte=GOOD) | Q(organization=None, owner=None))


def _count(given: ScriptFeedback) -> None:
    """The mean of each person's last rating, in the house where it was given."""
    place = {"organization": given.organization, "owner": None if given.organization else given.user}
    rows = ScriptFeedback.objects.filter(digest=given.digest, organization=given.organization, rating__isnull=False)
    if given.organization is None:
        rows = rows.filter(user=given.user)
    # A newer rating of the same person counts alone.
    last = list(rows.order_by("user_id", "-created_at", "-pk").distinct("user_id").values_list("rating", flat=True))
    count = len(last)
    mean = sum(rating or 0 for rating in last) / count
    existing = ScriptExample.objects.select_for_update().filter(digest=given.digest, **place).first()
    if existing is None and mean < GOOD:
        return
    if existing is None:
        title = _title_of(given)
        category = given.conversation.project.name if given.conversation and given.conversation.project else ""
        existing, _ = ScriptExample.objects.get_or_create(
            digest=given.digest,
            **place,
            defaults={
                "title": title,
                "content": given.script_content,
                "style": _style_of(given.conversation),
                "category": category[:100],
            },
        )
    existing.rating, existing.ratings = mean, count
    existing.save(update_fields=["rating", "ratings", "updated_at"])


def _title_of(given: ScriptFeedback) -> str:
    first = next((line for line in given.script_content.splitlines() if line.strip()), "")
    heading = re.sub(r"^#+\s*", "", first).strip()
    return (heading if first.startswith("#") else given.conversation.title if given.conversation else heading)[:255]


def _style_of(conversation: Conversation | None) -> str:
    return (conversation.persona.name if conversation and conversation.persona else "")[:100]


def _message_of(conversation: Conversation | None, text: str) -> Message | None:
    """The answer that the script is, where it is one word for word."""
    if conversation is None:
        return None
    return conversation.messages.filter(role="assistant", content=text).order_by("-number").first()


def _only_house(user: User) -> Organization | None:
    houses = list(Organization.objects.filter(is_active=True, memberships__user=user).order_by("pk")[:2])
    return houses[0] if len(houses) == 1 else None


def _storable(text: str) -> str:
    return "".join(one for one in text if one in "\n\t" or ord(one) >= 32)
