"""Why weights could not be had."""

from __future__ import annotations

from ai.errors import EngineMissingError


class SourceError(Exception):
    """One source cannot give what it should; the next one is tried. `unreachable`: nobody answered at that address."""

    def __init__(self, message: str, *, unreachable: bool = False) -> None:
        super().__init__(message)
        self.unreachable = unreachable


class WeightsUnavailableError(EngineMissingError):
    """No source of at least one model could be used."""
