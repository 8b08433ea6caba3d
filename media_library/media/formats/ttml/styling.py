"""Styles and regions of TTML, as far as captions keep them: how letters look and which of nine places a text stands in."""

from __future__ import annotations

import re
from dataclasses import dataclass

from media_library.media.formats.overrides import color_of
from media_library.media.formats.placement import row_of
from media_library.media.formats.runs import COLORS
from media_library.media.formats.ttml.tree import Node

Look = dict[str, str]

_INHERITED = ("tts:fontStyle", "tts:fontWeight", "tts:textDecoration", "tts:color", "tts:textAlign", "tts:visibility")
_OWN = ("tts:display", "tts:ruby", "tts:displayAlign", "tts:origin", "tts:extent")
_KEPT = frozenset(_INHERITED + _OWN)
_LENGTH = re.compile(r"([+-]?\d{1,9}(?:\.\d{1,9})?)(%|px|c|rh|rw)")
_HEX = re.compile(r"#([0-9a-fA-F]{6})(?:[0-9a-fA-F]{2})?")
_RGB = re.compile(r"rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*(?:,[^)]{0,10})?\)")
_OTHER_NAMES = {"white": "", "aqua": "cyan", "fuchsia": "magenta"}
_CHAIN = 16


@dataclass(slots=True)
class Styles:
    """The styles of a head by id, each with those it refers to put under it."""

    nodes: dict[str, Node]
    known: dict[str, Look]

    @classmethod
    def of(cls, head: Node | None) -> Styles:
        styling = [node for node in (head.elements if head else []) if node.name == "tt:styling"]
        nodes = {node.get("xml:id"): node for part in styling for node in part.elements if node.name == "tt:style"}
        return cls(nodes, {})

    def referred(self, ids: str, depth: int = 0) -> Look:
        """Later references win. A chain that is endless or runs in a ring is cut."""
        look: Look = {}
        for name in ids.split()[:_CHAIN]:
            node = self.nodes.get(name)
            if node is None or depth >= _CHAIN:
                continue
            if name not in self.known:
                self.known[name] = {}  # a ring finds this
                self.known[name] = self.referred(node.get("style"), depth + 1) | kept(node)
            look |= self.known[name]
        return look

    def own(self, node: Node) -> Look:
        """What `node` itself says: its references, nested styles (in regions), then its attributes."""
        look = self.referred(node.get("style"))
        for child in node.elements:
            if child.name == "tt:style" and node.name == "tt:region":
                look |= self.referred(child.get("style")) | kept(child)
        return look | kept(node)


def kept(node: Node) -> Look:
    return {name: value.strip() for name, value in node.attributes.items() if name in _KEPT}


def inherited(look: Look) -> Look:
    return {name: value for name, value in look.items() if name in _INHERITED}


def color(value: str) -> str | None:
    """A class, empty for white and for what is fully given elsewhere, None for a colour that WebVTT does not name."""
    value = value.lower()
    if value in COLORS:
        return value
    if value in _OTHER_NAMES:
        return _OTHER_NAMES[value]
    if found := _HEX.fullmatch(value):
        return color_of(found[1])
    if found := _RGB.fullmatch(value):
        return color_of("".join(f"{min(255, int(part)):02x}" for part in found.groups()))
    return None


@dataclass(frozen=True, slots=True)
class Screen:
    """What lengths in pixels and cells are parts of."""

    height_px: float | None
    rows: int

    @classmethod
    def of(cls, root: Node) -> Screen:
        extent = _LENGTH.findall(root.get("tts:extent"))
        height = float(extent[1][0]) if len(extent) == 2 and extent[1][1] == "px" else None
        cells = root.get("ttp:cellResolution").split()
        rows = int(cells[1]) if len(cells) == 2 and re.fullmatch(r"[1-9]\d{0,3}", cells[1]) else 15
        return cls(height or None, rows)

    def row(self, look: Look) -> int:
        """0 below, 1 in the middle, 2 above: where the line of text stands that the region's alignment puts first."""
        align = look.get("tts:displayAlign", "before")
        top = self._percent(look.get("tts:origin", ""))
        height = self._percent(look.get("tts:extent", ""))
        if top is None and height is None:
            return {"before": 2, "center": 1}.get(align, 0)
        top, height = top or 0.0, 100.0 if height is None else height
        return row_of(top + {"before": 0.0, "center": height / 2}.get(align, height))

    def _percent(self, pair: str) -> float | None:
        """The second of two lengths, as a part of the height."""
        lengths = _LENGTH.findall(pair)
        if len(lengths) != 2:
            return None
        value, unit = float(lengths[1][0]), lengths[1][1]
        if unit == "px":
            return value * 100 / self.height_px if self.height_px else None
        return value * 100 / self.rows if unit == "c" else value
