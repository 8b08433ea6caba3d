"""The list of dubs, narrowed down and sorted, and beginning a new one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import policies
from accounts.models import User
from accounts.pages.parts import paged, refusal, viewer, words
from core import languages
from core.live.events import percent
from core.rest.body import MIB
from core.storage.spooling import spooled
from dubbing.models import Dub
from dubbing.pages.forms import NewDubForm, videos_of
from dubbing.pages.shown import STATES, doing
from dubbing.services import dubs
from media_library.models import Asset
from media_library.pages.cards import shown
from media_library.queries import links
from media_library.services import intake

S = Dub.Status
GROUPS: dict[str, tuple[str, frozenset[str]]] = {
    "work": ("At work", dubs.AT_WORK),
    "open": ("Being edited", frozenset({S.EDITING})),
    "ready": ("Ready", frozenset({S.READY})),
    "stopped": ("Failed or cancelled", frozenset({S.FAILED, S.CANCELLED})),
}
SORTS = (("newest", "Newest first"), ("changed", "Last changed"), ("title", "Title"), ("language", "Language"))
ORDERS = {
    "newest": ("-created_at", "-pk"),
    "changed": ("-updated_at", "-pk"),
    "title": ("title", "pk"),
    "language": ("target_language", "-created_at", "-pk"),
}


@dataclass(frozen=True)
class Chip:
    name: str
    count: int
    on: bool
    href: str


@dataclass(frozen=True)
class Row:
    dub: Dub
    picture: str
    percent: int
    doing: str

    @property
    def state(self) -> str:
        return STATES[S(self.dub.status)]

    @property
    def at_work(self) -> bool:
        return self.dub.status in dubs.AT_WORK

    @property
    def milliseconds(self) -> float | None:
        return None if self.dub.video.duration is None else self.dub.video.duration * 1000


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def dub_list(request: HttpRequest) -> HttpResponse:
    user, status = viewer(request), None
    wanted = chosen(request, user)
    form = NewDubForm(user=user, video=wanted)
    if request.method == "POST":
        form = NewDubForm(request.POST, request.FILES, user=user, video=wanted)
        made: list[Dub] = []
        status = refusal(form, lambda: made.append(begin(form, user)))
        if status is None:
            return redirect("dubbing:dub", made[0].pk)
    if request.headers.get("HX-Request") and request.GET.get("part") == "languages":
        return render(request, "dubbing/partials/_languages.html", {"form": form})
    context = {**board(request, user), "form": form, "opened": bool(form.errors) or wanted is not None}
    return render(request, "dubbing/dubs.html", context, status=status or 200)


# core.rest.body: the file and what stands around it in the form.
dub_list.max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + MIB  # type: ignore[attr-defined]  # core.rest.body reads it


def chosen(request: HttpRequest, user: User) -> Asset | None:
    """The video that an address, or the form, names."""
    named = (request.POST if request.method == "POST" else request.GET).get("video", "")
    try:
        return videos_of(user).filter(pk=uuid.UUID(named)).first()
    except ValueError:
        return None


def begin(form: NewDubForm, user: User) -> Dub:
    said: dict[str, Any] = form.cleaned_data
    video = said["video"]
    if said["file"]:
        with spooled(said["file"]) as path:
            video = intake.take_in(
                path, owner=user, filename=said["file"].name, content_type=form.content_type, project=said["project"]
            )
    policies.require(user, "dubbing.dub.create", video)
    return dubs.begin(
        video,
        actor=user,
        target_language=said["language"],
        title=said["title"],
        options=form.options(),
        project=said["project"],
    )


def board(request: HttpRequest, user: User) -> dict[str, Any]:
    mine, text = Dub.objects.visible_to(user), words(request)
    state, language = request.GET.get("state", ""), request.GET.get("language", "")
    own, said = bool(request.GET.get("mine")), request.GET
    sort = request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "newest"
    counts = counted(mine, user)
    rows = narrowed(mine, state=state, language=language, text=text, owner=user if own else None)
    page = paged(request, rows.select_related("video", "owner", "run", "film").order_by(*ORDERS[sort]))
    shown_rows = rows_of(list(page.object_list))
    tags = sorted({one.language for one in counts} | ({language} if language else set()))
    return {
        "page": page,
        "rows": shown_rows,
        "busy": any(row.at_work for row in shown_rows),
        "q": text,
        "kept": [(name, value) for name, value in said.items() if name in {"state", "language", "mine", "sort"}],
        "filters_kept": [(name, value) for name, value in said.items() if name in {"state", "language", "mine", "q"}],
        "filtered": bool(state in GROUPS or language or own),
        "sort": sort,
        "sorts": SORTS,
        "chips": [
            *(
                Chip(
                    label,
                    sum(one.count for one in counts if one.status in members),
                    key == state,
                    way(said, "state", key),
                )
                for key, (label, members) in GROUPS.items()
            ),
            *(
                Chip(
                    languages.name(tag),
                    sum(one.count for one in counts if one.language == tag),
                    tag == language,
                    way(said, "language", tag),
                )
                for tag in tags
            ),
            Chip("My own", sum(one.own for one in counts), own, way(said, "mine", "1")),
        ],
    }


@dataclass(frozen=True)
class Counted:
    """How many dubs of a state and a language there are, and how many of them are the viewer's."""

    status: str
    language: str
    count: int
    own: int


def counted(rows: QuerySet[Dub], user: User) -> list[Counted]:
    found = rows.order_by().values("status", "target_language")
    found = found.annotate(count=Count("pk", distinct=True), own=Count("pk", distinct=True, filter=Q(owner=user)))
    return [Counted(one["status"], one["target_language"], one["count"], one["own"]) for one in found]


def narrowed(rows: QuerySet[Dub], *, state: str, language: str, text: str, owner: User | None) -> QuerySet[Dub]:
    if state in GROUPS:
        rows = rows.filter(status__in=GROUPS[state][1])
    if language:
        rows = rows.filter(target_language=language)
    if text:
        rows = rows.filter(title__icontains=text)
    return rows.filter(owner=owner) if owner is not None else rows


def way(query: QueryDict, name: str, value: str) -> str:
    """The same list with this filter; without it where it is in force already."""
    changed = query.copy()
    changed.pop("page", None)
    if changed.get(name) == value:
        changed.pop(name)
    else:
        changed[name] = value
    return f"?{changed.urlencode()}"


def rows_of(found: list[Dub]) -> list[Row]:
    pictures = links.pictures([one.video for one in found])
    steps = doing([one.run_id for one in found if one.status in dubs.AT_WORK and one.run_id])
    return [
        Row(
            dub=one,
            picture=shown(pictures.get(one.video_id)),
            percent=percent(one.run.progress) if one.run else 0,
            doing=steps.get(one.run_id, "Waits for a free worker"),
        )
        for one in found
    ]
