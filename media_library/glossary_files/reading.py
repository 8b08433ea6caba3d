"""What a glossary's file says, read in a child process with limits, and the terms in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from core.errors import DomainError, TooLargeError, UnsupportedTypeError
from core.languages import canonical
from core.spreadsheets import guarded
from media_library.errors import InvalidGlossaryFileError
from media_library.media.limited_child import OverLimitError, ask

MOST_BYTES = 5 * 2**20
CPU_SECONDS = 20
# On a busy machine the child waits for its turn.
WALL_SECONDS = 60
LIMITS = {
    "RLIMIT_CPU": CPU_SECONDS,
    "RLIMIT_AS": 512 * 2**20,
    "RLIMIT_FSIZE": 0,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_CORE": 0,
}
CHILD = Path(__file__).with_name("child.py")
MESSAGES = {"xlsx": "Invalid XLSX", "csv": "Invalid CSV", "tbx": "Invalid TBX"}
# Programs with macros or binary sheets write these, and nobody else.
FOREIGN = {".xls", ".xlsm", ".xlsb", ".xltm", ".xltx", ".ods"}

SOURCE = {"source", "source term", "term", "source text"}
NOTES = {"notes", "note", "comment", "comments"}
FORBIDDEN = {"forbidden", "do not use"}
CASE = {"case sensitive", "match case"}
YES = {"yes", "y", "true", "1", "x"}
NO = {"", "no", "n", "false", "0"}


@dataclass(frozen=True)
class Term:
    source: str
    translations: dict[str, str] = field(default_factory=dict)
    notes: str = ""
    forbidden: bool = False
    case_sensitive: bool = False


@dataclass(frozen=True)
class GlossaryFile:
    languages: list[str]
    terms: list[Term]


def kind_of(filename: str) -> str:
    """By name; whether a workbook is one is judged by what is in it."""
    suffix = PurePosixPath(filename.lower()).suffix
    if suffix in FOREIGN:
        raise UnsupportedTypeError("Only .xlsx workbooks, .csv and .tbx files are read here.")
    return suffix[1:] if suffix in {".csv", ".tbx"} else "xlsx"


def read(data: bytes, *, filename: str) -> GlossaryFile:
    kind = kind_of(filename)
    if len(data) > MOST_BYTES:
        raise TooLargeError("A glossary's file may have 5 MB at most.")
    answer = _opened(data, kind)
    if refusal := answer.get("refusal"):
        if refusal.pop("unsupported", False):
            raise UnsupportedTypeError(refusal["reason"])
        raise InvalidGlossaryFileError(MESSAGES[kind], **refusal)
    return _Table(answer["rows"], message=MESSAGES[kind], sheet=answer["sheet"]).read()


def _opened(data: bytes, kind: str) -> dict[str, Any]:
    try:
        return ask(CHILD, kind, question=data, limits=LIMITS, wall_seconds=WALL_SECONDS)
    except OverLimitError as error:
        raise InvalidGlossaryFileError(
            MESSAGES[kind], reason="The file takes more time or memory than a glossary may."
        ) from error


class _Table:
    """Rows of cells, the first of them headings: the source term, a column for each language, and a few more."""

    def __init__(self, rows: list[list[str]], *, message: str, sheet: str) -> None:
        self.rows = rows
        self.message = message
        self.sheet = sheet

    def refusal(self, reason: str, *, row: int = 0, column: int | None = None) -> InvalidGlossaryFileError:
        letter = "" if column is None else chr(ord("A") + column)
        return InvalidGlossaryFileError(self.message, reason=reason, sheet=self.sheet, row=row, column=letter)

    def read(self) -> GlossaryFile:
        columns = self.columns()
        terms = list(self.terms(columns))
        if not terms:
            raise self.refusal("There is no term below the headings.")
        known = {"source", "notes", "forbidden", "case"}
        return GlossaryFile([column for column in columns if column and column not in known], terms)

    def columns(self) -> list[str]:
        """What each column holds: a part of the term, a language, or nothing."""
        columns: list[str] = []
        for index, cell in enumerate(self.rows[0] if self.rows else []):
            column = self.meaning(cell, index)
            if column and column in columns:
                raise self.refusal(f"Two columns have the heading “{cell.strip()[:60]}”.", row=1, column=index)
            columns.append(column)
        if "source" not in columns:
            raise self.refusal("The first row needs the heading “source term” above the terms.", row=1)
        return columns

    def meaning(self, heading: str, index: int) -> str:
        plain = " ".join(heading.replace("_", " ").split()).lower()
        for meaning, names in (("source", SOURCE), ("notes", NOTES), ("forbidden", FORBIDDEN), ("case", CASE)):
            if plain in names:
                return meaning
        if not plain:
            if any(len(row) > index and row[index].strip() for row in self.rows):
                raise self.refusal("The column has no heading.", row=1, column=index)
            return ""
        try:
            return canonical(heading.strip())
        except DomainError as error:
            shown = heading.strip()[:60]
            raise self.refusal(
                f"The heading “{shown}” is no language code such as “es”.", row=1, column=index
            ) from error

    def terms(self, columns: list[str]) -> Iterator[Term]:
        for number, row in enumerate(self.rows[1:], 2):
            cells = [self.cell(text, row=number, column=index) for index, text in enumerate(row)]
            if not any(cells):
                continue
            if len(cells) > len(columns):
                raise self.refusal("The row is longer than the headings.", row=number, column=len(columns))
            named = {column: text for column, text in zip(columns, cells, strict=False) if column and text}
            source = named.pop("source", "")
            if not source:
                raise self.refusal("The row has no source term.", row=number, column=columns.index("source"))
            yield Term(
                source=source,
                notes=named.pop("notes", ""),
                forbidden=self.yes(named.pop("forbidden", ""), row=number, column="forbidden", columns=columns),
                case_sensitive=self.yes(named.pop("case", ""), row=number, column="case", columns=columns),
                translations=named,
            )

    def cell(self, text: str, *, row: int, column: int) -> str:
        text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
        if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\n\t" for sign in text):
            raise self.refusal("The cell has signs that are no text.", row=row, column=column)
        # The apostrophe with which our own downloads keep a spreadsheet from running the cell.
        return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text

    def yes(self, text: str, *, row: int, column: str, columns: list[str]) -> bool:
        if text.lower() not in YES | NO:
            raise self.refusal("The cell is neither yes nor no.", row=row, column=columns.index(column))
        return text.lower() in YES
