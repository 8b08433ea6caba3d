"""Who has a track open in the editor, and at which cue. It is kept for half a minute; nobody's work hangs on it."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import asdict, dataclass
from typing import Any

from accounts.models import User
from core.rest.counters import StoreDownError, store
from jobs import policies
from jobs.services.tracks import TrackText

SECONDS_HERE = 30


@dataclass(frozen=True)
class Here:
    """`cue` is its place in the text, from 0; None where nothing is said of it."""

    name: str
    initials: str
    cue: int | None


def look_in(text: TrackText, person: User, *, cue: int | None, leaves: bool = False) -> list[Here]:
    """Notes where this person is and says who else is here. Clients are not shown to the house, nor the house to them."""
    if policies.role_for(person, text.output.job) == User.Role.CLIENT:
        return []
    key, own, now = f"presence:{text.track.pk}", str(person.pk), time.time()
    place = json.dumps({**asdict(Here(str(person), person.initials, cue)), "at": now})

    def ask(client: Any) -> dict[bytes, bytes]:
        with client.pipeline(transaction=False) as pipe:
            pipe.hdel(key, own) if leaves else pipe.hset(key, own, place)
            pipe.expire(key, SECONDS_HERE)
            pipe.hgetall(key)
            found: dict[bytes, bytes] = pipe.execute()[-1]
        return found

    try:
        found = store().ask(ask)
    except StoreDownError:
        return []
    others = [json.loads(value) for other, value in found.items() if uuid.UUID(other.decode()) != person.pk]
    fresh = [other for other in others if now - other.pop("at") < SECONDS_HERE]
    return sorted((Here(**other) for other in fresh), key=lambda one: one.name)
