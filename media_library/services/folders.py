"""A person's own input and output folders, as keys below `users/<id>/`. Whoever owns the key sees the file, nobody else."""

from __future__ import annotations

import json
import re
import unicodedata
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
from core import audit
from core.errors import ConflictError, NotFoundError
from core.storage import removal, store
from media_library.models import Asset
from media_library.services import intake, making

FOLDERS = {"input": Asset.Shelf.INPUT, "output": Asset.Shelf.OUTPUT}
KINDS_OF_OUTPUT = ("images", "videos", "final", "audio")
LONGEST_NAME = 120
LONGEST_ENDING = 16
MOST_OF_ONE_NAME = 1000


def own_files(user: User, folder: str = "") -> QuerySet[Asset]:
    """Of one folder, or of both; newest first."""
    shelves = [FOLDERS[folder]] if folder else list(FOLDERS.values())
    prefix = f"users/{user.pk}/{folder + '/' if folder else ''}"
    own = Asset.objects.filter(owner=user, deleted_at=None, shelf__in=shelves, purpose=Asset.Purpose.ORIGINAL)
    return own.filter(key__startswith=prefix).order_by("-created_at", "-pk")


def own_file(user: User, key: str) -> Asset:
    """Looked up as it stands, never joined to a path. What is not one's own answers like what is not there."""
    found = own_files(user).filter(key=key).first()
    if found is None:
        raise NotFoundError("File not found")
    return found


def put_input(path: Path, *, owner: User, filename: str, content_type: str = "") -> Asset:
    """Into the input folder under its own name; a second file of that name gets a number."""
    for name in _names(filename):
        try:
            return intake.take_in(
                path,
                owner=owner,
                filename=filename,
                content_type=content_type,
                shelf=Asset.Shelf.INPUT,
                key=f"users/{owner.pk}/input/{name}",
            )
        except ConflictError:
            continue
    raise ConflictError("There are too many files of this name.")


def _names(filename: str) -> Iterator[str]:
    """The safe form of a file's name, then the same with numbers."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    stem, dot, ending = name.rpartition(".")
    if not dot:
        stem, ending = name, ""
    stem, ending = _safe(stem, LONGEST_NAME) or "file", _safe(ending, LONGEST_ENDING)
    ending = f".{ending}" if ending else ""
    yield f"{stem}{ending}"
    for number in range(2, MOST_OF_ONE_NAME):
        yield f"{stem}-{number}{ending}"


def _safe(text: str, longest: int) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", plain).strip("-.")[:longest].rstrip("-.")


def put_prompt_config(config: Mapping[str, Any], *, owner: User, session_id: uuid.UUID) -> Asset:
    """As JSON in the input folder, over what was there. A session that somebody else has a config for is theirs: NotFoundError."""
    name = f"prompt-{session_id}.json"
    of_others = Asset.objects.filter(shelf=Asset.Shelf.INPUT, key__endswith=f"/input/{name}", deleted_at=None)
    if of_others.exclude(owner=owner).exists():
        raise NotFoundError("Session not found")
    key = f"users/{owner.pk}/input/{name}"
    with NamedTemporaryFile("w", encoding="utf-8", suffix=".json") as file:
        json.dump(config, file, ensure_ascii=False, allow_nan=False)
        file.flush()
        try:
            return _first_config(Path(file.name), key=key, name=name, owner=owner)
        except ConflictError:
            return _later_config(Path(file.name), key=key, owner=owner)


def _first_config(path: Path, *, key: str, name: str, owner: User) -> Asset:
    with removal.noted(key, taken=Asset.objects.filter(key=key).exists):
        stored = store().put(key, path, content_type="application/json")
        with transaction.atomic():
            made = making.add_original(
                owner=owner,
                organization=None,
                kind=Asset.Kind.DOCUMENT,
                key=key,
                filename=name,
                content_type="application/json",
                size=stored.size,
                sha256=stored.sha256,
                shelf=Asset.Shelf.INPUT,
            )
            removal.keep(key)
            audit.record("media_library.asset.add", made, actor=owner, filename=name, size=made.size)
    return made


@transaction.atomic
def _later_config(path: Path, *, key: str, owner: User) -> Asset:
    """One writer at a time, so that the row tells of the bytes that are there; they are few."""
    existing = Asset.objects.select_for_update(of=("self",)).filter(key=key).first()
    if existing is None:
        raise ConflictError("This configuration is being written. Send it again.")
    stored = store().put(key, path, content_type="application/json")
    existing.size, existing.sha256 = stored.size, stored.sha256
    existing.save(update_fields=["size", "sha256", "updated_at"])
    audit.record("media_library.asset.replace", existing, actor=owner, sha256=stored.sha256)
    return existing
