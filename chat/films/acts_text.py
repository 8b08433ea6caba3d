"""Acts and beats as the plain text that people edit: a line `# Act`, below it `- Title: what happens` for every beat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def written(acts: Iterable[Mapping[str, Any]]) -> str:
    return "\n\n".join("\n".join([f"# {act['title']}", *map(beat_line, act["beats"])]) for act in acts)


def beat_line(beat: Mapping[str, Any]) -> str:
    words = " ".join(str(beat["text"]).split())
    return f"- {beat['title']}: {words}" if beat["title"] else f"- {words}"


def read(text: str) -> list[dict[str, Any]]:
    """What stands before the first act belongs to one without a title; a line without a dash goes on with the beat above it."""
    acts: list[dict[str, Any]] = []
    for line in map(str.strip, text.splitlines()):
        if not line:
            continue
        if line.startswith("#"):
            acts.append({"title": line.lstrip("#").strip(), "beats": []})
            continue
        if not acts:
            acts.append({"title": "", "beats": []})
        beats = acts[-1]["beats"]
        if line.startswith("-") or not beats:
            title, colon, words = line.lstrip("-").strip().partition(":")
            beats.append({"title": title.strip(), "text": words.strip()} if colon else {"title": "", "text": title})
        else:
            beats[-1]["text"] = f"{beats[-1]['text']} {line}".strip()
    return acts
