"""Instructions for models, one Markdown file each. They are fixed texts: what varies goes into the data, as JSON."""

from __future__ import annotations

from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@cache
def load(name: str) -> str:
    return (HERE / f"{name}.md").read_text(encoding="utf-8").strip()
