"""What can be wrong with a file or with work on it. The message is for the person; `log`, what the program said, is for the operator."""

from __future__ import annotations


class MediaError(Exception):
    """An expected failure. Its message says what is wrong and what to do about it."""

    default_message = "This file cannot be used. Try another one."

    def __init__(self, message: str = "", *, log: str = "") -> None:
        self.message = message or self.default_message
        self.log = log
        super().__init__(self.message)


class NotMediaError(MediaError):
    default_message = "This file is not video, audio, a picture or subtitles. Upload the original media file."


class TruncatedError(MediaError):
    default_message = "This file is incomplete: its end is missing. Upload or export it again."


class NoVideoError(MediaError):
    default_message = "This file has no video. Upload a file with a picture."


class NoAudioError(MediaError):
    default_message = "This file has no sound. Upload a file with an audio track."


class TooLongError(MediaError):
    default_message = "This file is too long. Cut it into shorter parts and upload them one by one."


class TooLargeError(MediaError):
    default_message = "This file is larger than the studio accepts. Export it smaller and try again."


class WrongTypeError(MediaError):
    default_message = "The content of this file is not what its name says. Give it its right name and try again."


class UnsupportedError(MediaError):
    default_message = "The studio cannot work with this kind of file. Convert it to MP4 (H.264 and AAC) and try again."


class RangeError(MediaError):
    default_message = (
        "These in and out points cannot be used. Choose an out point after the in point, inside the video."
    )


class RenderError(MediaError):
    default_message = (
        "The video could not be processed. Try again; if it fails again, upload a fresh export of the source."
    )


class HaltedError(MediaError):
    default_message = "The work was stopped before it ended. Nothing was kept; start it again when you like."


class DiskFullError(MediaError):
    default_message = "There is no space left to write the result. Free some space and try again."
