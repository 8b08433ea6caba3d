"""Pages of projects and whom they are shared with."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies, project_parts, queries
from accounts.models import Invitation, Project, ProjectMember, User
from accounts.pages.forms import CollaboratorForm, CollaboratorRoleForm, ProjectDetailsForm, ProjectForm
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.policies import Decision
from accounts.services import foreign_reads, projects
from core.errors import NotFoundError

UNKNOWN = "There is no such project, or you have no access to it."
NO_PERSON = "The project is not shared with this person."
SCOPES = {**queries.PROJECT_SCOPES, "archived": "Archived"}


def find_project(request: HttpRequest, project_id: uuid.UUID) -> Project:
    rows = Project.objects.visible_to(viewer(request)).select_related("owner", "client__organization")
    return found(rows, project_id, UNKNOWN)


def may(user: User, verb: str, project: Project) -> Decision:
    """What an owner may do with a project; with a client's project, the admins of its house as well."""
    decision = policies.can(user, f"accounts.project.{verb}", project)
    if decision or project.client is None or verb == "share":
        return decision
    by_house = {"delete": "delete"}.get(verb, "update")
    return policies.can(user, f"accounts.client_project.{by_house}", project) or decision


def find_for(request: HttpRequest, project_id: uuid.UUID, verb: str) -> Project:
    """The project, for somebody who may do this with it."""
    project = find_project(request, project_id)
    decision = may(viewer(request), verb, project)
    if not decision:
        # The rule's own answer, so that every door refuses in the same words.
        policies.require(viewer(request), f"accounts.project.{verb}", project)
    return project


def sees_addresses(user: User, project: Project) -> bool:
    """The owner of a project knows whom it is shared with; otherwise it is as in the client's house."""
    if project.owner_id == user.pk or user.is_platform_admin:
        return True
    return project.client is not None and bool(policies.can(user, "accounts.member.see_address", project))


def way_to(project: Project) -> str:
    return reverse("accounts:project", args=[project.pk])


def crumbs(project: Project) -> list[tuple[str, str]]:
    return [("Projects", reverse("accounts:projects")), (project.name, way_to(project))]


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def project_list(request: HttpRequest) -> HttpResponse:
    user, form, status = viewer(request), ProjectForm(), None
    if request.method == "POST":
        form = ProjectForm(request.POST)
        made: list[Project] = []
        status = refusal(form, lambda: made.append(projects.create_project(owner=user, **form.cleaned_data)))
        if status is None:
            messages.success(request, f"“{made[0]}” is there. Share it with whom it concerns.")
            return redirect(way_to(made[0]))
    scope = request.GET.get("scope", "all")
    scope = scope if scope in SCOPES else "all"
    archived = scope == "archived"
    rows = queries.projects(user, scope="all" if archived else scope, search=words(request), archived=archived)
    counts = queries.project_counts(user)
    page = paged(request, rows)
    context = {
        "page": page,
        "figures": project_parts.figures(user, list(page.object_list)),
        "q": words(request),
        "kept": [("scope", scope)] if scope != "all" else [],
        "scope": scope,
        "filtered": scope != "all",
        "scopes": [
            {"key": key, "name": name, "count": counts[key], "on": key == scope}
            for key, name in SCOPES.items()
            if key != "all"
        ],
        "form": form,
    }
    return render(request, "accounts/projects.html", context, status=status or 200)


@login_required
@never_cache
@require_GET
def project(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    shown = find_project(request, project_id)
    foreign_reads.note(viewer(request), shown)
    return show(request, shown, CollaboratorForm())


def show(request: HttpRequest, shown: Project, form: CollaboratorForm, *, status: int = 200) -> HttpResponse:
    user = viewer(request)
    may_share = may(user, "share", shown)
    context: dict[str, Any] = {
        "project": shown,
        "tabs": project_parts.tabs(shown, user),
        "form": form,
        "project_roles": ProjectMember.Role.choices,
        "collaborators": list(queries.collaborators(shown)),
        "addresses": sees_addresses(user, shown),
        "may_edit": may(user, "update", shown),
        "may_share": may_share,
        "may_archive": may(user, "archive", shown),
        "may_delete": may(user, "delete", shown),
        "open_invitations": (
            Invitation.objects.open().filter(project=shown).order_by("-created_at", "-pk") if may_share else []
        ),
    }
    return render(request, "accounts/project.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def project_edit(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    shown, user = find_for(request, project_id, "update"), viewer(request)
    form, status, heading = ProjectDetailsForm.of(shown), None, f"Edit “{shown}”"
    way, to = crumbs(shown), way_to(shown)
    if request.method == "POST":
        form = ProjectDetailsForm.of(shown, request.POST)
        status = refusal(form, lambda: projects.update_project(shown, actor=user, **form.wanted()))
        if status is None:
            messages.success(request, f"“{shown}” is changed.")
            return redirect(to)
    context = {"form": form, "heading": heading, "button": "Save", "back": to, "section": "projects", "crumbs": way}
    return render(request, "accounts/form_page.html", context, status=status or 200)


@login_required
@never_cache
@require_POST
def project_archive(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    shown = find_for(request, project_id, "archive")
    return carry_out(
        request,
        lambda: projects.archive(shown, actor=viewer(request)),
        done=f"“{shown}” is archived. Lists leave it out; restore it at any time.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_POST
def project_restore(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    shown = find_for(request, project_id, "archive")
    return carry_out(
        request,
        lambda: projects.restore(shown, actor=viewer(request)),
        done=f"“{shown}” is active again.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def project_delete(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    shown = find_for(request, project_id, "delete")
    if request.method == "POST":
        return carry_out(
            request,
            lambda: projects.delete_project(shown, actor=viewer(request)),
            done=f"“{shown}” is deleted.",
            to=reverse("accounts:projects"),
            back=way_to(shown),
        )
    question = Question(
        title=f"Delete the project “{shown}”?",
        follows=(
            "Nobody sees it any more, you included, and it does not come back. "
            "Archive it instead if you only want it out of the way."
        ),
        button="Delete the project",
        back=way_to(shown),
        section="projects",
        crumbs=crumbs(shown),
    )
    return ask(request, question)


@login_required
@never_cache
@require_POST
def collaborator_add(request: HttpRequest, project_id: uuid.UUID) -> HttpResponse:
    shown, user = find_for(request, project_id, "share"), viewer(request)
    form = CollaboratorForm(request.POST)
    status = refusal(form, lambda: projects.add_collaborator(shown, invited_by=user, **form.cleaned_data))
    if status is not None:
        return show(request, shown, form, status=status)
    messages.success(request, f"An invitation is on its way to {form.cleaned_data['email']}.")
    return redirect(way_to(shown))


@login_required
@never_cache
@require_POST
def collaborator_role(request: HttpRequest, project_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    shown, user = find_for(request, project_id, "share"), viewer(request)
    member = queries.collaborators(shown).filter(user=user_id).first()
    if member is None:
        raise NotFoundError(NO_PERSON)
    form = CollaboratorRoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose one of the roles.")
        return redirect(way_to(shown))
    role = form.cleaned_data["role"]
    return carry_out(
        request,
        lambda: projects.change_collaborator_role(shown, user_id=user_id, role=role, actor=user),
        done=f"{member.user} is {ProjectMember.Role(role).label.lower()} here now.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def collaborator_remove(request: HttpRequest, project_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    """By the owner; and everybody may leave."""
    user = viewer(request)
    leaving = user_id == user.pk
    shown = find_project(request, project_id) if leaving else find_for(request, project_id, "share")
    member = queries.collaborators(shown).filter(user=user_id).first()
    if member is None:
        raise NotFoundError(NO_PERSON)
    person = member.user
    if request.method == "POST":
        return carry_out(
            request,
            lambda: projects.remove_collaborator(shown, user_id=person.pk, actor=user),
            done=f"You left “{shown}”." if leaving else f"“{shown}” is not shared with {person} any more.",
            to=reverse("accounts:projects") if leaving else way_to(shown),
        )
    question = Question(
        title=f"Leave “{shown}”?" if leaving else f"Stop sharing “{shown}” with {person}?",
        follows=(
            "You do not see the project any more until somebody shares it with you again."
            if leaving
            else "They do not see the project any more. What they made in it stays."
        ),
        button="Leave the project" if leaving else f"Remove {person}",
        back=way_to(shown),
        section="projects",
        crumbs=crumbs(shown),
    )
    return ask(request, question)
