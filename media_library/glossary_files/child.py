"""Opens a glossary's file. Run as a program of its own, under limits: what is in the file is a stranger's.

The file comes on standard input, its kind as the argument; one JSON object goes to standard output, either `sheet` and `rows`
(lists of texts, the headings first) or `refusal`.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from pathlib import PurePosixPath
from typing import Any, NoReturn
from xml.parsers import expat

MOST_UNPACKED = 50 * 2**20
MOST_RATIO = 100
MOST_ENTRIES = 200
MOST_ROWS = 20_000
MOST_COLUMNS = 20
MOST_CHARACTERS = 2000

ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"7z\xbc\xaf\x27\x1c", b"Rar!")
ARCHIVE_NAMES = {".zip", ".gz", ".bz2", ".xz", ".7z", ".rar", ".tar", ".xlsx", ".xlsm", ".docx", ".pptx", ".jar"}
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The name of the stream in which a protected workbook stands.
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
MACROS = (b"macroEnabled", b"vbaProject")
ENCODINGS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"\xef\xbb\xbf": "utf-8-sig"}
DELIMITERS = (",", ";", "\t", "|")
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
DEPRECATED = {"deprecatedTerm-admn-sts", "supersededTerm-admn-sts", "deprecatedTerm", "supersededTerm", "forbidden"}

Rows = list[list[str]]


class RefusedError(Exception):
    def __init__(self, reason: str, **details: Any) -> None:
        super().__init__(reason)
        self.details = {"reason": reason, **details}


def refuse(reason: str, **details: Any) -> NoReturn:
    raise RefusedError(reason, **details)


# Workbooks.


def read_xlsx(data: bytes) -> tuple[str, Rows]:
    if data.startswith(OLE):
        if ENCRYPTED in data:
            refuse("The workbook is protected by a password. Save it without one.")
        refuse("This is an old workbook (.xls). Save it as .xlsx.", unsupported=True)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            judge_archive(archive, packed=len(data))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, ValueError, OSError):
        refuse("This file is no workbook, or a damaged one.")
    return rows_of_workbook(data)


def judge_archive(archive: zipfile.ZipFile, *, packed: int) -> None:
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    if len(entries) > MOST_ENTRIES:
        refuse(f"The workbook has more than {MOST_ENTRIES} parts.")
    if len({name.lower() for name in names}) < len(names):
        refuse("Two parts of the workbook have the same name.")
    if any(entry.flag_bits & 1 for entry in entries):
        refuse("The workbook is protected by a password. Save it without one.")
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or unpacked > MOST_RATIO * packed:
        refuse("The workbook unpacks to far more than a glossary needs.")
    if "xl/workbook.bin" in names or "xl/vbaProject.bin" in names:
        refuse("This is a workbook with macros, or a binary one. Save it as .xlsx.", unsupported=True)
    if "[Content_Types].xml" not in names or "xl/workbook.xml" not in names:
        refuse("This file is no workbook.")
    for entry in entries:
        judge_part(entry.filename, archive.read(entry))


def judge_part(name: str, content: bytes) -> None:
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name:
        refuse("A part of the workbook has a name that leads out of it.")
    if path.suffix.lower() in ARCHIVE_NAMES or content.startswith(ARCHIVES):
        refuse("The workbook has an archive inside.")
    if name == "[Content_Types].xml" and any(sign in content for sign in MACROS):
        refuse("This is a workbook with macros. Save it as .xlsx.", unsupported=True)
    if path.suffix.lower() in {".xml", ".rels"}:
        judge_xml(content)


def judge_xml(content: bytes) -> None:
    """No document type in any encoding: without one there are no entities, so nothing expands or is fetched."""
    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = lambda *_: refuse("A part of the workbook declares a document type.")
    try:
        parser.Parse(content, True)
    except expat.ExpatError:
        refuse("A part of the workbook is damaged.")


def rows_of_workbook(data: bytes) -> tuple[str, Rows]:
    # What openpyxl would load for things that are not in a glossary, each of them more code in front of a stranger's file.
    for package in ("numpy", "lxml", "PIL", "pandas"):
        sys.modules[package] = None  # type: ignore[assignment]  # the documented way to make an import fail
    from openpyxl import load_workbook  # noqa: PLC0415  (heavy, and only after what stands above)

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"] or book.worksheets
        if not sheets:
            refuse("The workbook has no sheet.")
        sheet = sheets[0]
        # What the file says of its size may be wrong, and would be believed.
        sheet.reset_dimensions()
        return sheet.title, bounded((map(text_of, row) for row in sheet.iter_rows(values_only=True)), sheet=sheet.title)
    except (RefusedError, MemoryError):
        raise
    except Exception:  # noqa: BLE001  (openpyxl raises whatever its reading of a broken file runs into)
        refuse("The workbook cannot be read.")


def text_of(value: Any) -> str:
    """A formula's cell has its value here, never the formula."""
    match value:
        case None:
            return ""
        case bool():
            return "TRUE" if value else "FALSE"
        case float() if value.is_integer() and abs(value) < 2**53:
            return str(int(value))
        case datetime() | date() | time():
            return value.isoformat()
    return str(value)


# Text.


def read_csv(data: bytes) -> tuple[str, Rows]:
    text = decoded(data)
    csv.field_size_limit(2**20)
    head = "\n".join(text.splitlines()[:20])
    delimiter = max(DELIMITERS, key=lambda sign: width(head, sign))
    try:
        return "", bounded(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error:
        refuse("A field has no end: a quotation mark is missing.")


def decoded(data: bytes) -> str:
    named = next((name for mark, name in ENCODINGS.items() if data.startswith(mark)), None)
    for encoding in [named] if named else ["utf-8", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeError:
            continue
        if "\0" not in text:
            return text
    refuse("This file is no text, or in an encoding that cannot be told. Save it as UTF-8.")


def width(head: str, delimiter: str) -> int:
    """Columns of the headings, were this the sign between them."""
    try:
        return len(next(csv.reader(io.StringIO(head), delimiter=delimiter), []))
    except csv.Error:
        return 0


# TermBase eXchange.


def read_tbx(data: bytes) -> tuple[str, Rows]:
    from defusedxml import ElementTree  # noqa: PLC0415  (the child loads only what its kind of file needs)
    from defusedxml.common import DefusedXmlException  # noqa: PLC0415  (likewise)

    try:
        root = ElementTree.fromstring(data, forbid_dtd=True)
    except DefusedXmlException:
        refuse("The file declares a document type. Remove the line that begins with <!DOCTYPE.")
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        refuse(f"The file is not well-formed XML: {error}.")
    if local(root) not in {"martif", "tbx"}:
        refuse("This XML is no TBX.")
    concepts = [concept for concept in root.iter() if local(concept) in {"termEntry", "conceptEntry"}]
    if len(concepts) > MOST_ROWS:
        refuse(f"The file has more than {MOST_ROWS:,} entries.")
    source = root.get(XML_LANG, "")
    entries = [entry_of(concept) for concept in concepts]
    spoken = list(dict.fromkeys(language for terms, _, _ in entries for language in terms))
    source = source if source in spoken else next(iter(spoken), "")
    targets = [language for language in spoken if language != source]
    rows: Rows = [["source", *targets, "notes", "forbidden"]]
    for number, (terms, notes, deprecated) in enumerate(entries, 1):
        if not terms.get(source):
            refuse(f"The entry has no term in the language of the file ({source}).", row=number)
        translated = ["; ".join(terms.get(language, [])) for language in targets]
        # Synonyms are terms too, with the same translations.
        rows += [[term, *translated, notes, "yes" if term in deprecated else ""] for term in terms[source]]
    return "", bounded(rows)


def local(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def entry_of(concept: Any) -> tuple[dict[str, list[str]], str, set[str]]:
    terms: dict[str, list[str]] = {}
    deprecated: set[str] = set()
    for section in concept.iter():
        if local(section) not in {"langSet", "langSec"}:
            continue
        for group in section.iter():
            texts = ["".join(one.itertext()).strip() for one in group if local(one) == "term"]
            terms.setdefault(section.get(XML_LANG, ""), []).extend(filter(None, texts))
            marks = {"".join(one.itertext()).strip() for one in group.iter() if local(one) == "termNote"}
            if texts and marks & DEPRECATED:
                deprecated.update(texts)
    notes = [
        "".join(one.itertext()).strip() for one in concept.iter() if local(one) in {"note", "descrip"} and one.text
    ]
    return terms, "\n".join(filter(None, notes)), deprecated


def bounded(rows: Iterable[Iterable[str]], *, sheet: str = "") -> Rows:
    """The rows within the limits, blank ends cut off. The place of what is beyond them is named as spreadsheets do."""
    place = {"sheet": sheet} if sheet else {}
    kept: Rows = []
    for number, row in enumerate(counted(rows, place), 1):
        cells = list(row)
        while cells and not cells[-1].strip():
            cells.pop()
        if len(cells) > MOST_COLUMNS:
            refuse(f"The row has more than {MOST_COLUMNS} columns.", row=number, **place)
        for index, cell in enumerate(cells):
            if len(cell) > MOST_CHARACTERS:
                refuse(
                    f"The cell has more than {MOST_CHARACTERS:,} characters.",
                    row=number,
                    column=chr(ord("A") + index),
                    **place,
                )
        kept.append(cells)
    while kept and not kept[-1]:
        kept.pop()
    return kept


def counted(rows: Iterable[Iterable[str]], place: dict[str, str]) -> Iterator[Iterable[str]]:
    for number, row in enumerate(rows):
        if number > MOST_ROWS:
            refuse(f"The sheet has more than {MOST_ROWS:,} rows below its headings.", **place)
        yield row


READERS = {"xlsx": read_xlsx, "csv": read_csv, "tbx": read_tbx}


def main(kind: str) -> None:
    try:
        sheet, rows = READERS[kind](sys.stdin.buffer.read())
        answer: dict[str, Any] = {"sheet": sheet, "rows": rows}
    except RefusedError as error:
        answer = {"refusal": error.details}
    except (MemoryError, RecursionError):
        answer = {"refusal": {"reason": "The file takes more memory than a glossary may."}}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1])
