"""Which files of the store are those of dubs, beside what is in the library."""

from __future__ import annotations

from collections.abc import Iterator

from core.storage import holders
from dubbing.models import DubLine


@holders.register
def of_dubs() -> Iterator[str]:
    spoken = DubLine.objects.exclude(sound={}).values_list("sound__key", flat=True)
    yield from spoken.iterator()
