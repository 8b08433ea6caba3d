"""Letters of any script, for documents that carry them and pictures that show them: the studio's own files first, then this machine's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import structlog
from fontTools.ttLib import TTFont, TTLibError

log = structlog.get_logger(__name__)

OWN = Path(__file__).parent / "fonts"
MAIN, BOLD = OWN / "DejaVuSans.ttf", OWN / "DejaVuSans-Bold.ttf"
# What people may choose among for words in a picture. Letters that a face lacks come from the others.
FACES = {"sans": MAIN, "bold": BOLD, "serif": OWN / "DejaVuSerif.ttf", "mono": OWN / "DejaVuSansMono.ttf"}
FALLBACKS = tuple(
    OWN / name for name in ("StudioHan.otf", "StudioHangul.otf", "NotoSansDevanagari.ttf", "NotoSansThai.ttf")
)
# Where Debian, Fedora and people keep theirs. Looked at only for letters that none of ours has.
FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".local/share/fonts")
MOST_LOOKED_AT = 400
# Marks that say how text runs and joins; no font needs to draw them.
UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp"})


@cache
def letters(path: Path) -> frozenset[int]:
    """The characters that a font file can draw; none for what cannot be read."""
    try:
        with TTFont(path, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (OSError, TTLibError, ValueError) as error:
        log.warning("fonts.unreadable", path=str(path), error=repr(error))
        return frozenset()


def of_this_machine() -> Iterator[Path]:
    found = (path for folder in FOLDERS if folder.is_dir() for path in sorted(folder.rglob("*.[to]tf")))
    for _, path in zip(range(MOST_LOOKED_AT), found, strict=False):
        yield path


def needed(text: str) -> tuple[list[Path], list[str]]:
    """The fonts beside the main one that this text takes, and the characters that none has."""
    left = {ord(letter) for letter in text if unicodedata.category(letter) not in UNSEEN} - letters(MAIN)
    taken: list[Path] = []
    for path in _tried():
        if not left:
            break
        if found := left & letters(path):
            taken.append(path)
            left -= found
    return taken, [chr(one) for one in sorted(left)]


def _tried() -> Iterator[Path]:
    yield from FALLBACKS
    yield from of_this_machine()


def named(characters: Iterable[str], *, most: int = 12) -> str:
    """Which they are, for people: their code points, because they cannot be shown."""
    codes = [f"U+{ord(one):04X}" for one in characters]
    return ", ".join(codes[:most]) + (f" and {len(codes) - most} more" if len(codes) > most else "")
