"""Pages of clients: who looks after them, their teams and their projects."""

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

from accounts import policies, queries
from accounts.models import Client, Organization, Project, Team, User
from accounts.pages.forms import ClientDetailsForm, ClientForm, ManagerForm, ProjectForm, TeamForm, TeamMemberForm
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.services import clients, foreign_reads, projects
from core.errors import NotFoundError

UNKNOWN = "There is no such client, or you have no access to it."
NO_TEAM = "There is no such team, or you have no access to it."
NO_PERSON = "This person is not here."


def find_client(request: HttpRequest, client_id: uuid.UUID) -> Client:
    client = found(Client.objects.visible_to(viewer(request)).select_related("organization"), client_id, UNKNOWN)
    foreign_reads.note(viewer(request), client)
    return client


def find_team(request: HttpRequest, team_id: uuid.UUID) -> Team:
    return found(Team.objects.visible_to(viewer(request)).select_related("client__organization"), team_id, NO_TEAM)


def way_to(client: Client) -> str:
    return reverse("accounts:client", args=[client.pk])


def crumbs(client: Client) -> list[tuple[str, str]]:
    return [("Clients", reverse("accounts:clients")), (client.name, way_to(client))]


def ruled_houses(user: User) -> Any:
    """Where the viewer makes clients."""
    houses = Organization.objects.visible_to(user).filter(is_active=True)
    return houses if user.is_platform_admin else houses.filter(pk__in=user.houses_as(User.Role.ADMIN))


def new_client_form(user: User, data: Any = None) -> ClientForm:
    return ClientForm(data, organizations=ruled_houses(user), may_have_none=user.is_platform_admin)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def client_list(request: HttpRequest) -> HttpResponse:
    user, status = viewer(request), None
    policies.require(user, "accounts.clients.open")
    form = new_client_form(user) if policies.can(user, "accounts.client.create") else None
    if request.method == "POST":
        policies.require(user, "accounts.client.create")
        form = new_client_form(user, request.POST)
        made: list[Client] = []
        status = refusal(form, lambda: made.append(clients.create_client(**form.cleaned_data, actor=user)))
        if status is None:
            messages.success(request, f"“{made[0]}” is a client now. Give it a project manager and a team.")
            return redirect(way_to(made[0]))
    page = paged(request, queries.clients(user, search=words(request)))
    context: dict[str, Any] = {"page": page, "q": words(request), "kept": [], "form": form}
    return render(request, "accounts/clients.html", context, status=status or 200)


@login_required
@never_cache
@require_GET
def client(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    user = viewer(request)
    shown = find_client(request, client_id)
    foreign_reads.note(user, shown)
    may_change_members = policies.can(user, "accounts.team.change_members", Team(client=shown))
    people = list(queries.people_for(shown, user)) if may_change_members else []
    rows = []
    for team in queries.teams(shown):
        memberships = list(team.memberships.all())
        inside = {membership.user_id for membership in memberships}
        candidates = [person for person in people if person.pk not in inside]
        rows.append({"team": team, "memberships": memberships, "candidates": candidates})
    may_assign = policies.can(user, "accounts.client.assign_manager", shown)
    context: dict[str, Any] = {
        "client": shown,
        "team_rows": rows,
        "may_change_members": may_change_members,
        "managers": list(queries.managers(shown)),
        "candidates_to_manage": list(queries.managers_for(shown, user)) if may_assign else [],
        "projects": list(Project.objects.visible_to(user).filter(client=shown).order_by("name", "pk")),
    }
    return render(request, "accounts/client.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def client_edit(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    shown, user = find_client(request, client_id), viewer(request)
    policies.require(user, "accounts.client.update", shown)
    form, status, heading = ClientDetailsForm.of(shown), None, f"Edit “{shown}”"
    way, to = crumbs(shown), way_to(shown)
    if request.method == "POST":
        form = ClientDetailsForm(request.POST)
        status = refusal(form, lambda: clients.update_client(shown, actor=user, **form.cleaned_data))
        if status is None:
            messages.success(request, f"“{shown}” is changed.")
            return redirect(to)
    context = {"form": form, "heading": heading, "button": "Save", "back": to, "section": "clients", "crumbs": way}
    return render(request, "accounts/form_page.html", context, status=status or 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def client_delete(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    shown, user = find_client(request, client_id), viewer(request)
    policies.require(user, "accounts.client.delete", shown)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: clients.delete_client(shown, actor=user),
            done=f"“{shown}” is deleted, with its teams and projects.",
            to=reverse("accounts:clients"),
            back=way_to(shown),
        )
    question = Question(
        title=f"Delete the client “{shown}”?",
        follows="Its teams and projects go with it, and nobody sees them any more. Finished work stays where it is.",
        button="Delete the client",
        back=way_to(shown),
        section="clients",
        crumbs=crumbs(shown),
    )
    return ask(request, question)


# Who looks after a client.


@login_required
@never_cache
@require_POST
def manager_add(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    shown, user = find_client(request, client_id), viewer(request)
    policies.require(user, "accounts.client.assign_manager", shown)
    form = ManagerForm(request.POST, people=queries.managers_for(shown, user))
    if not form.is_valid():
        messages.error(request, "Choose one of the project managers.")
        return redirect(way_to(shown))
    person = form.cleaned_data["user"]
    return carry_out(
        request,
        lambda: clients.assign_manager(shown, user_id=person.pk, actor=user),
        done=f"{person} looks after {shown} now.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def manager_remove(request: HttpRequest, client_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    shown, user = find_client(request, client_id), viewer(request)
    policies.require(user, "accounts.client.assign_manager", shown)
    manager = queries.managers(shown).filter(user=user_id).first()
    if manager is None:
        raise NotFoundError(NO_PERSON)
    person = manager.user
    if request.method == "POST":
        return carry_out(
            request,
            lambda: clients.remove_manager(shown, user_id=person.pk, actor=user),
            done=f"{person} does not look after {shown} any more.",
            to=way_to(shown),
        )
    question = Question(
        title=f"Take {shown} from {person}?",
        follows="They do not see the client and its work any more, unless they are in one of its teams.",
        button=f"Remove {person}",
        back=way_to(shown),
        section="clients",
        crumbs=crumbs(shown),
    )
    return ask(request, question)


# Teams.


@login_required
@never_cache
@require_POST
def team_add(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    shown, user = find_client(request, client_id), viewer(request)
    policies.require(user, "accounts.team.create", shown)
    form = TeamForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the team a name of up to 200 characters.")
        return redirect(way_to(shown))
    name = form.cleaned_data["name"]
    return carry_out(
        request,
        lambda: clients.create_team(shown, name=name, actor=user),
        done=f"The team “{name}” is there.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def team_edit(request: HttpRequest, team_id: uuid.UUID) -> HttpResponse:
    team, user = find_team(request, team_id), viewer(request)
    policies.require(user, "accounts.team.update", team)
    form, status, name, to = TeamForm(initial={"name": team.name}), None, team.name, way_to(team.client)
    if request.method == "POST":
        form = TeamForm(request.POST)
        status = refusal(form, lambda: clients.update_team(team, actor=user, name=form.cleaned_data["name"]))
        if status is None:
            messages.success(request, f"The team is called “{team}” now.")
            return redirect(to)
    context = {
        "form": form,
        "heading": f"Rename “{name}”",
        "button": "Save",
        "back": to,
        "section": "clients",
        "crumbs": crumbs(team.client),
    }
    return render(request, "accounts/form_page.html", context, status=status or 200)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def team_delete(request: HttpRequest, team_id: uuid.UUID) -> HttpResponse:
    team, user = find_team(request, team_id), viewer(request)
    policies.require(user, "accounts.team.delete", team)
    name, to = team.name, way_to(team.client)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: clients.delete_team(team, actor=user),
            done=f"The team “{name}” is gone.",
            to=to,
        )
    question = Question(
        title=f"Delete the team “{name}”?",
        follows=f"Its people do not see {team.client} any more, unless they are in another team of it or look after it.",
        button="Delete the team",
        back=to,
        section="clients",
        crumbs=crumbs(team.client),
    )
    return ask(request, question)


@login_required
@never_cache
@require_POST
def team_member_add(request: HttpRequest, team_id: uuid.UUID) -> HttpResponse:
    team, user = find_team(request, team_id), viewer(request)
    policies.require(user, "accounts.team.change_members", team)
    form = TeamMemberForm(request.POST, people=queries.people_for(team.client, user))
    if not form.is_valid():
        messages.error(request, "Choose one of the people of the house.")
        return redirect(way_to(team.client))
    person = form.cleaned_data["user"]
    return carry_out(
        request,
        lambda: clients.add_team_member(team, user_id=person.pk, actor=user),
        done=f"{person} is in {team} now.",
        to=way_to(team.client),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def team_member_remove(request: HttpRequest, team_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    team, user = find_team(request, team_id), viewer(request)
    policies.require(user, "accounts.team.change_members", team)
    membership = team.memberships.select_related("user").filter(user=user_id).first()
    if membership is None:
        raise NotFoundError(NO_PERSON)
    person = membership.user
    if request.method == "POST":
        return carry_out(
            request,
            lambda: clients.remove_team_member(team, user_id=person.pk, actor=user),
            done=f"{person} is not in {team} any more.",
            to=way_to(team.client),
        )
    question = Question(
        title=f"Remove {person} from {team}?",
        follows=f"They do not see {team.client} any more, unless they are in another team of it or look after it.",
        button=f"Remove {person}",
        back=way_to(team.client),
        section="clients",
        crumbs=crumbs(team.client),
    )
    return ask(request, question)


@login_required
@never_cache
@require_POST
def project_add(request: HttpRequest, client_id: uuid.UUID) -> HttpResponse:
    shown, user = find_client(request, client_id), viewer(request)
    policies.require(user, "accounts.client_project.create", shown)
    form = ProjectForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Give the project a name of up to 255 characters.")
        return redirect(way_to(shown))
    return carry_out(
        request,
        lambda: projects.create_project(owner=user, client=shown, **form.cleaned_data),
        done=f"The project “{form.cleaned_data['name']}” is there.",
        to=way_to(shown),
    )
