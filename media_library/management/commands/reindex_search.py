"""Works out anew what search finds things by: after the model changed, or after the rules of words did."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from media_library.models import Asset
from media_library.services import indexing


class Command(BaseCommand):
    help = (
        "Embeds what today's model has not read yet. Search keeps working meanwhile; what waits is found by its words."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--words", action="store_true", help="write all passages and their words anew first")

    def handle(self, *_: Any, **options: Any) -> None:
        if options["words"]:
            self.write_words()
        total = indexing.stale(indexing.current_model()).count()
        done = 0
        while count := indexing.reindex(seconds=10):
            done += count
            self.stdout.write(f"{done:,} of {total:,} passages")
        left = indexing.stale(indexing.current_model()).count()
        self.stdout.write(
            f"{left:,} passages are left; the log says why, and the beat goes on." if left else "All is up to date."
        )

    def write_words(self) -> None:
        assets = Asset.objects.originals().filter(deleted_at=None).order_by("pk")
        for number, asset in enumerate(assets.iterator(chunk_size=200), 1):
            indexing.index_asset(asset)
            indexing.write_words(asset.passages.filter(kind="document"))
            if number % 100 == 0:
                self.stdout.write(f"{number:,} assets")
