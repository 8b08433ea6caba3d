from __future__ import annotations

import random
from itertools import pairwise

import pytest

from media_library.media.description import Candidate, OnScreen, Placed, check_description, place
from media_library.media.gaps import Gap, gaps, speech_intervals
from media_library.media.timemap import TimeMap
from media_library.media.words import intervals, tidy
from media_library.tests.media.speech import SAMPLE_DURATION, SAMPLE_SHOTS, cuts, sample_words, talk


def put(candidates, *, words=(), duration=60.0, shots=()):
    speech = speech_intervals(tidy(words)) if words else []
    return place(
        candidates, words=intervals(words), gaps=gaps(speech, duration=duration), duration=duration, shots=shots
    )


def spans(*times):
    """Placing among words at these times."""

    def run(candidates, *, duration=60.0, shots=()):
        return place(candidates, words=times, gaps=gaps(times, duration=duration), duration=duration, shots=shots)

    return run


def test_a_description_that_fits_is_spoken_when_its_picture_comes():
    (one,) = spans((0, 5), (20, 30))([Candidate("A cat.", 8.0, 3.0)]).placed
    assert (one.mode, one.start, one.speed, one.gap_start, one.gap_end, one.pause_seconds) == (
        "inline",
        8.0,
        1.0,
        5,
        20,
        0.0,
    )


def test_it_starts_up_to_two_seconds_early_before_it_is_hurried():
    (one,) = spans((0, 5), (10, 30))([Candidate("A cat.", 8.0, 3.0)]).placed
    assert (one.mode, one.start, one.speed) == ("inline", 6.75, 1.0)


def test_it_is_hurried_up_to_a_quarter_before_the_picture_is_held():
    run = spans((0, 5), (9, 30))
    (one,) = run([Candidate("A cat.", 6.0, 4.2)]).placed
    assert (one.mode, one.start, one.speed) == ("inline", 5.25, 1.2)
    assert one.start + one.spoken_seconds <= 8.75
    (one,) = run([Candidate("A cat.", 6.0, 4.5)]).placed
    assert one.mode == "extended"


def test_the_pause_is_shorter_by_what_the_gap_takes():
    (one,) = spans((0, 5), (9, 30))([Candidate("A cat.", 6.0, 6.0)]).placed
    # 6.0 + 0.25 + 0.5 less the gap from the pause point to a guard before speech
    assert one.pause_seconds == pytest.approx(6.75 - (8.75 - one.pause_at))
    assert one.source_end <= 8.75 - 0.49


def test_without_a_gap_it_holds_the_picture_between_two_words():
    (one,) = spans((0, 10.0), (10.5, 30))([Candidate("A cat.", 9.0, 3.0)]).placed
    assert (one.mode, one.pause_at, one.pause_seconds) == ("extended", 10.12, 3.75)


def test_a_shot_change_nearby_is_the_better_place_to_hold():
    (one,) = spans((0, 9.0), (10.5, 30))([Candidate("A cat.", 9.5, 3.0)], shots=[9.8]).placed
    assert one.pause_at == 9.8


def test_two_descriptions_never_share_a_moment():
    placed = spans((0, 5), (12, 30))(
        [Candidate("A cat.", 6.0, 3.0), Candidate("A dog.", 8.5, 3.0), Candidate("A cow.", 9.0, 3.0)]
    ).placed
    assert [one.mode for one in placed] == ["inline", "inline", "extended"]
    assert check_description(placed, words=[(0, 5), (12, 30)], duration=30) == []


def test_descriptions_are_placed_in_order_of_time_and_keep_their_number():
    placed = spans((0, 5), (20, 30))([Candidate("Later.", 15.0, 2.0), Candidate("Sooner.", 6.0, 2.0)]).placed
    assert [(one.cue_index, one.text) for one in placed] == [(1, "Sooner."), (0, "Later.")]


def test_it_may_wait_for_a_gap_while_its_picture_is_still_seen():
    run = spans((0, 10), (20, 30))
    assert run([Candidate("A cat.", 4.0, 3.0)]).placed[0].mode == "extended"
    (one,) = run([Candidate("A cat.", 4.0, 3.0, seen_until=14.0)]).placed
    assert (one.mode, one.start) == ("inline", 10.25)
    assert run([Candidate("A cat.", 4.0, 3.0, seen_until=11.0)]).placed[0].mode == "extended"


def test_one_that_was_forced_holds_the_picture_although_it_fits():
    (one,) = spans((0, 5), (20, 30))([Candidate("A cat.", 8.0, 3.0, forced_extended=True)]).placed
    assert (one.mode, one.pause_seconds) == ("extended", 3.75)


def test_when_no_silence_is_left_the_last_picture_is_held_for_one_after_the_other():
    placement = spans((0, 30))(
        [Candidate("A cat.", 29, 3.0), Candidate("A dog.", 29.5, 2.0), Candidate("A cow.", 29.6, 1.0)], duration=30
    )
    times = TimeMap(placement.pauses)
    heard = [(one.output_start(times), one.output_start(times) + one.spoken_seconds) for one in placement.placed]
    assert heard == [(30.25, 33.25), (34.0, 36.0), (36.75, 37.75)]
    assert times.added == 8.25
    assert "ad_overlaps_ad" not in {
        finding.rule for finding in check_description(placement.placed, words=[(0, 30)], duration=30)
    }


def test_long_pauses_are_reported():
    placement = spans((0, 30))([Candidate("A cat.", 0.0, 21.0), Candidate("A dog.", 30.0, 46.0)], duration=30)
    assert [(finding.rule, finding.severity) for finding in placement.findings] == [
        ("ad_long", "warning"),
        ("ad_long", "error"),
        ("ad_total", "warning"),
    ]


def test_the_samples_descriptions_cover_no_speech():
    words = tidy(sample_words())
    edges = [0.0, *SAMPLE_SHOTS, SAMPLE_DURATION]
    wanted = [Candidate("A picture of something.", start, 3.6, seen_until=end) for start, end in pairwise(edges)]
    placement = put(wanted, words=words, duration=SAMPLE_DURATION, shots=SAMPLE_SHOTS)
    assert [one.mode for one in placement.placed] == ["extended", "inline", "inline", "inline", "inline"]
    assert check_description(placement.placed, words=intervals(words), duration=SAMPLE_DURATION) == []


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_said_and_shown_nothing_overlaps(seed):
    words, ends = talk(seed, words=90, slowest=9, fastest=18)
    chance = random.Random(seed)  # noqa: S311 - not for secrets
    shots = cuts(seed, until=ends, closest=2.0)
    wanted = [
        Candidate("Something is seen here.", shot, chance.uniform(1, 9), chance.choice([None, shot + 8]))
        for shot in shots
    ]
    placement = put(wanted, words=words, duration=ends + 1, shots=shots)
    assert [one.text for one in placement.placed] == [one.text for one in wanted]
    broken = {
        finding.rule for finding in check_description(placement.placed, words=intervals(words), duration=ends + 1)
    }
    assert not broken & {"ad_overlaps_speech", "ad_overlaps_ad"}
    for one in placement.placed:
        assert 1.0 <= one.speed <= 1.25
        if one.pause_at is not None:
            assert (
                all(abs(one.pause_at - edge) >= 0.119 for word in words for edge in (word.start, word.end))
                or one.pause_at == ends + 1
            )
            assert not any(word.start < one.pause_at < word.end for word in words)
    times = TimeMap(placement.pauses)
    heard = [(one.output_start(times), one.output_start(times) + one.spoken_seconds) for one in placement.placed]
    assert all(first[1] <= second[0] + 0.001 for first, second in pairwise(heard))
    for word in words:
        start, end = times.out(word.start), times.out_before(word.end)
        assert not any(begins < end - 0.001 and finishes > start + 0.001 for begins, finishes in heard)


def inline(index, text, start, seconds, *, gap=(0.0, 60.0)):
    return Placed(index, text, start, "inline", start, seconds, 1.0, *gap)


def test_the_check_finds_each_fault():
    words = [(10.0, 20.0)]
    placed = [
        inline(0, "This one is far too quick for anyone", 1, 1.5),
        inline(1, "Over speech.", 9, 2),
        inline(2, "Over another.", 10.5, 1, gap=(10.5, 12)),
        inline(3, "Fine.", 100, 2),
    ]
    found = {
        (finding.rule, finding.cue_index)
        for finding in check_description(
            placed, words=words, duration=200, onscreen=[OnScreen("Ten years later", 3, 6)]
        )
    }
    assert found == {
        ("ad_rate", 0),
        ("ad_overlaps_speech", 1),
        ("ad_overlaps_speech", 2),
        ("ad_overlaps_ad", 2),
        ("ad_gap_short", 2),
        ("ad_dead_zone", 2),
        ("ad_dead_zone", 3),
        ("ad_missing_onscreen_text", 0),
    }


def test_text_in_the_picture_that_is_read_out_is_no_finding():
    placed = [inline(0, "A card reads: ten years later.", 2, 3)]
    assert check_description(placed, words=[], duration=30, onscreen=[OnScreen("TEN YEARS LATER", 3, 6)]) == []


def test_a_gap_knows_where_a_description_may_stand():
    assert Gap(5, 9).usable_end == 8.75
