"""A glossary's terms as files to take along. Spreadsheets run nothing that is in them, and reading them again loses nothing."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from core.spreadsheets import guarded, written
from media_library.models import GlossaryTerm, GlossaryVersion

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def head(version: GlossaryVersion) -> list[str]:
    return ["source term", *version.languages, "notes", "forbidden", "case sensitive"]


def rows(version: GlossaryVersion) -> Iterable[Sequence[str]]:
    for term in version.terms.defer("embedding", "words").iterator(chunk_size=2000):
        yield _row(term, version.languages)


def _row(term: GlossaryTerm, languages: list[str]) -> list[str]:
    translated = [term.translations.get(language, "") for language in languages]
    return [
        term.source_term,
        *translated,
        term.notes,
        "yes" if term.forbidden else "",
        "yes" if term.case_sensitive else "",
    ]


def as_csv(version: GlossaryVersion) -> bytes:
    # With the mark in front, spreadsheets know that it is UTF-8.
    return written(head(version), rows(version)).encode("utf-8-sig")


def as_xlsx(version: GlossaryVersion) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Terms")
    for row in [head(version), *rows(version)]:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=guarded(text))
            # Text, even where openpyxl takes it for a number, a date or a formula.
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
