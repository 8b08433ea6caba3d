"""The base of sockets that watch things with an id: whoever sees a thing hears what happens to it."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from core.live.consumers import LiveConsumer
from core.live.events import Event

# So many answers to "may this user see it" are remembered; all are forgotten at each look at the log, because rights change.
MOST_REMEMBERED = 500


class ThingsConsumer(LiveConsumer):
    """Events' keys are ids. `?<parameter>=` narrows the stream to one of them; subclasses say who sees it in `sees`."""

    parameter: str = ""

    def sees(self, key: str) -> bool:
        raise NotImplementedError

    async def find(self) -> bool:
        self.seen: dict[str, bool] = {}
        wanted = parse_qs(self.scope.get("query_string", b"").decode("latin-1")).get(self.parameter)
        if not wanted:
            return True
        thing = as_uuid(wanted[0])
        if thing is None or not await self.may_see(str(thing)):
            return False
        self.key = str(thing)
        return True

    async def visible(self, event: Event) -> bool:
        return await self.may_see(event.key)

    async def may_see(self, key: str) -> bool:
        if key not in self.seen:
            if len(self.seen) >= MOST_REMEMBERED:
                self.seen.clear()
            self.seen[key] = await database_sync_to_async(self.sees)(key)
        return self.seen[key]

    async def still_allowed(self) -> bool:
        self.seen.clear()
        if self.key is not None and not await self.may_see(self.key):
            return False
        return await super().still_allowed()


def as_uuid(value: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
