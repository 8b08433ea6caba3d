"""Who may do what, for buttons: `{% may "accounts.client.update" client as allowed %}` is true or false and has a `reason`."""

from __future__ import annotations

from typing import Any

from django import template

from accounts import policies
from accounts.models import User

register = template.Library()


@register.simple_tag(takes_context=True)
def may(context: template.Context, action: str, obj: Any = None) -> policies.Decision:
    """The answer that guards the call behind the button too. Nobody is signed in: no."""
    user = context.get("user")
    return policies.can(user, action, obj) if isinstance(user, User) else policies.denied("Sign in first.")


@register.filter
def role_name(role: str) -> str:
    """The word for a role's code."""
    return str(User.Role(role).label) if role in User.Role.values else role
