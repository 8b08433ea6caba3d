"""What somebody typed, taken apart: words, quoted phrases, words that must not be there, and filters such as `speaker:Anna`."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace

import langcodes
from langcodes.tag_parser import LanguageTagError

from core.languages import primary
from media_library.models import Asset, Passage
from media_library.search.text import is_unspaced, readable

MOST_CHARACTERS = 400
KINDS = tuple(Asset.Kind.values)
PARTS = tuple(Passage.Kind.values)

_TOKEN = re.compile(
    r'(?P<minus>-)?(?:(?P<name>speaker|tag|kind|language):)?(?:"(?P<phrase>[^"]*)"|(?P<word>\S+))', re.IGNORECASE
)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Filters:
    """Values of one filter widen it, but for tags: an asset has all of them. `archived` looks among the archived instead."""

    kinds: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    speakers: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    projects: tuple[uuid.UUID, ...] = ()
    parts: tuple[str, ...] = ()
    archived: bool = False

    def __bool__(self) -> bool:
        return any((self.kinds, self.languages, self.speakers, self.tags, self.projects, self.parts, self.archived))


@dataclass(frozen=True)
class Asked:
    """`wanted` are words and phrases in order, `unwanted` must not occur, `text` is what the meaning is taken of."""

    wanted: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    text: str = ""
    filters: Filters = field(default_factory=Filters)
    # The last word may not be finished yet.
    last: str = ""

    @property
    def words(self) -> list[str]:
        return [word for piece in self.wanted for word in _WORD.findall(piece)]


def understand(query: str, filters: Filters) -> Asked:
    """A filter in the query and the same one beside it both count as values of it."""
    wanted: list[str] = []
    unwanted: list[str] = []
    spoken: list[str] = []
    last = ""
    for token in _TOKEN.finditer(query.replace("\0", " ")[:MOST_CHARACTERS]):
        quoted = token["phrase"] is not None
        value = (token["phrase"] if quoted else token["word"]).strip()
        if token["name"] and not token["minus"] and (narrowed := _narrowed(filters, token["name"].lower(), value)):
            filters = narrowed
            continue
        said = f"{token['name']}: {value}" if token["name"] else value
        plain = readable(said.replace('"', " ")).strip()
        if not _WORD.search(plain):
            continue
        # What is written without spaces is found as a run of its characters.
        as_asked = f'"{plain}"' if quoted or is_unspaced(said) else plain
        if token["minus"]:
            unwanted.append(as_asked)
        else:
            wanted.append(as_asked)
            spoken.append(said)
            last = "" if quoted or is_unspaced(said) else _WORD.findall(plain)[-1]
    return Asked(tuple(wanted), tuple(unwanted), " ".join(spoken), filters, last if len(last) > 1 else "")


def _narrowed(filters: Filters, name: str, value: str) -> Filters | None:
    """None when it names nothing that there is: then it was meant as words."""
    if not value:
        return None
    match name:
        case "speaker":
            return replace(filters, speakers=(*filters.speakers, value))
        case "tag":
            return replace(filters, tags=(*filters.tags, value))
        case "kind" if value.lower() in KINDS:
            return replace(filters, kinds=(*filters.kinds, value.lower()))
        case "language" if code := language_of(value):
            return replace(filters, languages=(*filters.languages, code))
    return None


def language_of(value: str) -> str:
    """`fr`, `fr-CA` and `French` are fr."""
    try:
        if langcodes.tag_is_valid(value):
            return primary(langcodes.standardize_tag(value))
        return primary(str(langcodes.find(value)))
    except (LanguageTagError, LookupError):
        return ""
