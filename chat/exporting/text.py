"""A document as plain text and as Markdown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from chat.exporting.values import Block, clean
from media_library.media.formats.characters import one_line

WIDTH = 78
GAP = "Narration to be written"
# What Markdown or HTML in it would make of a text: a picture from elsewhere, a link, a heading.
_SIGNS = re.compile(r"([\\`*_\[\]<>#|!~$])")
_STARTS = re.compile(r"(?m)^(\s*)([-+=]|\d{1,9}[.)])(?=\s|=|-|$)")


def plain(title: str, blocks: Sequence[Block], *, subtitle: str = "") -> bytes:
    title = one_line(title) or "Untitled"
    parts = [title, "=" * min(len(title), WIDTH), *([one_line(subtitle)] if subtitle else []), ""]
    for block in map(clean, blocks):
        match block.kind:
            case "heading":
                about = f"  ({block.about})" if block.about else ""
                parts += ["", f"{block.text.upper() if block.level == 1 else block.text}{about}", ""]
            case "quote":
                by = f"{block.by}: " if block.by else ""
                parts += [_wrapped(f"{by}“{block.text}”", "    "), *([f"    {block.about}"] if block.about else []), ""]
            case "gap":
                parts += [f"[ {block.text or GAP} ]", ""]
            case "item":
                parts += [f"- {block.text}"]
            case _:
                by = f"{block.by}: " if block.by else ""
                parts += [_wrapped(by + block.text), *([block.about] if block.about else []), ""]
    return ("\n".join(parts).rstrip() + "\n").encode()


def markdown(title: str, blocks: Sequence[Block], *, subtitle: str = "") -> bytes:
    parts = [
        f"# {escaped(one_line(title) or 'Untitled')}",
        "",
        *([escaped(one_line(subtitle)), ""] if subtitle else []),
    ]
    for block in map(clean, blocks):
        text, by, about = escaped(block.text), escaped(block.by), escaped(block.about)
        match block.kind:
            case "heading":
                parts += [
                    f"{'#' * (min(max(block.level, 1), 4) + 1)} {one_line(text)}",
                    "",
                    *([f"*{about}*", ""] if about else []),
                ]
            case "quote":
                said = "\n".join(f"> {line}" for line in text.split("\n"))
                parts += [said, *([">", f"> — {', '.join(filter(None, (by, about)))}"] if by or about else []), ""]
            case "gap":
                parts += [f"**\\[ {text or GAP} \\]**", ""]
            case "item":
                parts += [f"- {one_line(text)}"]
            case _:
                parts += [*([f"**{by}**", ""] if by else []), text, *(["", f"*{about}*"] if about else []), ""]
    return ("\n".join(parts).rstrip() + "\n").encode()


def escaped(text: str) -> str:
    return _STARTS.sub(r"\1\\\2", _SIGNS.sub(r"\\\1", text))


def _wrapped(text: str, indent: str = "") -> str:
    lines = (textwrap.fill(line, WIDTH, initial_indent=indent, subsequent_indent=indent) for line in text.split("\n"))
    return "\n".join(lines)
