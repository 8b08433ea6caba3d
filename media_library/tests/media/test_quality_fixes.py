from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_library.media.profiles import PROFILES
from media_library.media.quality import Term, check
from media_library.media.quality.fixes import FIXABLE, Context, apply, fix
from media_library.media.webvtt import Cue, plain_text

TEXT = "It was the best of times."


def mended(cues, **about):
    context = Context(**{"fps": 25, **about})
    found = check(cues, **{"fps": 25, **about})
    proposals = fix(cues, found, context=context)
    return proposals, apply(cues, proposals)


def track(*times, text=TEXT):
    return [Cue.at(start, end, text) for start, end in times]


BROKEN = "She came one day\nand then saw the house there"

# name, cues, context, rule, what the mended cue is: (start, end, text)
CASES = [
    ("overlap", track((1, 3.5), (3, 5)), {}, "overlap", (1, 2.92, TEXT)),
    ("one frame", track((1, 3), (3.04, 5)), {}, "gap_min", (1, 2.96, TEXT)),
    ("a gap that flickers", track((1, 3), (3.2, 5)), {}, "gap_chain", (1, 3.12, TEXT)),
    ("too short", track((1, 1.5), text="Go."), {}, "dur_min", (1, 1.833, "Go.")),
    ("too long", track((1, 9)), {}, "dur_max", (1, 8, TEXT)),
    ("too fast", track((1, 2.4)), {}, "cps_max", (1, 2.667, TEXT)),
    ("long line", track((1, 6), text="She came one day and then saw the house there"), {}, "line_len", (1, 6, BROKEN)),
    ("bad break", track((1, 6), text="She came one day and then saw the\nhouse there"), {}, "line_break", (1, 6, BROKEN)),
    ("one line", track((1, 3), text="Short\none."), {}, "one_line_possible", (1, 3, "Short one.")),
    ("in after a cut", track((1.2, 4)), {"shots": [1.0]}, "shot_in_after", (1, 4, TEXT)),
    ("in just before a cut", track((1, 4)), {"shots": [1.2]}, "shot_in_before", (1.2, 4, TEXT)),
    ("in a little before a cut", track((1, 4)), {"shots": [1.44]}, "shot_in_before", (0.92, 4, TEXT)),
    ("out on the cut", track((1, 4)), {"shots": [4.0]}, "shot_out_after", (1, 3.92, TEXT)),
    ("out before a cut", track((1, 4)), {"shots": [4.3]}, "shot_out_before", (1, 4.24, TEXT)),
    ("late", track((1.2, 4)), {"speech": [(1.0, 1.8), (1.8, 4)]}, "audio_in", (1, 4, TEXT)),
    ("hangs on", track((1, 4)), {"speech": [(1.0, 2.9)]}, "audio_out", (1, 3.4, TEXT)),
    ("dots", track((1, 3), text="Well. . ."), {}, "ellipsis", (1, 3, "Well…")),
    ("two spaces", track((1, 3), text="Well  then"), {}, "double_space", (1, 3, "Well then")),
    ("spaces at the edge", track((1, 3), text="<i> Well</i> "), {}, "leading_space", (1, 3, "<i>Well</i>")),
    ("one dash", track((1, 3), text="Yes.\n-No."), {}, "dialog_dash", (1, 3, "-Yes.\n-No.")),
    ("brackets", track((1, 3), text="(door slams)"), {"profile": PROFILES["netflix-sdh"]}, "hi_brackets", (1, 3, "[door slams]")),
    ("control", track((1, 3), text="Well\x07"), {}, "glyph", (1, 3, "Well")),
    ("open tag", track((1, 3), text="<i>Well"), {}, "bad_tag", (1, 3, "<i>Well</i>")),
    ("past the end", track((1, 4)), {"duration": 3.0}, "past_end", (1, 3, TEXT)),
    ("BBC gap", track((1, 4), (4.5, 8)), {"profile": PROFILES["bbc"]}, "gap_bbc", (1, 4.5, TEXT)),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cues", "about", "rule", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_finding_is_mended_as_the_handbook_says(name, cues, about, rule, expected):
    proposals, after = mended(cues, **about)
    assert rule in [proposal.rule for proposal in proposals]
    assert (after[0].start, after[0].end, after[0].text) == expected
    assert all(proposal.reason for proposal in proposals)


def test_a_cue_without_text_goes():
    proposals, after = mended([*track((1, 3)), Cue.at(4, 5, "<i></i>"), *track((6, 8))])
    assert [proposal.after for proposal in proposals] == [None]
    assert [cue.start for cue in after] == [1, 6]


def test_cues_out_of_order_are_put_in_order():
    proposals, after = mended(track((5, 7), (1, 3)))
    assert [cue.start for cue in after] == [1, 5]
    assert {proposal.rule for proposal in proposals} == {"nonmonotonic"}


def test_what_would_break_another_rule_is_left_to_a_person():
    # Ending the first cue earlier would leave it less than 20 frames.
    proposals, _ = mended(track((1, 1.84), (1.86, 5), text="Go."))
    assert "gap_min" not in {proposal.rule for proposal in proposals}


def test_a_cue_is_never_made_longer_than_half_a_second_past_the_voice():
    cues = track((1, 2.0), text="It was the best of times, it was a worse.")
    proposals, after = mended(cues, speech=[(1.0, 1.5), (1.5, 2.0)])
    assert [proposal.rule for proposal in proposals] == []
    assert after == cues


PIECES = ["Well", "the", "and", "house...", "of  times.", "- Yes.", "-No.", "\n", "(bang)", "3", "a", "on the\nhill "]
ODD = ["<i>now</i>", "<b>", "E\u0301té", "\x07", "…", "-"]
WORDS = st.sampled_from([*PIECES, *ODD])
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)


@st.composite
def tracks(draw):
    at, cues = 0, []
    for _ in range(draw(st.integers(0, 7))):
        start = max(0, at + draw(st.integers(-400, 1500)))
        end = start + draw(st.integers(-100, 9000))
        cues.append(Cue(start, max(0, end), draw(TEXTS)))
        at = max(start, end)
    return cues


CONTEXTS = st.fixed_dictionaries(
    {
        "profile": st.sampled_from(list(PROFILES.values())),
        "fps": st.sampled_from([None, 23.976, 25, 29.97, 50]),
        "language": st.sampled_from(["en", "es", "ja", "xx"]),
        "shots": st.lists(st.floats(0, 40), max_size=8),
        "speech": st.lists(
            st.tuples(st.floats(0, 40), st.floats(0.1, 2)).map(lambda word: (word[0], word[0] + word[1])), max_size=12
        ),
        "duration": st.one_of(st.none(), st.floats(5, 40)),
    }
)


def letters(cues):
    return sorted(character for cue in cues for character in plain_text(cue) if character.isalnum())


@given(tracks(), CONTEXTS)
@settings(max_examples=120, deadline=None)
def test_mending_changes_no_word_and_what_was_mended_stays_so(cues, about):
    found = check(cues, **about)
    proposals = fix(cues, found, context=Context(**about))
    assert {proposal.rule for proposal in proposals} <= FIXABLE
    after = apply(cues, proposals)
    assert letters(after) == letters(cues)
    now = check(after, **about)

    gone = {proposal.cue_index for proposal in proposals if proposal.after is None}
    if any(proposal.rule == "nonmonotonic" for proposal in proposals):
        assert "nonmonotonic" not in {finding.rule for finding in now}
    else:
        place = {old: new for new, old in enumerate(index for index in range(len(cues)) if index not in gone)}
        left = {(finding.rule, finding.cue_index) for finding in now}
        for proposal in proposals:
            if proposal.after is not None:
                assert (proposal.rule, place[proposal.cue_index]) not in left
    before, rest = (Counter(f.rule for f in some if f.severity == "error") for some in (found, now))
    assert all(count <= before[rule] for rule, count in rest.items()), (before, rest)


LONG = 60_000
HOSTILE = {
    "spaces": " " * LONG + "x",
    "open tags": "<" * LONG,
    "open italics": "<i." * LONG,
    "lines": "a\n" * LONG + "a",
    "dots": "." * LONG,
    "digits": "1." * LONG,
    "brackets": "(" * LONG,
    "controls": "\x07" * LONG,
    "one word": "the" * LONG,
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", list(HOSTILE.values()), ids=list(HOSTILE))
def test_no_text_takes_long(text):
    cues = [Cue(0, 2000, text), Cue(2000, 4000, "Well.")]
    terms = [Term(text[:2000], (text[:2000],)), Term("Well", ("Well",), forbidden=True)]
    for profile in (PROFILES["netflix-sdh"], PROFILES["bbc"]):
        about = {"profile": profile, "language": "ko" if "<i" in text else "en", "fps": 25}
        found = check(cues, **about, sources=[text, text], terms=terms)
        fix(cues, found, context=Context(**about))


@pytest.mark.timeout(20)
def test_thousands_of_cues_with_faults_take_seconds():
    cues = [Cue(n * 100, n * 100 + 90, f"\x07 Well... {n % 10}") for n in range(20_000)]
    terms = [Term(f"word {n}", (f"palabra {n}",)) for n in range(2_000)]
    assert len(check(cues, fps=25, sources=["a word 7 of it"] * 20_000, terms=terms, language="ja")) > 20_000
