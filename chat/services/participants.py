"""Who takes part in a conversation besides its owner: invited, given another role, removed, gone."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import transaction
from django.urls import reverse

from accounts.models import User
from accounts.services.notifications import notify
from chat import events
from chat.models import Conversation, Participant
from core import audit
from core.errors import NotAllowedError, NotFoundError

OWNER_STAYS = "Conversation owner cannot leave"
NO_PART = "Participant not found"


@transaction.atomic
def invite(conversation: Conversation, people: Iterable[uuid.UUID], *, role: str, actor: User) -> list[Participant]:
    """Those of these whom the actor knows and who take no part yet. They are in at once, and told on their page and by mail."""
    # Two at once would both find the same people uninvited.
    locked = Conversation.objects.live().select_for_update(no_key=True, of=("self",)).filter(pk=conversation.pk).first()
    if locked is None:
        raise NotFoundError("Conversation not found")
    known = User.objects.visible_to(actor).active().filter(pk__in=set(people)).exclude(pk=locked.owner_id)
    present = set(locked.participants.values_list("user_id", flat=True))
    made = Participant.objects.bulk_create(
        Participant(conversation=locked, user=person, role=role, invited_by=actor)
        for person in known.order_by("pk")
        if person.pk not in present
    )
    for one in made:
        audit.record("chat.participant.invite", locked, actor=actor, person=str(one.user_id), role=role)
    if made:
        events.participants_changed(locked.pk)
    notify(
        [one.user for one in made],
        kind="chat.invited",
        text=f"{actor} invited you to the conversation “{locked.title}”.",
        url=f"{reverse('chat:home')}/{locked.pk}",
        subject=f"conversation:{locked.pk}",
        urgent=True,
    )
    return made


@transaction.atomic
def change_role(conversation: Conversation, user_id: uuid.UUID, *, role: str, actor: User) -> Participant:
    found = _locked(conversation, user_id)
    if found.role != role:
        before, found.role = found.role, role
        found.save(update_fields=["role"])
        audit.record(
            "chat.participant.change_role", conversation, actor=actor, before=before, after=role, person=str(user_id)
        )
        events.participants_changed(conversation.pk)
    return found


@transaction.atomic
def remove(conversation: Conversation, user_id: uuid.UUID, *, actor: User) -> None:
    """They see the conversation no more; what they said in it stays."""
    _locked(conversation, user_id).delete()
    audit.record("chat.participant.remove", conversation, actor=actor, person=str(user_id))
    events.participants_changed(conversation.pk)


@transaction.atomic
def leave(conversation: Conversation, *, actor: User) -> None:
    """Everybody but the owner. Whoever was invited and never looked declines that way."""
    if conversation.owner_id == actor.pk:
        raise NotAllowedError(OWNER_STAYS)
    gone, _ = Participant.objects.filter(conversation=conversation, user=actor).delete()
    if not gone:
        raise NotAllowedError(reason="You take no part in this conversation.")
    audit.record("chat.participant.leave", conversation, actor=actor)
    events.participants_changed(conversation.pk)


def _locked(conversation: Conversation, user_id: uuid.UUID) -> Participant:
    people = Participant.objects.select_for_update(of=("self",)).select_related("user")
    found = people.filter(conversation=conversation, user=user_id).first()
    if found is None:
        raise NotFoundError(NO_PART)
    return found
