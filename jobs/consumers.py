"""The status socket of accessible.md: every change of the jobs that its user may see."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core.live.events import Event
from core.live.things import MOST_REMEMBERED, ThingsConsumer, as_uuid
from jobs.events import STREAM
from jobs.models import Job


def now() -> str:
    return datetime.now(UTC).isoformat()


class JobStatus(ThingsConsumer):
    """`?job_id=` narrows the stream to one job. `subscribe` and `unsubscribe` narrow it to a chosen set."""

    stream = STREAM
    parameter = "job_id"
    chosen: set[str] | None = None

    def sees(self, key: str) -> bool:
        return Job.objects.visible_to(self.user).filter(pk=key).exists()

    async def accept(self, *args: Any, **kwargs: Any) -> None:
        await super().accept(*args, **kwargs)
        # Before anything that is replayed. A handshake that is refused with a close code is accepted first, too.
        if self.subscribed:
            await self.send_json({"type": "connected", "user_id": str(self.user.pk), "timestamp": now()})

    async def visible(self, event: Event) -> bool:
        return (self.chosen is None or event.key in self.chosen) and await super().visible(event)

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
        ids = [as_uuid(value) for value in named] if isinstance(named, list) else []
        if not ids or None in ids or len(ids) > MOST_REMEMBERED:
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
