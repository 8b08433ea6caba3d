"""Routes of people, houses and credentials, below /api/. Literal routes come before the ids."""

from __future__ import annotations

from django.urls import path

from accounts.api import admin, auth, clients, invitations, notifications, organizations, users

ORGANIZATION = "v1/organizations/<uuid:organization_id>"
CLIENT = "v1/clients/<uuid:client_id>"
TEAM = f"{CLIENT}/teams/<uuid:team_id>"
ADMIN_USER = "v1/admin/users/<uuid:user_id>"

app_name = "accounts_api"
urlpatterns = [
    path("auth/login", auth.FilmAndPipelineLogin.as_view(), name="film_and_pipeline_login"),
    path("auth/exchange", auth.Exchange.as_view(), name="exchange"),
    path("auth/me", auth.Me.as_view(), name="me"),
    path("v1/auth/login", auth.Login.as_view(), name="login"),
    path("v1/auth/microsoft", auth.Microsoft.as_view(), name="microsoft"),
    path("v1/auth/refresh", auth.Refresh.as_view(), name="refresh"),
    path("v1/auth/logout", auth.Logout.as_view(), name="logout"),
    path("users/search", users.SearchUsers.as_view(), name="users_search"),
    path("notifications", notifications.Notifications.as_view(), name="notifications"),
    path("notifications/read", notifications.NotificationsRead.as_view(), name="notifications_read"),
    path("v1/organizations", organizations.Organizations.as_view(), name="organizations"),
    path("v1/organizations/me/memberships", organizations.MyMemberships.as_view(), name="my_memberships"),
    path(ORGANIZATION, organizations.OrganizationDetail.as_view(), name="organization"),
    path(f"{ORGANIZATION}/members", organizations.Members.as_view(), name="members"),
    path(f"{ORGANIZATION}/members/<uuid:user_id>", organizations.MemberDetail.as_view(), name="member"),
    path("v1/clients", clients.Clients.as_view(), name="clients"),
    path("v1/clients/all-projects", clients.AllProjects.as_view(), name="all_projects"),
    path(CLIENT, clients.ClientDetail.as_view(), name="client"),
    path(f"{CLIENT}/pm", clients.Managers.as_view(), name="managers"),
    path(f"{CLIENT}/pm/<uuid:user_id>", clients.ManagerDetail.as_view(), name="manager"),
    path(f"{CLIENT}/teams", clients.Teams.as_view(), name="teams"),
    path(TEAM, clients.TeamDetail.as_view(), name="team"),
    path(f"{TEAM}/members", clients.TeamMembers.as_view(), name="team_members"),
    path(f"{TEAM}/members/<uuid:user_id>", clients.TeamMemberDetail.as_view(), name="team_member"),
    path(f"{CLIENT}/projects", clients.ClientProjects.as_view(), name="client_projects"),
    path(f"{CLIENT}/projects/<uuid:project_id>", clients.ClientProjectDetail.as_view(), name="client_project"),
    path("v1/invitations/preview", invitations.Preview.as_view(), name="invitation_preview"),
    path("v1/invitations/accept", invitations.Accept.as_view(), name="invitation_accept"),
    path("v1/admin/users", admin.Users.as_view(), name="admin_users"),
    path(ADMIN_USER, admin.UserDetail.as_view(), name="admin_user"),
    path(f"{ADMIN_USER}/reset-password", admin.SendPasswordReset.as_view(), name="admin_send_reset"),
    path(f"{ADMIN_USER}/password/reset", admin.SetPassword.as_view(), name="admin_set_password"),
    path("v1/admin/audit-logs", admin.AuditLogs.as_view(), name="audit_logs"),
    path("v1/admin/audit-logs/security", admin.SecurityLogs.as_view(), name="audit_security"),
    path("v1/admin/audit-logs/cleanup", admin.AuditCleanUp.as_view(), name="audit_clean_up"),
    path("v1/admin/audit-logs/user/<uuid:user_id>", admin.UserLogs.as_view(), name="audit_user"),
]
