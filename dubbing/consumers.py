"""The socket of a dub: what changes on its desk, as it changes."""

from __future__ import annotations

import uuid

from channels.db import database_sync_to_async

from core.live.consumers import NOT_FOUND, LiveConsumer
from core.live.events import Event
from dubbing.events import STREAM
from dubbing.models import Dub


class DubSocket(LiveConsumer):
    """`/ws/dubs/{id}`. Whoever sees the dub listens; sends what `dubbing.events` says, numbered and replayed."""

    stream = STREAM
    dub_id: uuid.UUID
    put_out: bool = False

    async def find(self) -> bool:
        self.dub_id = self.scope["url_route"]["kwargs"]["dub_id"]
        self.key = str(self.dub_id)
        return bool(await database_sync_to_async(self.sees)())

    def sees(self) -> bool:
        return Dub.objects.visible_to(self.user).filter(pk=self.dub_id).exists()

    async def visible(self, event: Event) -> bool:  # noqa: ARG002  (the base's signature)
        return not self.put_out

    async def still_allowed(self) -> bool:
        """Rights end, and dubs are deleted: seen at the next look."""
        if not await database_sync_to_async(self.sees)():
            self.put_out = True
            await self.close(NOT_FOUND)
        return not self.put_out and await super().still_allowed()
