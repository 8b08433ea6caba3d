"""How a conversation is to be answered: in whose voice, and whether clips may come again."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from chat.models import Conversation
from core import audit
from media_library.models import Persona


@transaction.atomic
def prefer(conversation: Conversation, *, persona: Persona | None, repeats_clips: bool, actor: User) -> None:
    """Holds for all who take part, from the next answer on."""
    locked = Conversation.objects.select_for_update(of=("self",)).get(pk=conversation.pk)
    if (locked.persona_id, locked.repeats_clips) != (persona.pk if persona else None, repeats_clips):
        locked.persona, locked.repeats_clips = persona, repeats_clips
        locked.save(update_fields=["persona", "repeats_clips"])
        audit.record(
            "chat.conversation.prefer",
            locked,
            actor=actor,
            persona=str(persona.pk) if persona else "",
            repeats_clips=repeats_clips,
        )
    conversation.persona, conversation.repeats_clips = locked.persona, locked.repeats_clips
