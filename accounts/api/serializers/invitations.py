"""The shapes of accessible.yaml for invitations."""

from __future__ import annotations

from typing import Any

from accounts.models import Invitation
from accounts.services import invitations
from core.rest.inputs import Input, StrictInput, TextField

PREVIEW = {
    "email": "string",
    "role": "string",
    "organization": {"$nullable": True, "id": "uuid", "name": "string"},
    "invited_by": "nullable string",
    "account_exists": "bool",
    "expires_at": "datetime",
}


class TokenInput(Input):
    token = TextField(max_length=200)


class AcceptInput(StrictInput):
    """Address, role and place are the invitation's; whoever sends them is refused. `challenge` and `otp` as at sign-in."""

    token = TextField(max_length=200)
    name = TextField(max_length=150, required=False, allow_blank=True, default="")
    password = TextField(max_length=4096, required=False, default="", trim_whitespace=False)
    challenge = TextField(max_length=200, required=False, default="")
    otp = TextField(max_length=40, required=False, default="")


def preview_output(invitation: Invitation) -> dict[str, Any]:
    house, inviter = invitation.organization, invitation.invited_by
    return {
        "email": invitations.masked(invitation.email),
        "role": invitation.project_role or invitation.role,
        "organization": {"id": house.pk, "name": house.name} if house else None,
        "invited_by": inviter.name or None if inviter else None,
        "account_exists": invitations.account_of(invitation) is not None,
        "expires_at": invitation.expires_at,
    }
