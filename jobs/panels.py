"""Parts of the job page that other apps bring: reviews, notes, links. Jobs know none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from accounts.models import User
from jobs.models import Job

Maker = Callable[[Job, User], dict[str, Any] | None]


@dataclass(frozen=True)
class Panel:
    """The template sees `panel.context` as `panel`, and `job`."""

    name: str
    template: str
    context: dict[str, Any]


@dataclass(frozen=True)
class _Registered:
    order: int
    name: str
    template: str
    make: Maker


_registered: list[_Registered] = []


def register(name: str, *, template: str, order: int) -> Callable[[Maker], Maker]:
    """The decorated function answers what the panel shows this person, or None for no panel. Panels stand in the order of `order`."""

    def note(make: Maker) -> Maker:
        _registered.append(_Registered(order, name, template, make))
        return make

    return note


def panels(job: Job, user: User) -> list[Panel]:
    """The panels of this job's page, for this person."""
    found = []
    for one in sorted(_registered, key=lambda one: (one.order, one.name)):
        context = one.make(job, user)
        if context is not None:
            found.append(Panel(one.name, one.template, context))
    return found
