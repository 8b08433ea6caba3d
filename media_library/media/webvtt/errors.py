"""Why a text is refused as WebVTT."""

from __future__ import annotations

from media_library.media.errors import MediaError


class InvalidWebVTT(MediaError):  # noqa: N818 - reads as the sentence it is: "raise InvalidWebVTT(7, 'bad timestamp')"
    """`line` is counted from 1 in the text as it was given; `reason` is the message without the line."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(f"Invalid WebVTT: line {line}: {reason}")


class WebVTTTooLarge(InvalidWebVTT):
    """More bytes or more cues than a caption track ever needs."""


class CueBeforeZero(MediaError):  # noqa: N818 - as above
    """A shift would move a cue to before the start of the film. `index` counts cues from 0."""

    def __init__(self, index: int) -> None:
        self.index = index
        super().__init__(f"Cue {index} would start before 0")
