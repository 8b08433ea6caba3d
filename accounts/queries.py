"""Reads of people, houses, clients and projects for lists. Each costs the same number of queries for one row or a hundred."""

from __future__ import annotations

import uuid

from django.db.models import Count, Max, OuterRef, Prefetch, Q, QuerySet, Subquery

from accounts.models import (
    Client,
    ClientManager,
    Invitation,
    Membership,
    Organization,
    Project,
    ProjectMember,
    Team,
    User,
    UserSession,
)

R = User.Role
# Who may list the people of a house, after the matrix of roles.
LISTERS = (R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)


def houses_to_list(user: User) -> list[uuid.UUID] | None:
    """The houses whose people `user` may list; None means all."""
    return None if user.is_platform_admin else user.houses_as(*LISTERS)


def people(user: User, *, search: str = "", role: str = "", house: uuid.UUID | None = None) -> QuerySet[User]:
    """The people of the houses whose members the viewer may list, with their houses and when they were last seen."""
    houses = houses_to_list(user)
    found = User.objects.filter(deleted_at=None)
    memberships = Membership.objects.select_related("organization").order_by("organization__name", "pk")
    if houses is not None:
        found = found.filter(pk__in=Membership.objects.filter(organization__in=houses).order_by().values("user"))
        memberships = memberships.filter(organization__in=houses)
    if house is not None:
        found = found.filter(pk__in=Membership.objects.filter(organization=house).order_by().values("user"))
    if search:
        named = Q(name__icontains=search)
        # Clients see names only, and may not guess at addresses by searching for them.
        found = found.filter(named | Q(email__icontains=search) if sees_addresses(user) else named)
    if role:
        own = Q(role=role)
        there = Q(pk__in=Membership.objects.filter(role=role).order_by().values("user"))
        found = found.filter(own | there)
    seen = UserSession.objects.filter(user=OuterRef("pk")).order_by().values("user").annotate(at=Max("last_seen_at"))
    return (
        found.annotate(last_seen=Subquery(seen.values("at")))
        .prefetch_related(Prefetch("memberships", queryset=memberships))
        .order_by("name", "email", "pk")
    )


def sees_addresses(user: User) -> bool:
    """Everybody but clients, who see the names of their house only."""
    return user.is_platform_admin or user.has_role(R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)


def houses(user: User, *, search: str = "") -> QuerySet[Organization]:
    found = Organization.objects.visible_to(user)
    if search:
        found = found.filter(name__icontains=search)
    people_there = (
        Membership.objects.filter(organization=OuterRef("pk"), user__deleted_at=None)
        .order_by()
        .values("organization")
        .annotate(n=Count("pk"))
    )
    clients_there = Client.objects.live().filter(organization=OuterRef("pk")).order_by().values("organization")
    return found.annotate(
        people_count=Subquery(people_there.values("n")),
        client_count=Subquery(clients_there.annotate(n=Count("pk")).values("n")),
    ).order_by("name", "pk")


def members(organization: Organization, *, search: str = "") -> QuerySet[Membership]:
    found = organization.memberships.select_related("user").filter(user__deleted_at=None)
    if search:
        found = found.filter(Q(user__name__icontains=search) | Q(user__email__icontains=search))
    return found.order_by("user__name", "user__email", "pk")


def invitations(user: User) -> QuerySet[Invitation]:
    """Those the viewer sent or rules over, newest first."""
    found = Invitation.objects.visible_to(user).select_related("organization", "project", "invited_by")
    return found.order_by("-created_at", "-pk")


def clients(user: User, *, search: str = "") -> QuerySet[Client]:
    found = Client.objects.visible_to(user).select_related("organization")
    if search:
        found = found.filter(name__icontains=search)
    teams = Team.objects.filter(client=OuterRef("pk")).order_by().values("client").annotate(n=Count("pk"))
    work = Project.objects.live().filter(client=OuterRef("pk")).order_by().values("client").annotate(n=Count("pk"))
    managers = ClientManager.objects.select_related("user").filter(user__deleted_at=None)
    return (
        found.annotate(team_count=Subquery(teams.values("n")), project_count=Subquery(work.values("n")))
        .prefetch_related(Prefetch("management", queryset=managers.order_by("user__name", "pk")))
        .order_by("name", "pk")
    )


def managers(client: Client) -> QuerySet[ClientManager]:
    return client.management.select_related("user").filter(user__deleted_at=None).order_by("user__name", "pk")


def teams(client: Client) -> QuerySet[Team]:
    """The teams of a client with their people."""
    people_in = client.teams.model.members.through.objects.select_related("user").filter(user__deleted_at=None)
    ordered = people_in.order_by("user__name", "user__email", "pk")
    return client.teams.prefetch_related(Prefetch("memberships", queryset=ordered)).order_by("name", "pk")


PROJECT_SCOPES = {"all": "All", "mine": "Mine", "shared": "Shared with me", "client": "For clients"}


def projects(user: User, *, scope: str = "all", search: str = "", archived: bool = False) -> QuerySet[Project]:
    """Projects as `user` sees them: own ones, shared ones, clients' ones."""
    found = in_scope(Project.objects.visible_to(user), user, scope)
    on_shelf = Q(status=Project.Status.ARCHIVED)
    found = found.filter(on_shelf) if archived else found.exclude(on_shelf)
    if search:
        found = found.filter(Q(name__icontains=search) | Q(description__icontains=search))
    people_in = ProjectMember.objects.filter(project=OuterRef("pk")).order_by().values("project")
    return (
        found.select_related("owner", "client__organization")
        .annotate(member_count=Subquery(people_in.annotate(n=Count("pk")).values("n")))
        .order_by("-updated_at", "-pk")
    )


def in_scope(found: QuerySet[Project], user: User, scope: str) -> QuerySet[Project]:
    match scope:
        case "mine":
            return found.filter(owner=user, client=None)
        case "shared":
            shared = ProjectMember.objects.filter(user=user).order_by().values("project")
            return found.filter(pk__in=shared)
        case "client":
            return found.exclude(client=None)
    return found


def project_counts(user: User) -> dict[str, int]:
    """How many projects each scope holds, and how many are archived, for the filter chips."""
    shared = Q(pk__in=ProjectMember.objects.filter(user=user).order_by().values("project"))
    shelf = Q(status=Project.Status.ARCHIVED)
    counts: dict[str, int] = Project.objects.visible_to(user).aggregate(
        all=Count("pk", filter=~shelf),
        mine=Count("pk", filter=~shelf & Q(owner=user, client=None)),
        shared=Count("pk", filter=~shelf & shared),
        client=Count("pk", filter=~shelf & Q(client__isnull=False)),
        archived=Count("pk", filter=shelf),
    )
    return counts


def collaborators(project: Project) -> QuerySet[ProjectMember]:
    found = project.memberships.select_related("user").filter(user__deleted_at=None)
    return found.order_by("user__name", "user__email", "pk")
