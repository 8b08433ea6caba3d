"""Clients over JSON, with their managers, teams and projects."""

from __future__ import annotations

import uuid

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies, queries
from accounts.api.base import PAGING, PersonView
from accounts.api.organizations import find_organization
from accounts.api.serializers import clients as shapes
from accounts.models import Client, Project, Team, User
from accounts.services import clients, foreign_reads, projects
from core.errors import InvalidFieldError, NotFoundError
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page


def find_client(user: User, client_id: uuid.UUID) -> Client:
    found = Client.objects.visible_to(user).filter(pk=client_id).first()
    if found is None:
        raise NotFoundError("Client not found")
    return found


def read_client(user: User, client_id: uuid.UUID) -> Client:
    """As `find_client`, for looking at it."""
    client = find_client(user, client_id)
    foreign_reads.note(user, client)
    return client


def find_team(user: User, client: Client, team_id: uuid.UUID) -> Team:
    found = queries.teams_with_roles(user, client).filter(pk=team_id).first()
    if found is None:
        raise NotFoundError("Team not found")
    return found


def find_project(user: User, client: Client, project_id: uuid.UUID) -> Project:
    found = queries.client_projects(user).filter(client=client, pk=project_id).first()
    if found is None:
        raise NotFoundError("Project not found")
    return found


def sees_addresses(user: User, client: Client) -> bool:
    return bool(policies.can(user, "accounts.member.see_address", client))


class Clients(PersonView):
    takes = shapes.ClientInput
    query = (*PAGING, "org_id")
    gives = Gives(get=page(shapes.CLIENT), post=Made(shapes.CLIENT))

    def get(self, request: Request) -> Response:
        wanted = PageRequest.parse(request.query_params)
        query = shapes.ClientListQuery.parse(request.query_params)
        found = Client.objects.visible_to(self.caller).order_by("name", "pk")
        if query["org_id"] is not None:
            found = found.filter(organization=query["org_id"])
        return Response(page_of(found, wanted).body(lambda rows: [self.output(row) for row in rows]))

    def post(self, request: Request) -> Response:
        policies.require(self.caller, "accounts.client.create")
        body = shapes.ClientInput.parse(request.data)
        house_id = body["org_id"] or self.only_house()
        house = None if house_id is None else find_organization(self.caller, house_id)
        policies.require(self.caller, "accounts.client.create", house)
        made = clients.create_client(
            name=body["name"],
            organization=house,
            **shapes.text_fields(body, "contact_email", "notes"),
            actor=self.caller,
        )
        return Response(self.output(made), status=status.HTTP_201_CREATED)

    def only_house(self) -> uuid.UUID | None:
        """What an admin of one house means without saying so. The platform's admin means none."""
        if self.caller.is_platform_admin:
            return None
        ruled = self.caller.houses_as(User.Role.ADMIN)
        if len(ruled) != 1:
            raise InvalidFieldError("Say which organization the client is for", field="org_id", kind="missing")
        return ruled[0]

    def output(self, client: Client) -> dict[str, object]:
        return shapes.client_output(client, inside=sees_addresses(self.caller, client))


class ClientDetail(PersonView):
    takes = shapes.ClientChange
    gives = Gives(get=shapes.CLIENT, patch=shapes.CLIENT)

    def get(self, _request: Request, client_id: uuid.UUID) -> Response:
        client = read_client(self.caller, client_id)
        return Response(shapes.client_output(client, inside=sees_addresses(self.caller, client)))

    def patch(self, request: Request, client_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        policies.require(self.caller, "accounts.client.update", client)
        body = shapes.ClientChange.parse(request.data)
        changed = clients.update_client(
            client, **shapes.text_fields(body, "name", "contact_email", "notes"), actor=self.caller
        )
        return Response(shapes.client_output(changed, inside=True))

    def delete(self, _request: Request, client_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        policies.require(self.caller, "accounts.client.delete", client)
        clients.delete_client(client, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Managers(PersonView):
    takes = shapes.PersonInput
    query = PAGING
    gives = Gives(get=page(shapes.MANAGER), post=Made(shapes.MANAGER))

    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        client = read_client(self.caller, client_id)
        page = page_of(queries.managers(client), PageRequest.parse(request.query_params))
        address = sees_addresses(self.caller, client)
        return Response(page.body(lambda rows: [shapes.manager_output(row, address=address) for row in rows]))

    def post(self, request: Request, client_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        policies.require(self.caller, "accounts.client.assign_manager", client)
        body = shapes.PersonInput.parse(request.data)
        made = clients.assign_manager(client, user_id=body["user_id"], actor=self.caller)
        return Response(shapes.manager_output(made, address=True), status=status.HTTP_201_CREATED)


class ManagerDetail(PersonView):
    gives = Gives()

    def delete(self, _request: Request, client_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        if not queries.managers(client).filter(user=user_id).exists():
            raise NotFoundError("User not found")
        policies.require(self.caller, "accounts.client.assign_manager", client)
        clients.remove_manager(client, user_id=user_id, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class Teams(PersonView):
    takes = shapes.TeamInput
    query = PAGING
    gives = Gives(get=page(shapes.TEAM), post=Made(shapes.TEAM))

    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        client = read_client(self.caller, client_id)
        page = page_of(queries.teams_with_roles(self.caller, client), PageRequest.parse(request.query_params))
        address = sees_addresses(self.caller, client)
        return Response(page.body(lambda rows: [shapes.team_output(row, address=address) for row in rows]))

    def post(self, request: Request, client_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        policies.require(self.caller, "accounts.team.create", client)
        body = shapes.TeamInput.parse(request.data)
        made = clients.create_team(client, name=body["name"], actor=self.caller)
        return Response(shapes.team_output(made, address=True), status=status.HTTP_201_CREATED)


class TeamDetail(PersonView):
    takes = shapes.TeamChange
    gives = Gives(patch=shapes.TEAM)

    def patch(self, request: Request, client_id: uuid.UUID, team_id: uuid.UUID) -> Response:
        team = find_team(self.caller, find_client(self.caller, client_id), team_id)
        policies.require(self.caller, "accounts.team.update", team)
        body = shapes.TeamChange.parse(request.data)
        changed = clients.update_team(team, **shapes.text_fields(body, "name"), actor=self.caller)
        return Response(shapes.team_output(changed, address=True))

    def delete(self, _request: Request, client_id: uuid.UUID, team_id: uuid.UUID) -> Response:
        team = find_team(self.caller, find_client(self.caller, client_id), team_id)
        policies.require(self.caller, "accounts.team.delete", team)
        clients.delete_team(team, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TeamMembers(PersonView):
    takes = shapes.PersonInput
    gives = Gives(post=Made(shapes.TEAM))

    def post(self, request: Request, client_id: uuid.UUID, team_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        team = find_team(self.caller, client, team_id)
        policies.require(self.caller, "accounts.team.change_members", team)
        body = shapes.PersonInput.parse(request.data)
        clients.add_team_member(team, user_id=body["user_id"], actor=self.caller)
        answer = shapes.team_output(find_team(self.caller, client, team_id), address=True)
        return Response(answer, status=status.HTTP_201_CREATED)


class TeamMemberDetail(PersonView):
    gives = Gives()

    def delete(self, _request: Request, client_id: uuid.UUID, team_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        team = find_team(self.caller, find_client(self.caller, client_id), team_id)
        if all(member.user_id != user_id for member in team.memberships.all()):
            raise NotFoundError("User not found")
        policies.require(self.caller, "accounts.team.change_members", team)
        clients.remove_team_member(team, user_id=user_id, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class AllProjects(PersonView):
    query = PAGING
    gives = Gives(get=page({**shapes.PROJECT, "client_name": "string"}))

    def get(self, request: Request) -> Response:
        page = page_of(queries.client_projects(self.caller), PageRequest.parse(request.query_params))
        return Response(page.body(lambda rows: [shapes.project_of_any_client_output(row) for row in rows]))


class ClientProjects(PersonView):
    takes = shapes.ProjectInput
    query = PAGING
    gives = Gives(get=page(shapes.PROJECT), post=Made(shapes.PROJECT))

    def get(self, request: Request, client_id: uuid.UUID) -> Response:
        client = read_client(self.caller, client_id)
        found = queries.client_projects(self.caller).filter(client=client)
        page = page_of(found, PageRequest.parse(request.query_params))
        return Response(page.body(lambda rows: [shapes.project_output(row) for row in rows]))

    def post(self, request: Request, client_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        policies.require(self.caller, "accounts.client_project.create", client)
        body = shapes.ProjectInput.parse(request.data)
        made = projects.create_project(
            owner=self.caller, client=client, name=body["name"], **shapes.text_fields(body, "description")
        )
        return Response(shapes.project_output(made), status=status.HTTP_201_CREATED)


class ClientProjectDetail(PersonView):
    takes = shapes.ProjectChange
    gives = Gives(patch=shapes.PROJECT)

    def patch(self, request: Request, client_id: uuid.UUID, project_id: uuid.UUID) -> Response:
        client = find_client(self.caller, client_id)
        project = find_project(self.caller, client, project_id)
        policies.require(self.caller, "accounts.client_project.update", project)
        body = shapes.ProjectChange.parse(request.data)
        projects.update_project(
            project, status=body.get("status"), **shapes.text_fields(body, "name", "description"), actor=self.caller
        )
        return Response(shapes.project_output(find_project(self.caller, client, project_id)))

    def delete(self, _request: Request, client_id: uuid.UUID, project_id: uuid.UUID) -> Response:
        project = find_project(self.caller, find_client(self.caller, client_id), project_id)
        policies.require(self.caller, "accounts.client_project.delete", project)
        projects.delete_project(project, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)
