"""Who may do what in generation sessions. Registered with accounts.policies when this module is imported.

A session is its owner's alone: nobody else finds it, but admins, who look and may remove, and spend nothing in it.
"""

from __future__ import annotations

from accounts.models import User
from accounts.policies import ALLOWED, Decision, denied, rule
from generation.models import GenerationSession, Preset

CHANGE, DELETE, CHANGE_PRESET = "generation.session.change", "generation.session.delete", "generation.preset.change"


@rule(CHANGE)
def makers(user: User, obj: GenerationSession) -> Decision:
    """Asking for pictures, clips and films, choosing, ordering, trimming, stopping."""
    return ALLOWED if obj.owner_id == user.pk else denied("Only the owner of the session does this.")


@rule(DELETE)
def keepers(user: User, obj: GenerationSession) -> Decision:
    if obj.owner_id == user.pk or user.is_platform_admin:
        return ALLOWED
    return denied("Only the owner of the session does this.")


@rule(CHANGE_PRESET)
def preset_owners(user: User, obj: Preset) -> Decision:
    if obj.owner_id == user.pk or user.is_platform_admin:
        return ALLOWED
    return denied("Only the owner of the preset does this.")
