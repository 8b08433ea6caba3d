"""Why a file is refused as captions, and what is told about a file that was read."""

from __future__ import annotations

from dataclasses import dataclass, field

from media_library.media.errors import MediaError

# More than this nobody reads; the rest is counted.
_MAX_NOTICES = 200


class InvalidCaptions(MediaError):  # noqa: N818 - reads as the sentence it is, as InvalidWebVTT does
    """`line` is counted from 1 in the text as it was given, 0 when no line is at fault; `reason` is the message without it."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"Invalid captions: line {line}: {reason}" if line else f"Invalid captions: {reason}")


class CaptionsTooLarge(InvalidCaptions):
    """More bytes or more cues than a caption track ever needs."""


class UnknownCaptions(InvalidCaptions):
    """Nothing in the file says that it holds captions of a kind we read."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader mended or left out. `lost` is the text that is not in the document, empty when none is."""

    line: int
    message: str
    lost: str = ""


@dataclass(slots=True)
class Notices:
    """Collects notices of one file; `once` says a thing the first time only."""

    found: list[Notice] = field(default_factory=list)
    untold: int = 0
    _said: set[str] = field(default_factory=set)

    def add(self, line: int, message: str, *, lost: str = "") -> None:
        if len(self.found) < _MAX_NOTICES:
            self.found.append(Notice(line, message, lost))
        else:
            self.untold += 1

    def once(self, line: int, message: str) -> None:
        if message not in self._said:
            self._said.add(message)
            self.add(line, message)

    def told(self) -> list[Notice]:
        found = sorted(self.found, key=lambda notice: notice.line)
        if self.untold:
            found.append(Notice(0, f"And {self.untold} more remarks of this kind."))
        return found
