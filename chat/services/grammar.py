"""How an answer is written, whoever writes it, and how it is read.

An answer is Markdown in which

- `[3]` cites source 3 (`[2, 3]` cites two);
- a line `[[clip 3 "The harbour at dawn" 12-40]] — why it is here` proposes words 12 to 40 of source 3, counted from 1, both included.
  Title, range and what follows the dash may be missing; without a range it is all of the source;
- `# …` is the title of a script, `## …` begins a section; paragraphs below it are narration;
- `[[gap: who built the harbour]]` marks narration that nobody has written, with what it would have to say.

No id ever stands in it. Models write carelessly: other quotation marks, other dashes, bullets before a clip and a clip inside of a
paragraph are read as what they mean; whatever else is wrong is left to who verifies it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

# No honest answer is longer. What comes beyond is not read.
MOST_CHARACTERS = 60_000
MOST_LINE = 6_000
LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 600

_TAG = re.compile(r"\[\[\s*(?P<kind>clip|gap)\b(?P<rest>(?:(?!\[\[|\]\]).){0,1200})\]\]", re.IGNORECASE)
_CLIP = re.compile(
    r"""^[\s:#]*(?P<n>\d{1,9})\s*[,:]?\s*
    (?:["“”„«»'](?P<title>.*)["“”„«»'])?\s*[,:]?\s*
    (?:(?:words?|w\.?)\s*)?(?:(?P<first>\d{1,9})\s*(?:-|–|—|\.\.\.?|to)\s*(?P<last>\d{1,9}))?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_DESCRIPTION = re.compile(r"^\s*[—–:-]+\s+")
_BULLET = re.compile(r"^\s*(?:[-*+•]|\d{1,3}[.)])\s*$")
# Not the text of a link, and not the inside of a tag.
_CITATION = re.compile(r"(?<!\[)\[\s*(\d{1,4}(?:\s*[,;]\s*\d{1,4}){0,9})\s*\](?![\](])")


@dataclass(frozen=True)
class Heading:
    level: int
    text: str


@dataclass(frozen=True)
class Paragraph:
    text: str


@dataclass(frozen=True)
class ClipLine:
    """`number` is None where nothing that can be read as a source stood in the tag. `first` and `last` are None for the whole source."""

    number: int | None
    title: str = ""
    first: int | None = None
    last: int | None = None
    description: str = ""


@dataclass(frozen=True)
class Gap:
    text: str


Block = Heading | Paragraph | ClipLine | Gap


def citations_in(text: str) -> list[int]:
    """The numbers of the sources that are cited, in order, each once. Clips are none."""
    found = (int(one) for match in _CITATION.finditer(_TAG.sub(" ", text)) for one in re.findall(r"\d+", match[1]))
    return list(dict.fromkeys(found))


def without_citations(text: str) -> str:
    return re.sub(r"\s+([.,;:!?])", r"\1", re.sub(r"[ \t]{2,}", " ", _CITATION.sub("", text))).strip()


def parse(text: str) -> list[Block]:
    reader = Reader()
    return [*reader.feed(text), *reader.close()]


@dataclass
class Reader:
    """Reads an answer while it arrives: `feed` gives the blocks that are whole, `close` what is left."""

    _line: str = ""
    _paragraph: list[str] = field(default_factory=list)
    _read: int = 0

    def feed(self, piece: str) -> list[Block]:
        piece = piece[: max(0, MOST_CHARACTERS - self._read)]
        self._read += len(piece)
        *whole, self._line = (self._line + piece).replace("\r\n", "\n").split("\n")
        return [block for line in whole for block in self._blocks(line)]

    def close(self) -> list[Block]:
        line, self._line = self._line, ""
        return [*self._blocks(line), *self._flush()]

    def _blocks(self, line: str) -> Iterator[Block]:
        line = line[:MOST_LINE].rstrip()
        if not line.strip():
            yield from self._flush()
        elif match := _HEADING.match(line):
            yield from self._flush()
            yield Heading(len(match[1]), match[2][:LONGEST_TITLE])
        elif _TAG.search(line):
            yield from self._tagged(line)
        else:
            self._paragraph.append(line)

    def _tagged(self, line: str) -> Iterator[Block]:
        """What stands before the first tag belongs to the paragraph; what stands behind a clip describes it."""
        tags = list(_TAG.finditer(line))
        before = line[: tags[0].start()]
        if before.strip() and not _BULLET.match(before):
            self._paragraph.append(before.rstrip())
        yield from self._flush()
        for tag, following in zip(tags, [*tags[1:], None], strict=True):
            behind = line[tag.end() : following.start() if following else len(line)]
            if tag["kind"].lower() == "gap":
                yield Gap(tag["rest"].lstrip(" :").strip())
                if behind.strip():
                    self._paragraph.append(behind.strip())
            else:
                yield _clip(tag["rest"], _DESCRIPTION.sub("", behind).strip()[:LONGEST_DESCRIPTION])

    def _flush(self) -> Iterator[Block]:
        if self._paragraph:
            text, self._paragraph = "\n".join(self._paragraph).strip(), []
            yield Paragraph(text)


def _clip(rest: str, description: str) -> ClipLine:
    match = _CLIP.match(rest)
    if match is None:
        return ClipLine(None, rest.strip()[:LONGEST_TITLE], description=description)
    first, last = (int(match[name]) if match[name] else None for name in ("first", "last"))
    return ClipLine(int(match["n"]), (match["title"] or "").strip()[:LONGEST_TITLE], first, last, description)
