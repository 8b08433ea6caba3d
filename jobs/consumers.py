"""The status socket of accessible.md: every change of the jobs that its user may see."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from core.live.consumers import LiveConsumer
from core.live.events import Event
from jobs.events import STREAM
from jobs.models import Job

# So many answers to "may this user see it" are remembered; all are forgotten at each look at the log, because rights change.
MOST_JOBS = 500


def now() -> str:
    return datetime.now(UTC).isoformat()


class JobStatus(LiveConsumer):
    """`?job_id=` narrows the stream to one job. `subscribe` and `unsubscribe` narrow it to a chosen set."""

    stream = STREAM

    async def find(self) -> bool:
        self.seen: dict[str, bool] = {}
        self.chosen: set[str] | None = None
        wanted = parse_qs(self.scope.get("query_string", b"").decode("latin-1")).get("job_id")
        if not wanted:
            return True
        job_id = _uuid(wanted[0])
        if job_id is None or not await self.may_see(str(job_id)):
            return False
        self.key = str(job_id)
        return True

    async def accept(self, *args: Any, **kwargs: Any) -> None:
        await super().accept(*args, **kwargs)
        # Before anything that is replayed. A handshake that is refused with a close code is accepted first, too.
        if self.subscribed:
            await self.send_json({"type": "connected", "user_id": str(self.user.pk), "timestamp": now()})

    async def visible(self, event: Event) -> bool:
        if self.chosen is not None and event.key not in self.chosen:
            return False
        return await self.may_see(event.key)

    async def may_see(self, job_id: str) -> bool:
        if job_id not in self.seen:
            if len(self.seen) >= MOST_JOBS:
                self.seen.clear()
            self.seen[job_id] = await database_sync_to_async(self._sees)(job_id)
        return self.seen[job_id]

    def _sees(self, job_id: str) -> bool:
        return Job.objects.visible_to(self.user).filter(pk=job_id).exists()

    async def still_allowed(self) -> bool:
        self.seen.clear()
        if self.key is not None and not await self.may_see(self.key):
            return False
        return await super().still_allowed()

    async def receive_json(self, content: dict[str, Any], **kwargs: Any) -> None:
        if content.get("type") == "ping":
            await self.send_json({"type": "pong", "timestamp": now()})
            return
        await super().receive_json(content, **kwargs)

    async def message(self, content: dict[str, Any]) -> None:
        if content.get("type") not in {"subscribe", "unsubscribe"}:
            await super().message(content)
            return
        named = content.get("job_ids")
        ids = [_uuid(value) for value in named] if isinstance(named, list) else []
        if not ids or None in ids or len(ids) > MOST_JOBS:
            await self.complain("job_ids must be a list of job ids.")
            return
        wanted = {str(job_id) for job_id in ids}
        if content["type"] == "unsubscribe":
            self.chosen = (self.chosen or set()) - wanted
            return
        for job_id in sorted(wanted):
            if not await self.may_see(job_id):
                await self.complain(f"Job not found: {job_id}")
                wanted.discard(job_id)
        self.chosen = (self.chosen or set()) | wanted


def _uuid(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(value))
    except ValueError:
        return None
