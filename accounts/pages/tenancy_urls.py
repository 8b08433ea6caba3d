"""Pages of houses, clients, projects and guests."""

from __future__ import annotations

from django.urls import path

from accounts.pages import clients, invitations, organizations, people, projects

urlpatterns = [
    path("people", people.person_list, name="people"),
    path("organizations", organizations.organization_list, name="organizations"),
    path("organizations/<uuid:house_id>", organizations.organization, name="organization"),
    path("organizations/<uuid:house_id>/edit", organizations.organization_edit, name="organization_edit"),
    path("organizations/<uuid:house_id>/members", organizations.member_add, name="member_add"),
    path("organizations/<uuid:house_id>/members/<uuid:user_id>", organizations.member_role, name="member_role"),
    path(
        "organizations/<uuid:house_id>/members/<uuid:user_id>/remove", organizations.member_remove, name="member_remove"
    ),
    path("clients", clients.client_list, name="clients"),
    path("clients/<uuid:client_id>", clients.client, name="client"),
    path("clients/<uuid:client_id>/edit", clients.client_edit, name="client_edit"),
    path("clients/<uuid:client_id>/delete", clients.client_delete, name="client_delete"),
    path("clients/<uuid:client_id>/managers", clients.manager_add, name="manager_add"),
    path("clients/<uuid:client_id>/managers/<uuid:user_id>/remove", clients.manager_remove, name="manager_remove"),
    path("clients/<uuid:client_id>/teams", clients.team_add, name="team_add"),
    path("clients/<uuid:client_id>/projects", clients.project_add, name="client_project_add"),
    path("teams/<uuid:team_id>/edit", clients.team_edit, name="team_edit"),
    path("teams/<uuid:team_id>/delete", clients.team_delete, name="team_delete"),
    path("teams/<uuid:team_id>/members", clients.team_member_add, name="team_member_add"),
    path("teams/<uuid:team_id>/members/<uuid:user_id>/remove", clients.team_member_remove, name="team_member_remove"),
    path("projects", projects.project_list, name="projects"),
    path("projects/<uuid:project_id>", projects.project, name="project"),
    path("projects/<uuid:project_id>/edit", projects.project_edit, name="project_edit"),
    path("projects/<uuid:project_id>/archive", projects.project_archive, name="project_archive"),
    path("projects/<uuid:project_id>/restore", projects.project_restore, name="project_restore"),
    path("projects/<uuid:project_id>/delete", projects.project_delete, name="project_delete"),
    path("projects/<uuid:project_id>/collaborators", projects.collaborator_add, name="collaborator_add"),
    path(
        "projects/<uuid:project_id>/collaborators/<uuid:user_id>", projects.collaborator_role, name="collaborator_role"
    ),
    path(
        "projects/<uuid:project_id>/collaborators/<uuid:user_id>/remove",
        projects.collaborator_remove,
        name="collaborator_remove",
    ),
    path("invitations", invitations.invitation_list, name="invitations"),
    path("invitations/accept", invitations.invitation_accept, name="invitation_accept"),
    path("invitations/<uuid:invitation_id>/resend", invitations.invitation_resend, name="invitation_resend"),
    path("invitations/<uuid:invitation_id>/revoke", invitations.invitation_revoke, name="invitation_revoke"),
    # Below the Django admin's prefix, and routed before it.
    path("admin/invite", invitations.admin_invite, name="admin_invite"),
]
