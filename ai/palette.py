"""The pages of what models were used for, for the command palette."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.models import User
from accounts.policies import can
from core.palette import Entry, Place, among, source

LOG = Place("AI log", "ai:logs", "list", "calls models prompts answers cost quality")
USAGE = Place("Usage", "ai:usage", "usage", "costs models calls budget")


@source("pages")
def pages(user: User, text: str) -> Iterable[Entry]:
    return among([LOG, *([USAGE] if can(user, "ai.usage.see") else [])], text)
