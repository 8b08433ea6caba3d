"""Two versions of 5,000 cues compared word by word, against difflib on the same words."""

from __future__ import annotations

import difflib
import random
from collections.abc import Iterable

from bench import Row, alternate, at_least, rounds_for
from media_library.media.cue_diff import Words, changes, word_changes
from media_library.media.webvtt import Cue

NAME = "cue_diff"
GOAL = at_least(5)
CUES = 5_000
QUICK_CUES = 1_000
WORDS_EACH = 12
VOCABULARY = 8_000


def rows(*, quick: bool) -> Iterable[Row]:
    before = written(QUICK_CUES if quick else CUES)
    after = edited(before)
    old, new = ([word for cue in cues for word in cue.text.split()] for cues in (before, after))
    rounds = rounds_for(quick=quick)

    ours, theirs = alternate(
        lambda: word_changes(before, after),
        lambda: difflib.SequenceMatcher(None, old, new).get_opcodes(),
        rounds=rounds,
    )
    assert [word for op, text in ours.value if op != "removed" for word in text.split()] == new
    assert [word for op, text in ours.value if op != "added" for word in text.split()] == old
    script, peers = length(ours.value), sum(b - a + d - c for op, a, b, c, d in theirs.value if op != "equal")
    assert script <= peers, f"our script has {script} words, theirs {peers}"
    yield Row("cue_diff", ours=ours.cpu, peer=theirs.cpu)

    # As the page of versions shows it: which cue became which, and the words of each that changed.
    shown, theirs = alternate(
        lambda: [(change, change.words) for change in changes(before, after)],
        lambda: difflib.SequenceMatcher(None, old, new).get_opcodes(),
        rounds=rounds,
    )
    yield Row("cue_diff_by_cue", ours=shown.cpu, peer=theirs.cpu)


def length(script: Words) -> int:
    return sum(len(text.split()) for op, text in script if op != "equal")


def written(cues: int) -> list[Cue]:
    """Words as often as in a language: few very often, most seldom."""
    chance = random.Random(41)
    made, at = [], 0
    for _ in range(cues):
        end = at + chance.randint(900, 6000)
        words = [f"w{int(chance.paretovariate(0.8)) % VOCABULARY}" for _ in range(WORDS_EACH)]
        made.append(Cue(at, end, " ".join(words[:6]) + "\n" + " ".join(words[6:])))
        at = end + 80
    return made


def edited(cues: list[Cue]) -> list[Cue]:
    """What an editor does in a day: one cue in six changed, some moved, split, added or removed."""
    chance = random.Random(42)
    made = []
    for cue in cues:
        what = chance.random()
        if what < 0.10:
            words = cue.text.split()
            words[chance.randrange(len(words))] = f"other{chance.randrange(500)}"
            made.append(Cue(cue.start_ms, cue.end_ms, " ".join(words)))
        elif what < 0.13:
            made.append(Cue(cue.start_ms + 120, cue.end_ms + 120, cue.text))
        elif what < 0.15:
            middle = (cue.start_ms + cue.end_ms) // 2
            first, _, second = cue.text.partition("\n")
            made += [Cue(cue.start_ms, middle, first), Cue(middle, cue.end_ms, second)]
        elif what < 0.16:
            made += [cue, Cue(cue.end_ms, cue.end_ms + 80, "a line that was missing")]
        elif what >= 0.17:
            made.append(cue)
    return made
