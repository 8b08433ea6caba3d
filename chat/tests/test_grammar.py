"""Answers are read as they are meant, whole or while they arrive."""

from __future__ import annotations

import pytest

from chat.services import grammar
from chat.services.grammar import ClipLine, Gap, Heading, Paragraph, Reader

SCRIPT = """# The harbour

What the sea gives back [1] and [2, 3].

## Morning
Nobody had gone out. [[clip 2 "Quiet water" 3-9]] — because it opens
- [[clip 3 “Storm” 5–9]]
[[gap: who built the wall]]
[[clip 4]]
"""


def test_a_script_is_its_title_sections_narration_clips_and_gaps() -> None:
    assert grammar.parse(SCRIPT) == [
        Heading(1, "The harbour"),
        Paragraph("What the sea gives back [1] and [2, 3]."),
        Heading(2, "Morning"),
        Paragraph("Nobody had gone out."),
        ClipLine(2, "Quiet water", 3, 9, "because it opens"),
        ClipLine(3, "Storm", 5, 9),
        Gap("who built the wall"),
        ClipLine(4),
    ]


@pytest.mark.parametrize("size", [1, 3, 17])
def test_it_is_read_the_same_while_it_arrives(size: int) -> None:
    reader = Reader()
    blocks = [block for at in range(0, len(SCRIPT), size) for block in reader.feed(SCRIPT[at : at + size])]
    assert [*blocks, *reader.close()] == grammar.parse(SCRIPT)


@pytest.mark.parametrize(
    ("line", "clip"),
    [
        ('[[clip 3 "A title" 12-40]]', ClipLine(3, "A title", 12, 40)),
        ("[[Clip 3 «Un titre» words 12 – 40]] - pourquoi", ClipLine(3, "Un titre", 12, 40, "pourquoi")),
        ('1. [[clip #3, "A title"]]: why', ClipLine(3, "A title", None, None, "why")),
        ("[[clip 3 12-40]]", ClipLine(3, "", 12, 40)),
        ('[[clip 5f0c "x" 1-2]]', ClipLine(None, '5f0c "x" 1-2')),
        ('[[clip -1 "x"]]', ClipLine(None, '-1 "x"')),
    ],
)
def test_careless_writing_is_read_as_what_it_means(line: str, clip: ClipLine) -> None:
    assert grammar.parse(line) == [clip]


def test_numbers_in_brackets_cite_and_links_do_not() -> None:
    text = 'Said [2], again [2][4, 5]; not [6](https://x.y) nor [[clip 7 "a"]] nor [abc].'
    assert grammar.citations_in(text) == [2, 4, 5]
    assert grammar.without_citations("The wall [2] stands [3, 4].") == "The wall stands."


def test_what_never_ends_is_read_to_a_limit() -> None:
    blocks = grammar.parse("[[clip 1 " * 2_000_000)
    assert sum(len(block.text) for block in blocks if isinstance(block, Paragraph)) <= grammar.MOST_CHARACTERS
