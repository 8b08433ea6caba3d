"""What is measured of a picture on this machine: no model judges, nothing is paid, and so nothing goes through the ledger."""

from __future__ import annotations

from pathlib import Path

from ai.local import faces, pictures
from ai.local.faces import Face
from ai.local.measures import Measures, measure
from ai.local.pictures import Picture

__all__ = ["Face", "Measures", "Picture", "faces_in", "measures_of"]


def faces_in(picture: Picture) -> list[Face]:
    """From the front, from left to right: where and how large, nothing about who."""
    return faces.find(picture)


def measures_of(path: Path) -> Measures:
    """Light, contrast and colours of a picture's file."""
    return measure(pictures.load(path))
