"""Who may do what, for buttons: `{% may "accounts.client.update" client as allowed %}` is true or false and has a `reason`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import colors, policies
from accounts.models import Project, User
from accounts.project_parts import Figures

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


@register.filter
def for_project(figures: Figures, project: Project) -> int:
    """What another app counted of this one."""
    return figures.counts.get(project.pk, 0)


@register.simple_tag
def dot(project: Project) -> SafeString:
    """The project's colour: a mark, which follows the theme, or what a program named, which no style sheet holds and is therefore drawn."""
    mark = colors.mark_of(project)
    if mark:
        return format_html('<span class="mark mark--{}" aria-hidden="true"></span>', mark.removeprefix("mark-"))
    return format_html(
        '<svg class="mark mark--own" viewBox="0 0 8 8" aria-hidden="true">'
        '<rect width="8" height="8" rx="2" fill="{}" stroke="currentColor" stroke-opacity="0.4"></rect></svg>',
        project.color,
    )
