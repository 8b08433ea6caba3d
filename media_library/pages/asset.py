"""One file of the library: to watch, read, describe, cut, put away."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.models import Project, User
from accounts.pages.parts import Question, ask, carry_out, found, refusal, viewer
from accounts.services import foreign_reads
from core.live.events import last_seq
from core.rest.body import MIB
from core.storage import for_page
from core.storage.spooling import spooled
from media_library import events, uses
from media_library.models import Asset, Collection, Transcript
from media_library.pages import asset_shown, cards, filters, undo
from media_library.pages.library import collections_of, projects_of
from media_library.pages.library_forms import ClipForm, DetailsForm, PlaceForm, VersionForm
from media_library.pages.player import player_of, start_of
from media_library.queries import assets as reads
from media_library.queries import links
from media_library.services import assets as library
from media_library.services import clips, collections, ingestion, intake, versions

UNKNOWN = "There is no such file, or you have no access to it."
NO_COLLECTION = "There is no such collection, or you have no access to it."
CHANGE = "media_library.asset.change"
ARCHIVE = "media_library.asset.archive"
DELETE = "media_library.asset.delete"
PARTS = {
    name: f"media_library/partials/_{file}.html"
    for name, file in (("live", "asset_live"), ("clips", "clips"), ("words", "words"))
}


def find_asset(request: HttpRequest, asset_id: uuid.UUID, action: str = "") -> Asset:
    """The file, for somebody who may do this with it."""
    user = viewer(request)
    rows = Asset.objects.visible_to(user).filter(purpose=Asset.Purpose.ORIGINAL)
    asset = found(rows.select_related("project", "organization", "owner", "run", "cut_from"), asset_id, UNKNOWN)
    foreign_reads.note(user, asset)
    if action:
        policies.require(user, action, asset)
    return asset


def way_to(asset: Asset) -> str:
    return reverse("media_library:asset", args=[asset.pk])


@login_required
@never_cache
@require_GET
def asset(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    return shown(request, find_asset(request, asset_id))


def shown(
    request: HttpRequest, asset: Asset, *, forms: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context = context_of(request, asset) | (forms or {})
    part = PARTS.get(request.GET.get("part", "")) if request.headers.get("HX-Request") else None
    return render(request, part or "media_library/asset.html", context, status=status)


def context_of(request: HttpRequest, asset: Asset) -> dict[str, Any]:
    user = viewer(request)
    made = asset_shown.made_of(asset)
    transcript = Transcript.objects.filter(asset=asset).first()
    picture = made.get(Asset.Purpose.PREVIEW) or made.get(Asset.Purpose.POSTER)
    cut = asset_shown.clips(asset)
    held = list(asset.collections.filter(pk__in=Collection.objects.visible_to(user)).order_by("name", "pk"))
    may_change = policies.can(user, CHANGE, asset)
    proposals = asset_shown.proposals(asset) if may_change else []
    return {
        "asset": asset,
        "transcript": transcript,
        "player": player_of(asset, made=made, transcript=transcript, start=start_of(request.GET.get("t"))),
        "picture": cards.shown(picture) if asset.kind == Asset.Kind.IMAGE else "",
        "has_picture": Asset.Purpose.POSTER in made or bool(picture),
        "text": asset_shown.text_of(asset, made),
        "milliseconds": None if asset.duration is None else asset.duration * 1000,
        "preparation": asset_shown.preparation(asset),
        "technical": asset_shown.technical(asset),
        "palette": asset_shown.palette(asset),
        "proposals": proposals,
        # What waits for a decision is not told twice.
        "seen": {} if any(one.suggestion.kind == "picture" for one in proposals) else asset.analysis,
        "chapters": [{**chapter, "milliseconds": chapter["start"] * 1000} for chapter in asset.chapters],
        "versions": versions.stack(asset),
        "uses": uses.of(asset, user),
        "duplicates": list(reads.duplicates(asset, user)[:10]),
        "clips": cut,
        "clips_in_making": any(one.making for one in cut),
        "held": held,
        "free_collections": [one for one in collections_of(user) if one not in held],
        "may_change": may_change,
        "may_archive": policies.can(user, ARCHIVE, asset),
        "may_delete": policies.can(user, DELETE, asset),
        "details": DetailsForm(initial=said_of(asset)),
        "place": place_form(user, initial={"project": asset.project_id}),
        "version_form": VersionForm(),
        "clip_form": clip_form(asset, initial=clip_range(request, asset)),
        "after": last_seq(events.STREAM),
        "socket": f"/ws/library?asset_id={asset.pk}",
        "download": reverse("media_library:asset_file", args=[asset.pk]),
    }


def said_of(asset: Asset) -> dict[str, str]:
    return {"title": asset.title, "description": asset.description, "tags": ", ".join(asset.tags)}


def place_form(user: User, *data: Any, **kwargs: Any) -> PlaceForm:
    projects = Project.objects.visible_to(user).filter(pk__in=[one.pk for one in projects_of(user)])
    return PlaceForm(*data, projects=projects, **kwargs)


def clip_range(request: HttpRequest, asset: Asset) -> dict[str, str]:
    """What the address, a selection of words for instance, already says of the ends."""
    fallback = {"start": "0", "end": f"{min(asset.duration or 10, 10):.3f}"}
    return {name: request.GET.get(name, "")[:20] or fallback[name] for name in fallback}


def clip_form(asset: Asset, *data: Any, **kwargs: Any) -> ClipForm:
    return ClipForm(*data, formats=clips.FORMATS.get(Asset.Kind(asset.kind), ()), **kwargs)


@login_required
@never_cache
@require_GET
def file(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """The file as it was brought."""
    return redirect(for_page(links.link(find_asset(request, asset_id))))


@login_required
@never_cache
@require_GET
def captions(request: HttpRequest, asset_id: uuid.UUID, language: str) -> HttpResponse:
    """Captions of the player: the track's newest text, or what was heard."""
    return HttpResponse(
        asset_shown.captions_text(find_asset(request, asset_id), language), content_type="text/vtt; charset=utf-8"
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def details(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """Title, description and tags, in place where scripts run."""
    asset = find_asset(request, asset_id, CHANGE)
    if request.method == "GET":
        return redirect(way_to(asset))
    form = DetailsForm(request.POST)
    status = refusal(form, lambda: library.change(asset, actor=viewer(request), **form.cleaned_data))
    if request.headers.get("HX-Request"):
        context = context_of(request, asset) | ({"details": form} if status else {})
        return render(request, "media_library/partials/_about.html", context, status=status or 200)
    if status:
        return shown(request, asset, forms={"details": form}, status=status)
    messages.success(request, "Saved.")
    return redirect(way_to(asset))


@login_required
@never_cache
@require_POST
def place(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """The project that it belongs to."""
    asset, user = find_asset(request, asset_id, CHANGE), viewer(request)
    form = place_form(user, request.POST)
    status = refusal(form, lambda: library.change(asset, actor=user, project=form.cleaned_data["project"]))
    if status:
        return shown(request, asset, forms={"place": form}, status=status)
    messages.success(request, f"It is in “{asset.project}” now." if asset.project else "It is in no project now.")
    return redirect(way_to(asset))


@login_required
@never_cache
@require_POST
def collect(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """Into a collection, or out of one again."""
    asset, user = find_asset(request, asset_id), viewer(request)
    wanted = request.POST.get("collection", "")
    collection = found(Collection.objects.visible_to(user), filters.identity(wanted), NO_COLLECTION)
    policies.require(user, "media_library.collection.change", collection)
    out = request.POST.get("act") == "remove"
    return carry_out(
        request,
        lambda: (collections.remove if out else collections.add)(collection, [asset], actor=user),
        done=f"Out of “{collection}”." if out else f"In “{collection}”.",
        to=way_to(asset),
    )


@login_required
@never_cache
@require_POST
def archive(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    asset = find_asset(request, asset_id, ARCHIVE)
    library.archive(asset, actor=viewer(request))
    undo.offer(request, f"“{asset}” is archived.", act="archive", ids=[asset.pk])
    return redirect("media_library:library")


@login_required
@never_cache
@require_POST
def restore(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    asset = find_asset(request, asset_id, ARCHIVE)
    library.restore(asset, actor=viewer(request))
    messages.success(request, f"“{asset}” is back in the library.")
    return redirect(way_to(asset))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """Asked once, naming the file: this cannot be taken back."""
    asset = find_asset(request, asset_id, DELETE)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: library.delete_permanently(asset, actor=viewer(request)),
            done=f"“{asset}” is gone for good.",
            to=reverse("media_library:library"),
            back=way_to(asset),
        )
    question = Question(
        title=f"Delete “{asset}” for good?",
        follows="The file goes, and with it everything made from it and said about it: pictures, transcript, captions, clips. "
        "Nobody can bring it back. Archive it instead if you only want it out of the way.",
        button="Delete it for good",
        back=way_to(asset),
        section="library",
        crumbs=[("Library", reverse("media_library:library")), (asset.name, way_to(asset))],
    )
    return ask(request, question)


@login_required
@never_cache
@require_POST
def version_add(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    asset, user = find_asset(request, asset_id, CHANGE), viewer(request)
    form = VersionForm(request.POST, request.FILES)
    made: list[Asset] = []

    def adding() -> None:
        sent = form.cleaned_data["file"]
        with spooled(sent) as path:
            made.append(
                intake.take_in(
                    path, owner=user, filename=sent.name, content_type=sent.content_type or "", replaces=asset
                )
            )

    status = refusal(form, adding)
    if status:
        return shown(request, asset, forms={"version_form": form}, status=status)
    messages.success(request, f"Version {made[0].version} is in. It is being prepared.")
    return redirect(way_to(made[0]))


version_add.max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + MIB  # type: ignore[attr-defined]  # core.rest.body reads it


@login_required
@never_cache
@require_POST
def prepare(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """Once more, or no further."""
    asset, user = find_asset(request, asset_id, CHANGE), viewer(request)
    stop = request.POST.get("act") == "cancel"
    return carry_out(
        request,
        lambda: (ingestion.cancel if stop else ingestion.restart)(asset, by=user),
        done="The preparation stops." if stop else "The preparation goes on.",
        to=way_to(asset),
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def clip(request: HttpRequest, asset_id: uuid.UUID) -> HttpResponse:
    """A range as a file to download, or as a file of the library."""
    asset, user = find_asset(request, asset_id), viewer(request)
    if request.method == "GET":
        return redirect(f"{way_to(asset)}?{request.GET.urlencode()}#clips")
    form, keep = clip_form(asset, request.POST), request.POST.get("act") == "keep"
    kept: list[Asset] = []

    def cutting() -> None:
        start, end = form.cleaned_data["start"], form.cleaned_data["end"]
        if keep:
            title = request.POST.get("title", "").strip()[:255]
            kept.append(clips.save_clip(asset, start=start, end=end, title=title, by=user))
        else:
            clips.clip_file(asset, start=start, end=end, format=form.cleaned_data["format"], by=user)

    status = refusal(form, cutting)
    if status:
        return shown(request, asset, forms={"clip_form": form}, status=status)
    if kept:
        messages.success(request, f"“{kept[0]}” is in the library. It is being prepared.")
        return redirect(way_to(kept[0]))
    return redirect(f"{way_to(asset)}#clips")
