"""Checking, for the command palette."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from accounts.policies import can
from core.palette import Entry, Place, among, source

QUEUE = Place("My queue", "qc:queue", "queue", "work languages reviews waiting")
SCORES = Place("Quality scores", "qc:scores", "usage", "linguists errors mqm")


@source("pages")
def pages(user: User, text: str) -> Iterable[Entry]:
    rules = {"qc.queue.open": QUEUE, "qc.scores.see": SCORES}
    return among([place for rule, place in rules.items() if can(user, rule)], text)
