"""The socket of one's own news."""

from __future__ import annotations

from accounts.events import STREAM
from core.live.consumers import LiveConsumer


class News(LiveConsumer):
    """Everybody hears their own, admins included."""

    stream = STREAM

    async def find(self) -> bool:
        self.key = str(self.user.pk)
        return True
