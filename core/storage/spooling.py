"""A file that came with a form, as a file on disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile


@contextmanager
def spooled(upload: UploadedFile[Any]) -> Iterator[Path]:
    """Whether the framework kept it in memory or on disk."""
    with NamedTemporaryFile(dir=_incoming()) as file:
        for piece in upload.chunks():
            file.write(piece)
        file.flush()
        yield Path(file.name)


def _incoming() -> Path:
    path: Path = settings.HOME / "scratch"
    path.mkdir(parents=True, exist_ok=True)
    return path
