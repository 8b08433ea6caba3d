"""Workbooks as people make them, and as they would rather not."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook, load_workbook

TERMS = [
    ["Source term", "es", "pt_BR", "Notes"],
    ["premiere", "estreno", "estreia", "Never “debut”."],
    ["voice-over", "voz en off", "locução", ""],
    ["=1+1", "=2", "@x", ""],
]


def workbook(rows: Sequence[Sequence[Any]] = TERMS, *, title: str = "Terms") -> bytes:
    """Text stays text, also when it begins with an equals sign."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, value)
            if isinstance(value, str):
                cell.data_type = "s"
    return saved(book)


def saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(data: bytes, *, without: Sequence[str] = (), **parts: bytes) -> bytes:
    """The workbook with these parts added or replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            if name not in parts and name not in without:
                after.writestr(name, before.read(name))
        for name, content in parts.items():
            after.writestr(name, content)
    return out.getvalue()


def part(data: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(name)


def upload(data: bytes | None = None, name: str = "terms.xlsx") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, workbook() if data is None else data)


def cells(data: bytes) -> list[tuple[Any, str]]:
    return [(cell.value, cell.data_type) for row in load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row]
