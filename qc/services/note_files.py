"""Notes as files: a table for people, markers for editing programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from core.spreadsheets import written
from jobs.models import Job
from qc.models import ReviewNote

HEAD = ("Timecode", "Frame", "Seconds", "Film", "Language", "Who", "Note", "State", "Written")
SHORTEST_FRAME = 1


def smpte(frame: int, fps: float) -> str:
    """HH:MM:SS:FF, counted without dropping numbers."""
    rate = max(1, round(fps))
    seconds, left = divmod(frame, rate)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{left:02}"


def frame_of(note: ReviewNote, fps: float) -> int:
    return note.frame if note.frame is not None else round(note.timestamp * fps)


def table(_job: Job, notes: Sequence[ReviewNote], *, fps: float) -> str:
    """CSV with a byte order mark, as spreadsheets want it."""
    rows = []
    for note in notes:
        frame = frame_of(note, fps)
        who = str(note.author) if note.author else f"{note.guest_name} (guest)"
        state, written_at = "resolved" if note.resolved else "open", note.created_at.isoformat(timespec="seconds")
        place = (smpte(frame, fps), frame, round(note.timestamp, 3), note.asset, note.language)
        rows.append((*place, who, note.body, state, written_at))
    return "\ufeff" + written(HEAD, rows)


def markers(job: Job, notes: Sequence[ReviewNote], *, fps: float) -> str:
    """A CMX 3600 list with one frame for each note and its words as a locator, which editing programs show as markers."""
    lines = [f"TITLE: {_line(job.title)}", "FCM: NON-DROP FRAME", ""]
    for number, note in enumerate(notes, start=1):
        start = frame_of(note, fps)
        end = max(start + SHORTEST_FRAME, round(note.until * fps) if note.until else 0)
        times = f"{smpte(start, fps)} {smpte(end, fps)}"
        who = str(note.author) if note.author else note.guest_name
        lines.append(f"{number:03}  AX       V     C        {times} {times}")
        colour = "GREEN" if note.resolved else "RED"
        lines += [f"* LOC: {smpte(start, fps)} {colour:<7} {_line(f'{who}: {note.body}')}", ""]
    return "\n".join(lines)


def _line(text: str) -> str:
    return " ".join(text.split())[:200]


FORMS: Mapping[str, tuple[str, Callable[..., str]]] = {
    "csv": ("text/csv; charset=utf-8", table),
    "edl": ("text/plain; charset=utf-8", markers),
}
