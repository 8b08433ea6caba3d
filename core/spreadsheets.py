"""Figures to take along: CSV that spreadsheets open as it was meant."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

from django.http import HttpResponse

# Spreadsheets take text that begins so for a formula and run it. The last four are the same signs in East Asian width.
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def guarded(cell: Any) -> Any:
    """Text stays text: what a spreadsheet would run gets an apostrophe in front. Numbers are not touched."""
    if not isinstance(cell, str):
        return cell
    return f"'{cell}" if cell.startswith(FORMULA_SIGNS) or cell.lstrip().startswith(FORMULA_SIGNS) else cell


def written(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """As RFC 4180 has it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def download(filename: str, head: Sequence[str], rows: Iterable[Sequence[Any]]) -> HttpResponse:
    # With the mark in front, spreadsheets know that it is UTF-8.
    response = HttpResponse(
        written(head, rows).encode("utf-8-sig"), content_type="text/csv; charset=utf-8; header=present"
    )
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "private, no-store"
    return response
