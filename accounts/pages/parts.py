"""What the pages of houses and people share: who looks, a list with search and paging, a question before something is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.models import User
from core.errors import DomainError, InvalidFieldError, NotFoundError

PAGE_SIZE = 20
M = TypeVar("M", bound=Model)


def viewer(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101  (login_required stands before every view here)
    return request.user


def words(request: HttpRequest) -> str:
    """What the search box holds. Longer than any name there is would only cost time."""
    return request.GET.get("q", "").strip()[:200]


def found(rows: QuerySet[M], pk: Any, sentence: str) -> M:
    """The row among what the viewer may see; otherwise it does not exist."""
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFoundError(sentence)
    return row


def paged(request: HttpRequest, rows: QuerySet[M]) -> Page[M]:
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


@dataclass(frozen=True)
class Question:
    """Asked once, naming the thing. `crumbs` are pairs of a name and an address, `kept` of a name and a value that go along."""

    title: str
    follows: str
    button: str
    back: str
    section: str
    crumbs: list[tuple[str, str]] = field(default_factory=list)
    kept: list[tuple[str, str]] = field(default_factory=list)


def ask(request: HttpRequest, question: Question) -> HttpResponse:
    return render(request, "accounts/question.html", {"question": question})


def carry_out(
    request: HttpRequest, change: Callable[[], object], *, done: str, to: str, back: str = ""
) -> HttpResponse:
    """Makes one change; its outcome is a message on the page one comes back to: `to`, or `back` when it was refused."""
    try:
        change()
    except DomainError as error:
        messages.error(request, sentence_of(error))
        return redirect(back or to)
    messages.success(request, done)
    return redirect(to)


def refusal(form: Form, change: Callable[[], object]) -> int | None:
    """Makes the change that a valid form asks for: None. Otherwise the status of the refusal, which the form then shows.

    It stands beside the field that caused it, else above the form.
    """
    if not form.is_valid():
        return 422
    try:
        change()
    except DomainError as error:
        field_name = error.field if isinstance(error, InvalidFieldError) and error.field in form.fields else None
        form.add_error(field_name, sentence_of(error))
        return error.status_code
    return None


def sentence_of(error: DomainError) -> str:
    """The reason where there is one; programs get it beside the contract's sentence, people instead of it."""
    return str(error.details.get("reason") or error.message)
