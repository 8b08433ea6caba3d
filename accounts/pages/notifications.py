"""Pages of one's own news, and the bell in the bar."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts.models import Notification
from accounts.pages.parts import found, paged, viewer
from accounts.services import notifications

UNKNOWN = "There is no such news."
SHOWN_IN_THE_BAR = 6
# What the filters are called, and with what the kinds of each begin.
TOPICS: dict[str, tuple[str, tuple[str, ...]]] = {
    "briefs": ("Briefs", ("brief.",)),
    "jobs": ("Jobs", ("job.",)),
    "deadlines": ("Deadlines", ("due.",)),
    "languages": ("Languages", ("qc.language.",)),
    "notes": ("Notes and guests", ("qc.note", "qc.verdict")),
}


def about(topic: str) -> Q:
    """News of this topic."""
    wanted = Q()
    for beginning in TOPICS[topic][1]:
        wanted |= Q(kind__startswith=beginning)
    return wanted


@login_required
@never_cache
@require_GET
def news_list(request: HttpRequest) -> HttpResponse:
    own = Notification.objects.visible_to(viewer(request))
    topic, only_unread = request.GET.get("topic", ""), request.GET.get("show") == "unread"
    rows = own.filter(about(topic)) if topic in TOPICS else own
    unread = own.unread().count()
    if only_unread:
        rows = rows.unread()
    is_read = ExpressionWrapper(Q(read_at__isnull=False), output_field=BooleanField())
    rows = rows.order_by(is_read, "-created_at", "-pk")
    context: dict[str, Any] = {
        "page": paged(request, rows),
        "unread": unread,
        "only_unread": only_unread,
        "filtered": only_unread or topic in TOPICS,
        "topics": [{"key": key, "name": name, "on": key == topic} for key, (name, _) in TOPICS.items()],
        "here": request.get_full_path(),
    }
    return render(request, "accounts/notifications.html", context)


@login_required
@never_cache
@require_GET
def news_open(request: HttpRequest, news_id: uuid.UUID) -> HttpResponse:
    """Leads to what it is about; who has followed it has read it."""
    news = found(Notification.objects.visible_to(viewer(request)), news_id, UNKNOWN)
    notifications.mark_read(viewer(request), ids=[news.pk])
    # Only paths of the studio are ever written down as addresses of news.
    return redirect(news.url or "accounts:notifications")


@login_required
@never_cache
@require_POST
def news_read(request: HttpRequest) -> HttpResponse:
    """One of them, when it is named, or all."""
    user, named = viewer(request), request.POST.get("id", "")
    if named:
        try:
            ids = [uuid.UUID(named)]
        except ValueError:
            ids = []
        notifications.mark_read(user, ids=ids)
    else:
        count = notifications.mark_read(user)
        messages.success(request, f"{count} marked as read." if count else "Nothing was unread.")
    back = request.POST.get("back", "")
    return redirect(back if back.startswith(reverse("accounts:notifications")) else "accounts:notifications")


@login_required
@never_cache
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """How much is unread, with the newest of it."""
    unread = Notification.objects.visible_to(viewer(request)).unread()
    newest = list(unread.order_by("-created_at", "-pk")[:SHOWN_IN_THE_BAR])
    count = unread.count() if len(newest) == SHOWN_IN_THE_BAR else len(newest)
    return render(request, "accounts/partials/_bell.html", {"news": newest, "unread": count})
