"""The socket of a session: how far it is, to its owner alone."""

from __future__ import annotations

import uuid
from typing import Any

from channels.db import database_sync_to_async

from core.live.consumers import NOT_FOUND, LiveConsumer
from core.live.events import Event
from core.live.models import LiveEvent
from generation import events
from generation.models import GenerationSession, Take
from generation.queries import sessions, shapes


class SessionSocket(LiveConsumer):
    """`/ws/{session_id}`. Sends what `generation.events` says, numbered; without `?after=` from the last progress on.

    Whoever is signed in may wait for a session that nobody has yet: clients make the id before they ask. They hear of it once it is
    their own; when it turns out to be somebody else's, the socket closes as it does for one that was somebody else's before.
    """

    session_id: uuid.UUID
    from_seq: int | None = None

    async def find(self) -> bool:
        self.session_id = self.scope["url_route"]["kwargs"]["session_id"]
        self.stream = events.stream_of(self.session_id)
        # Per round what was told last: several workers tell at once, and what people saw never runs backwards.
        self.told: dict[str, float] = {}
        return bool(await database_sync_to_async(self._find)())

    def _find(self) -> bool:
        self.from_seq = self._last_progress()
        return self._sees() or not sessions.is_anybodys(self.session_id)

    def _sees(self) -> bool:
        return GenerationSession.objects.visible_to(self.user).filter(pk=self.session_id).exists()

    def _last_progress(self) -> int | None:
        told = LiveEvent.objects.filter(stream=self.stream, type__in=events.DOCUMENTED).order_by("-seq")
        last = told.values_list("seq", flat=True).first()
        return None if last is None else last - 1

    def asked_after(self) -> int | None:
        asked = super().asked_after()
        return self.from_seq if asked is None else asked

    async def visible(self, event: Event) -> bool:  # noqa: ARG002  (whatever it tells, the session decides)
        if await database_sync_to_async(self._sees)():
            return True
        await self.close(NOT_FOUND)
        return False

    async def still_allowed(self) -> bool:
        waits = await database_sync_to_async(self._find)()
        if not waits:
            await self.close(NOT_FOUND)
        return waits and await super().still_allowed()

    async def render(self, event: Event) -> dict[str, Any]:
        payload = event.payload
        if payload["event"] in events.PROGRESS.values():
            made = str(payload["round_id"])
            self.told[made] = max(self.told.get(made, 0.0), payload["progress"])
            return {**payload, "progress": self.told[made]}
        if payload["event"] == events.TAKE_CHANGED:
            return {**payload, "take": await database_sync_to_async(self._take)(payload["take_id"])}
        return payload

    def _take(self, take_id: str) -> dict[str, Any] | None:
        """With links for this reader, as JSON has them."""
        found = Take.objects.visible_to(self.user).select_related("asset").filter(pk=take_id).first()
        if found is None:
            return None
        shape = shapes.take_shape(found)
        return {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in shape.items()} | {
            "created_at": found.created_at.isoformat()
        }
