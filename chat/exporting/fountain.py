"""A document as a screenplay in Fountain 1.1: plain text that screenwriting programs open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from chat.exporting.values import Block, clean
from media_library.media.formats.characters import one_line

NARRATOR = "NARRATOR (V.O.)"
_EMPHASIS = re.compile(r"([*_\\])")
_NOTE = re.compile(r"\[\[|\]\]|/\*|\*/")


def screenplay(title: str, blocks: Sequence[Block], *, subtitle: str = "", draft: str = "") -> bytes:
    """Headings become scenes, narration and quotes dialogue, what is missing a note."""
    head = [f"Title: {one_line(title) or 'Untitled'}"]
    head += [f"Credit: {one_line(subtitle)}"] if subtitle else []
    head += [f"Draft date: {one_line(draft)}"] if draft else []
    parts = ["\n".join(head)]
    for block in map(clean, blocks):
        parts += _block(block)
    return ("\n\n".join(parts) + "\n").encode()


def _block(block: Block) -> Iterable[str]:
    match block.kind:
        case "heading":
            if block.level > 1:
                yield f"{'#' * block.level} {one_line(block.text)}"
            else:
                # Forced, because it need not begin with INT. or EXT.
                yield f".{_plain(one_line(block.text)).lstrip('.') or 'SCENE'}"
            if block.about:
                yield f"= {one_line(block.about)}"
        case "narration":
            yield _dialogue(block.by or NARRATOR, block.text)
        case "quote":
            yield _dialogue(f"{block.by or 'SPEAKER'} (ON CAMERA)", block.text)
            if block.about:
                yield f"[[{_noted(block.about)}]]"
        case "gap":
            yield f"[[{_noted(block.text) or 'Narration to be written'}]]"
        case "note":
            yield f"[[{_noted(block.text)}]]"
        case "item":
            yield _action(f"- {block.text}")
        case _:
            yield _action(block.text)


def _dialogue(name: str, text: str) -> str:
    # The @ forces a name that is not written in capitals, as many scripts have none.
    lines = [_plain(line) or "  " for line in (text.strip() or "…").split("\n")]
    return "\n".join(
        [f"@{_plain(one_line(name)).replace('^', '')}", *(line if line.strip() else "  " for line in lines)]
    )


def _action(text: str) -> str:
    """Each line forced to be action: a line in capitals or with a dot in front would be something else."""
    return "\n".join(f"!{_plain(line)}" if line.strip() else "" for line in text.strip().split("\n"))


def _plain(text: str) -> str:
    """Stars and underlines are those of the text, no emphasis; and nothing in it opens a note or is cut away."""
    return _EMPHASIS.sub(
        r"\\\1", text.replace("[[", "[ [").replace("]]", "] ]").replace("/*", "/ *").replace("*/", "* /")
    )


def _noted(text: str) -> str:
    return one_line(_NOTE.sub(" ", text))
