"""Files that people bring into the project of a film."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from accounts.models import Project, User
from core.errors import TooLargeError
from core.storage.spooling import spooled
from media_library.models import Asset
from media_library.services import intake


def take(
    file: UploadedFile[Any],
    *,
    owner: User,
    project: Project,
    media_type: str,
    description: str = "",
    tags: Iterable[str] = (),
) -> Asset:
    """An asset of the project that is looked into from now on. What a tier lets one file have is all it may have."""
    limit = settings.FILM_FILE_LIMITS[owner.tier]
    if (file.size or 0) > limit:
        raise TooLargeError(f"File exceeds the {limit // 2**20}MB limit of the {owner.tier} tier")
    with spooled(file) as path:
        return intake.take_in(
            path,
            owner=owner,
            filename=file.name or "file",
            content_type=file.content_type or "",
            project=project,
            description=description,
            tags=tags,
            media_type=media_type,
        )
