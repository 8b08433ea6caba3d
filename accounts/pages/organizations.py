"""Pages of organisations and who belongs to them."""

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
from accounts.models import Client, Invitation, Membership, Organization, User
from accounts.pages.forms import AddMemberForm, OrganizationForm, RoleForm
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads, houses
from core.errors import NotFoundError

UNKNOWN = "There is no such organisation, or you do not belong to it."
NO_MEMBER = "This person does not belong to the organisation."
CLIENTS_SHOWN = 50


def find_house(request: HttpRequest, house_id: uuid.UUID) -> Organization:
    house = found(Organization.objects.visible_to(viewer(request)), house_id, UNKNOWN)
    foreign_reads.note(viewer(request), house)
    return house


def find_member(house: Organization, user_id: uuid.UUID) -> Membership:
    membership = queries.members(house).filter(user=user_id).first()
    if membership is None:
        raise NotFoundError(NO_MEMBER)
    return membership


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def organization_list(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    form, status = OrganizationForm(), None
    if request.method == "POST":
        policies.require(user, "accounts.organization.create")
        form = OrganizationForm(request.POST)
        made: list[Organization] = []
        status = refusal(
            form, lambda: made.append(houses.create_organization(name=form.cleaned_data["name"], actor=user))
        )
        if status is None:
            messages.success(request, f"“{made[0]}” is there. Add its first people.")
            return redirect("accounts:organization", house_id=made[0].pk)
    page = paged(request, queries.houses(user, search=words(request)))
    context = {"page": page, "q": words(request), "kept": [], "form": form}
    return render(request, "accounts/organizations.html", context, status=status or 200)


@login_required
@never_cache
@require_GET
def organization(request: HttpRequest, house_id: uuid.UUID) -> HttpResponse:
    house = find_house(request, house_id)
    foreign_reads.note(viewer(request), house)
    return show(request, house, AddMemberForm())


def show(request: HttpRequest, house: Organization, form: AddMemberForm, *, status: int = 200) -> HttpResponse:
    user = viewer(request)
    context: dict[str, Any] = {
        "house": house,
        "q": words(request),
        "kept": [],
        "form": form,
        "roles": User.Role.choices,
        "clients": Client.objects.visible_to(user).filter(organization=house).order_by("name", "pk")[:CLIENTS_SHOWN],
    }
    if policies.can(user, "accounts.member.list", house):
        addresses = bool(policies.can(user, "accounts.member.see_address", house))
        context["page"] = paged(request, queries.members(house, search=words(request), addresses=addresses))
    if policies.can(user, "accounts.member.add", house):
        context["open_invitations"] = (
            Invitation.objects.open().filter(organization=house).order_by("-created_at", "-pk")
        )
    return render(request, "accounts/organization.html", context, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def organization_edit(request: HttpRequest, house_id: uuid.UUID) -> HttpResponse:
    house, user = find_house(request, house_id), viewer(request)
    policies.require(user, "accounts.organization.update", house)
    form, status = OrganizationForm(initial={"name": house.name}), None
    name = house.name
    if request.method == "POST":
        form = OrganizationForm(request.POST)
        status = refusal(form, lambda: houses.update_organization(house, actor=user, name=form.cleaned_data["name"]))
        if status is None:
            messages.success(request, f"The organisation is called “{form.cleaned_data['name']}” now.")
            return redirect("accounts:organization", house_id=house.pk)
    here = reverse("accounts:organization", args=[house.pk])
    context = {
        "form": form,
        "heading": f"Rename “{name}”",
        "button": "Save",
        "back": here,
        "section": "people",
        "crumbs": [("Organisations", reverse("accounts:organizations")), (name, here)],
    }
    return render(request, "accounts/form_page.html", context, status=status or 200)


@login_required
@never_cache
@require_POST
def member_add(request: HttpRequest, house_id: uuid.UUID) -> HttpResponse:
    house, user = find_house(request, house_id), viewer(request)
    policies.require(user, "accounts.member.add", house)
    form = AddMemberForm(request.POST)
    made: list[Membership | Invitation] = []
    status = refusal(
        form,
        lambda: made.append(
            houses.add_member(house, email=form.cleaned_data["email"], role=form.cleaned_data["role"], actor=user)
        ),
    )
    if status is not None:
        return show(request, house, form, status=status)
    if isinstance(made[0], Invitation):
        messages.success(request, f"An invitation is on its way to {made[0].email}.")
    else:
        messages.success(request, f"{made[0].user} belongs to {house} now.")
    return redirect("accounts:organization", house_id=house.pk)


@login_required
@never_cache
@require_POST
def member_role(request: HttpRequest, house_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    house, user = find_house(request, house_id), viewer(request)
    policies.require(user, "accounts.member.update", house)
    membership = find_member(house, user_id)
    policies.require(user, "accounts.member.update", membership)
    form = RoleForm(request.POST)
    to = reverse("accounts:organization", args=[house.pk])
    if not form.is_valid():
        messages.error(request, "Choose one of the roles.")
        return redirect(to)
    role = form.cleaned_data["role"]
    label = User.Role(role).label.lower()
    return carry_out(
        request,
        lambda: houses.change_member_role(membership, role=role, actor=user),
        done=f"{membership.user} is {label} here now, and signs in anew.",
        to=to,
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def member_remove(request: HttpRequest, house_id: uuid.UUID, user_id: uuid.UUID) -> HttpResponse:
    house, user = find_house(request, house_id), viewer(request)
    policies.require(user, "accounts.member.remove", house)
    membership = find_member(house, user_id)
    policies.require(user, "accounts.member.remove", membership)
    here = reverse("accounts:organization", args=[house.pk])
    if request.method == "POST":
        return carry_out(
            request,
            lambda: houses.remove_member(membership, actor=user),
            done=f"{membership.user} does not belong to {house} any more.",
            to=here,
        )
    question = Question(
        title=f"Remove {membership.user} from {house}?",
        follows=(
            "They are signed out, and leave the teams and projects of its clients and the clients they manage. "
            "The account stays, and so does what they made."
        ),
        button=f"Remove {membership.user}",
        back=here,
        section="people",
        crumbs=[("Organisations", reverse("accounts:organizations")), (house.name, here)],
    )
    return ask(request, question)
