"""The words of documents and caption files, and documents that mean harm."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import docx
import pytest
from fpdf import FPDF

from media_library.media import documents
from media_library.media.errors import MediaError
from media_library.media.sniff import DOCX, PDF

BODY = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>{}</w:body></w:document>'


def word_file(path: Path, *paragraphs: str, table: str = "") -> Path:
    document = docx.Document()
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    if table:
        document.add_table(rows=1, cols=1).cell(0, 0).text = table
    document.save(str(path))
    return path


def archive(path: Path, body: str, *, name: str = "word/document.xml") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, body)
    return path


def test_a_word_document_is_read_by_paragraph_tables_too(tmp_path: Path) -> None:
    path = word_file(tmp_path / "brief.docx", "The harbour at dawn.", "", "Two boats leave.", table="Fog over the bay")
    found = documents.read(path, content_type=DOCX.mime)
    assert found.paragraphs == ["The harbour at dawn.", "Two boats leave.", "Fog over the bay"]
    assert (found.words, found.note) == (11, "")


def test_deleted_text_and_field_codes_are_no_words(tmp_path: Path) -> None:
    kept, gone = "<w:r><w:t>Kept</w:t></w:r>", "<w:del><w:r><w:delText>gone</w:delText></w:r></w:del>"
    rest = "<w:r><w:tab/><w:instrText>PAGE</w:instrText><w:t>too</w:t></w:r>"
    path = archive(tmp_path / "a.docx", BODY.format(f"<w:p>{kept}{gone}{rest}</w:p>"))
    assert documents.read(path, content_type=DOCX.mime).paragraphs == ["Kept\ttoo"]


@pytest.mark.parametrize(
    "make",
    [
        lambda path: archive(path, BODY.format("<w:p><w:r><w:t>" + "a" * 60_000_000 + "</w:t></w:r></w:p>")),
        lambda path: archive(path, '<!DOCTYPE a [<!ENTITY b "bbbb">]>' + BODY.format("&b;")),
        lambda path: archive(path, BODY.format("<w:p>")[:-20]),
        lambda path: archive(path, "nothing", name="other.xml"),
        lambda path: archive(path, BODY.format("<w:p>" * 30_000 + "</w:p>" * 30_000)),
        lambda path: Path(path.write_bytes(b"PK\x03\x04" + bytes(500)) and path),
    ],
    ids=["bomb", "entities", "cut off", "no body", "deep", "no archive"],
)
def test_a_document_that_means_harm_is_refused_in_words(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(MediaError) as raised:
        documents.read(make(tmp_path / "a.docx"), content_type=DOCX.mime)
    assert raised.value.message.startswith(("The document", "This document"))


def test_text_and_markdown_are_read_by_paragraph_whatever_their_encoding(tmp_path: Path) -> None:
    path = tmp_path / "notes.md"
    path.write_bytes("# Küste\r\n\r\nErste Zeile\r\nzweite Zeile\r\n".encode("utf-16"))
    assert documents.read(path, content_type="text/markdown").paragraphs == ["# Küste", "Erste Zeile zweite Zeile"]


def test_a_very_long_text_is_searched_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_text("word " * 500_000)
    found = documents.read(path, content_type="text/plain")
    assert sum(map(len, found.paragraphs)) == documents.MOST_CHARACTERS
    assert found.note.startswith("Only the beginning")


def pdf(*lines: str, password: str = "") -> bytes:
    page = FPDF()
    page.add_page()
    page.set_font("Helvetica", size=12)
    for line in lines:
        page.cell(0, 10, line, new_x="LMARGIN", new_y="NEXT")
    if password:
        page.set_encryption(owner_password="owner", user_password=password)
    return bytes(page.output())


def test_the_words_of_a_pdf_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf("The harbour opens at five.", "Boats go out."))
    found = documents.read(path, content_type=PDF.mime)
    assert (found.paragraphs, found.note) == (["The harbour opens at five.", "Boats go out."], "")
    path.write_bytes(pdf())
    found = documents.read(path, content_type=PDF.mime)
    assert (found.paragraphs, found.note.split(",")[0]) == ([], "There is no text in this PDF")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"%PDF-1.7", "damaged"), (b"%PDF-1.7 " + bytes(4000), "damaged"), (pdf("secret", password="x"), "locked")],
)
def test_a_pdf_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=words):
        documents.read(path, content_type=PDF.mime)


def test_captions_are_read_by_cue(tmp_path: Path) -> None:
    path = tmp_path / "a.srt"
    path.write_text(
        "1\n00:00:01,000 --> 00:00:02,000\n<i>Good</i>\nevening\n\n2\n00:00:03,000 --> 00:00:04,000\nNine!\n"
    )
    assert documents.read_captions(path, filename="a.srt").paragraphs == ["Good evening", "Nine!"]


def test_captions_that_are_none_are_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "a.ttml"
    path.write_text("no captions at all")
    with pytest.raises(MediaError, match="These captions cannot be read"):
        documents.read_captions(path, filename="a.ttml")


def test_a_file_without_a_body_of_its_own_name_is_no_document(tmp_path: Path) -> None:
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    path = tmp_path / "a.docx"
    path.write_bytes(empty.getvalue())
    with pytest.raises(MediaError):
        documents.read(path, content_type=DOCX.mime)
