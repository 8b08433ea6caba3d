"""A document as a Final Draft script (.fdx, version 5)."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from chat.exporting.values import Block, clean
from media_library.media.formats.characters import one_line

NARRATOR = "NARRATOR (V.O.)"


def script(title: str, blocks: Sequence[Block], *, subtitle: str = "") -> bytes:
    root = ET.Element("FinalDraft", DocumentType="Script", Template="No", Version="5")
    content = ET.SubElement(root, "Content")
    for block in map(clean, blocks):
        match block.kind:
            case "heading":
                _paragraph(content, "Scene Heading", one_line(block.text) or "SCENE")
                if block.about:
                    _paragraph(content, "General", block.about)
            case "narration":
                _said(content, block.by or NARRATOR, "", block.text)
            case "quote":
                _said(content, block.by or "SPEAKER", "on camera", block.text)
                if block.about:
                    _paragraph(content, "General", block.about)
            case "gap":
                _paragraph(content, "General", f"[ {block.text or 'Narration to be written'} ]")
            case "note":
                _paragraph(content, "General", block.text)
            case _:
                _paragraph(content, "Action", block.text)
    page = ET.SubElement(ET.SubElement(root, "TitlePage"), "Content")
    _paragraph(page, "General", one_line(title) or "Untitled", Alignment="Center")
    if subtitle:
        _paragraph(page, "General", one_line(subtitle), Alignment="Center")
    ET.indent(root)
    made: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8" standalone="no" ?>\n' + made + b"\n"


def _said(content: ET.Element, name: str, how: str, text: str) -> None:
    _paragraph(content, "Character", one_line(name))
    if how:
        _paragraph(content, "Parenthetical", f"({how})")
    _paragraph(content, "Dialogue", text.strip() or "…")


def _paragraph(content: ET.Element, kind: str, text: str, **attributes: str) -> None:
    for line in text.split("\n"):
        if line.strip():
            paragraph = ET.SubElement(content, "Paragraph", {"Type": kind, **attributes})
            ET.SubElement(paragraph, "Text").text = line.strip()
