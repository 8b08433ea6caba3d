"""Who may do what in conversations and films. Registered with accounts.policies when this module is imported.

Section 2.5 of the role matrix. Who is invited is in at once; a project's people read its conversations and write in none of them.
"""

from __future__ import annotations

from accounts.models import Project, User
from accounts.policies import ALLOWED, Decision, can, denied, rule
from chat.models import Conversation, Film, Participant

OWNER, EDITOR, VIEWER = "owner", Participant.Role.EDITOR.value, Participant.Role.VIEWER.value


def place_of(user: User, conversation: Conversation) -> str:
    """owner, editor or viewer; empty for somebody who takes no part."""
    if conversation.owner_id == user.pk:
        return OWNER
    found = conversation.participants.filter(user=user).values_list("role", flat=True).first()
    return found or ""


@rule("chat.conversation.write")
def writers(user: User, obj: Conversation) -> Decision:
    """Asking, attaching, renaming, changing script and cut, rendering, exporting."""
    if place_of(user, obj) in {OWNER, EDITOR}:
        return ALLOWED
    return denied("You may read this conversation, not write in it.")


@rule("chat.conversation.comment")
def commenters(user: User, obj: Conversation) -> Decision:
    return ALLOWED if place_of(user, obj) else denied("Only those who take part in this conversation comment.")


@rule("chat.conversation.star")
def starrers(user: User, obj: Conversation) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Whoever sees it, for themselves."""
    return ALLOWED


@rule("chat.conversation.manage", "chat.conversation.delete")
def keepers(user: User, obj: Conversation) -> Decision:
    """Inviting, changing roles, removing people, deleting."""
    if obj.owner_id == user.pk or user.is_platform_admin:
        return ALLOWED
    return denied("Only the owner of the conversation does this.")


@rule("chat.conversation.people")
def people_readers(user: User, obj: Conversation) -> Decision:
    """The list of who takes part, with addresses: for those who do."""
    if place_of(user, obj) or user.is_platform_admin:
        return ALLOWED
    return denied("Only those who take part in this conversation see who else does.")


@rule("chat.conversation.leave")
def leavers(user: User, obj: Conversation) -> Decision:
    return ALLOWED if place_of(user, obj) in {EDITOR, VIEWER} else denied("You take no part in this conversation.")


def project_of(obj: Film | Project) -> Project:
    return obj.project if isinstance(obj, Film) else obj


@rule("chat.film.write")
def film_writers(user: User, obj: Film | Project) -> Decision:
    return can(user, "accounts.project.update", project_of(obj))


@rule("chat.film.share")
def film_owners(user: User, obj: Film | Project) -> Decision:
    return can(user, "accounts.project.share", project_of(obj))
