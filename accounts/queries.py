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
    TeamMember,
    User,
    UserSession,
)

R = User.Role
# Who may list the people of a house, after the matrix of roles.
LISTERS = (R.CLIENT, R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)


def houses_to_list(user: User) -> list[uuid.UUID] | None:
    """The houses whose people `user` may list; None means all."""
    return None if user.is_platform_admin else user.houses_as(*LISTERS)


def houses_with_addresses(user: User) -> list[uuid.UUID] | None:
    """The houses where `user` sees people's addresses, and not their names alone; None means all."""
    return None if user.is_platform_admin else user.houses_as(R.PRODUCTION, R.PROJECT_MANAGER, R.ADMIN)


def people(user: User, *, search: str = "", role: str = "", house: uuid.UUID | None = None) -> QuerySet[User]:
    """The people of the houses whose members the viewer may list, with their houses and when they were last seen.

    What the viewer may not see of an address cannot be guessed at by searching either.
    """
    houses = houses_to_list(user)
    found: QuerySet[User] = User.objects.filter(deleted_at=None)
    memberships = Membership.objects.select_related("organization").order_by("organization__name", "pk")
    if houses is not None:
        found = found.filter(pk__in=Membership.objects.filter(organization__in=houses).order_by().values("user"))
        memberships = memberships.filter(organization__in=houses)
    if house is not None:
        found = found.filter(pk__in=Membership.objects.filter(organization=house).order_by().values("user"))
    if search:
        by_address = Q(email__icontains=search)
        seen_in = houses_with_addresses(user)
        if seen_in is not None:
            by_address &= Q(pk__in=Membership.objects.filter(organization__in=seen_in).order_by().values("user"))
        found = found.filter(Q(name__icontains=search) | by_address)
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


def members(organization: Organization, *, search: str = "", addresses: bool = True) -> QuerySet[Membership]:
    found = organization.memberships.select_related("user").filter(user__deleted_at=None)
    if search:
        named = Q(user__name__icontains=search)
        found = found.filter(named | Q(user__email__icontains=search) if addresses else named)
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
    people_in = TeamMember.objects.select_related("user").filter(user__deleted_at=None)
    ordered = people_in.order_by("user__name", "user__email", "pk")
    return client.teams.prefetch_related(Prefetch("memberships", queryset=ordered)).order_by("name", "pk")


def people_for(client: Client, user: User) -> QuerySet[User]:
    """Whom `user` can put to work for the client: people of its house, or anybody they see where it has none."""
    found: QuerySet[User] = User.objects.visible_to(user).active()
    if client.organization_id is not None:
        there = Membership.objects.filter(organization=client.organization_id).order_by().values("user")
        found = found.filter(pk__in=there)
    return found.order_by("name", "email", "pk")


def managers_for(client: Client, user: User) -> QuerySet[User]:
    """The project managers of the client's house who do not look after it yet."""
    there = Membership.objects.filter(organization=client.organization_id).order_by()
    as_manager = Q(pk__in=there.filter(role=R.PROJECT_MANAGER).values("user"))
    by_default = Q(role=R.PROJECT_MANAGER) & ~Q(pk__in=there.exclude(role="").values("user"))
    busy = client.management.order_by().values("user")
    return people_for(client, user).filter(as_manager | by_default).exclude(pk__in=busy)


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


def memberships_of(user: User) -> QuerySet[Membership]:
    """One's own places, in houses that are open."""
    found = user.memberships.select_related("organization").filter(organization__is_active=True)
    return found.order_by("organization__name", "pk")


def teams_with_roles(user: User, client: Client) -> QuerySet[Team]:
    """The client's teams that `user` sees, with their people and what each does in the client's house (`role_there`)."""
    there = Membership.objects.filter(organization=OuterRef("team__client__organization"), user=OuterRef("user"))
    people_in = (
        TeamMember.objects.select_related("user")
        .filter(user__deleted_at=None)
        .annotate(role_there=Subquery(there.order_by().values("role")[:1]))
        .order_by("user__name", "user__email", "pk")
    )
    found = Team.objects.visible_to(user).filter(client=client).select_related("client")
    return found.prefetch_related(Prefetch("memberships", queryset=people_in)).order_by("name", "pk")


def client_projects(user: User) -> QuerySet[Project]:
    """The projects for clients that `user` sees, with how many jobs each has."""
    jobs = Count("jobs", filter=Q(jobs__deleted_at=None))
    found = Project.objects.visible_to(user).exclude(client=None).select_related("client")
    return found.annotate(job_count=jobs).order_by("name", "pk")


def colleagues(user: User, text: str) -> QuerySet[User]:
    """People one has something to do with, whose name or address holds `text`; oneself is left out."""
    known = User.objects.visible_to(user).active().exclude(pk=user.pk)
    found: QuerySet[User] = known.filter(Q(name__icontains=text) | Q(email__icontains=text)).order_by(
        "name", "email", "pk"
    )
    return found


def doing(role: str, organization_id: uuid.UUID | None) -> QuerySet[User]:
    """Those who have this role in the house: by their place in it, or by themselves where the place says nothing."""
    places = Membership.objects.filter(organization=organization_id, organization__is_active=True).order_by()
    by_place = places.filter(Q(role=role) | Q(role="", user__role=role))
    found: QuerySet[User] = User.objects.active().filter(pk__in=by_place.values("user"))
    return found.order_by("pk")


def in_charge(*, client_id: uuid.UUID | None, organization_id: uuid.UUID | None) -> QuerySet[User]:
    """The client's project managers; where it has none the house's, then its admins; at last the platform's."""
    found: QuerySet[User] = User.objects.active().filter(management__client=client_id).order_by("pk")
    if client_id is not None and found.exists():
        return found
    for role in (R.PROJECT_MANAGER, R.ADMIN):
        if organization_id is not None and (there := doing(role, organization_id)).exists():
            return there
    admins: QuerySet[User] = User.objects.active().filter(role=R.ADMIN)
    return admins.order_by("pk")
