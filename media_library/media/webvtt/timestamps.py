"""WebVTT timestamps (W3C WebVTT §6.3 "collect a WebVTT timestamp"; times are whole milliseconds)."""

from __future__ import annotations

import re

# Minutes and seconds are two digits up to 59, hours any number of digits, milliseconds exactly three. Hours beyond
# fifteen digits are no time any player can seek to; they are read as a bad timestamp.
_TIMESTAMP = re.compile(r"(?:([0-9]{1,15}):)?([0-5][0-9]):([0-5][0-9])\.([0-9]{3})(?![0-9])")
# The parts of a time as text, looked up instead of computed: it makes reading and writing a track several times faster.
# Longer times than a hundred hours go the slow way.
TABLE_ENDS_MS = 100 * 3_600_000
MINUTE_TEXT = tuple(f"{value // 60:02}:{value % 60:02}:" for value in range(TABLE_ENDS_MS // 60_000))
SECOND_TEXT = tuple(f"{value:02}." for value in range(60))
MILLI_TEXT = tuple(f"{value:03}" for value in range(1000))
MINUTES = {text: value * 60_000 for value, text in enumerate(MINUTE_TEXT)}
SECONDS = {text: value * 1000 for value, text in enumerate(SECOND_TEXT)}
MILLIS = {text: value for value, text in enumerate(MILLI_TEXT)}


def match_timestamp(text: str, position: int) -> tuple[int, int] | None:
    """Milliseconds and the position after the timestamp that starts at `position`, or None."""
    found = _TIMESTAMP.match(text, position)
    if found is None:
        return None
    hours = int(found[1]) if found[1] else 0
    return (hours * 3600 + int(found[2]) * 60 + int(found[3])) * 1000 + int(found[4]), found.end()


def format_timestamp(ms: int) -> str:
    """`HH:MM:SS.mmm`, hours always written."""
    seconds, millis = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}.{millis:03}"
