"""Which files of the store are answers of engines, kept so that a retry need not pay again."""

from __future__ import annotations

from collections.abc import Iterator

from ai.models import Call
from core.storage import holders


@holders.register
def kept_answers() -> Iterator[str]:
    yield from Call.objects.exclude(response_key="").values_list("response_key", flat=True).iterator()
