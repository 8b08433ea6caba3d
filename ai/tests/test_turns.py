from __future__ import annotations

import numpy as np
import pytest

from ai import turns
from ai.capabilities.diarize import Turn

TOLD = [Turn(0.0, 2.0, 0), Turn(2.0, 4.0, 1), Turn(6.0, 7.0, 0)]


@pytest.mark.parametrize(
    ("span", "speaker"),
    [
        pytest.param((0.5, 1.5), 0, id="inside a turn"),
        pytest.param((1.5, 3.5), 1, id="across a change, longer with the second"),
        pytest.param((1.0, 2.4), 0, id="across a change, longer with the first"),
        pytest.param((4.2, 4.8), 1, id="in a pause after a turn"),
        pytest.param((5.5, 5.9), 0, id="in a pause before a turn"),
        pytest.param((9.0, 9.5), 0, id="after everything"),
        pytest.param((3.0, 3.0), 1, id="of no length"),
    ],
)
def test_a_span_belongs_to_who_speaks_longest_in_it_or_nearest_to_it(span, speaker):
    assert turns.over([span], TOLD) == [Turn(*span, speaker)]


def test_spans_of_a_recording_without_turns_get_none():
    assert turns.over([(0.0, 1.0)], []) == []


def test_speakers_are_numbered_by_first_appearance_and_remember_who_they_were():
    told, former = turns.numbered([Turn(0, 1, 7), Turn(1, 2, 3), Turn(2, 3, 7)])

    assert [turn.speaker for turn in told] == [0, 1, 0]
    assert former == [7, 3]


def test_turns_of_one_speaker_become_one_unless_a_pause_parts_them():
    said = [Turn(0, 1, 0), Turn(1, 2, 0), Turn(2.5, 3, 0), Turn(3, 4, 1)]

    assert turns.joined(said) == [Turn(0, 2, 0), Turn(2.5, 3, 0), Turn(3, 4, 1)]
    assert turns.joined(said, longest_pause=0.5) == [Turn(0, 3, 0), Turn(3, 4, 1)]


class TestPieces:
    """Two people in two pieces of ten seconds: who is first in one piece is second in the other."""

    @pytest.fixture
    def heard(self):
        from ai.local.joining import Heard

        ann, ben = np.eye(256)[:2]
        ann_again = (ann + 0.4 * np.eye(256)[2]) / np.linalg.norm(ann + 0.4 * np.eye(256)[2])
        return [
            Heard(0.0, [Turn(0, 4, 0), Turn(4, 10, 1)], [ann.tolist(), ben.tolist()]),
            Heard(10.0, [Turn(0, 5, 0), Turn(6, 9, 1)], [ben.tolist(), ann_again.tolist()]),
        ]

    def test_the_same_voice_is_the_same_speaker_in_all_pieces(self, heard):
        from ai.local.joining import joined

        assert joined(heard, None) == [Turn(0, 4, 0), Turn(4, 15, 1), Turn(16, 19, 0)]

    def test_fewer_speakers_can_be_asked_for(self, heard):
        from ai.local.joining import joined

        assert {turn.speaker for turn in joined(heard, 1)} == {0}

    def test_voices_that_one_piece_tells_apart_stay_apart(self, heard):
        from ai.local.joining import Heard, joined

        alike = [Heard(0.0, [Turn(0, 1, 0), Turn(1, 2, 1)], [heard[0].voices[0]] * 2)]

        assert joined(alike, None) == [Turn(0, 1, 0), Turn(1, 2, 1)]

    def test_pieces_in_which_nobody_speaks_have_no_turns(self):
        from ai.local.joining import Heard, joined

        assert joined([Heard(0.0, [], [])], None) == []
