"""The history of a track: who wrote what when, two versions word by word, and the way back for one cue or all."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, NotAllowedError, NotFoundError
from jobs import policies, services
from jobs.models import Job
from jobs.pages import present
from jobs.pages.tracks import checked
from jobs.pages.version_forms import CueRestoreForm, DraftForm, RestoreForm, VersionsForm
from jobs.pages.views import find_job, viewer
from jobs.services import Comparison
from media_library.media.cue_diff import Change
from media_library.models import Track

CHANGES_EACH_PAGE = 50
VERSIONS_EACH_PAGE = 20

SHOWS: dict[str, tuple[str, Callable[[Change], bool]]] = {
    "all": ("Everything", lambda _change: True),
    "text": ("Text", lambda change: change.text_changed),
    "timing": ("Times", lambda change: change.moved),
}


@dataclass(frozen=True)
class Where:
    job: Job
    language: str
    kind: str

    @property
    def names(self) -> dict[str, str]:
        return {"language": self.language, "kind": self.kind}


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def versions(request: HttpRequest, job_id: uuid.UUID, language: str, kind: str) -> HttpResponse:
    where = Where(find_job(request, job_id), language, checked(kind))
    text = services.read_track(where.job, reader=viewer(request), **where.names)
    if request.method == "POST":
        return act(request, where)
    form = VersionsForm(request.GET)
    wanted: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    found = services.versions(where.job, reader=viewer(request), **where.names)
    compared = comparison(request, where, found, before=wanted.get("from"), after=wanted.get("to"))
    writable = policies.offers_editing(viewer(request), text.output)
    context = {
        "job": where.job,
        "output": text.output,
        "kind": kind,
        "kind_name": present.KINDS[Track.Kind(kind)],
        "newest": text.version,
        "versions": Paginator(found, VERSIONS_EACH_PAGE).get_page(wanted.get("versions")),
        "drafts": services.drafts(where.job, author=viewer(request), **where.names) if writable else [],
        "writable": writable,
        "compared": compared,
        **shown(compared, wanted),
    }
    return render(request, "jobs/versions.html", context)


def comparison(
    request: HttpRequest, where: Where, found: Any, *, before: int | None, after: int | None
) -> Comparison | None:
    """The two that were asked for; without a wish, what the newest changed. None where there is nothing to compare it with."""
    numbers = list(found.values_list("number", flat=True)[:2])
    if before is None and after is None and len(numbers) < 2:
        return None
    after = numbers[0] if after is None else after
    before = max(1, after - 1) if before is None else before
    return services.diff_versions(where.job, before, after, reader=viewer(request), **where.names)


def shown(compared: Comparison | None, wanted: dict[str, Any]) -> dict[str, Any]:
    show = wanted.get("show") or "all"
    if compared is None:
        return {"show": show, "page": None}
    fits = SHOWS[show][1]
    changes = [change for change in compared.changes if fits(change)]
    gone, come = compared.words_changed
    filters = [
        {"value": value, "name": name, "count": sum(map(fit, compared.changes)), "on": value == show}
        for value, (name, fit) in SHOWS.items()
    ]
    page = Paginator(changes, CHANGES_EACH_PAGE).get_page(wanted.get("page"))
    return {"show": show, "filters": filters, "page": page, "words_gone": gone, "words_come": come}


def act(request: HttpRequest, where: Where) -> HttpResponse:
    back = reverse("jobs:versions", args=[where.job.pk, where.language, where.kind])
    action = ACTIONS.get(request.POST.get("action", ""))
    if action is None:
        raise NotFoundError("There is no such action.")
    try:
        messages.success(request, action(request, where))
    except (NotAllowedError, NotFoundError):
        raise
    except DomainError as error:
        messages.error(request, error.message)
    return redirect(back)


def restore(request: HttpRequest, where: Where) -> str:
    form = read(RestoreForm(request.POST))
    saved = services.restore_version(
        where.job, form["version"], author=viewer(request), base_version=form["base_version"], **where.names
    )
    return f"Version {form['version']} is back, as version {saved.version.number}."


def restore_cue(request: HttpRequest, where: Where) -> str:
    form = read(CueRestoreForm(request.POST))
    saved = services.restore_cue(
        where.job,
        form["version"],
        change=form["change"],
        cue_index=form["cue_index"],
        author=viewer(request),
        base_version=form["base_version"],
        **where.names,
    )
    return f"The cue is as it was in version {form['version']}. Saved as version {saved.version.number}."


def save_draft(request: HttpRequest, where: Where) -> str:
    """As a version, together with what others saved since. Where both changed a cue, the editor asks which one stays."""
    draft = services.find_draft(where.job, read(DraftForm(request.POST))["draft"], author=viewer(request))
    merged = services.merge_draft(
        where.job, content=draft.content, base_version=draft.base_version, author=viewer(request), **where.names
    )
    if merged.conflicts:
        count = len(merged.conflicts)
        raise DomainError(
            f"{count} cue{'s' if count > 1 else ''} of this draft {'were' if count > 1 else 'was'} changed by others too. "
            "Open the draft in the editor and choose."
        )
    saved, _ = services.save_track(
        where.job,
        content=merged.content,
        author=viewer(request),
        base_version=merged.current_version,
        comment=draft.comment or "From a draft",
        language=where.language,
        kind=where.kind,
    )
    services.discard_spent_draft(draft)
    return f"The draft is saved as version {saved.version.number}."


def discard_draft(request: HttpRequest, where: Where) -> str:
    services.discard_draft(where.job, read(DraftForm(request.POST))["draft"], author=viewer(request))
    return "The draft is discarded."


def read(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        raise DomainError("This page was not complete. Load it again.")
    values: dict[str, Any] = form.cleaned_data
    return values


ACTIONS: dict[str, Callable[[HttpRequest, Where], str]] = {
    "restore": restore,
    "restore_cue": restore_cue,
    "save_draft": save_draft,
    "discard_draft": discard_draft,
}
