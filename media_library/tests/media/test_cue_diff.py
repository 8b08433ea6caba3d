from __future__ import annotations

import difflib
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_library.media import sequences, webvtt
from media_library.media.cue_diff import align, changes, cue_digest, unified_diff, word_changes, words
from media_library.media.sequences import matching
from media_library.media.webvtt import Cue

# Few letters, so that much is equal, and in other places.
LETTERS = st.lists(st.sampled_from("abcd"), max_size=12)
TEXTS = st.lists(st.sampled_from(["a", "b", "c", " ", "  ", "\n", "ab", "\u2028"]), max_size=12).map("".join)
CUES = st.lists(
    st.builds(
        lambda start, length, text: Cue(start, start + length, text),
        st.integers(0, 9).map(lambda second: second * 1000),
        st.integers(0, 3).map(lambda second: second * 1000),
        st.sampled_from(["", "a", "b", "a b", "c d e"]),
    ),
    max_size=8,
)


def length_of_longest(before: list[str], after: list[str]) -> int:
    row = [0] * (len(after) + 1)
    for one in before:
        row = [0, *row]
        above, row = row[1:], [0]
        for index, other in enumerate(after):
            row.append(above[index] + 1 if one == other else max(above[index + 1], row[index]))
    return row[-1]


@given(LETTERS, LETTERS)
def test_what_two_sequences_have_in_common_is_found_whole(before, after):
    pairs = matching(before, after)
    assert all(before[one] == after[other] for one, other in pairs)
    assert all(one < two and other < three for (one, other), (two, three) in pairwise(pairs))
    assert len(pairs) == length_of_longest(before, after)


@given(LETTERS, LETTERS)
def test_long_sequences_are_matched_by_their_landmarks(before, after):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sequences, "LARGEST", 4)
        pairs = matching(before, after)
    assert all(before[one] == after[other] for one, other in pairs)
    assert pairs == sorted(set(pairs))
    assert len({one for one, _ in pairs}) == len({other for _, other in pairs}) == len(pairs)


def test_a_hostile_pair_of_texts_is_compared_in_a_moment():
    # Nothing occurs once, everything is common: the landmarks find nothing to hold on to.
    before, after = ["a", "b"] * 100_000, ["b", "a", "a"] * 70_000
    assert all(before[one] == after[other] for one, other in matching(before, after))


@given(TEXTS, TEXTS)
def test_the_words_of_a_diff_are_both_texts(before, after):
    script = words(before, after)
    assert "".join(text for op, text in script if op != "removed") == after
    assert "".join(text for op, text in script if op != "added") == before
    assert not {op for op, _ in script if before == after} - {"equal"}


def test_only_the_words_that_changed_are_marked():
    assert words("He was not an ill\nman.", "He was an old\nman.") == [
        ("equal", "He was "), ("removed", "not "), ("equal", "an "), ("removed", "ill"), ("added", "old"), ("equal", "\nman."),
    ]  # fmt: skip


@given(CUES, CUES)
def test_applying_the_changes_to_before_gives_after(before, after):
    pairs = align(before, after)
    assert [one for one, _ in pairs if one is not None] == list(range(len(before)))
    assert [other for _, other in pairs if other is not None] == list(range(len(after)))
    told = changes(before, after)
    come = {change.cue_index: change.after for change in told if change.change != "removed"}
    gone = {change.cue_index for change in told if change.change == "removed"}
    kept = [before[one] for one, other in pairs if one not in gone and other not in come and one is not None]
    built = iter(kept)
    assert [come[index] if index in come else next(built) for index in range(len(after))] == after


@given(CUES, CUES)
def test_the_words_of_two_tracks_are_both_tracks(before, after):
    script = word_changes(before, after)
    assert " ".join(text for op, text in script if op != "removed").split() == " ".join(c.text for c in after).split()
    assert " ".join(text for op, text in script if op != "added").split() == " ".join(c.text for c in before).split()


@given(CUES)
def test_a_text_does_not_differ_from_itself(cues):
    assert align(cues, cues) == [(index, index) for index in range(len(cues))]
    assert changes(cues, cues) == []


def test_a_split_cue_is_one_that_changed_and_one_that_came():
    found = changes([Cue(0, 4000, "a b c d")], [Cue(0, 2000, "a b"), Cue(2000, 4000, "c d")])
    assert [(change.change, change.cue_index) for change in found] == [("modified", 0), ("added", 1)]
    assert {op for op, _ in word_changes([Cue(0, 4000, "a b")], [Cue(0, 2000, "a"), Cue(2000, 4000, "b")])} == {"equal"}


def test_a_shift_is_told_cue_by_cue_in_milliseconds():
    before = [Cue(at * 1000, at * 1000 + 900, f"line {at}") for at in range(3)]
    after = [Cue(cue.start_ms + 250, cue.end_ms + 250, cue.text) for cue in before]
    found = changes(before, after)
    assert [(one.change, one.start_moved_ms, one.end_moved_ms, one.text_changed) for one in found] == [
        ("modified", 250, 250, False)
    ] * 3


def test_a_digest_is_of_times_and_text_and_nothing_else():
    cue = Cue(0, 1000, "a", id="1", settings="line:1")
    assert cue_digest(cue) == cue_digest(Cue(0, 1000, "a"))
    assert len({cue_digest(cue), cue_digest(Cue(1, 1000, "a")), cue_digest(Cue(0, 1000, "b"))}) == 3
    assert len(cue_digest(cue)) == 16


@given(before=CUES, after=CUES)
def test_a_unified_diff_is_what_the_program_patch_applies(before, after, tmp_path_factory):
    texts = [webvtt.Document(blocks=list(cues)).write() for cues in (before, after)]
    diff = unified_diff(*texts, old_name="1", new_name="2")
    assert (diff == "") == (texts[0] == texts[1])
    if diff:
        folder: Path = tmp_path_factory.mktemp("patched")
        (folder / "track").write_text(texts[0])
        command = ["patch", "--silent", str(folder / "track"), "-"]
        subprocess.run(command, input=diff, text=True, check=True, timeout=10)
        assert (folder / "track").read_text() == texts[1]


def test_a_unified_diff_looks_as_the_standard_library_writes_it():
    before, after = "WEBVTT\n\n1\n2\n3\n4\n5\n", "WEBVTT\n\n1\n2\nthree\n4\n5\n6\n"
    peer = difflib.unified_diff(before.splitlines(), after.splitlines(), "1", "2", lineterm="")
    assert unified_diff(before, after, old_name="1", new_name="2") == "\n".join([*peer, ""])
