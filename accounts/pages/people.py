"""The page of people."""

from __future__ import annotations

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import policies, queries
from accounts.models import Organization, User
from accounts.pages.parts import paged, viewer, words


@login_required
@never_cache
@require_GET
def person_list(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    policies.require(user, "accounts.people.open")
    role = request.GET.get("role", "")
    role = role if role in User.Role.values else ""
    house = wanted_house(request)
    people = queries.people(user, search=words(request), role=role, house=house.pk if house else None)
    page = paged(request, people)
    open_houses = queries.houses_with_addresses(user)
    context = {
        "page": page,
        "rows": [{"person": person, "open": is_open(person, open_houses)} for person in page],
        "addresses": open_houses is None or bool(open_houses),
        "roles": User.Role.choices,
        "role": role,
        "house": house,
        "q": words(request),
        "kept": [(key, value) for key, value in (("role", role), ("house", house.pk if house else "")) if value],
    }
    return render(request, "accounts/people.html", context)


def is_open(person: User, houses: list[uuid.UUID] | None) -> bool:
    """Whether the viewer sees more of this person than the name."""
    return houses is None or any(place.organization_id in houses for place in person.memberships.all())


def wanted_house(request: HttpRequest) -> Organization | None:
    try:
        pk = uuid.UUID(request.GET.get("house", ""))
    except ValueError:
        return None
    return Organization.objects.visible_to(viewer(request)).filter(pk=pk).first()
