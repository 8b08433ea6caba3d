"""Reads named members out of a wheel or a tarball. Members never choose where they are written, and never grow past what is expected."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ai.weights.errors import SourceError
from ai.weights.manifest import PIECE

MOST_BYTES = 4 << 30  # of all members of a tarball together: a stream must be unpacked to be walked through


def extract(archive: Path, members: Mapping[str, Path], *, kind: str, limit: int) -> None:
    """Writes each member to its path. `limit` is the most bytes one member may hold."""
    try:
        if kind == "npm":
            _from_tarball(archive, members, limit)
        else:
            _from_wheel(archive, members, limit)
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise SourceError("it is not a readable archive") from error


def _from_wheel(archive: Path, members: Mapping[str, Path], limit: int) -> None:
    with zipfile.ZipFile(archive) as wheel:
        names = wheel.namelist()
        for name, path in members.items():
            if names.count(name) != 1 or wheel.getinfo(name).is_dir():
                raise SourceError(f"it does not hold {name} as it should")
            with wheel.open(name) as member:
                _write(member, path, limit)


def _from_tarball(archive: Path, members: Mapping[str, Path], limit: int) -> None:
    missing = dict(members)
    total = 0
    with tarfile.open(archive, "r|gz") as tarball:
        for entry in tarball:
            total += entry.size
            if total > MOST_BYTES:
                raise SourceError("it unpacks to more than a package should hold")
            if entry.name not in members:
                continue
            member = tarball.extractfile(entry) if entry.isreg() else None
            if member is None or entry.name not in missing:
                raise SourceError(f"it does not hold {entry.name} as it should")
            _write(member, missing.pop(entry.name), limit)
    if missing:
        raise SourceError(f"it does not hold {next(iter(missing))} as it should")


def _write(member: IO[bytes], path: Path, limit: int) -> None:
    left = limit
    with path.open("wb") as file:
        while piece := member.read(PIECE):
            left -= len(piece)
            if left < 0:
                raise SourceError("a file in it is larger than it should be")
            file.write(piece)
