r"""SubRip. There is no standard: this reads what files in the wild do and writes what every player takes.

Our own, not pysubs2's or srt's, reader: those throw away colours and voices, cannot name the line of a caption that they
drop, and take a damaged time for text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from media_library.media.formats import overrides
from media_library.media.formats.characters import showable
from media_library.media.formats.errors import InvalidCaptions, Notices
from media_library.media.formats.overrides import Look
from media_library.media.formats.placement import BELOW
from media_library.media.formats.runs import COLORS, Layer, Run, merged, wrapped
from media_library.media.formats.track import MAX_TEXT, Track, captions
from media_library.media.webvtt.model import Document

# A timing line begins with a number and has its arrow; whether its times can be read is another question.
_TIMING_LIKE = re.compile(r"[ \t]*-?\d[^>]{0,40}-->")
_TIME = r"(-?)(?:(\d{1,4})[ \t]*:[ \t]*)?(\d{1,2})[ \t]*:[ \t]*(\d{1,2})(?:[ \t]*[.,][ \t]*(\d{1,9}))?"
_TIMING = re.compile(rf"[ \t]*{_TIME}[ \t]*--+>[ \t]*{_TIME}(.*)")
_INDEX = re.compile(r"[ \t]*(\d{1,9})[ \t]*\Z")
# A code, a tag, or text up to the next of them; a bracket that opens neither is text.
_TOKEN = re.compile(r"(\{\\[^{}]*\})|<([^<>]*)>|((?:[^<{]|<(?![^<>]*>)|\{(?!\\[^{}]*\}))+)")
_TAG = re.compile(r"(/?)([a-zA-Z][a-zA-Z0-9]{0,9})(?:[\s.=/]|\Z)")
_FONT_COLOR = re.compile(r"color\s*=\s*[\"']?\s*(#?[0-9a-zA-Z]{1,20})", re.IGNORECASE)
_REFERENCE = re.compile(r"&(amp|lt|gt|quot|apos|nbsp|lrm|rlm|#123|#39);")
_REFERENCES = {
    "amp": "&",
    "lt": "<",
    "gt": ">",
    "quot": '"',
    "apos": "'",
    "nbsp": "\u00a0",
    "lrm": "\u200e",
    "rlm": "\u200f",
    "#123": "{",
    "#39": "'",
}
# Tags that stand in such files, some of which say nothing that we keep; anything else in angle brackets is text.
_TAGS = {"i", "em", "b", "strong", "u", "font", "s", "strike", "span", "p", "div", "c", "v", "lang", "ruby", "rt", "rp"}
_OPENS_TAG = re.compile(r"<(?=[a-zA-Z/!?])")


@dataclass(frozen=True, slots=True)
class _Block:
    """One caption's lines: `line` is that of the timing, from 1."""

    line: int
    timing: str
    text: list[str]


def read(text: str, notices: Notices) -> Track:
    track = Track(notices)
    lines = text.split("\n")
    found_any = False
    for block in _blocks(lines, notices):
        found_any = True
        _read_block(block, track)
    if not found_any:
        raise InvalidCaptions(1, "no line with times such as 00:00:01,000 --> 00:00:02,500 was found")
    return track


def _blocks(lines: list[str], notices: Notices) -> Iterator[_Block]:
    """From timing line to timing line: blank lines inside a caption, missing ones between two and missing numbers do no harm."""
    timings = [at for at, line in enumerate(lines) if "-->" in line and _TIMING_LIKE.match(line)]
    if not timings:
        return
    head, number = _without_index(lines[: timings[0]], 0, first=True)
    if any(line.strip() for line in head):
        notices.add(1, "Text before the first caption was left out.", lost="\n".join(head).strip()[:500])
    for at, following in zip(timings, [*timings[1:], len(lines)], strict=True):
        text = lines[at + 1 : following]
        if following < len(lines):
            text, number = _without_index(text, number)
        while text and not text[-1].strip():
            text.pop()
        if any(not line.strip() for line in text):
            notices.add(at + 1, "A blank line inside this caption was left out.")
        yield _Block(at + 1, lines[at], [line for line in text if line.strip()])


def _without_index(lines: list[str], number: int | None, *, first: bool = False) -> tuple[list[str], int | None]:
    """The lines before a timing without the number on top of it; `number` is the one before, None in a file without any."""
    last = len(lines) - 1
    while last >= 0 and not lines[last].strip():
        last -= 1
    found = _INDEX.match(lines[last]) if last >= 0 else None
    # With a blank line in between it may be a caption that says a number: only the next number counts as one then.
    if found and (first or last == len(lines) - 1 or (number is not None and int(found[1]) == number + 1)):
        return lines[:last], int(found[1])
    return lines, None if first or number is None else number + 1


def _read_block(block: _Block, track: Track) -> None:
    found = _TIMING.fullmatch(block.timing)
    start = _ms(found.groups()[0:5]) if found else None
    end = _ms(found.groups()[5:10]) if found else None
    text = "\n".join(block.text)
    if found is None or start is None or end is None:
        track.leave_out(block.line, "A caption whose times cannot be read was left out.", text)
        return
    if len(text) > MAX_TEXT:
        track.too_long(block.line, text)
        return
    if found[11].strip():
        track.notices.once(block.line, "Settings after the times are not SubRip's and were left out.")
    look = Look()
    runs = list(_runs(text, look))
    if look.unknown_color:
        track.notices.once(block.line, "Colours other than those WebVTT names were left out.")
    track.add(block.line, start, end, runs, place=look.place or BELOW)


def _ms(parts: tuple[str | None, ...]) -> int | None:
    sign, hours, minutes, seconds, fraction = parts
    if int(minutes or 0) > 59 or int(seconds or 0) > 59:
        return None
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    # Digits beyond the third are rounded: the model's resolution is the millisecond.
    thousandths = round(int((fraction or "0").ljust(4, "0")[:4]) / 10)
    return (whole * 1000 + thousandths) * (-1 if sign else 1)


def _runs(text: str, look: Look) -> Iterator[Run]:
    base = Run("")
    colors: list[str] = []
    for block, tag, plain in _TOKEN.findall(text):
        if block:
            overrides.apply(block[1:-1], look, base=base, styles={})
        elif plain:
            if not look.drawing:
                yield replace(look.run, text=_REFERENCE.sub(lambda found: _REFERENCES[found[1]], plain))
        elif not _apply_tag(tag, look, colors):
            literal = _REFERENCE.sub(lambda found: _REFERENCES[found[1]], f"<{tag}>")
            yield replace(look.run, text="\n" if tag.strip("/ ").lower() == "br" else literal)


def _apply_tag(inside: str, look: Look, colors: list[str]) -> bool:
    """Whether this is a tag, and not text in angle brackets."""
    found = _TAG.match(inside)
    if found is None:
        return False
    closes, name = bool(found[1]), found[2].lower()
    if name in {"i", "em"}:
        look.run = replace(look.run, italic=not closes)
    elif name in {"b", "strong"}:
        look.run = replace(look.run, bold=not closes)
    elif name == "u":
        look.run = replace(look.run, underline=not closes)
    elif name == "font":
        if closes:
            look.run = replace(look.run, color=colors.pop() if colors else "")
        else:
            colors.append(look.run.color)
            _apply_font(inside, look)
    elif name == "v":
        voice = "" if closes else inside.strip().partition(" ")[2].strip()
        look.run = replace(look.run, voice=voice)
    return name in _TAGS


def _apply_font(inside: str, look: Look) -> None:
    found = _FONT_COLOR.search(inside)
    if found is None:
        return
    value = found[1].lower().removeprefix("#")
    color = value if value in COLORS else "" if value == "white" else overrides.color_of(value[-6:])
    look.unknown_color = look.unknown_color or color is None
    look.run = replace(look.run, color=color or "")


_LAYERS: tuple[Layer, ...] = (
    ("color", lambda value, inner: f'<font color="#{COLORS[value]}">{inner}</font>'),
    ("bold", lambda _, inner: f"<b>{inner}</b>"),
    ("italic", lambda _, inner: f"<i>{inner}</i>"),
    ("underline", lambda _, inner: f"<u>{inner}</u>"),
)


def write(document: Document) -> bytes:
    """Numbered from 1, tags for italics, bold, underline and the named colours, `{\\anN}` for another place than below."""
    blocks: list[str] = []
    for number, caption in enumerate(captions(document), start=1):
        runs = merged(replace(run, voice="", language="", ruby="") for run in caption.runs)
        text = wrapped(runs, _LAYERS, lambda run: escape(run.text))
        place = f"{{\\an{caption.place}}}" if caption.place != BELOW else ""
        lines = [line.replace("-->", "--&gt;") if _TIMING_LIKE.match(line) else line for line in text.split("\n")]
        joined = "\n".join(lines)
        blocks.append(f"{number}\n{stamp(caption.start_ms)} --> {stamp(caption.end_ms)}\n{place}{joined}\n")
    return showable("\n".join(blocks)).encode()


def escape(text: str) -> str:
    """Text that no player takes for a tag or a code: brackets stay as they are unless something could open there."""
    text = _REFERENCE.sub(lambda found: "&amp;" + found[0][1:], text)
    return _OPENS_TAG.sub("&lt;", text).replace("{\\", "&#123;\\")


def stamp(ms: int) -> str:
    seconds, millis = divmod(ms, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02},{millis:03}"
