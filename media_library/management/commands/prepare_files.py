"""`manage.py prepare_files`: finds out about files that came in before the studio did so by itself."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.db.models import Exists, OuterRef

from core.runs.models import Run
from media_library.models import Asset
from media_library.services import ingestion


class Command(BaseCommand):
    help = "Starts the preparation of every file of the library that never had one. Workers do the rest."

    def handle(self, *_args: Any, **_options: Any) -> None:
        prepared = Run.objects.filter(kind=ingestion.KIND, subject_id=OuterRef("pk"))
        waiting = Asset.objects.originals().live().filter(~Exists(prepared), deleted_at=None).order_by("pk")
        started = 0
        for asset in waiting.select_related("owner").iterator(chunk_size=100):
            ingestion.enrich(asset, by=asset.owner)
            started += 1
        self.stdout.write(f"{started} files are being prepared.")
