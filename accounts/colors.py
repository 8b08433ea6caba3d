"""Colours of projects: one of the eight marks, which follow the theme, or any colour that a program names."""

from __future__ import annotations

import re

from accounts.models import Project

# The marks as the light theme has them (static/css/tokens.css), for programs.
MARKS = {
    "mark-1": "#00898D",
    "mark-2": "#AA5D28",
    "mark-3": "#7267B6",
    "mark-4": "#36884D",
    "mark-5": "#A2568A",
    "mark-6": "#946D00",
    "mark-7": "#3578B8",
    "mark-8": "#B05457",
}
NAMES = ("Teal", "Rust", "Violet", "Green", "Plum", "Ochre", "Blue", "Red")
DEFAULT = "#3B82F6"


def read(text: str) -> str:
    """The colour as it is kept: a mark, or #RRGGBB. ValueError: neither."""
    text = text.strip()
    if text.lower() in MARKS:
        return text.lower()
    if re.fullmatch(r"#[0-9a-fA-F]{3}", text):
        text = "#" + "".join(digit * 2 for digit in text[1:])
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(text)
    by_value = {value: mark for mark, value in MARKS.items()}
    return by_value.get(text.upper(), text.upper())


def mark_of(project: Project) -> str:
    """Which mark a page shows; empty where a program named a colour that is none. Nobody chose one: it follows from the project."""
    if not project.color:
        return f"mark-{sum(str(project.pk).encode()) % len(MARKS) + 1}"
    return project.color if project.color in MARKS else ""


def hex_of(project: Project) -> str:
    mark = mark_of(project)
    return MARKS[mark] if mark else project.color
