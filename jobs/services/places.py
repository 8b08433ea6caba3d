"""Where a job or a brief is to go: whose house, which customer, which project."""

from __future__ import annotations

import uuid

from accounts.models import Client, Organization, Project, User
from core.errors import InvalidFieldError, NotFoundError
from jobs import policies
from media_library.services.placing import Place


def place_of(
    owner: User,
    *,
    organization_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    project_id: uuid.UUID | None = None,
) -> Place:
    """What was named must be visible to `owner` and agree with itself; one's only house is meant where none is named."""
    project = client = house = None
    if project_id is not None:
        project = Project.objects.visible_to(owner).select_related("client__organization").filter(pk=project_id).first()
        if project is None:
            raise NotFoundError("Project not found")
        client = project.client
    if client_id is not None:
        named = Client.objects.visible_to(owner).select_related("organization").filter(pk=client_id).first()
        if named is None:
            raise NotFoundError("Client not found")
        if project is not None and project.client_id != named.pk:
            raise InvalidFieldError("This project belongs to another client", field="project_id")
        client = named
    if organization_id is not None:
        house = Organization.objects.visible_to(owner).filter(pk=organization_id).first()
        if house is None:
            raise NotFoundError("Organization not found")
        if client is not None and client.organization_id != house.pk:
            raise InvalidFieldError("This client belongs to another organization", field="client_id")
    elif client is not None:
        house = client.organization
    else:
        houses = list(Organization.objects.filter(is_active=True, memberships__user=owner)[:2])
        house = houses[0] if len(houses) == 1 else None
    policies.require_in_house(owner, "create", house)
    return Place(house, client, project)
