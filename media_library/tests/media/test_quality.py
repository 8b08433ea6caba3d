from __future__ import annotations

import pytest

from media_library.media.profiles import HOUSE, PROFILES
from media_library.media.quality import RULES, check, cps, score, wpm
from media_library.media.webvtt import Cue

TEXT = "It was the best of times."


def track(*times, text=TEXT):
    return [Cue.at(start, end, text) for start, end in times]


def rules(cues, **about):
    return {(finding.rule, finding.cue_index) for finding in check(cues, **{"fps": 25, **about})}


GOOD = [(1, 3), (3.08, 5), (6, 8)]

# (name, cues, further arguments, findings expected beyond none)
CASES = [
    ("a good track", track(*GOOD), {}, set()),
    ("overlap", track((1, 3), (2.9, 5)), {}, {("overlap", 0)}),
    ("one frame between", track((1, 3), (3.04, 5)), {}, {("gap_min", 0)}),
    ("no gap", track((1, 3), (3, 5)), {}, {("gap_min", 0)}),
    ("a gap that flickers", track((1, 3), (3.2, 5)), {}, {("gap_chain", 0)}),
    ("half a second is no flicker", track((1, 3), (3.52, 5.5)), {}, set()),
    ("BBC gap", track((1, 4), (4.5, 8)), {"profile": PROFILES["bbc"]}, {("gap_bbc", 0)}),
    ("too short", track((1, 1.8), text="Go."), {}, {("dur_min", 0)}),
    ("twenty frames at 24 are enough", [Cue(1000, 1833, "Go.")], {"fps": 24}, set()),
    ("0.3 s a word at the BBC", track((1, 2), text="four words are here"), {"profile": PROFILES["bbc"]}, {("dur_min", 0), ("wpm_max", 0)}),
    ("too long", track((1, 8.1)), {}, {("dur_max", 0)}),
    ("too fast", track((1, 2.4)), {}, {("cps_max", 0)}),
    ("above the optimum", track((1, 2.6)), {}, {("cps_opt", 0)}),
    ("too many words a minute", track((1, 3.5), text="one two three four five six"), {"profile": PROFILES["dcmp-lower"]}, {("wpm_max", 0)}),
    ("long line", track((1, 5), text="x" * 43), {}, {("line_len", 0)}),
    ("tags take no room", track((1, 5), text="<i>" + "x" * 42 + "</i>"), {}, set()),
    ("three lines", track((1, 7), text="first line is this long one\nsecond line goes on too\nthird"), {}, {("lines_max", 0)}),
    ("line ends with an article", track((1, 5), text="They came one morning and saw the\nhouse upon the hill"), {}, {("line_break", 0)}),
    ("fits in one line", track((1, 3), text="Short\none."), {}, {("one_line_possible", 0)}),
    ("two speakers keep two lines", track((1, 3), text="-Yes.\n-No."), {}, set()),
    ("late", track((1.2, 3)), {"speech": [(1.0, 1.8), (1.8, 3)]}, {("audio_in", 0)}),
    ("three frames late pass", track((1.12, 3)), {"speech": [(1.0, 1.8), (1.8, 3)]}, set()),
    ("hangs on", track((1, 3.6)), {"speech": [(1.0, 2.9)]}, {("audio_out", 0)}),
    ("in after a cut", track((1.2, 3)), {"shots": [1.0]}, {("shot_in_after", 0)}),
    ("in on the cut", track((1, 3)), {"shots": [1.0]}, set()),
    ("in just before a cut", track((1, 3)), {"shots": [1.2]}, {("shot_in_before", 0)}),
    ("in half a second before a cut", track((1, 3)), {"shots": [1.52]}, set()),
    ("out on the cut", track((1, 3)), {"shots": [3.0]}, {("shot_out_after", 0)}),
    ("out after a cut", track((1, 3)), {"shots": [2.8]}, {("shot_out_after", 0)}),
    ("out two frames before a cut", track((1, 3)), {"shots": [3.08]}, set()),
    ("out a little before a cut", track((1, 3)), {"shots": [3.2]}, {("shot_out_before", 0)}),
    ("over a cut at the BBC", track((1, 5)), {"shots": [3.0], "profile": PROFILES["bbc"]}, {("shot_straddle", 0)}),
    ("out of sync at the BBC", track((1, 5)), {"speech": [(2.8, 5)], "profile": PROFILES["bbc"]}, {("sync_bbc", 0), ("audio_in", 0)}),
    ("three dots", track((1, 3), text="Well..."), {}, {("ellipsis", 0)}),
    ("an ellipsis", track((1, 3), text="Well…"), {}, set()),
    ("two spaces", track((1, 3), text="Well  then"), {}, {("double_space", 0)}),
    ("space at the edge", track((1, 3), text="Well "), {}, {("leading_space", 0)}),
    ("one dash of two", track((1, 3), text="Yes.\n-No."), {}, {("dialog_dash", 0)}),
    ("different dashes", track((1, 3), text="- Yes.\n-No."), {}, {("dialog_dash", 0)}),
    ("round brackets", track((1, 3), text="(door slams)"), {"profile": PROFILES["netflix-sdh"]}, {("hi_brackets", 0)}),
    ("digit", track((1, 3), text="I have 3 cats."), {}, {("number_spell", 0)}),
    ("digit that begins", track((1, 3), text="Yes. 25 cats."), {}, {("number_spell", 0)}),
    ("digits that stay", track((1, 3), text="At 10:30, for $5 or 3.5%"), {}, set()),
    ("digits in Spanish", track((1, 3), text="Tengo 3 gatos."), {"language": "es"}, set()),
    ("control character", track((1, 3), text="Well\x07"), {}, {("glyph", 0)}),
    ("lost character", track((1, 3), text="W\ufffdll"), {}, {("glyph", 0)}),
    ("empty", track((1, 3), text="<i></i>"), {}, {("empty", 0)}),
    ("open tag", track((1, 3), text="<i>Well"), {}, {("bad_tag", 0)}),
    ("unknown tag", track((1, 3), text="<font>Well</font>"), {}, {("bad_tag", 0)}),
    ("good tags", track((1, 3), text="<v.loud Ann><i>Well</i></v>"), {}, set()),
    ("ends before it starts", track((3, 1)), {}, {("nonmonotonic", 0), ("cps_max", 0)}),
    ("out of order", track((5, 7), (1, 3)), {}, {("nonmonotonic", 1)}),
    ("past the end", track((1, 3)), {"duration": 2.5}, {("past_end", 0)}),
    ("not translated", track((1, 3), text=""), {"sources": [TEXT], "language": "es"}, {("empty", 0), ("missing_target", 0)}),
    ("copied", track((1, 3)), {"sources": [TEXT], "language": "es"}, {("same_as_source", 0)}),
    ("a short word may be the same", track((1, 3), text="No."), {"sources": ["No."], "language": "es"}, set()),
]  # fmt: skip


@pytest.mark.parametrize(("name", "cues", "about", "expected"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_finds_what_it_is_for_and_nothing_else(name, cues, about, expected):
    assert rules(cues, **about) == expected


@pytest.mark.parametrize(("fps", "half"), [(23.976, 12), (24, 12), (25, 13), (29.97, 15), (60, 30)])
def test_half_a_second_rounds_up_in_frames(fps, half):
    frame = 1 / fps
    assert rules(track((1, 3), (3 + (half - 1) * frame, 6)), fps=fps) == {("gap_chain", 0)}
    assert rules(track((1, 3), (3 + half * frame, 6)), fps=fps) == set()


def test_every_rule_has_its_case():
    covered = {rule for case in CASES for rule, _ in case[3]}
    several = {
        "spaces": "double_space",
        "shot_in": "shot_in_after",
        "shot_out": "shot_out_after",
        "against_source": "same_as_source",
    }
    assert {several.get(rule.__name__, rule.__name__) for rule in RULES} <= covered


def test_findings_say_what_was_measured_and_when_the_rate_was_assumed():
    (finding,) = check(track((1, 3), (3.04, 5)))
    assert (finding.measured, finding.limit, finding.severity) == (1, 2, "error")
    assert finding.message == "The gap to the next cue is 1 frames, at least 2 are needed (assumed 25 fps)."


def test_speeds_count_what_is_read():
    assert cps(Cue(0, 2000, "<i>ab\ncd</i> &amp;"), language="en") == 3.0
    assert wpm(Cue(0, 2000, "<v Ann>[door slams]\nWell then")) == 120


def test_the_score_takes_five_for_an_error_and_one_for_a_warning_in_a_hundred_cues():
    findings = check([*track((1, 1.5), text="Go."), *track((2.5, 4), text="Short\none.")], fps=25)
    assert score(findings, cues=100) == 94
    assert score(findings, cues=50) == 88
    assert score(findings, cues=2) == 0
    assert score([], cues=0) == 100


def test_the_house_style_is_the_one_of_the_handbook():
    assert (HOUSE.chars_per_line, HOUSE.lines, HOUSE.max_cps, HOUSE.optimum_cps) == (42, 2, 17, 15)
    assert (HOUSE.min_duration, HOUSE.max_duration, HOUSE.min_gap_frames) == (0.833, 7.0, 2)
