"""The shapes of accessible.yaml for organisations and their members."""

from __future__ import annotations

from typing import Any

from django.core.validators import validate_slug
from rest_framework import serializers

from accounts.models import Invitation, Membership, Organization, User
from core.rest.inputs import IdField, Input, StrictInput, TextField

ROLES = User.Role.values
ORGANIZATION = {
    "id": "uuid",
    "name": "string",
    "slug": "string",
    "is_active": "bool",
    "member_count": "int",
    "created_at": "datetime",
    "updated_at": "datetime",
}
MEMBER = {
    "user_id": "uuid",
    "email": "string",
    "name": "nullable string",
    "role": "string",
    "status": "string",
    "joined_at": "nullable datetime",
}
# Somebody who has yet to accept has no account that could be named.
NEW_MEMBER = {**MEMBER, "user_id": "nullable uuid"}
OWN_MEMBERSHIP = {
    "organization": {"id": "uuid", "name": "string", "slug": "string"},
    "role": "string",
    "joined_at": "datetime",
}


class OrganizationInput(Input):
    name = TextField(max_length=200)
    slug = TextField(max_length=80, required=False, validators=[validate_slug])


class OrganizationChange(OrganizationInput):
    name = TextField(max_length=200, required=False)
    is_active = serializers.BooleanField(required=False)


class NewMemberInput(StrictInput):
    user_id = IdField(required=False, allow_null=True, default=None)
    email = serializers.EmailField(max_length=254, required=False, allow_null=True, default=None)
    role = serializers.ChoiceField(ROLES)


class MemberRoleInput(StrictInput):
    role = serializers.ChoiceField(ROLES)


def organization_output(organization: Organization) -> dict[str, Any]:
    """`organization` comes from `queries.houses`."""
    return {
        "id": organization.pk,
        "name": organization.name,
        "slug": organization.slug,
        "is_active": organization.is_active,
        "member_count": getattr(organization, "people_count", None) or 0,
        "created_at": organization.created_at,
        "updated_at": organization.updated_at,
    }


def member_output(membership: Membership, *, address: bool) -> dict[str, Any]:
    """`address` False: for those who see names only."""
    user = membership.user
    return {
        "user_id": user.pk,
        "email": user.email if address else "",
        "name": user.name or None,
        "role": membership.effective_role,
        "status": "active" if user.is_active else "inactive",
        "joined_at": membership.created_at,
    }


def invited_output(invitation: Invitation) -> dict[str, Any]:
    """In a member's place: somebody who has yet to accept."""
    return {
        "user_id": None,
        "email": invitation.email,
        "name": None,
        "role": invitation.role,
        "status": "invited",
        "joined_at": None,
        "invitation_id": invitation.pk,
    }


def own_membership_output(membership: Membership, user: User) -> dict[str, Any]:
    organization = membership.organization
    return {
        "organization": {"id": organization.pk, "name": organization.name, "slug": organization.slug},
        "role": membership.role or user.role,
        "joined_at": membership.created_at,
    }
