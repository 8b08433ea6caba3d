"""What the library makes of what happens elsewhere."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from core.storage.models import Upload
from core.storage.signals import upload_completed
from media_library.services import intake


@receiver(upload_completed)
def take_in_what_was_announced(*, upload: Upload, **_: Any) -> None:
    intake.receive(upload)
