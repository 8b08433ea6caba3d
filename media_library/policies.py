"""Who may do what in the library. Registered with accounts.policies when this module is imported."""

from __future__ import annotations

from typing import Any

from accounts.models import User
from accounts.policies import ALLOWED, Decision, denied, house_of, rule

R = User.Role
KEEPERS = (R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)
NOT_A_KEEPER = "Production, project managers and admins keep the glossaries."


@rule("media_library.glossary.create")
def glossary_makers(user: User, obj: Any) -> Decision:
    """Where no client is named yet, keeping glossaries anywhere is enough; the client's house is asked about once it is known."""
    if obj is None:
        return ALLOWED if user.is_platform_admin or user.has_role(*KEEPERS) else denied(NOT_A_KEEPER)
    return glossary_keepers(user, obj)


@rule("media_library.glossary.change", "media_library.glossary.archive")
def glossary_keepers(user: User, obj: Any) -> Decision:
    if user.is_platform_admin or user.role_in(house_of(obj)) in KEEPERS:
        return ALLOWED
    return denied(NOT_A_KEEPER)


@rule("media_library.glossaries.open")
def glossary_readers(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Everybody; `visible_to` decides which."""
    return ALLOWED
