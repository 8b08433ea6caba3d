"""Outputs appear whole or not at all, and a full disk is said as such."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av.error

from media_library.media.errors import DiskFullError, MediaError, RenderError
from media_library.media.ffmpeg import part_path


@contextmanager
def written(output: Path) -> Iterator[Path]:
    """Gives the name to write to; renames it to `output` at the end, removes it on any failure."""
    part = part_path(output)
    try:
        yield part
        part.replace(output)
    except MediaError:
        raise
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise DiskFullError(log=str(error)) from error
        raise RenderError(log=str(error)) from error
    except av.error.FFmpegError as error:
        raise RenderError(log=str(error)) from error
    finally:
        part.unlink(missing_ok=True)
