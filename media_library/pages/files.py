"""What takes up one's room: by kind, by project, the largest files first, and what can go."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.pages.parts import Question, ask, paged, viewer, words
from media_library.models import Asset
from media_library.pages.filters import KINDS
from media_library.pages.library import identities, share_of
from media_library.queries import assets as reads
from media_library.queries import storage
from media_library.services import bulk, quota


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def files(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return remove(request)
    user = viewer(request)
    usage = quota.usage(user)
    q = words(request)
    rows = reads.narrowed(storage.owned(user), reads.Filters(q=q, archived=None), user=user)
    largest = max((one.size for one in usage.by_kind.values()), default=1) or 1
    kinds = [
        {
            "name": KINDS[Asset.Kind(kind)],
            "files": one.count,
            "size": one.size,
            "share": round(100 * one.size / largest),
            "href": f"{reverse('media_library:library')}?kind={kind}&mine=1",
        }
        for kind, one in sorted(usage.by_kind.items(), key=lambda item: -item[1].size)
    ]
    context: dict[str, Any] = {
        "page": paged(request, rows),
        "q": q,
        "kept": [],
        "usage": usage,
        "share": share_of(usage),
        "kinds": kinds,
        "projects": storage.by_project(user),
    }
    return render(request, "media_library/files.html", context)


def remove(request: HttpRequest) -> HttpResponse:
    """Asked once, with the number and the size of what goes; then it goes for good."""
    user, here = viewer(request), reverse("media_library:files")
    ids = identities(request)
    chosen = list(storage.owned(user).filter(pk__in=ids))
    if not chosen:
        messages.error(request, "Choose at least one file first.")
        return redirect(here)
    if request.POST.get("sure") != "yes":
        return ask(request, question(chosen))
    outcomes = bulk.delete([asset.pk for asset in chosen], actor=user)
    done = sum(1 for outcome in outcomes if not outcome.error)
    if done:
        messages.success(request, f"{done} {'file is' if done == 1 else 'files are'} gone for good.")
    for reason in list(dict.fromkeys(outcome.error for outcome in outcomes if outcome.error))[:3]:
        messages.error(request, f"Not everything could go: {reason}")
    return redirect(here)


def question(chosen: list[Asset]) -> Question:
    here = reverse("media_library:files")
    title = f"Delete “{chosen[0]}” for good?" if len(chosen) == 1 else f"Delete {len(chosen)} files for good?"
    names = ", ".join(f"“{asset}”" for asset in chosen[:5]) + (" and others" if len(chosen) > 5 else "")
    return Question(
        title=title,
        follows=f"{names}: with everything made from them and said about them. Nobody can bring them back.",
        button="Delete for good",
        back=here,
        section="library",
        crumbs=[("Library", reverse("media_library:library")), ("Storage", here)],
        kept=[("sure", "yes"), *(("ids", str(asset.pk)) for asset in chosen)],
    )
