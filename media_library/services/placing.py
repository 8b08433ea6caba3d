"""Where a file goes: whose house, which customer, which project. Decided once, for every door."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import policies
from accounts.models import Client, Organization, Project, User
from core.errors import InvalidFieldError, NotFoundError
from media_library.models import Asset

ADD = "media_library.asset.add"


@dataclass(frozen=True)
class Place:
    organization: Organization | None = None
    client: Client | None = None
    project: Project | None = None


def place_for(
    owner: User, *, shelf: str, organization: Organization | None = None, project: Project | None = None
) -> Place:
    """What was named, where `owner` may add. A library file that nothing is said of belongs to its owner's only house."""
    client = project.client if project else None
    if project is not None:
        policies.require(owner, ADD, project)
    if organization is not None:
        policies.require(owner, ADD, organization)
        if client is not None and client.organization_id != organization.pk:
            raise InvalidFieldError("This project belongs to another organization.", field="project_id")
    if client is not None:
        return Place(client.organization, client, project)
    if organization is None and shelf in Asset.SHARED:
        houses = list(Organization.objects.filter(is_active=True, memberships__user=owner).order_by("pk")[:2])
        organization = houses[0] if len(houses) == 1 else None
    return _of_customer(owner, Place(organization, None, project))


def _of_customer(owner: User, place: Place) -> Place:
    """Customers of a house see no other customer's files: theirs are their company's, or theirs alone where they have several."""
    if place.organization is None or owner.role_in(place.organization.pk) != User.Role.CLIENT:
        return place
    clients = list(Client.objects.visible_to(owner).live().filter(organization=place.organization).order_by("pk")[:2])
    if len(clients) != 1:
        return Place(None, None, place.project)
    return Place(place.organization, clients[0], place.project)


def hold(place: Place) -> None:
    """Whoever closes the customer or the project waits for this file and then finds it; or they were first, and there is no such place.

    Foreign keys are checked when the transaction ends, too late to hold anybody up. The customer first, as those who close it do.
    """
    for row, missing in ((place.client, "Client not found"), (place.project, "Project not found")):
        if row is not None and not type(row).objects.live().select_for_update(no_key=True).filter(pk=row.pk):
            raise NotFoundError(missing)
