"""What people say of clips and sections. `@mv-video` of somebody who may write has the thing made again, with the comment as feedback."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts import policies
from accounts.models import User
from accounts.services.notifications import notify
from chat import events
from chat.models import ClipProposal, Conversation, Record, ScriptComment
from chat.services import regenerating
from core import audit
from core.errors import DomainError

MOST_CHARACTERS = 5000
CALL = re.compile(r"(?<![\w@./-])@mv-video(?![\w-])", re.IGNORECASE)
MENTION = re.compile(r"(?<![\w@.])@([\w.'-]{2,60})")
READERS_ASK_NOTHING = "Only those who may write have it made again. Your comment is kept."


@dataclass(frozen=True)
class Said:
    """`requested`: it is being made again. Else, where that was asked for, `reason` says why not."""

    comment: ScriptComment
    requested: bool = False
    reason: str = ""


@transaction.atomic
def say(thing: ClipProposal | Record, content: str, *, author: User) -> Said:
    """The comment is kept in any case."""
    content = content.strip()
    if not content:
        raise DomainError("Content is required")
    if len(content) > MOST_CHARACTERS:
        raise DomainError(f"A comment has {MOST_CHARACTERS:,} characters at most.")
    conversation = thing.conversation
    comment = ScriptComment.objects.create(
        conversation=conversation,
        clip=thing if isinstance(thing, ClipProposal) else None,
        record=thing if isinstance(thing, Record) else None,
        author=author,
        content=content,
    )
    said = _made_again(thing, comment, author=author) if CALL.search(content) else Said(comment)
    audit.record("chat.comment.add", comment, actor=author, regeneration_requested=said.requested)
    _tell(comment, thing)
    events.script_changed(conversation.pk, "comments", author)
    return said


def _made_again(thing: ClipProposal | Record, comment: ScriptComment, *, author: User) -> Said:
    if not policies.can(author, "chat.conversation.write", comment.conversation):
        return Said(comment, reason=READERS_ASK_NOTHING)
    try:
        # On its own: what is refused (one is being made already, the budget is spent) must not take the comment with it.
        with transaction.atomic():
            regenerating.begin(thing, feedback=comment.content, actor=author, comment=comment)
    except DomainError as error:
        return Said(comment, reason=error.message)
    return Said(comment, requested=True)


@transaction.atomic
def resolve(comment: ScriptComment, *, resolved: bool, actor: User) -> ScriptComment:
    locked = ScriptComment.objects.select_for_update(of=("self",)).select_related("author").get(pk=comment.pk)
    if resolved != (locked.resolved_at is not None):
        locked.resolved_at = timezone.now() if resolved else None
        locked.save(update_fields=["resolved_at"])
        audit.record("chat.comment.resolve" if resolved else "chat.comment.reopen", locked, actor=actor)
        events.script_changed(locked.conversation_id, "comments", actor)
    return locked


def people_of(conversation: Conversation) -> list[User]:
    """Who takes part, the owner first."""
    rows = conversation.participants.select_related("user").order_by("invited_at", "pk")
    return [conversation.owner, *(one.user for one in rows)]


def _tell(comment: ScriptComment, thing: ClipProposal | Record) -> None:
    """Everybody who takes part; who is named is told so."""
    conversation, author = comment.conversation, comment.author
    others = [person for person in people_of(conversation) if author is None or person.pk != author.pk]
    named = {name.lower().rstrip(".") for name in MENTION.findall(comment.content)}
    mentioned = [person for person in others if named & _names(person)]
    title = str(thing)[:60] or "a section"
    who = author.get_full_name() if author else "Somebody"
    url = f"/chat/{conversation.pk}#comment-{comment.pk}"
    subject = f"chat:{conversation.pk}"
    notify(mentioned, kind="chat.mention", text=f"{who} asks you about “{title}”", url=url, subject=subject)
    rest = [person for person in others if person not in mentioned]
    notify(rest, kind="chat.comment", text=f"{who} commented on “{title}”", url=url, subject=subject)


def _names(person: User) -> set[str]:
    """How one may be called with an @: by given name, by the whole name without spaces, or by what stands before the @ of the address."""
    name = person.get_full_name().lower()
    return {name.split(" ", 1)[0], name.replace(" ", ""), name.replace(" ", "."), person.email.lower().split("@", 1)[0]}
