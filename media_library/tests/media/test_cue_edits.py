from __future__ import annotations

from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_library.media import cue_edits, webvtt
from media_library.media.cue_edits import CueEdit, NoSuchCue, edit_cues
from media_library.media.errors import MediaError

HEADS = ["WEBVTT\n\n", "WEBVTT - a --> b\nKind: captions\n\n", "WEBVTT\n\nSTYLE\n::cue { color: lime }\n\n"]
BLOCKS = [
    "{time}\nOne.\n\n",
    "name\n{time} line:80%\nTwo\nlines\n\n",
    "{time}\n\n",
    "NOTE about this\n\n",
    "{short}\nShort.\n\n",
]
TEXTS = st.sampled_from(["New.", "two\nlines", "", "a\n\nb", "00:01.000 --> 00:02.000", "<i>x</i>", "NOTE x"])
TIMES = st.integers(0, 400_000_000)


@st.composite
def tracks(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(HEADS))
    for number, block in enumerate(draw(st.lists(st.sampled_from(BLOCKS), max_size=6))):
        time = f"00:00:{number:02}.000 --> 00:00:{number:02}.900"
        text += block.format(time=time, short=time.replace("00:00:", "00:"))
    return webvtt.parse(text).write()


@st.composite
def tracks_and_edits(draw: st.DrawFn) -> tuple[str, list[CueEdit]]:
    text = draw(tracks())
    count = len(webvtt.parse(text).cues)
    some = st.sets(st.integers(0, count - 1)) if count else st.just(set())
    edits = [
        draw(
            st.builds(CueEdit, st.just(index), st.just("set"), st.none() | TIMES, st.none() | TIMES, st.none() | TEXTS)
        )
        if draw(st.booleans())
        else CueEdit(index, "delete")
        for index in sorted(draw(some))
    ]
    new = st.builds(CueEdit, st.integers(0, count), st.just("insert"), TIMES, TIMES, TEXTS)
    return text, draw(st.permutations([*edits, *draw(st.lists(new, max_size=3))]))


@given(tracks_and_edits())
def test_a_spliced_text_is_the_rewritten_one(case):
    text, edits = case
    spliced = edit_cues(text, edits)
    assert cue_edits._spliced(text, cue_edits.ordered(edits)) == spliced
    with patch.object(cue_edits, "_spliced", return_value=None):
        assert edit_cues(text, edits) == spliced
    found = webvtt.parse_strict(spliced.content).cues
    assert spliced.count == len(found)
    assert {index: found[index] for index in spliced.cues} == spliced.cues


@given(tracks())
def test_a_text_without_edits_stays(text):
    assert edit_cues(text, []).content == text


def test_a_text_that_is_laid_out_otherwise_is_rewritten():
    text = "WEBVTT\n00:01.000 --> 00:02.000\nOne\n00:03.000 --> 00:04.000\nTwo"
    edited = edit_cues(text, [CueEdit(1, text="Three")])
    assert [cue.text for cue in webvtt.parse_strict(edited.content).cues] == ["One", "Three"]


@pytest.mark.parametrize("edit", [CueEdit(2), CueEdit(2, "delete"), CueEdit(3, "insert", 0, 1, "")])
def test_a_cue_that_is_not_there_is_named(edit):
    text = "WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n\n00:03.000 --> 00:04.000\nTwo\n"
    with pytest.raises(NoSuchCue, match=f"There is no cue {edit.index}"):
        edit_cues(text, [edit])


def test_one_cue_is_not_changed_twice_at_once():
    with pytest.raises(MediaError, match="Cue 0 is changed twice"):
        edit_cues("WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n", [CueEdit(0, text="a"), CueEdit(0, "delete")])
