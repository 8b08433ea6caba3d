"""The only way a file is opened for reading in-process: by content, with one forced demuxer and no way to reach another file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from media_library.media.errors import (
    MediaError,
    NotMediaError,
    NoVideoError,
    RenderError,
    TruncatedError,
    UnsupportedError,
)
from media_library.media.limits import SOURCE
from media_library.media.sniff import Kind, sniff

# ffmpeg's whitelist wants every name a demuxer registers under.
DEMUXER_NAMES = {"mov": "mov,mp4,m4a,3gp,3g2,mj2", "matroska": "matroska,webm"}

# Containers whose headers name codec, size and clock of each track.
_TELLING_HEADERS = {"mov", "matroska"}

MAX_STREAMS_READ = 100
READ_TIMEOUT_SECONDS = 15.0


def reading_options(kind: Kind) -> dict[str, str]:
    """What both PyAV and the ffmpeg program get before every input. Raises UnsupportedError for what they are never given."""
    if not kind.demuxer:
        raise UnsupportedError(f"This file is {kind.label}, which cannot be used here. Upload it as MP4, JPEG or PNG.")
    options = {
        "protocol_whitelist": "file",
        "format_whitelist": DEMUXER_NAMES.get(kind.demuxer, kind.demuxer),
        "max_pixels": str(SOURCE.pixels if kind.family != "image" else SOURCE.image_pixels),
        "max_streams": str(MAX_STREAMS_READ),
    }
    if kind.demuxer == "mov":
        # A `dref` may name another file; off by default, and said here so that no default can change it.
        options |= {"enable_drefs": "0", "use_absolute_path": "0"}
    return options


def address(path: Path) -> str:
    """How a path is given to ffmpeg: a leading dash or a colon in it then means nothing."""
    return f"file:{path.absolute()}"


@contextmanager
def open_media(path: Path, *, kind: Kind | None = None, headers_only: bool = False) -> Iterator[InputContainer]:
    """Raises NotMediaError, TruncatedError, UnsupportedError. What goes wrong inside the block is said the same way.

    `headers_only` decodes no first frame to learn what headers leave out (pixel format): four times quicker where that is not asked.
    """
    kind = kind or sniff(path)
    options = reading_options(kind)
    if headers_only and kind.demuxer in _TELLING_HEADERS:
        options |= {"probesize": "32", "skip_frame": "all", "threads": "1"}
    try:
        with av.open(
            address(path),
            format=kind.demuxer,
            options=options,
            timeout=(READ_TIMEOUT_SECONDS, READ_TIMEOUT_SECONDS),
            metadata_errors="replace",
        ) as container:
            yield container
    except MediaError:
        raise
    except av.error.InvalidDataError as error:
        raise TruncatedError(
            "This file is damaged or incomplete. Upload or export it again.", log=str(error)
        ) from error
    except av.error.ExitError as error:
        raise RenderError("Reading this file took too long. Try again.", log=str(error)) from error
    except (av.error.DecoderNotFoundError, av.error.PatchWelcomeError) as error:
        raise UnsupportedError(log=str(error)) from error
    except av.error.FFmpegError as error:
        raise NotMediaError(
            "This file cannot be read as media. Export it again and upload it once more.", log=str(error)
        ) from error


def picture_stream(container: InputContainer) -> VideoStream:
    """The first that is video, not a cover. Raises NoVideoError."""
    for stream in container.streams.video:
        if not stream.disposition & Disposition.attached_pic:
            return stream
    raise NoVideoError
