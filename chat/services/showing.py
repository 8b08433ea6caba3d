"""A message as it is shown: Markdown and our grammar as HTML of which every tag and address is written here.

Text comes in escaped; links lead to http(s) alone and pictures are only named, so reading an answer asks nothing of anybody.
static/js/chat-markdown.js does the same while the words still come.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from chat.models import Message
from chat.services import grammar
from chat.services.grammar import ClipLine, Gap, Heading, Paragraph

Cite = Callable[[int], SafeString]

_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_ITEM = re.compile(r"^ {0,3}([-*+]|\d{1,9}[.)])\s+(.*)$")
_QUOTE = re.compile(r"^ {0,3}>\s?(.*)$")
_RULE = re.compile(r"^ {0,3}([-*_])(?:\s*\1){2,}\s*$")
_INLINE = re.compile(
    r"""(?P<ticks>`+)(?P<code>.+?)(?P=ticks)
    |\*\*(?P<strong>.+?)\*\*|__(?P<strong2>.+?)__
    |\*(?P<em>[^*\s][^*]*?)\*|(?<!\w)_(?P<em2>[^_\s][^_]*?)_(?!\w)
    |!\[(?P<alt>[^\]]*)\]\([^)]*\)
    |\[(?P<label>[^\]]+)\]\((?P<address>[^)\s]+)[^)]*\)
    |\[(?P<numbers>\d{1,4}(?:\s*[,;]\s*\d{1,4})*)\]""",
    re.VERBOSE,
)
_ADDRESS = re.compile(r"^https?://[^\s\"'<>\\]+$", re.IGNORECASE)
# Words inside of words inside of words: nobody writes that, so it ends somewhere.
_DEEPEST = 6
# The first heading of an answer stands below that of the page's messages, the others below it as they are written.
_FIRST_HEADING = 3


def html_of(message: Message) -> SafeString:
    """What a person wrote as they wrote it; what an engine wrote with its quotes to play."""
    if message.role == Message.Role.USER:
        return format_html("<p>{}</p>", message.content)
    sources = {source.get("n"): source for source in message.sources}
    return rendered(message.content, lambda n: citation(n, sources.get(n)))


def rendered(text: str, cite: Cite) -> SafeString:
    parts: list[SafeString] = []
    sizes = HeadingSizes()
    fenced: list[str] = []
    plain: list[str] = []

    def flush() -> None:
        parts.extend(_grammar("\n".join(plain), cite, sizes))
        plain.clear()

    fence = ""
    for line in text[: grammar.MOST_CHARACTERS].replace("\r\n", "\n").split("\n"):
        opens = _FENCE.match(line)
        if fence:
            if opens and opens[1].startswith(fence):
                parts.append(_code(fenced))
                fence, fenced = "", []
            else:
                fenced.append(line)
        elif opens:
            flush()
            fence = opens[1]
        else:
            plain.append(line)
    flush()
    if fence:
        parts.append(_code(fenced))
    return _joined(parts)


def citation(n: int, source: dict[str, Any] | None) -> SafeString:
    """A button that plays what is quoted; a mere number where nothing is known under it."""
    if not source or not source.get("asset_id"):
        return format_html('<span class="cite">{}</span>', n)
    at = _clock(source.get("start"))
    words = f"{n} · {at}" if at else str(n)
    return format_html(
        '<button class="cite" type="button" data-cite="{}" data-asset="{}" data-start="{}" data-end="{}"'
        ' aria-label="{}">{}</button>',
        n,
        source["asset_id"],
        "" if source.get("start") is None else source["start"],
        "" if source.get("end") is None else source["end"],
        f"{words}, play {source.get('title', '')}",
        words,
    )


def inline(text: str, cite: Cite, depth: int = 0) -> SafeString:
    if depth > _DEEPEST:
        return escape(text)
    parts, at = [], 0
    for found in _INLINE.finditer(text):
        parts.append(escape(text[at : found.start()]))
        at = found.end()
        parts.append(_inline(found, cite, depth + 1))
    parts.append(escape(text[at:]))
    return _joined(parts)


def _inline(found: re.Match[str], cite: Cite, depth: int) -> SafeString:
    kinds = found.groupdict()
    if kinds["code"] is not None:
        return format_html("<code>{}</code>", kinds["code"])
    if (strong := kinds["strong"] or kinds["strong2"]) is not None:
        return format_html("<strong>{}</strong>", inline(strong, cite, depth))
    if (em := kinds["em"] or kinds["em2"]) is not None:
        return format_html("<em>{}</em>", inline(em, cite, depth))
    if kinds["alt"] is not None:
        return escape(kinds["alt"])
    if kinds["label"] is not None:
        label = inline(kinds["label"], cite, depth)
        if not _ADDRESS.match(kinds["address"]):
            return label
        return format_html('<a href="{}" rel="noopener noreferrer nofollow">{}</a>', kinds["address"], label)
    return _joined(cite(int(number)) for number in re.findall(r"\d+", kinds["numbers"]))


class HeadingSizes:
    """Which of h3 to h6 a heading is: no step down is skipped, whatever the engine wrote."""

    def __init__(self) -> None:
        self.base = 0
        self.last = _FIRST_HEADING - 1

    def size(self, level: int) -> int:
        self.base = self.base or level
        wanted = _FIRST_HEADING + max(0, level - self.base)
        self.last = min(6, wanted, self.last + 1)
        return self.last


def _grammar(text: str, cite: Cite, sizes: HeadingSizes) -> Iterable[SafeString]:
    for block in grammar.parse(text):
        match block:
            case Heading(level, words):
                size = sizes.size(level)
                yield format_html("<h{}>{}</h{}>", size, inline(words, cite), size)
            case ClipLine():
                yield _clip(block, cite)
            case Gap(words):
                yield format_html('<p class="msg__gap">Narration to be written: {}</p>', words)
            case Paragraph(words):
                yield from _blocks(words.split("\n"), cite)


def _clip(clip: ClipLine, cite: Cite) -> SafeString:
    number = cite(clip.number) if clip.number is not None else SafeString("")
    behind = format_html(" — {}", inline(clip.description, cite)) if clip.description else ""
    return format_html('<p class="msg__clip">{} {}{}</p>', number, clip.title or "Clip", behind)


def _blocks(lines: list[str], cite: Cite) -> Iterable[SafeString]:
    """A paragraph of the grammar may hold lists, quotations and rules."""
    held: list[str] = []
    kind = ""
    for line in lines:
        now = _kind(line)
        # A line that goes on with an item belongs to it.
        if held and now != kind and not (kind == "item" and now == "words"):
            yield _block(kind, held, cite)
            held = []
        kind = now if not held else kind
        held.append(line)
    if held:
        yield _block(kind, held, cite)


def _kind(line: str) -> str:
    if _RULE.match(line):
        return "rule"
    return "item" if _ITEM.match(line) else "quote" if _QUOTE.match(line) else "words"


def _block(kind: str, lines: list[str], cite: Cite) -> SafeString:
    match kind:
        case "rule":
            return SafeString("<hr>")
        case "item":
            return _list(lines, cite)
        case "quote":
            words = " ".join((_QUOTE.match(line) or [line, line])[1] for line in lines)
            return format_html("<blockquote><p>{}</p></blockquote>", inline(words, cite))
        case _:
            return format_html("<p>{}</p>", inline(" ".join(line.strip() for line in lines), cite))


def _list(lines: list[str], cite: Cite) -> SafeString:
    items: list[str] = []
    for line in lines:
        if found := _ITEM.match(line):
            items.append(found[2])
        else:
            items[-1] += f" {line.strip()}"
    shown = format_html_join("", "<li>{}</li>", ((inline(item, cite),) for item in items))
    first = re.match(r"\s*(\d+)", lines[0])
    if first:
        return format_html('<ol start="{}">{}</ol>', int(first[1]), shown)
    return format_html("<ul>{}</ul>", shown)


def _code(lines: list[str]) -> SafeString:
    return format_html("<pre><code>{}</code></pre>", "\n".join(lines))


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest:02}"


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return mark_safe("".join(parts))  # noqa: S308  (every part is escaped where it is made)
