"""Files as glossaries, good and hostile. Every refusal names its reason, and none takes long."""

from __future__ import annotations

import io
import time
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook

from core.errors import DomainError, TooLargeError, UnsupportedTypeError
from media_library.errors import InvalidGlossaryFileError
from media_library.glossary_files import reading
from media_library.glossary_files.reading import Term, read
from media_library.tests.workbooks import changed, part, saved, workbook

SHEET = "xl/worksheets/sheet1.xml"
LAUGH = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY l2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">
<!ENTITY l3 "&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;">]><sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">&l3;</sst>"""
OUTSIDE = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>"""
TBX = """<?xml version="1.0"?><tbx xmlns="urn:iso:std:iso:30042:ed-2" xml:lang="en" type="TBX-Basic"><text><body>
<conceptEntry id="1"><note>Of films.</note>
<langSec xml:lang="en"><termSec><term>premiere</term></termSec><termSec><term>opening night</term>
<termNote type="administrativeStatus">deprecatedTerm-admn-sts</termNote></termSec></langSec>
<langSec xml:lang="es"><termSec><term>estreno</term></termSec></langSec></conceptEntry>
<conceptEntry id="2"><langSec xml:lang="en"><termSec><term>reel</term></termSec></langSec></conceptEntry>
</body></text></tbx>"""


def sheet_of(rows: str) -> bytes:
    head = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    return f"{head}{rows}</sheetData></worksheet>".encode()


def inline(place: str, text: str) -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


def many_rows() -> bytes:
    """Small when packed."""
    return sheet_of(f'<row r="1">{inline("A1", "source")}</row>' + "<row><c><v>1</v></c></row>" * 1_500_000)


def far_row() -> bytes:
    rows = f'<row r="1">{inline("A1", "source")}</row><row r="1048576">{inline("A1048576", "a")}</row>'
    return sheet_of(rows)


def zeros() -> bytes:
    """Ten gigabytes by its own account."""
    data = bytearray(changed(workbook(), **{"xl/media/zero.png": b"\0" * (60 * 2**20)}))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/media/zero.png"))
    data[at + 24 : at + 28] = (2**32 - 2).to_bytes(4, "little")
    return bytes(data)


def nest() -> bytes:
    inner = b""
    for level in range(4):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(f"{level}.txt", inner or b"42")
        inner = out.getvalue()
    return inner


def with_twin() -> bytes:
    out = io.BytesIO(workbook())
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(SHEET, b"<a/>")
    return out.getvalue()


def with_macros() -> bytes:
    types = part(workbook(), "[Content_Types].xml").replace(b"sheet.main+xml", b"sheet.macroEnabled.main+xml")
    return changed(workbook(), **{"[Content_Types].xml": types})


def lying_size() -> bytes:
    """A part of 30 MB that says it has none."""
    data = bytearray(changed(workbook(), **{"xl/big.bin": b"\0" * (30 * 2**20)}))
    at = data.rfind(b"PK\x01\x02", 0, data.rfind(b"xl/big.bin"))
    data[at + 24 : at + 28] = (16).to_bytes(4, "little")
    return bytes(data)


def flagged_encrypted() -> bytes:
    data = bytearray(workbook())
    at = -1
    while (at := data.find(b"PK\x01\x02", at + 1)) >= 0:
        data[at + 8] |= 1
    return bytes(data)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
HOSTILE: dict[str, Any] = {
    "laugh": lambda: changed(workbook(), **{"xl/sharedStrings.xml": LAUGH}),
    "laugh in UTF-16": lambda: changed(
        workbook(), **{"xl/styles.xml": LAUGH.decode().replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16")}
    ),
    "a file from outside": lambda: changed(workbook(), **{"docProps/core.xml": OUTSIDE}),
    "a flood of rows": lambda: changed(workbook(), **{SHEET: many_rows()}),
    "a row far away": lambda: changed(workbook(), **{SHEET: far_row()}),
    "archives in archives": lambda: changed(workbook(), **{"xl/media/a.png": nest()}),
    "an archive by its name": lambda: changed(workbook(), **{"xl/embeddings/b.xlsx": b"a"}),
    "a nest itself": nest,
    "zeros": zeros,
    "a size that lies": lying_size,
    "too many parts": lambda: changed(workbook(), **{f"xl/a{number}.bin": b"a" for number in range(250)}),
    "two parts of one name": with_twin,
    "a name that leads out": lambda: changed(workbook(), **{"../../etc/cron.d/a.xml": b"<a/>"}),
    "an absolute name": lambda: changed(workbook(), **{"/etc/a.xml": b"<a/>"}),
    "a password": lambda: OLE + "EncryptedPackage".encode("utf-16-le"),
    "encrypted parts": flagged_encrypted,
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    "nothing": lambda: b"",
    "half a workbook": lambda: workbook()[:3000],
    "a broken sheet": lambda: changed(workbook(), **{SHEET: b"<worksheet><sheetData>"}),
    "no sheet": lambda: changed(workbook(), without=[SHEET]),
    "no workbook": lambda: changed(workbook(), without=["xl/workbook.xml"]),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_workbook_is_refused_with_a_reason_and_soon(kind: str) -> None:
    data = HOSTILE[kind]()
    began = time.monotonic()
    with pytest.raises(DomainError) as refused:
        read(data, filename="terms.xlsx")
    assert refused.value.status_code == 400
    assert refused.value.message == "Invalid XLSX"
    assert refused.value.details["reason"].endswith(".")
    assert "root:" not in str(refused.value.details)
    assert time.monotonic() - began < reading.WALL_SECONDS


@pytest.mark.parametrize("name", ["terms.xlsm", "terms.xlsb", "TERMS.XLS", "terms.ods"])
def test_other_workbooks_are_refused_by_their_name(name: str) -> None:
    with pytest.raises(UnsupportedTypeError):
        read(workbook(), filename=name)


@pytest.mark.parametrize(
    "make",
    [with_macros, lambda: changed(workbook(), **{"xl/vbaProject.bin": b"a"}), lambda: OLE],
    ids=["macros by type", "macros by part", "an old workbook"],
)
def test_other_workbooks_are_refused_by_what_is_in_them(make: Any) -> None:
    with pytest.raises(UnsupportedTypeError):
        read(make(), filename="terms.xlsx")


def test_more_than_five_megabytes_are_not_opened() -> None:
    with pytest.raises(TooLargeError):
        read(b"a" * (reading.MOST_BYTES + 1), filename="terms.csv")


def test_a_file_that_takes_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reading.LIMITS, "RLIMIT_AS", 24 * 2**20)
    with pytest.raises(InvalidGlossaryFileError, match="Invalid XLSX") as refused:
        read(workbook(), filename="terms.xlsx")
    assert "memory" in refused.value.details["reason"]


def test_a_file_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(reading.LIMITS, "RLIMIT_CPU", 1)
    rows = "".join(f'<row r="{n}">{inline(f"XFD{n}", " ")}</row>' for n in range(1, 3000))
    with pytest.raises(InvalidGlossaryFileError) as refused:
        read(changed(workbook(), **{SHEET: sheet_of(rows)}), filename="terms.xlsx")
    assert "time" in refused.value.details["reason"]


@pytest.mark.parametrize(
    ("rows", "place", "words"),
    [
        ([["es"], ["a"]], {"row": 1}, "source term"),
        ([["source", "Klingonisch!"], ["a", "b"]], {"row": 1, "column": "B"}, "no language code"),
        ([["source", "es", "ES"], ["a", "b", "c"]], {"row": 1, "column": "C"}, "Two columns"),
        ([["source", "es"], ["a", "b"], ["", "c"]], {"row": 3, "column": "A"}, "no source term"),
        ([["source", "", "es"], ["a", "b", "c"]], {"row": 1, "column": "B"}, "no heading"),
        ([["source"], ["a", "b"]], {"row": 2, "column": "B"}, "longer than"),
        ([["source", "forbidden"], ["a", "perhaps"]], {"row": 2, "column": "B"}, "neither yes nor no"),
        ([["source", "es"], ["a", "b" * 2001]], {"row": 2, "column": "B"}, "2,000 characters"),
        ([["source", *["x"] * 20]], {"row": 1}, "20 columns"),
        ([["source", "es"]], {}, "no term"),
        ([["source"], *[["a"]] * 20_001], {}, "20,000 rows"),
    ],
)
def test_a_refusal_names_sheet_row_and_column(rows: list[list[str]], place: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidGlossaryFileError) as refused:
        read(workbook(rows, title="Words"), filename="terms.xlsx")
    assert words in refused.value.details.pop("reason")
    assert refused.value.details == {"sheet": "Words", **place}


def test_every_kind_of_cell_is_text() -> None:
    book = Workbook()
    sheet = book.active
    for row in [["Source Term", "es", "Do not use", "match case"], ["a", 3.0, "Yes", "x"], [], ["b", True, None, 0]]:
        sheet.append(row)
    assert read(saved(book), filename="a.xlsx").terms == [
        Term("a", {"es": "3"}, forbidden=True, case_sensitive=True),
        Term("b", {"es": "TRUE"}),
    ]


def test_a_formula_is_the_value_it_had() -> None:
    cells = '<c r="B2"><f>HYPERLINK("http://evil.example")</f><v>7</v></c>'
    head = f'<row r="1">{inline("A1", "source")}{inline("B1", "es")}</row>'
    data = changed(workbook(), **{SHEET: sheet_of(f'{head}<row r="2">{inline("A2", "=1+1")}{cells}</row>')})
    assert read(data, filename="a.xlsx").terms == [Term("=1+1", {"es": "7"})]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_is_read_whatever_the_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    lines = [["term", "pt-br", "note"], ['"a, b"', "locução", '"two\nlines"']]
    data = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)
    assert read(data, filename="A.CSV").terms == [Term("a, b", {"pt-BR": "locução"}, notes="two\nlines")]


@pytest.mark.parametrize(
    "data", [b"\0\1\2", b"source\n\x07bell", b"source,es\n\x81,a", b"", b"source\n\xff\xfe\x00\xd8"]
)
def test_what_is_no_text_is_no_csv(data: bytes) -> None:
    with pytest.raises(InvalidGlossaryFileError, match="Invalid CSV"):
        read(data, filename="a.csv")


def test_tbx_keeps_synonyms_notes_and_what_is_not_to_be_used() -> None:
    file = read(TBX.encode(), filename="terms.tbx")
    assert file.languages == ["es"]
    assert file.terms == [
        Term("premiere", {"es": "estreno"}, notes="Of films."),
        Term("opening night", {"es": "estreno"}, notes="Of films.", forbidden=True),
        Term("reel"),
    ]


@pytest.mark.parametrize(
    "data", [LAUGH, OUTSIDE, b"<html/>", b"<tbx", b"", b"<tbx/>", TBX.replace('"es"', '"??"').encode()]
)
def test_what_is_no_tbx_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidGlossaryFileError, match="Invalid TBX"):
        read(data, filename="a.tbx")
