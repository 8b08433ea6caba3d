from __future__ import annotations

import pytest

from media_library.media.quality.script import check_script
from media_library.media.webvtt import Cue

# Somebody speaks from 0 to 10 s and from 12 to 30 s.
SPEECH = [(0.0, 10.0), (12.0, 30.0)]
TWELVE = "She puts the letter down, looks at the door and waits for him."

TOO_LONG = {("ad_budget", 0, "warning"), ("ad_long", 0, "error"), ("ad_total", 0, "warning")}


def rules(*cues, **about):
    found = check_script(cues, **{"words": SPEECH, "duration": 40.0, **about})
    return {(finding.rule, finding.cue_index, finding.severity) for finding in found}


def test_three_words_fit_into_a_gap_of_two_seconds():
    assert rules(Cue.at(10.25, 11.5, "She nods slowly.")) == set()


def test_twelve_words_there_hold_the_picture_or_are_not_spoken():
    cue = Cue.at(10.25, 11.7, TWELVE)
    assert rules(cue) == {("ad_budget", 0, "warning")}
    assert rules(cue, holds=False) == {("ad_budget", 0, "error")}


@pytest.mark.parametrize(
    ("name", "cues", "expected"),
    [
        ("over speech", [Cue.at(14, 16, "She nods.")], {("ad_overlaps_speech", 0, "error"), ("ad_budget", 0, "warning")}),
        ("over each other", [Cue.at(31, 36, TWELVE), Cue.at(32, 34, "He nods.")], {("ad_overlaps_ad", 1, "error")}),
        ("much too long", [Cue.at(10.25, 11.7, "word " * 129 + "word")], TOO_LONG),
        ("no text", [Cue.at(31, 33, "")], {("empty", 0, "error")}),
        ("after the end", [Cue.at(38, 42, "She nods.")], {("past_end", 0, "error")}),
        ("two spaces", [Cue.at(31, 33, "She  nods.")], {("double_space", 0, "error")}),
    ],
)  # fmt: skip
def test_a_script_is_held_against_the_rules_of_what_is_heard(name, cues, expected):
    assert rules(*cues) == expected


def test_a_minute_of_nothing_is_found():
    assert ("ad_dead_zone", 0, "warning") in rules(Cue.at(31, 33, "She nods."), duration=120.0)


def test_a_short_gap_is_told():
    found = rules(Cue.at(10.3, 11, "Nods."), words=[(0.0, 10.0), (11.5, 30.0)])
    assert found == {("ad_gap_short", 0, "warning")}


def test_a_rate_that_nobody_can_follow_is_an_error():
    # Eight words in 2.5 s, at 1.25 times the planned rate.
    cue = Cue.at(10.25, 12.6, "She takes the old letter out of it.")
    found = rules(cue, words=[(0.0, 10.0), (12.95, 30.0)])
    assert ("ad_rate", 0, "error") in found


def test_nothing_is_said_of_times_while_the_film_is_not_known():
    assert rules(Cue.at(14, 16, "She nods."), duration=None) == set()
