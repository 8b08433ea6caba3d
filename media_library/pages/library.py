"""The library as a page: what one sees of it, filtered; files coming in; and what is done with several at once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.models import Project, User
from accounts.pages.parts import found, paged, refusal, sentence_of, viewer, words
from core.errors import DomainError, InvalidFieldError
from core.live.events import last_seq
from core.rest.body import MIB
from core.storage.spooling import spooled
from core.storage.uploads import PIECE_BYTES
from media_library import events
from media_library.models import Asset, Collection, Intake
from media_library.pages import cards, filters, undo
from media_library.pages.library_forms import ImportForm, UploadForm, split_tags
from media_library.queries import assets as reads
from media_library.queries import intakes
from media_library.services import accepting, imports, intake, quota
from media_library.services import bulk as many

VIEWS = ("grid", "list")
VIEW_COOKIE = "library_view"
YEAR = 365 * 24 * 3600
MOST_CHOICES = 200
MOST_ARRIVING = 10
NOBODY = uuid.UUID(int=0)
NO_COLLECTION = "There is no such collection, or you have no access to it."
NO_PROJECT = "There is no such project, or you have no access to it."
ABOUT = {
    "": ("Library", "Everything you own and share, findable by what was said, shown or meant."),
    "video": ("Videos", "The films of your library."),
    "audio": ("Audio", "The recordings of your library."),
}
NOTHING = {
    "": ("Your library is empty", "Files come here once, and every job, search and conversation finds them."),
    "video": (
        "No videos yet",
        "Films that you upload stand here, with pictures to scrub over and what is said in them.",
    ),
    "audio": ("No recordings yet", "Recordings that you upload stand here, with what is said in them."),
}


@login_required
@never_cache
@require_GET
def library_page(request: HttpRequest) -> HttpResponse:
    return shown(request)


@login_required
@never_cache
@require_GET
def videos(request: HttpRequest) -> HttpResponse:
    return shown(request, kind=Asset.Kind.VIDEO)


@login_required
@never_cache
@require_GET
def audio(request: HttpRequest) -> HttpResponse:
    return shown(request, kind=Asset.Kind.AUDIO)


def shown(
    request: HttpRequest, *, kind: str = "", forms: Mapping[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """The page, or its list alone for whoever asks for a fragment. With `kind` it is about nothing else."""
    user = viewer(request)
    policies.require(user, "media_library.library.open")
    view = chosen_view(request)
    context = listing(request, user, kind=kind) | {"view": view}
    if request.headers.get("HX-Request"):
        return render(request, "media_library/partials/_grid.html", context)
    context |= uploading(user, forms or {}) | {
        "heading": ABOUT[kind][0],
        "about": ABOUT[kind][1],
        "facets": filters.facets(request, user, kind=kind),
        "search_url": reverse("media_library:search"),
        "search_kept": [("kind", kind)] if kind else [],
        "after": last_seq(events.STREAM),
    }
    response = render(request, "media_library/library.html", context, status=status)
    if request.GET.get("view") in VIEWS:
        response.set_cookie(VIEW_COOKIE, view, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def chosen_view(request: HttpRequest) -> str:
    """What the address says, else what was chosen last."""
    for view in (request.GET.get("view"), request.COOKIES.get(VIEW_COOKIE)):
        if view in VIEWS:
            return str(view)
    return VIEWS[0]


def listing(request: HttpRequest, user: User, *, kind: str = "") -> dict[str, Any]:
    wanted = filters.asked(request, kind=kind)
    rows = reads.listed(user, wanted).select_related("owner", "project", "run", "transcript")
    page = paged(request, rows)
    # Uploads are told of by the place that sends them, fetched files by nobody else.
    arriving = [one for one in intakes.under_way(user) if one.source_url or one.status == Intake.Status.REFUSED]
    return {
        "page": page,
        "arriving": arriving[:MOST_ARRIVING],
        "fetching": any(one.status == Intake.Status.COMING for one in arriving),
        "cards": cards.cards(page.object_list),
        "chips": filters.chips(request, user),
        "facets": True,
        "sorts": filters.SORTS,
        "sort": wanted.sort,
        "kept": [(key, value) for key, value in request.GET.items() if key not in {"sort", "page"}],
        "q": words(request),
        "archived": wanted.archived,
        "nothing": dict(zip(("title", "text"), NOTHING[kind], strict=True)),
        "own_projects": projects_of(user),
        "own_collections": collections_of(user),
    }


def projects_of(user: User) -> list[Project]:
    live = Project.objects.visible_to(user).exclude(status=Project.Status.ARCHIVED)
    return list(live.order_by("name", "pk")[:MOST_CHOICES])


def collections_of(user: User) -> list[Collection]:
    return list(Collection.objects.visible_to(user).order_by("name", "pk")[:MOST_CHOICES])


def uploading(user: User, forms: Mapping[str, Any]) -> dict[str, Any]:
    """What the place for uploads needs."""
    usage = quota.usage(user)
    return {
        "form": forms.get("form") or upload_form(user),
        "import_form": forms.get("import_form") or ImportForm(),
        "usage": usage,
        "share": share_of(usage),
        "types": [f".{ending}" for ending in accepting.endings()],
        "most": settings.UPLOAD_MAX_BYTES,
        "most_without_scripts": settings.UPLOAD_DIRECT_MAX_BYTES,
        # As few requests as a proxy's own limit allows; what arrived of one that broke off is kept.
        "chunk": 4 * PIECE_BYTES,
        "asset_path": reverse("media_library:asset", args=[NOBODY]),
        "duplicates_path": reverse("media_library_api:asset_duplicates", args=[NOBODY]),
        "upload_open": False,
    }


def share_of(usage: quota.Usage) -> int:
    return min(100, round(100 * (usage.used + usage.pending) / usage.limit)) if usage.limit else 100


def upload_form(user: User, *data: Any) -> UploadForm:
    projects = Project.objects.visible_to(user).exclude(status=Project.Status.ARCHIVED).order_by("name", "pk")
    return UploadForm(*data, projects=projects, collections=Collection.objects.visible_to(user))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """A file of moderate size in one form; with scripts the page sends files in parts instead."""
    if request.method == "GET":
        return redirect("media_library:library")
    user = viewer(request)
    form = upload_form(user, request.POST, request.FILES)
    made: list[Asset] = []

    def taking() -> None:
        file, chosen = form.cleaned_data["file"], form.cleaned_data
        with spooled(file) as path:
            made.append(
                intake.take_in(
                    path,
                    owner=user,
                    filename=file.name,
                    content_type=file.content_type or "",
                    project=chosen["project"],
                    collection=chosen["collection"],
                )
            )

    status = refusal(form, taking)
    if status:
        return shown(request, forms={"form": form}, status=status)
    messages.success(request, f"“{made[0]}” is in the library. It is being prepared.")
    return redirect("media_library:asset", asset_id=made[0].pk)


upload.max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + MIB  # type: ignore[attr-defined]  # core.rest.body reads it


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def fetch(request: HttpRequest) -> HttpResponse:
    """A file from an address on the web."""
    if request.method == "GET":
        return redirect("media_library:library")
    user, form = viewer(request), ImportForm(request.POST)
    status = refusal(form, lambda: imports.import_url(owner=user, url=form.cleaned_data["url"]))
    if status:
        return shown(request, forms={"import_form": form}, status=status)
    messages.success(request, "The studio fetches it. It appears here once it has come.")
    return redirect("media_library:library")


@login_required
@never_cache
@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """One act on all that were chosen; each is judged for itself, and the message says how many went."""
    user, back = viewer(request), way_back(request)
    ids = identities(request)
    if not ids:
        messages.error(request, "Choose at least one file first.")
        return redirect(back)
    try:
        outcomes = act_on(ids, request, user)
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return redirect(back)
    tell(request, outcomes)
    return redirect(back)


def act_on(ids: list[uuid.UUID], request: HttpRequest, user: User) -> list[many.Outcome]:
    asked = request.POST
    match asked.get("act"):
        case "archive":
            return many.archive(ids, actor=user)
        case "restore":
            return many.restore(ids, actor=user)
        case "tag":
            return many.tag(ids, actor=user, add=split_tags(asked.get("tags", "")))
        case "collect":
            wanted = found(
                Collection.objects.visible_to(user), filters.identity(asked.get("collection")), NO_COLLECTION
            )
            return many.collect(ids, actor=user, collection=wanted)
        case "move":
            project = asked.get("project") or None
            to = found(Project.objects.visible_to(user), filters.identity(project), NO_PROJECT) if project else None
            return many.move(ids, actor=user, project=to)
    raise InvalidFieldError("Say what is to be done with these files.", field="act")


DONE = {"archive": "Archived", "restore": "Restored", "tag": "Tagged", "collect": "Collected", "move": "Moved"}


def tell(request: HttpRequest, outcomes: list[many.Outcome]) -> None:
    """How many went, and why the others did not; a reason that many share is said once."""
    done = sum(1 for outcome in outcomes if not outcome.error)
    act = request.POST.get("act", "")
    if done:
        gone = [outcome.id for outcome in outcomes if not outcome.error]
        undo.offer(request, f"{DONE[act]} {done} {'file' if done == 1 else 'files'}.", act=act, ids=gone)
    for reason in list(dict.fromkeys(outcome.error for outcome in outcomes if outcome.error))[:3]:
        count = sum(1 for outcome in outcomes if outcome.error == reason)
        messages.error(request, f"{count} {'file stays' if count == 1 else 'files stay'} as before: {reason}")


def way_back(request: HttpRequest) -> str:
    """The list one came from, with its filters."""
    back = request.POST.get("back", "")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("media_library:library")


def identities(request: HttpRequest) -> list[uuid.UUID]:
    """What was ticked in a list."""
    found = [filters.identity(one) for one in request.POST.getlist("ids")]
    return [one for one in found if one is not None]
