"""Pages of people and houses, projects and people, for the command palette."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from accounts import queries
from accounts.models import Project, User
from accounts.policies import can
from core.palette import MOST, SHORTEST, Entry, Place, among, source

PROJECTS = Place("Projects", "accounts:projects", "folder")
CLIENTS = Place("Clients", "accounts:clients", "clients", "customers")
PEOPLE = Place("People", "accounts:people", "people", "users members colleagues")
INVITATIONS = Place("Invitations", "accounts:invitations", "send", "invite")
NEWS = Place("News", "accounts:notifications", "bell", "notifications unread")
ACCOUNT = Place("Your account", "accounts:profile", "settings", "profile name settings")
SECURITY = Place("Security", "accounts:security", "shield", "password second factor 2fa")
AUDIT = Place("Audit trail", "accounts:audit", "history", "log")
INVITE = Place("Invite a colleague", "accounts:admin_invite", "send", "people user")


@source("pages")
def pages(user: User, text: str) -> Iterable[Entry]:
    shown = [PROJECTS]
    shown += [CLIENTS] if can(user, "accounts.clients.open") else []
    shown += [PEOPLE] if can(user, "accounts.people.open") else []
    shown += [NEWS, INVITATIONS, ACCOUNT, SECURITY]
    shown += [AUDIT] if user.is_platform_admin else []
    return among(shown, text)


@source("actions")
def actions(user: User, text: str) -> Iterable[Entry]:
    return among([INVITE] if can(user, "accounts.studio.invite") else [], text)


@source("projects")
def projects(user: User, text: str) -> Iterable[Entry]:
    if len(text) < SHORTEST:
        return []
    rows = Project.objects.visible_to(user).live().filter(name__icontains=text).order_by("name", "pk")[:MOST]
    return [Entry(row.name, reverse("accounts:project", args=[row.pk]), "folder") for row in rows]


@source("people")
def people(user: User, text: str) -> Iterable[Entry]:
    """Who may open the list of people finds them in it."""
    if len(text) < SHORTEST or not can(user, "accounts.people.open"):
        return []
    page = reverse("accounts:people")
    named = queries.colleagues(user, text).filter(~Q(name=""))[:MOST]
    return [Entry(row.name, f"{page}?{urlencode({'q': row.name})}", "people", text=row.email) for row in named]
