"""Which files of the store are those of conversations, beside what is in the library."""

from __future__ import annotations

from collections.abc import Iterator

from chat.models import ScriptExport
from core.storage import holders


@holders.register
def of_conversations() -> Iterator[str]:
    yield from ScriptExport.objects.values_list("key", flat=True).iterator()
