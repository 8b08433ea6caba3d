"""The chat page: a new conversation, or one to go on with. Its parts have addresses of their own, so that scripts fetch what changed."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import colors, policies
from accounts.models import Project, User
from accounts.pages.parts import found, sentence_of, viewer, words
from accounts.services import foreign_reads
from chat import policies as _rules  # noqa: F401  (registers the rules of conversations)
from chat.models import Conversation, Message, Participant, Star
from chat.pages import composing
from chat.pages.composing import may
from chat.pages.turns import Turn, turn, turns
from chat.queries import conversations as reads
from chat.queries import spending
from chat.queries.shapes import clip_shape, record_shape
from chat.queries.starters import starters
from chat.queries.thread import thread
from chat.services import answers, branches, conversations, preferences, said
from core.errors import DomainError, NotFoundError
from media_library.models import Persona

UNKNOWN = "Conversation not found"
NO_MESSAGE = "Message not found"
MOST_LISTED = 60
PAGE = "chat/conversation.html"
RATINGS = ((1, "of no use"), (2, "poor"), (3, "usable"), (4, "good"), (5, "as I would have written it"))


@dataclass(frozen=True)
class Entry:
    """A conversation in the list beside the page. `mark` is the colour of its project, where the viewer sees one."""

    conversation: Any
    mark: str
    color: str


def find(request: HttpRequest, conversation_id: uuid.UUID, verb: str = "") -> Conversation:
    user = viewer(request)
    rows = Conversation.objects.visible_to(user).select_related("owner", "organization", "project__client", "persona")
    conversation = found(rows, conversation_id, UNKNOWN)
    foreign_reads.note(user, conversation)
    if verb:
        policies.require(user, f"chat.conversation.{verb}", conversation)
    return conversation


def entries(user: User, text: str = "") -> list[Entry]:
    rows = reads.listed(user)
    if text:
        rows = reads.holding(rows, text)
    shown = list(rows[:MOST_LISTED])
    projects = reads.projects_of(user, shown)
    return [Entry(one, *_colour(projects.get(one.project_id) if one.project_id else None)) for one in shown]


def _colour(project: Project | None) -> tuple[str, str]:
    if project is None:
        return "", ""
    mark = colors.mark_of(project)
    return mark, "" if mark else project.color


def _project(request: HttpRequest) -> Project | None:
    """That the address or the form names; one that is unknown, or in which one may not begin anything, is ignored."""
    try:
        wanted = uuid.UUID(request.POST.get("project", "") or request.GET.get("project", ""))
    except ValueError:
        return None
    user = viewer(request)
    project = Project.objects.visible_to(user).select_related("client__organization").filter(pk=wanted).first()
    return project if project is not None and policies.can(user, "accounts.project.update", project) else None


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def home(request: HttpRequest) -> HttpResponse:
    """Welcome: what could be asked, and the box. What is sent here begins a conversation."""
    user, project, status = viewer(request), _project(request), 200
    box = composing.beginning(user, project)
    if request.method == "POST":
        try:
            said.readable(request.POST.get("content", ""))
            answers.model_known(request.POST.get("model", ""))
            begun = conversations.begin(user, project=project)
            return _first(begun, request, user)
        except DomainError as error:
            box, status = composing.kept(box, request, sentence_of(error)), error.status_code
    context = {
        "entries": entries(user),
        "searched": "",
        "composing": box,
        "project": project,
        "starters": starters(user, project=project),
    }
    return render(request, "chat/home.html", context, status=status)


def _first(begun: Conversation, request: HttpRequest, user: User) -> HttpResponse:
    """A conversation whose first message was refused is not left behind."""
    try:
        composing.send(begun, request, user)
    except DomainError:
        conversations.delete(begun, actor=user)
        raise
    return redirect("chat:conversation", begun.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def conversation(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    user, status = viewer(request), 200
    found_one = find(request, conversation_id, "write" if request.method == "POST" else "")
    conversations.opened(found_one, user)
    refused: DomainError | None = None
    if request.method == "POST":
        try:
            composing.send(found_one, request, user)
            return redirect(f"{_way_to(found_one)}#say")
        except DomainError as error:
            refused, status = error, error.status_code
    context = _shown(request, found_one, user)
    if refused is not None:
        context["composing"] = composing.kept(context["composing"], request, sentence_of(refused))
    return render(request, PAGE, context, status=status)


def _way_to(found_one: Conversation) -> str:
    return reverse("chat:conversation", args=[found_one.pk])


def _shown(request: HttpRequest, found_one: Conversation, user: User) -> dict[str, Any]:
    read = thread(found_one, user, before=_before(request))
    box = composing.going_on(request, read, user)
    project = reads.projects_of(user, [found_one]).get(found_one.project_id) if found_one.project_id else None
    return {
        "conversation": found_one,
        "thread": read,
        "turns": turns(read, user),
        "clips": [clip_shape(clip, index, user) for index, clip in enumerate(read.clips)],
        "records": [record_shape(record, index) for index, record in enumerate(read.records)],
        "composing": box,
        "spent": box.cost,
        "ratings": RATINGS,
        "project": project,
        "entries": entries(user),
        "searched": "",
        "starred": Star.objects.filter(conversation=found_one, user=user).exists(),
        "projects": [one for one in reads.projects(user) if policies.can(user, "accounts.project.update", one)]
        if may(user, "write", found_one)
        else [],
        **_people(found_one),
        **_rights(found_one, user),
    }


def _before(request: HttpRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET.get("before", ""))
    except ValueError:
        return None


def _rights(found_one: Conversation, user: User) -> dict[str, bool]:
    verbs = ("write", "comment", "manage", "leave")
    return {f"may_{verb}": may(user, verb, found_one) for verb in verbs}


def _people(found_one: Conversation) -> dict[str, Any]:
    return {"participants": list(reads.people(found_one)), "roles": Participant.Role.choices}


@login_required
@never_cache
@require_GET
def thread_part(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The messages of the branch that is shown, or with `?before=` those above them."""
    user, found_one = viewer(request), find(request, conversation_id)
    read = thread(found_one, user, before=_before(request))
    answer = _messages(request, found_one, user, turns(read, user))
    # Where to go on above these, for the one who asks.
    answer.headers["X-Older"] = str(read.messages[0].message.pk) if read.older else ""
    return answer


@login_required
@never_cache
@require_GET
def message_part(request: HttpRequest, conversation_id: uuid.UUID, message_id: uuid.UUID) -> HttpResponse:
    """One message as it is now."""
    user, found_one = viewer(request), find(request, conversation_id)
    message = found(found_one.messages.select_related("author"), message_id, NO_MESSAGE)
    return _messages(request, found_one, user, [turn(message, user)])


def _messages(request: HttpRequest, found_one: Conversation, user: User, shown: list[Turn]) -> HttpResponse:
    spent = spending.of_conversation(found_one)
    context = {"conversation": found_one, "turns": shown, "spent": spent, **_rights(found_one, user)}
    return render(request, "chat/partials/_messages.html", context)


@login_required
@never_cache
@require_GET
def people_part(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    user, found_one = viewer(request), find(request, conversation_id)
    context = {"conversation": found_one, **_people(found_one), **_rights(found_one, user)}
    return render(request, "chat/partials/_people.html", context)


@login_required
@never_cache
@require_GET
def list_part(request: HttpRequest) -> HttpResponse:
    """The list beside the page, narrowed by `?q=`."""
    text = words(request)
    context = {"entries": entries(viewer(request), text), "here": request.GET.get("here", ""), "searched": text}
    return render(request, "chat/partials/_threads.html", context)


@login_required
@never_cache
@require_POST
def act(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """The buttons of messages, where no script runs: stop, retry, show another version. `name` says which, the value is a message."""
    user, found_one = viewer(request), find(request, conversation_id, "write")
    acts: dict[str, Callable[[Message], object]] = {
        "stop": lambda message: answers.stop(message, actor=user),
        "retry": lambda message: answers.retry(message, actor=user),
        "show": lambda message: branches.show(found_one, message, actor=user),
    }
    wanted = next((name for name in acts if request.POST.get(name)), "")
    try:
        message_id = uuid.UUID(request.POST.get(wanted, ""))
    except ValueError as error:
        raise NotFoundError(NO_MESSAGE) from error
    message = found(found_one.messages.select_related("conversation", "parent"), message_id, NO_MESSAGE)
    try:
        acts[wanted](message)
    except DomainError as error:
        messages.error(request, sentence_of(error))
    return redirect(f"{_way_to(found_one)}#m-{message.pk}")


@login_required
@never_cache
@require_POST
def options(request: HttpRequest, conversation_id: uuid.UUID) -> HttpResponse:
    """In whose voice answers are written, and whether clips may come again."""
    user, found_one = viewer(request), find(request, conversation_id, "write")
    values = composing.MessageForm(request.POST).read()
    persona = None
    if values["persona"] is not None:
        persona = Persona.objects.visible_to(user).active().filter(pk=values["persona"]).first()
        if persona is None:
            raise NotFoundError("Persona not found")
    preferences.prefer(found_one, persona=persona, repeats_clips=values["repeats_clips"], actor=user)
    return redirect(_way_to(found_one))
