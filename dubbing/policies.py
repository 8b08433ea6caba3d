"""Who may do what with dubs and voice jobs. Registered with accounts.policies when this module is imported."""

from __future__ import annotations

from accounts.models import User
from accounts.policies import ALLOWED, Decision, can, denied, rule
from dubbing.models import Dub
from media_library.models import Asset

ONLY_LOOK = "You may watch this dub, not change it."


@rule("dubbing.dub.create")
def dub_makers(user: User, obj: Asset) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Whoever sees the video: `visible_to` decides."""
    return ALLOWED


@rule("dubbing.dub.write")
def dub_writers(user: User, obj: Dub) -> Decision:
    """Its owner, and those who may write in the project of the video or of the dub."""
    if user.is_platform_admin or obj.owner_id == user.pk:
        return ALLOWED
    projects = [project for project in (obj.project, obj.video.project) if project is not None]
    if any(can(user, "accounts.project.update", project) for project in projects):
        return ALLOWED
    return denied(ONLY_LOOK)


@rule("dubbing.dub.delete")
def dub_removers(user: User, obj: Dub) -> Decision:
    if user.is_platform_admin or obj.owner_id == user.pk:
        return ALLOWED
    return denied("Only its owner deletes a dub.")


@rule("dubbing.dubs.open")
def dub_readers(user: User, obj: object) -> Decision:  # noqa: ARG001  (as above)
    return ALLOWED
