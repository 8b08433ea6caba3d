"""What a file says of itself when a machine spoke in it: a mark that players show and programs read.

WAV keeps it in its LIST INFO chunk, other containers in their comment. See docs/adr on synthetic speech.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path

LABEL = "AI-generated voice"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"


def sentence(engine: str) -> str:
    """What stands in the file."""
    return f"{LABEL}. The speech was made by {engine or 'a machine'}. {SOURCE_TYPE}"


def tags(engine: str) -> list[str]:
    """For ffmpeg, whatever the container."""
    return ["-metadata", f"comment={sentence(engine)}", "-metadata", f"genre={LABEL}"]


def mark_wav(path: Path, engine: str) -> None:
    """Adds the mark to a WAV file. What plays it hears nothing of it."""
    entries = b"".join(_entry(name, text) for name, text in ((b"ICMT", sentence(engine)), (b"IGNR", LABEL)))
    chunk = b"LIST" + struct.pack("<I", 4 + len(entries)) + b"INFO" + entries
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        if size % 2:
            file.write(b"\0")
            size += 1
        file.write(chunk)
        file.seek(4)
        file.write(struct.pack("<I", size + len(chunk) - 8))


def _entry(name: bytes, text: str) -> bytes:
    value = text.encode("utf-8") + b"\0"
    # A chunk's length does not count the byte that makes it even.
    return name + struct.pack("<I", len(value)) + value + b"\0" * (len(value) % 2)
