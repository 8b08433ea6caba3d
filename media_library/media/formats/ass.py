r"""Advanced SubStation Alpha, and reading of its predecessor SSA.

Our own reader, not pysubs2's: that one silently skips lines it cannot read, and gives no line numbers for those it can. It judges our
writer in the tests.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from media_library.media.formats import overrides
from media_library.media.formats.characters import one_line, showable
from media_library.media.formats.errors import InvalidCaptions, Notices
from media_library.media.formats.overrides import Look, Style
from media_library.media.formats.placement import BELOW
from media_library.media.formats.runs import COLORS, Run
from media_library.media.formats.track import MAX_TEXT, Caption, Track, captions
from media_library.media.webvtt.model import Document

_TIME = re.compile(r"\s*(-?)(\d{1,4}):(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,6}))?\s*\Z")
# A backslash and a brace can be escaped; any other block of braces holds codes or a remark.
_TOKEN = re.compile(r"(\\[{}Nnh]|\\\u2060)|\{([^{}]*)\}|((?:[^\\{]|\\(?![{}Nnh\u2060])|\{(?![^{}]*\}))+)")
_ESCAPES = {"\\N": "\n", "\\n": " ", "\\h": "\u00a0", "\\{": "{", "\\}": "}", "\\\u2060": "\\"}
_EVENT_FIELDS = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
_MAX_STYLES = 5000
_PLACES = {str(place) for place in range(1, 12)}
_DECIMAL = re.compile(r"[0-9]{1,10}")  # SSA writes colours as plain numbers


@dataclass(slots=True)
class _File:
    track: Track
    old: bool = False
    styles: dict[str, Style] = field(default_factory=dict)
    style_fields: list[str] = field(default_factory=list)
    event_fields: list[str] = field(default_factory=lambda: list(_EVENT_FIELDS))


def read(text: str, notices: Notices) -> Track:
    file = _File(Track(notices))
    section = ""
    sections: set[str] = set()
    for number, raw in enumerate(text.split("\n"), start=1):
        line = raw.strip()
        if line.startswith("[") and line.endswith("]"):
            section = line[1:-1].strip().lower()
            sections.add(section)
            file.old = file.old or section == "v4 styles"
        elif section in {"v4+ styles", "v4 styles"}:
            _read_style(line, file)
        elif section == "events":
            _read_event(raw.lstrip(), number, file)
    if "events" not in sections:
        raise InvalidCaptions(1, "the file has no [Events] section")
    return file.track


def _read_style(line: str, file: _File) -> None:
    kind, _, rest = line.partition(":")
    if kind.lower() == "format":
        file.style_fields = [name.strip().lower() for name in rest.split(",")][:100]
    elif kind.lower() == "style" and len(file.styles) < _MAX_STYLES:
        values = dict(zip(file.style_fields, [value.strip() for value in rest.split(",")], strict=False))
        number = values.get("alignment", "")
        place = int(number) if number in _PLACES else BELOW
        color = values.get("primarycolour", "")
        if file.old:
            place = overrides.old_place(place)
            color = f"{int(color):06X}" if _DECIMAL.fullmatch(color) else color
        run = Run(
            "",
            bold=_on(values, "bold"),
            italic=_on(values, "italic"),
            underline=_on(values, "underline"),
            color=overrides.ass_color(color) or "",
        )
        file.styles[values.get("name", "").lstrip("*")] = Style(run, place if 1 <= place <= 9 else BELOW)


def _on(values: dict[str, str], name: str) -> bool:
    return values.get(name, "0") not in {"0", ""}


def _read_event(line: str, number: int, file: _File) -> None:
    kind, _, rest = line.partition(":")
    if kind.strip().lower() == "format":
        fields = [name.strip().lower() for name in rest.split(",")][:100]
        if fields[-1] != "text" or "start" not in fields or "end" not in fields:
            raise InvalidCaptions(number, "the Format line of [Events] must name Start and End, and Text as the last")
        file.event_fields = fields
    elif kind.strip().lower() == "dialogue":
        values = rest.lstrip().split(",", len(file.event_fields) - 1)
        if len(values) < len(file.event_fields):
            file.track.leave_out(number, "A Dialogue line with too few fields was left out.", rest)
        else:
            _read_dialogue(dict(zip(file.event_fields, values, strict=True)), number, file)


def _read_dialogue(values: dict[str, str], number: int, file: _File) -> None:
    start, end = _ms(values["start"]), _ms(values["end"])
    if start is None or end is None:
        file.track.leave_out(number, "A caption whose times cannot be read was left out.", values["text"])
        return
    if len(values["text"]) > MAX_TEXT:
        file.track.too_long(number, values["text"])
        return
    style = file.styles.get(values.get("style", "").strip().lstrip("*"), Style())
    look = Look(replace(style.run, voice=one_line(values.get("name", ""))))
    runs = list(_runs(values["text"], look, style, file.styles))
    if look.unknown_color:
        file.track.notices.once(number, "Colours other than those WebVTT names were left out.")
    if not runs and values["text"].strip():
        file.track.notices.once(number, "Drawings were left out: a caption holds text.")
        return
    file.track.add(number, start, end, runs, place=look.place or style.place)


def _runs(text: str, look: Look, style: Style, styles: dict[str, Style]) -> Iterator[Run]:
    for escaped, block, plain in _TOKEN.findall(text):
        if escaped or plain:
            if not look.drawing:
                yield replace(look.run, text=_ESCAPES.get(escaped, plain))
        elif block:
            overrides.apply(block, look, base=style.run, styles=styles)


def _ms(text: str) -> int | None:
    found = _TIME.match(text)
    if found is None or int(found[3]) > 59 or int(found[4]) > 59:
        return None
    whole = int(found[2]) * 3600 + int(found[3]) * 60 + int(found[4])
    return (whole * 1000 + int((found[5] or "0").ljust(3, "0")[:3])) * (-1 if found[1] else 1)


_HEAD = """\
[Script Info]
Title: {title}
ScriptType: v4.00+
WrapStyle: 0
ScaledBorderAndShadow: yes
YCbCr Matrix: None
PlayResX: 1920
PlayResY: 1080

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, \
ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,60,&H00FFFFFF,&H000000FF,&H00000000,&H80000000,0,0,0,0,100,100,0,0,1,3,1,2,192,192,60,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def write(document: Document, *, title: str) -> bytes:
    """One Dialogue line a cue, times in centiseconds, the voice in Name when one person speaks."""
    lines = [_HEAD.format(title=one_line(title) or "Captions")]
    for caption in captions(document):
        start, end = (caption.start_ms + 5) // 10, (caption.end_ms + 5) // 10
        if start == end and caption.end_ms > caption.start_ms:
            start = caption.start_ms // 10
            end = start + 1
        lines.append(f"Dialogue: 0,{stamp(start)},{stamp(end)},Default,{_name(caption)},0,0,0,,{_text(caption)}\n")
    return showable("".join(lines)).encode()


def _name(caption: Caption) -> str:
    whole = len(caption.voices) == 1 and all(run.voice for run in caption.runs if run.text.strip())
    return one_line(caption.voices[0].replace(",", " ")) if whole else ""


def _text(caption: Caption) -> str:
    parts = [f"{{\\an{caption.place}}}"] if caption.place != BELOW else []
    before = Run("")
    for run in caption.runs:
        codes = "".join(
            f"\\{code}{int(now)}"
            for code, was, now in (
                ("b", before.bold, run.bold),
                ("i", before.italic, run.italic),
                ("u", before.underline, run.underline),
            )
            if was != now
        )
        if run.color != before.color:
            rgb = COLORS.get(run.color, overrides.WHITE).upper()
            codes += f"\\c&H{rgb[4:6]}{rgb[2:4]}{rgb[0:2]}&"
        if codes:
            parts.append(f"{{{codes}}}")
        parts.append(escape(run.text))
        before = run
    return "".join(parts)


def escape(text: str) -> str:
    """Text that no renderer takes for a code. A backslash has no escape of its own: a word joiner keeps it from the next letter."""
    text = text.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}")
    return text.replace("\u00a0", "\\h").replace("\n", "\\N")


def stamp(centiseconds: int) -> str:
    seconds, hundredths = divmod(centiseconds, 100)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{hundredths:02}"
