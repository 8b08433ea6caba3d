from __future__ import annotations

from media_library.media.gaps import Gap, Interval, gaps, merged, speech_intervals
from media_library.media.words import Word, tidy
from media_library.tests.media.speech import SAMPLE_DURATION, sample_words


def test_words_closer_than_a_third_of_a_second_are_one_stretch_of_speech():
    words = [Word("a", 1, 2), Word("b", 2.29, 3), Word("c", 3.31, 4)]
    assert speech_intervals(words) == [(1, 3), (3.31, 4)]


def test_a_voice_the_recogniser_missed_is_speech_too():
    assert speech_intervals([Word("a", 1, 2)], voice=[(1.5, 2.5), (8, 9)]) == [(1, 2.5), (8, 9)]


def test_the_samples_gaps_are_those_it_was_made_with():
    found = gaps(speech_intervals(tidy(sample_words())), duration=SAMPLE_DURATION)
    assert [round(gap.end - gap.start) for gap in found] == [5, 5, 7, 4]
    assert [gap.words for gap in found] == [13, 12, 16, 9]


def test_two_seconds_are_a_gap_and_less_is_not():
    assert gaps([(2.0, 3.0), (4.99, 6.0), (8.0, 9.0)], duration=10) == [(0.0, 2.0), (6.0, 8.0)]


def test_a_film_without_speech_is_one_gap():
    assert gaps([], duration=30) == [Gap(0, 30)]
    assert gaps([(0, 30)], duration=30) == []
    assert gaps([(5, 99)], duration=30) == [(0, 5)]


def test_the_word_budget_leaves_half_a_second():
    assert Gap(0, 2.0).words == 4  # floor(1.5 × 2.67)
    assert Gap(0, 0.4).words == 0
    assert (Gap(10, 13).usable_start, Gap(10, 13).usable_end) == (10.25, 12.75)


def test_overlapping_intervals_are_merged():
    assert merged([(3, 4), (1, 2), (1.5, 3), (5, 5)]) == [Interval(1, 4)]
