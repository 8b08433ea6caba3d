"""A cut as a CMX 3600 edit decision list, which every editing program reads."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from chat.exporting.values import Cut, Item, Timeline, is_drop, timecode, timeline_of

BLACK = "BL"
MOST_EVENTS = 999


def edit_list(cut: Cut) -> bytes:
    """Footage counts from 00:00:00:00 at the rate of the list; what a name loses in ASCII stands nowhere else."""
    timeline = timeline_of(cut)
    code = "DROP FRAME" if is_drop(timeline.rate) else "NON-DROP FRAME"
    lines = [f"TITLE: {ascii_line(timeline.title)[:70] or 'CUT'}", f"FCM: {code}", ""]
    lines += _events(timeline)
    return ("\r\n".join(lines) + "\r\n").encode("ascii")


def _events(timeline: Timeline) -> Iterator[str]:
    items = timeline.items
    for n, item in enumerate(items):
        following = items[n + 1] if n + 1 < len(items) else None
        # What the next dissolve shows of this one belongs to the next event.
        length = item.length - (following.overlap if following else 0)
        number = f"{n + 1:03}"
        if item.clip is None:
            yield _event(number, BLACK, "V", "C", 0, length, item.start, timeline)
            yield f"* TITLE CARD: {ascii_line(item.words)}"
        elif item.overlap:
            before = items[n - 1]
            assert before.clip is not None  # noqa: S101  (only clips are dissolved from)
            at = before.source + before.length - item.overlap
            yield _event(number, "AX", _channels(before), "C", at, 0, item.start, timeline)
            yield _event(
                number, "AX", _channels(item), f"D    {item.overlap:03}", item.source, length, item.start, timeline
            )
            yield f"* FROM CLIP NAME: {ascii_line(before.clip.footage.filename)}"
            yield f"* TO CLIP NAME: {ascii_line(item.clip.footage.filename)}"
        else:
            yield _event(number, "AX", _channels(item), "C", item.source, length, item.start, timeline)
            yield f"* FROM CLIP NAME: {ascii_line(item.clip.footage.filename)}"
        if item.clip is not None:
            if item.dip:
                yield f"* COMMENT: DIPS TO BLACK BEFORE, {item.dip} FRAMES"
            if title := ascii_line(item.clip.title):
                yield f"* COMMENT: {title}"
        yield ""


def _event(
    number: str, reel: str, channels: str, edit: str, source: int, length: int, at: int, timeline: Timeline
) -> str:
    times = " ".join(timecode(frame, timeline.rate) for frame in (source, source + length, at, at + length))
    return f"{number}  {reel:<8} {channels:<5} {edit:<8} {times}"


def _channels(item: Item) -> str:
    footage = item.clip.footage if item.clip else None
    if footage is None or footage.fps is None:
        return "AA"
    return "AA/V" if footage.has_sound else "V"


def ascii_line(text: str) -> str:
    """The format knows ASCII alone: accents go, what is left over becomes an underline."""
    folded = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return re.sub(r"\s+", " ", "".join(one if " " <= one <= "~" else "_" for one in folded)).strip()
