"""Pages of glossaries: the list, one glossary with its versions and terms, and downloads."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.models import Client, Organization, User
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, sentence_of, viewer, words
from accounts.services import foreign_reads
from core.errors import DomainError, NotFoundError
from core.rest.body import MIB
from media_library import policies as _rules
from media_library.glossary_files import writing
from media_library.glossary_files.reading import MOST_BYTES
from media_library.models import Glossary, GlossaryVersion
from media_library.pages.forms import FileForm, GlossaryForm
from media_library.services import glossaries

UNKNOWN = "There is no such glossary, or you have no access to it."
NO_VERSION = "There is no such version of this glossary."


def find_glossary(request: HttpRequest, glossary_id: uuid.UUID) -> Glossary:
    rows = Glossary.objects.visible_to(viewer(request)).select_related("client", "organization")
    glossary = found(rows, glossary_id, UNKNOWN)
    foreign_reads.note(viewer(request), glossary)
    return glossary


def shown_version(request: HttpRequest, glossary: Glossary) -> GlossaryVersion:
    """The one that the address names, else the one in force."""
    asked = request.GET.get("version", "")
    version = glossary.versions.filter(number=int(asked)).first() if _is_number(asked) else glossary.in_force
    if version is None:
        raise NotFoundError(NO_VERSION)
    return version


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def way_to(glossary: Glossary) -> str:
    return reverse("media_library:glossary", args=[glossary.pk])


def clients_kept(user: User) -> Any:
    clients = Client.objects.visible_to(user)
    if user.is_platform_admin:
        return clients
    # In houses where one keeps glossaries; and clients of no house, where one's own role counts.
    houses = clients.filter(organization__in=user.houses_as(*_rules.KEEPERS))
    return houses | clients.filter(organization=None) if user.role in _rules.KEEPERS else houses


def own_house(user: User) -> Organization | None:
    houses = list(Organization.objects.filter(pk__in=user.houses_as(*_rules.KEEPERS)).order_by("pk")[:2])
    return houses[0] if len(houses) == 1 else None


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def glossary_list(request: HttpRequest) -> HttpResponse:
    user, status, form = viewer(request), None, None
    if request.method == "POST":
        policies.require(user, "media_library.glossary.create")
    if policies.can(user, "media_library.glossary.create"):
        form = GlossaryForm(request.POST or None, request.FILES or None, clients=clients_kept(user))
    if form and request.method == "POST":
        made: list[Glossary] = []
        status = refused(form, lambda: made.append(create(form, user)))
        if status is None:
            messages.success(request, f"“{made[0]}” is there, with its terms.")
            return redirect(way_to(made[0]))
    rows = Glossary.objects.visible_to(user).live().named(words(request)).select_related("client", "organization")
    page = paged(request, rows.with_version_in_force().order_by("name", "pk"))
    context: dict[str, Any] = {"page": page, "q": words(request), "kept": [], "form": form}
    return render(request, "media_library/glossaries.html", context, status=status or 200)


def create(form: GlossaryForm, user: User) -> Glossary:
    client = form.cleaned_data["client"]
    house = None if client else own_house(user)
    policies.require(user, "media_library.glossary.create", client or Glossary(organization=house))
    file = form.cleaned_data["file"]
    return glossaries.create_glossary(
        name=form.cleaned_data["name"],
        description=form.cleaned_data["description"],
        client=client,
        organization=house,
        data=file.read(),
        filename=file.name,
        actor=user,
    )


def refused(form: FileForm, change: Any) -> int | None:
    """As `refusal`; what is wrong with the file stands beside it, with the place."""
    if not form.is_valid():
        return 422
    problem: list[tuple[str, int]] = []

    def changing() -> None:
        try:
            change()
        except DomainError as error:
            if "reason" not in error.details or error.status_code == 403:
                raise
            problem.append((explained(error), error.status_code))

    status = refusal(form, changing)
    if problem:
        form.add_error("file", problem[0][0])
        return problem[0][1]
    return status


def explained(error: DomainError) -> str:
    """The sentence, and where in the file it is about."""
    names = {"sheet": "sheet “{}”", "row": "row {}", "column": "column {}"}
    place = [text.format(error.details[key]) for key, text in names.items() if key in error.details]
    return f"{', '.join(place).capitalize()}: {sentence_of(error)}" if place else sentence_of(error)


@login_required
@never_cache
@require_GET
def glossary(request: HttpRequest, glossary_id: uuid.UUID) -> HttpResponse:
    shown = find_glossary(request, glossary_id)
    return page_of_glossary(request, shown, FileForm())


def page_of_glossary(request: HttpRequest, shown: Glossary, form: FileForm, *, status: int = 200) -> HttpResponse:
    version = shown_version(request, shown)
    terms = version.terms.holding(words(request)).defer("embedding", "words").order_by("position", "pk")
    page = paged(request, terms)
    context: dict[str, Any] = {
        "glossary": shown,
        "version": version,
        "versions": list(shown.versions.select_related("created_by")),
        "rows": [
            {"term": term, "texts": [(language, term.translations.get(language, "")) for language in version.languages]}
            for term in page
        ],
        "page": page,
        "q": words(request),
        "kept": [] if version.is_active else [("version", version.number)],
        "form": form,
        "may_change": not shown.archived_at
        and bool(policies.can(viewer(request), "media_library.glossary.change", shown)),
    }
    return render(request, "media_library/glossary.html", context, status=status)


@login_required
@never_cache
@require_POST
def version_add(request: HttpRequest, glossary_id: uuid.UUID) -> HttpResponse:
    shown, user = find_glossary(request, glossary_id), viewer(request)
    policies.require(user, "media_library.glossary.change", shown)
    form = FileForm(request.POST, request.FILES)
    made: list[GlossaryVersion] = []

    def adding() -> None:
        file = form.cleaned_data["file"]
        made.append(glossaries.add_version(shown, data=file.read(), filename=file.name, actor=user))

    if status := refused(form, adding):
        return page_of_glossary(request, shown, form, status=status)
    messages.success(request, f"Version {made[0].number} is there. It counts once you activate it.")
    return redirect(f"{way_to(shown)}?version={made[0].number}")


@login_required
@never_cache
@require_POST
def version_activate(request: HttpRequest, glossary_id: uuid.UUID, version_id: uuid.UUID) -> HttpResponse:
    shown, user = find_glossary(request, glossary_id), viewer(request)
    version = found(shown.versions.all(), version_id, NO_VERSION)
    policies.require(user, "media_library.glossary.change", shown)
    return carry_out(
        request,
        lambda: glossaries.activate(shown, version_id=version.pk, actor=user),
        done=f"Version {version.number} counts now.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_POST
def version_reembed(request: HttpRequest, glossary_id: uuid.UUID, version_id: uuid.UUID) -> HttpResponse:
    shown, user = find_glossary(request, glossary_id), viewer(request)
    version = found(shown.versions.select_related("glossary"), version_id, NO_VERSION)
    policies.require(user, "media_library.glossary.change", shown)
    return carry_out(
        request,
        lambda: glossaries.reembed(version, actor=user),
        done=f"The meaning of the terms of version {version.number} is worked out again.",
        to=way_to(shown),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def glossary_archive(request: HttpRequest, glossary_id: uuid.UUID) -> HttpResponse:
    shown, user = find_glossary(request, glossary_id), viewer(request)
    policies.require(user, "media_library.glossary.archive", shown)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: glossaries.archive_glossary(shown, actor=user),
            done=f"“{shown}” is archived.",
            to=reverse("media_library:glossaries"),
        )
    question = Question(
        title=f"Archive “{shown}”?",
        follows="It leaves the list and its name is free again. Its versions and terms stay where they are.",
        button="Archive the glossary",
        back=way_to(shown),
        section="glossaries",
        crumbs=[("Glossaries", reverse("media_library:glossaries")), (shown.name, way_to(shown))],
    )
    return ask(request, question)


@login_required
@never_cache
@require_GET
def download(request: HttpRequest, glossary_id: uuid.UUID, kind: str) -> HttpResponse:
    """All terms of a version, as they can be uploaded again."""
    shown = find_glossary(request, glossary_id)
    version = shown_version(request, shown)
    made, content_type = (
        (writing.as_xlsx(version), writing.XLSX)
        if kind == "xlsx"
        else (writing.as_csv(version), "text/csv; charset=utf-8; header=present")
    )
    response = HttpResponse(made, content_type=content_type)
    name = f"{slugify(shown.name) or 'glossary'}-{version.number}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# The file, and room for the form's other fields.
glossary_list.max_body_bytes = MOST_BYTES + MIB  # type: ignore[attr-defined]  # core.rest.body reads it
version_add.max_body_bytes = MOST_BYTES + MIB  # type: ignore[attr-defined]  # core.rest.body reads it
