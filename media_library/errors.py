"""What can go wrong in the library beyond core.errors."""

from __future__ import annotations

from typing import Any

from core.errors import DomainError


class InvalidGlossaryFileError(DomainError):
    """`reason` is a sentence for the person; `sheet`, `row` and `column` say where, as far as there is a place."""

    code = "invalid_glossary_file"
    default_message = "Invalid XLSX"

    def __init__(self, message: str | None = None, *, reason: str, **place: Any) -> None:
        super().__init__(message, reason=reason, **{key: value for key, value in place.items() if value})
