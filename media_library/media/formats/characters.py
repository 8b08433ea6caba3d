"""From bytes to text, and which characters a caption may hold."""

from __future__ import annotations

import codecs
import re
import unicodedata

from media_library.media.formats.errors import CaptionsTooLarge, InvalidCaptions, Notices

MAX_BYTES = 8 * 1024 * 1024

# What XML 1.0 forbids, which is also what no caption can show: control characters, surrogates without their half, two non-characters.
_UNSHOWABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8}){0,8}")
_MARKS = (  # the longer first: a UTF-32 mark begins with the one of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, notices: Notices) -> str:
    """The file's text with LF line ends: by its byte order mark, as UTF-16 or UTF-8 without one, at last as Windows-1252 (and said so)."""
    if len(data) > MAX_BYTES:
        raise CaptionsTooLarge(0, f"the file is larger than {MAX_BYTES // (1024 * 1024)} MB")
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None) or _wide(data) or "utf-8"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding not in {"utf-8", "utf-8-sig"}:
            raise InvalidCaptions(0, f"the file is not whole {encoding.upper()} text; save it as UTF-8") from error
        text = data.decode("cp1252", errors="replace")
        notices.add(
            data.count(b"\n", 0, error.start) + 1,
            "The file is not UTF-8. It was read as Windows-1252; check letters such as é, ü and ñ.",
        )
    text = text.removeprefix("\ufeff")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if found := _UNSHOWABLE.search(text):
        notices.add(
            text.count("\n", 0, found.start()) + 1, "Characters that no caption can show (such as NUL) were left out."
        )
        text = _UNSHOWABLE.sub("", text)
    return text


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: text of mostly Latin letters, digits and times has a NUL in every other byte."""
    head = data[:2000]
    pairs = len(head) // 2
    if pairs < 2 or len(data) % 2:
        return None
    first, second = head[0 : 2 * pairs : 2].count(0), head[1 : 2 * pairs : 2].count(0)
    if second > pairs * 0.3 and first < pairs * 0.05:
        return "utf-16-le"
    if first > pairs * 0.3 and second < pairs * 0.05:
        return "utf-16-be"
    return None


def showable(text: str) -> str:
    """`text` without what XML and caption files cannot hold."""
    return _UNSHOWABLE.sub("", text) if _UNSHOWABLE.search(text) else text


def one_line(text: str) -> str:
    """For names and titles, which stand on a line of their own."""
    return " ".join(showable(text).split())


def language_tag(text: str) -> str:
    """`text` when it has the form of a language tag, or nothing: a wrong one would make a file invalid."""
    return text if _LANGUAGE.fullmatch(text) else ""


def is_right_to_left(text: str) -> bool:
    """By the first letter with a direction, as the Unicode algorithm takes a paragraph's."""
    for letter in text:
        direction = unicodedata.bidirectional(letter)
        if direction in {"R", "AL"}:
            return True
        if direction == "L":
            return False
    return False
