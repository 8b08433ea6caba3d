from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_library.media.pauses import Pause, output_time, source_time
from media_library.media.timemap import TimeMap
from media_library.media.webvtt import Cue

TWO = [Pause(10.0, 4.0), Pause(20.0, 2.5)]
seconds = st.integers(0, 100_000).map(lambda ms: ms / 1000)
pauses = st.lists(
    st.builds(Pause, seconds, st.integers(1, 30_000).map(lambda ms: ms / 1000)),
    max_size=6,
    unique_by=lambda pause: pause.at,
)


def times(cues):
    return [(cue.start, cue.end, cue.id, cue.text) for cue in cues]


@pytest.mark.parametrize(("at", "out"), [(0, 0), (9.999, 9.999), (10, 14), (15, 19), (20, 26.5), (30, 36.5)])
def test_what_follows_a_pause_comes_later_by_it(at, out):
    assert TimeMap(TWO).out(at) == pytest.approx(out)


def test_what_ends_at_a_pause_point_ends_when_the_pause_begins():
    assert TimeMap(TWO).out_before(10) == 10
    assert TimeMap(TWO).out_before(20) == 24
    assert TimeMap(TWO).added == 6.5
    assert TimeMap().out(5) == 5 == TimeMap().source(5)


@given(pauses, seconds)
def test_the_map_and_its_inverse_agree_with_the_formula_and_each_other(held, at):
    where = TimeMap(held)
    assert where.out(at) == pytest.approx(output_time(at, held))
    assert where.source(where.out(at)) == pytest.approx(at)
    assert where.source(at) == pytest.approx(source_time(at, held))


@given(pauses, seconds, seconds)
def test_order_is_kept(held, first, second):
    where = TimeMap(held)
    assert (where.out(first) <= where.out(second)) == (first <= second)


def test_a_caption_is_not_shown_while_the_picture_is_held():
    cues = TimeMap(TWO).cues([Cue.at(8, 12, "a<00:00:11.000>b", id="one", settings="line:0")])
    assert times(cues) == [(8, 10, "one", "a<00:00:15.000>b"), (14, 16, "", "a<00:00:15.000>b")]
    assert {cue.settings for cue in cues} == {"line:0"}


def test_a_part_too_short_to_read_is_left_out():
    assert times(TimeMap(TWO).cues([Cue.at(8, 10.5, "a"), Cue.at(19.8, 22, "b")])) == [
        (8, 10, "", "a"),
        (26.5, 28.5, "", "b"),
    ]


def test_a_caption_too_short_on_both_sides_keeps_its_longer_one():
    assert times(TimeMap(TWO).cues([Cue.at(9.4, 10.3, "a", id="x")])) == [(9.4, 10, "x", "a")]


def test_captions_at_a_pause_point_stay_on_their_side():
    assert times(TimeMap(TWO).cues([Cue.at(8, 10, "a"), Cue.at(10, 12, "b")])) == [(8, 10, "", "a"), (14, 16, "", "b")]


def test_chapters_hold_through_a_pause_and_start_with_the_description_of_their_first_picture():
    cues = TimeMap(TWO).chapters([Cue.at(0, 10, "One"), Cue.at(10, 30, "Two")])
    assert times(cues) == [(0, 10, "", "One"), (10, 36.5, "", "Two")]


@given(pauses, st.lists(st.tuples(seconds, st.integers(1, 7000)), max_size=8))
def test_no_caption_is_lost_or_shown_during_a_pause(held, lengths):
    where = TimeMap(held)
    cues = [Cue.at(start, start + ms / 1000, str(index)) for index, (start, ms) in enumerate(lengths)]
    moved = where.cues(cues)
    assert {cue.text for cue in moved} == {cue.text for cue in cues}
    for cue in moved:
        for pause in where.pauses:
            begins = where.out_before(pause.at)
            assert cue.end <= begins + 0.002 or cue.start >= begins + pause.seconds - 0.002
