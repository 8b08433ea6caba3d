"""Organisations over JSON."""

from __future__ import annotations

import uuid

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies, queries
from accounts.api.base import PAGING, PersonView
from accounts.api.serializers import organizations as shapes
from accounts.models import Membership, Organization, User
from accounts.services import foreign_reads, houses
from core.errors import NotFoundError
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made, page


def find_organization(user: User, organization_id: uuid.UUID) -> Organization:
    found = queries.houses(user).filter(pk=organization_id).first()
    if found is None:
        raise NotFoundError("Organization not found")
    return found


def read_organization(user: User, organization_id: uuid.UUID) -> Organization:
    """As `find_organization`, for looking at it."""
    organization = find_organization(user, organization_id)
    foreign_reads.note(user, organization)
    return organization


def find_member(user: User, organization: Organization, user_id: uuid.UUID, *, action: str) -> Membership:
    """The place that `action` is about. Whoever may not list the people of a house learns nothing about who is there."""
    if not policies.can(user, "accounts.member.list", organization):
        policies.require(user, action, organization)
    membership = queries.members(organization).filter(user=user_id).first()
    if membership is None:
        raise NotFoundError("User not found")
    policies.require(user, action, membership)
    return membership


class Organizations(PersonView):
    takes = shapes.OrganizationInput
    query = PAGING
    gives = Gives(get=page(shapes.ORGANIZATION), post=Made(shapes.ORGANIZATION))

    def get(self, request: Request) -> Response:
        page = page_of(queries.houses(self.caller), PageRequest.parse(request.query_params))
        return Response(page.body(lambda rows: [shapes.organization_output(row) for row in rows]))

    def post(self, request: Request) -> Response:
        policies.require(self.caller, "accounts.organization.create")
        body = shapes.OrganizationInput.parse(request.data)
        made = houses.create_organization(**body, actor=self.caller)
        answer = shapes.organization_output(find_organization(self.caller, made.pk))
        return Response(answer, status=status.HTTP_201_CREATED)


class OrganizationDetail(PersonView):
    takes = shapes.OrganizationChange
    gives = Gives(get=shapes.ORGANIZATION, patch=shapes.ORGANIZATION)

    def get(self, _request: Request, organization_id: uuid.UUID) -> Response:
        return Response(shapes.organization_output(read_organization(self.caller, organization_id)))

    def patch(self, request: Request, organization_id: uuid.UUID) -> Response:
        organization = find_organization(self.caller, organization_id)
        policies.require(self.caller, "accounts.organization.update", organization)
        body = shapes.OrganizationChange.parse(request.data)
        return Response(shapes.organization_output(houses.update_organization(organization, **body, actor=self.caller)))


class MyMemberships(PersonView):
    query = PAGING
    gives = Gives(get=page(shapes.OWN_MEMBERSHIP))

    def get(self, request: Request) -> Response:
        page = page_of(queries.memberships_of(self.caller), PageRequest.parse(request.query_params))
        return Response(page.body(lambda rows: [shapes.own_membership_output(row, self.caller) for row in rows]))


class Members(PersonView):
    takes = shapes.NewMemberInput
    query = PAGING
    gives = Gives(get=page(shapes.MEMBER), post=Made(shapes.NEW_MEMBER))

    def get(self, request: Request, organization_id: uuid.UUID) -> Response:
        organization = read_organization(self.caller, organization_id)
        policies.require(self.caller, "accounts.member.list", organization)
        page = page_of(queries.members(organization), PageRequest.parse(request.query_params))
        address = bool(policies.can(self.caller, "accounts.member.see_address", organization))
        return Response(page.body(lambda rows: [shapes.member_output(row, address=address) for row in rows]))

    def post(self, request: Request, organization_id: uuid.UUID) -> Response:
        organization = find_organization(self.caller, organization_id)
        policies.require(self.caller, "accounts.member.add", organization)
        body = shapes.NewMemberInput.parse(request.data)
        made = houses.add_member(
            organization, user_id=body["user_id"], email=body["email"] or "", role=body["role"], actor=self.caller
        )
        answer = (
            shapes.member_output(made, address=True) if isinstance(made, Membership) else shapes.invited_output(made)
        )
        return Response(answer, status=status.HTTP_201_CREATED)


class MemberDetail(PersonView):
    takes = shapes.MemberRoleInput
    gives = Gives(patch=shapes.MEMBER)

    def patch(self, request: Request, organization_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        organization = find_organization(self.caller, organization_id)
        membership = find_member(self.caller, organization, user_id, action="accounts.member.update")
        body = shapes.MemberRoleInput.parse(request.data)
        changed = houses.change_member_role(membership, role=body["role"], actor=self.caller)
        return Response(shapes.member_output(changed, address=True))

    def delete(self, _request: Request, organization_id: uuid.UUID, user_id: uuid.UUID) -> Response:
        organization = find_organization(self.caller, organization_id)
        membership = find_member(self.caller, organization, user_id, action="accounts.member.remove")
        houses.remove_member(membership, actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)
