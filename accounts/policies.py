"""Who may do what: one question for buttons, routes, pages and the admin alike, with a reason a person can read.

Apps register the rules of their own nouns; `visible_to` has decided before whether the thing exists for this person at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import Client, Membership, Organization, Project, Team, User
from core.errors import NotAllowedError

R = User.Role
NOT_ONESELF = "Nobody changes their own role."


@dataclass(frozen=True)
class Decision:
    """True when allowed. `reason` explains a refusal."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


ALLOWED = Decision(True)

Rule = Callable[[User, Any], Decision]
RULES: dict[str, Rule] = {}


def denied(reason: str = "") -> Decision:
    return Decision(False, reason)


def rule(*actions: str) -> Callable[[Rule], Rule]:
    """Registers the rule of these actions, named `<app>.<noun>.<verb>` like their audit events."""

    def register(function: Rule) -> Rule:
        for action in actions:
            if action in RULES:
                raise ValueError(f"{action} has a rule already")
            RULES[action] = function
        return function

    return register


def can(user: User, action: str, obj: Any = None) -> Decision:
    """Whether `user` may do this, to `obj` where there is one. An action without a rule is an error of ours, not a refusal."""
    return RULES[action](user, obj)


def require(user: User, action: str, obj: Any = None) -> None:
    decision = can(user, action, obj)
    if not decision:
        # The contract's sentence, and beside it why.
        error = NotAllowedError(reason=decision.reason) if decision.reason else NotAllowedError()
        error.action = action
        raise error


def house_of(obj: Any) -> Any:
    """The organisation that an object belongs to; None when it belongs to none."""
    match obj:
        case Organization():
            return obj.pk
        case Client():
            return obj.organization_id
        case Team():
            return obj.client.organization_id
        case Project():
            return obj.client.organization_id if obj.client else None
    return getattr(obj, "organization_id", None)


@rule("accounts.admin.use")
def platform_admins(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    return ALLOWED if user.is_platform_admin else denied("Only an admin does this.")


@rule(
    "accounts.organization.create",
    "accounts.organization.update",
    "accounts.client.update",
    "accounts.client.delete",
    "accounts.client.assign_manager",
    "accounts.team.create",
    "accounts.team.update",
    "accounts.team.delete",
    "accounts.client_project.create",
    "accounts.client_project.update",
    "accounts.client_project.delete",
    "accounts.member.add",
    "accounts.invitation.send",
)
def admins_of_the_house(user: User, obj: Any) -> Decision:
    """The platform's admins everywhere, a house's own admins inside it."""
    house = house_of(obj)
    if user.is_platform_admin or (
        house is not None and user.role_in(house) == R.ADMIN and house in user.roles_by_house
    ):
        return ALLOWED
    return denied("Only an admin does this.")


@rule("accounts.client.create")
def client_makers(user: User, obj: Organization | None) -> Decision:
    """Where no house is named yet, ruling any is enough; the house is asked about once it is known."""
    return ALLOWED if obj is None and user.houses_as(R.ADMIN) else admins_of_the_house(user, obj)


@rule("accounts.member.update", "accounts.member.remove")
def member_keepers(user: User, obj: Organization | Membership) -> Decision:
    """The house, or the place in it that this is about."""
    decision = admins_of_the_house(user, obj)
    if decision and isinstance(obj, Membership) and obj.user_id == user.pk:
        return denied(NOT_ONESELF)
    return decision


@rule("accounts.member.see_address")
def address_readers_of_the_house(user: User, obj: Any) -> Decision:
    """In the house of `obj`: clients, and those who work on single jobs, see names only."""
    if user.role_in(house_of(obj)) in {R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN}:
        return ALLOWED
    return denied("You see names only.")


@rule("accounts.member.list")
def member_lists(user: User, obj: Any) -> Decision:
    if user.role_in(house_of(obj)) in {R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN}:
        return ALLOWED
    return denied("Linguists and reviewers see the people of their own work.")


@rule("accounts.people.open")
def people_openers(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """The page of people, which lists those of the houses where one may."""
    if user.has_role(R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN):
        return ALLOWED
    return denied("Linguists and reviewers see the people of their own work.")


@rule("accounts.clients.open")
def client_openers(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """The list of clients; `visible_to` decides which."""
    if user.has_role(R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN):
        return ALLOWED
    return denied("Linguists and reviewers see the clients of their own work only.")


@rule("accounts.studio.invite")
def studio_inviters(user: User, obj: Any) -> Decision:  # noqa: ARG001  (every rule is asked alike)
    """Into the studio itself, rather than into one house."""
    return ALLOWED if user.is_platform_admin else denied("Only an admin of the studio invites people to it.")


@rule("accounts.team.change_members")
def team_keepers(user: User, obj: Team) -> Decision:
    """Admins, and the project managers of that client."""
    if admins_of_the_house(user, obj):
        return ALLOWED
    if obj.client.management.filter(user=user).exists():
        return ALLOWED
    return denied("An admin or the client's project manager does this.")


@rule("accounts.project.update")
def project_writers(user: User, obj: Project) -> Decision:
    if obj.owner_id == user.pk or user.is_platform_admin or admins_of_the_house(user, obj):
        return ALLOWED
    if obj.memberships.filter(user=user, role="collaborator").exists():
        return ALLOWED
    return denied("You may look at this project, not change it.")


@rule("accounts.project.share", "accounts.project.archive", "accounts.project.delete")
def project_owners(user: User, obj: Project) -> Decision:
    if obj.owner_id == user.pk or user.is_platform_admin:
        return ALLOWED
    return denied("Only the owner of the project does this.")
