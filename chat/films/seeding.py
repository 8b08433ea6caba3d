"""The studio's own story material, as files. `chat.services.materials` puts it into the database."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.text import slugify

FOLDER = Path(__file__).parent / "material"
OWN_FIELDS = frozenset({"title", "description", "genres"})


def entries() -> Iterator[dict[str, Any]]:
    """The fields of a row each: a file is a kind; what has no column of its own is details."""
    for path in sorted(FOLDER.glob("*.toml")):
        for one in tomllib.loads(path.read_text(encoding="utf-8"))["entry"]:
            yield {
                "kind": path.stem,
                "slug": slugify(one["title"])[:80],
                "title": one["title"],
                "description": one["description"],
                "genres": one.get("genres", []),
                "details": {name: value for name, value in one.items() if name not in OWN_FIELDS},
            }
