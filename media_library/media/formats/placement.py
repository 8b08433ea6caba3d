"""Where a caption stands: nine places, numbered as on a keypad (2 is below in the middle, 8 above), as ASS and SubRip number them."""

from __future__ import annotations

from media_library.media.webvtt.settings import CueSettings

BELOW = 2
_LINE = {0: "", 1: "line:50%", 2: "line:0"}
_ALIGN = {0: "position:10% align:left", 1: "", 2: "position:90% align:right"}


def settings_of(place: int) -> str:
    """WebVTT cue settings for one of the nine places; the usual one needs none."""
    row, column = divmod(place - 1, 3)
    return " ".join(part for part in (_LINE[row], _ALIGN[column]) if part)


def place_of(settings: CueSettings, *, regions: dict[str, float], right_to_left: bool) -> int:
    """The nearest of the nine places. `regions` says how far down (in per cent) each region of the document stands."""
    return 3 * _row(settings, regions) + _column(settings, right_to_left=right_to_left) + 1


def _row(settings: CueSettings, regions: dict[str, float]) -> int:
    line = settings.line
    if line is not None and settings.snap_to_lines:
        # Counted in lines from the top, or with a minus from the bottom; a picture holds about fifteen.
        line = line * 100 / 15 if line >= 0 else 100.0
    elif line is None and settings.region:
        line = regions.get(settings.region)
    return 0 if line is None else row_of(line)


def row_of(percent: float) -> int:
    """0 below, 1 in the middle, 2 above, for something this far down."""
    return 2 if percent < 34 else 1 if percent < 67 else 0


def _column(settings: CueSettings, *, right_to_left: bool) -> int:
    align = settings.align
    if align in {"start", "end"}:
        align = "left" if (align == "start") != right_to_left else "right"
    return {"left": 0, "right": 2}.get(align, 1)
