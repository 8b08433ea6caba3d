"""The socket of the library: how far each file is, for those who may see it."""

from __future__ import annotations

from core.live.things import ThingsConsumer
from media_library.events import STREAM
from media_library.models import Asset


class LibraryStatus(ThingsConsumer):
    """`?asset_id=` narrows the stream to one asset."""

    stream = STREAM
    parameter = "asset_id"

    def sees(self, key: str) -> bool:
        return Asset.objects.visible_to(self.user).filter(pk=key).exists()
