"""People, the houses they belong to, what they work on there, and what they sign in with."""

from accounts.models.clients import Client, ClientManager, Team, TeamMember
from accounts.models.credentials import ApiKey, ExternalIdentity, OneTimeLink, RecoveryCode, RefreshToken, UserSession
from accounts.models.houses import Membership, Organization
from accounts.models.invitations import Invitation
from accounts.models.notifications import Notification
from accounts.models.people import User
from accounts.models.projects import Project, ProjectMember

__all__ = [
    "ApiKey",
    "Client",
    "ClientManager",
    "ExternalIdentity",
    "Invitation",
    "Membership",
    "Notification",
    "OneTimeLink",
    "Organization",
    "Project",
    "ProjectMember",
    "RecoveryCode",
    "RefreshToken",
    "Team",
    "TeamMember",
    "User",
    "UserSession",
]
