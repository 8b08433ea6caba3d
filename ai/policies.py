"""Who may see what models were used for and what that cost."""

from __future__ import annotations

from typing import Any

from accounts import policies
from accounts.models import User
from accounts.policies import ALLOWED, Decision, denied
from ai.models import PLANNERS


@policies.rule("ai.usage.see")
def usage_readers(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """The page of usage; `visible_to` decides whose."""
    return ALLOWED if user.has_role(*PLANNERS) else denied("Production, project managers and admins see usage.")
