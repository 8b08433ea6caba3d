"""What other apps bring to the pages of projects: tabs beside the project's own, and counts in the list. Projects know none of them."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from accounts.models import Project, User


@dataclass(frozen=True)
class Tab:
    """`key` says which one a page is."""

    key: str
    title: str
    url: str
    count: int | None = None


Counts = dict[uuid.UUID, int]
TabMaker = Callable[[Project, User], Iterable[Tab]]
Counter = Callable[[User, list[Project]], Counts]


@dataclass(frozen=True)
class Column:
    """A figure of each project in the list. `url` names the page of a project that shows what was counted."""

    title: str
    url: str
    counter: Counter


@dataclass(frozen=True)
class Figures:
    title: str
    url: str
    counts: Counts = field(default_factory=dict)


_tabs: list[TabMaker] = []
_columns: list[Column] = []


def tab(maker: TabMaker) -> TabMaker:
    _tabs.append(maker)
    return maker


def column(title: str, *, url: str) -> Callable[[Counter], Counter]:
    def note(counter: Counter) -> Counter:
        _columns.append(Column(title, url, counter))
        return counter

    return note


def tabs(project: Project, user: User) -> list[Tab]:
    return [one for maker in _tabs for one in maker(project, user)]


def figures(user: User, projects: list[Project]) -> list[Figures]:
    """One query or few for each column, however many projects."""
    return [Figures(one.title, one.url, one.counter(user, projects)) for one in _columns]
