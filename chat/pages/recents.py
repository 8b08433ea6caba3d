"""All conversations one has a part in: searched by title and by what was said, starred, deleted together."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts import policies
from accounts.models import User
from accounts.pages.parts import Question, ask, carry_out, paged, viewer, words
from chat.models import Conversation
from chat.pages.conversation import find
from chat.queries import conversations as reads
from chat.services import conversations

NARROWED: dict[str, Callable[[QuerySet[Conversation], User], QuerySet[Conversation]]] = {
    "starred": lambda rows, user: rows.filter(stars__user=user),
    "shared": lambda rows, user: rows.filter(~Q(owner=user)),
}
MOST_AT_ONCE = 100


@login_required
@never_cache
@require_safe
def recents(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    user, text, only = viewer(request), words(request), request.GET.get("show", "")
    only = only if only in NARROWED else ""
    rows = reads.listed(user)
    if text:
        rows = reads.holding(rows, text)
    if only:
        rows = NARROWED[only](rows, user)
    page = paged(request, rows)
    counts = reads.counts(user)
    context = {
        "page": page,
        "rows": described(page.object_list, user, text),
        "q": text,
        "kept": [("show", only)] if only else [],
        "only": only,
        "filtered": bool(only),
        "chips": [
            {"key": "starred", "name": "Starred", "count": counts.starred, "on": only == "starred"},
            {"key": "shared", "name": "Shared with me", "count": counts.shared, "on": only == "shared"},
        ],
        "deletable": any(one.owner_id == user.pk for one in page.object_list),
    }
    return render(request, "chat/recents.html", context)


def described(rows: Any, user: User, text: str = "") -> list[dict[str, Any]]:
    """Each with its project, where the viewer sees one, and the words that were searched for as they were said."""
    rows = list(rows)
    projects = reads.projects_of(user, rows)
    return [
        {
            "talk": one,
            "project": projects.get(one.project_id),
            "said": reads.excerpt(one.said, text) if text and one.said else [],
            "mine": one.owner_id == user.pk,
        }
        for one in rows
    ]


@login_required
@never_cache
@require_POST
def star(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """`starred` is what it shall be; back to where the button stood."""
    shown = find(request, conversation_id, "star")
    conversations.star(shown, user=viewer(request), starred=request.POST.get("starred") == "true")
    back = request.POST.get("back", "")
    inside = url_has_allowed_host_and_scheme(back, allowed_hosts=None) and back.startswith("/")
    return redirect(back if inside else reverse("chat:recents"))


@login_required
@never_cache
@require_POST
def delete(request: HttpRequest) -> HttpResponse:
    """Those that were chosen and are one's own, after one question."""
    user, back = viewer(request), reverse("chat:recents")
    own = chosen(request, user)
    if not own:
        messages.error(request, "Choose conversations of your own first.")
        return redirect(back)
    many = f"{len(own)} conversations" if len(own) > 1 else f"“{own[0]}”"
    if request.POST.get("sure") == "true":
        return carry_out(
            request,
            lambda: [conversations.delete(one, actor=user) for one in own],
            done=f"{many} {'are' if len(own) > 1 else 'is'} deleted.",
            to=back,
        )
    question = Question(
        title=f"Delete {many}?",
        follows="Nobody sees them any more, those who take part included, with script, cut and comments."
        if len(own) > 1
        else "Nobody sees it any more, those who take part included, with script, cut and comments.",
        button="Delete",
        back=back,
        section="chat",
        crumbs=[("Conversations", back)],
        kept=[("sure", "true"), *(("id", str(one.pk)) for one in own)],
    )
    return ask(request, question)


def chosen(request: HttpRequest, user: User) -> list[Conversation]:
    ids = set()
    for text in request.POST.getlist("id")[:MOST_AT_ONCE]:
        try:
            ids.add(uuid.UUID(text))
        except ValueError:
            continue
    rows = Conversation.objects.mine(user).filter(pk__in=ids).order_by("-updated_at", "-pk")
    return [one for one in rows if policies.can(user, "chat.conversation.delete", one)]
