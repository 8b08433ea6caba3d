"""Reads the words of a Word or PDF document. Run as a program of its own, under limits: what is in the file is a stranger's.

The file comes on standard input; one JSON object goes to standard output: `paragraphs`, or `refusal`.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException
from pypdf import PdfReader
from pypdf.errors import FileNotDecryptedError, PyPdfError

BODY = "word/document.xml"
MOST_UNPACKED = 48 * 2**20
MOST_RATIO = 200
MOST_PAGES = 3000
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
# What stands between words without being one.
SPACES = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-"}
# Left out: what was deleted with changes tracked, and the codes of fields.
UNSAID = {f"{W}delText", f"{W}instrText"}


def main() -> None:
    data = sys.stdin.buffer.read()
    try:
        answer: dict[str, Any] = {"paragraphs": lines_of_pdf(data) if b"%PDF-" in data[:1024] else paragraphs(data)}
    except DefusedXmlException:
        answer = {"refusal": "The document declares a document type, which Word never does."}
    except FileNotDecryptedError:
        answer = {"refusal": "The document is locked with a password."}
    except (PyPdfError, AttributeError, TypeError, IndexError) as error:
        # What damaged files do to the reader of PDF.
        answer = {"refusal": "The document is damaged.", "log": repr(error)}
    except (zipfile.BadZipFile, KeyError, NotImplementedError, EOFError, RuntimeError, ValueError, OSError) as error:
        answer = {"refusal": "The document is damaged.", "log": repr(error)}
    except (MemoryError, RecursionError):
        answer = {"refusal": "The document takes more memory than a document may."}
    json.dump(answer, sys.stdout)


def lines_of_pdf(data: bytes) -> list[str]:
    """Only what stands in it as text: pictures of pages say nothing here, and what is locked is not opened."""
    reader = PdfReader(io.BytesIO(data), strict=False)
    found: list[str] = []
    for page in reader.pages[:MOST_PAGES]:
        # Letters without a meaning of their own come as control characters.
        text = "".join(one for one in page.extract_text() if one >= " " or one == "\n")
        found += [line for part in text.split("\n") if (line := " ".join(part.split()))]
    return found


def paragraphs(data: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        entry = archive.getinfo(BODY)
        if entry.file_size > MOST_UNPACKED or entry.file_size > MOST_RATIO * max(entry.compress_size, 1000):
            raise MemoryError
        with archive.open(entry) as file:
            # What the table of contents says of the size may be wrong.
            body = file.read(MOST_UNPACKED + 1)
    if len(body) > MOST_UNPACKED:
        raise MemoryError
    try:
        root = ElementTree.fromstring(body, forbid_dtd=True)
    except ElementTree.ParseError as error:
        raise ValueError(str(error)) from error
    return [text for element in root.iter(f"{W}p") if (text := words_of(element).strip())]


def words_of(paragraph: Any) -> str:
    """Of its own: a paragraph in a text box within it speaks for itself."""
    said: list[str] = []
    waiting = list(reversed(list(paragraph)))
    while waiting:
        element = waiting.pop()
        if element.tag == f"{W}t":
            said.append(element.text or "")
        elif element.tag in SPACES:
            said.append(SPACES[element.tag])
        elif element.tag != f"{W}p" and element.tag not in UNSAID:
            waiting.extend(reversed(list(element)))
    return "".join(said)


if __name__ == "__main__":
    main()
