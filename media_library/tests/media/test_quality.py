from __future__ import annotations

import pytest

from media_library.media import webvtt
from media_library.media.profiles import ALIASES, HOUSE, PROFILES, profile_named
from media_library.media.quality import RULES, Term, check, cps, score, wpm
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
CASES += [
    (
        "copied but for white space and tags",
        track((1, 3), text=" <i>It was the best</i>\nof  times."),
        {"sources": [TEXT], "language": "es"},
        {("same_as_source", 0), ("leading_space", 0), ("double_space", 0), ("one_line_possible", 0)},
    ),
    (
        "italics where there are none",
        track((1, 3), text="<i>안녕하세요</i>"),
        {"language": "ko", "profile": PROFILES["netflix"]},
        {("italics", 0)},
    ),
    (
        "no gap in Japanese",
        [Cue.at(1, 3, "もうだめ"), Cue.at(3, 5, "もうだめ")],
        {"language": "ja", "profile": PROFILES["netflix"]},
        set(),
    ),
    (
        "a term is missing",
        track((1, 3), text="Una red nueva."),
        {"language": "es", "sources": ["A new Mesh."], "terms": [Term("mesh", ("malla",))]},
        {("term_missing", 0)},
    ),
    (
        "a term in its plural",
        track((1, 3), text="Dos mallas."),
        {"language": "es", "sources": ["Two meshes."], "terms": [Term("mesh", ("malla",))]},
        set(),
    ),
    (
        "part of a word is no term",
        track((1, 3), text="Una red."),
        {"language": "es", "sources": ["A meshwork."], "terms": [Term("mesh", ("malla",))]},
        set(),
    ),
    (
        "a term whose case counts",
        track((1, 3), text="Una malla."),
        {"language": "es", "sources": ["A Mesh."], "terms": [Term("Mesh", ("Malla",), case_sensitive=True)]},
        {("term_missing", 0)},
    ),
    (
        "a term over a line break",
        track((1, 3), text="Una red."),
        {"language": "es", "sources": ["A wire\nmesh."], "terms": [Term("wire mesh", ("tela",))]},
        {("term_missing", 0)},
    ),
    (
        "a word that is forbidden",
        track((1, 3), text="Un ordenador."),
        {"language": "es", "terms": [Term("computer", ("ordenador",), forbidden=True)]},
        {("term_forbidden", 0)},
    ),
    (
        "a term without spaces",
        track((1, 3), text="これは禁止語です"),
        {"language": "ja", "profile": PROFILES["bbc"], "terms": [Term("x", ("禁止語",), forbidden=True)]},
        {("term_forbidden", 0)},
    ),
]


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
        "terms": "term_missing",
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


# product.md §4.1, row by row: characters a line, lines, characters a second, words a minute, shortest, longest, gap in frames and seconds.
TABLE = [
    ("netflix", "en", 42, 2, 20, None, 0.833, 7, 2, 0),
    ("netflix", "es", 42, 2, 17, None, 0.833, 7, 2, 0),
    ("netflix-children", "en", 42, 2, 17, None, 0.833, 7, 2, 0),
    ("netflix-children", "es", 42, 2, 13, None, 0.833, 7, 2, 0),
    ("netflix-sdh", "en", 42, 2, 20, None, 0.833, 7, 2, 0),
    ("netflix-sdh-children", "en", 42, 2, 17, None, 0.833, 7, 2, 0),
    ("netflix-template", "en", 42, 2, 17, None, 0.833, 7, 2, 0),
    ("netflix-template-children", "en", 42, 2, 13, None, 0.833, 7, 2, 0),
    ("amazon", "en", 42, 2, 17, None, 1.0, 7.007, 0, 0.083),
    ("bbc", "en", 37, 2, None, 180, 0.3, None, 0, 0),
    ("bbc-online", "en", 37, 2, None, 180, 0.3, None, 0, 0),
    ("bbc-online-vertical", "en", 25, 3, None, 180, 0.3, None, 0, 0),
    ("dcmp-lower", "en", 32, 2, None, 130, 2.0, 6, 0, 0),
    ("dcmp-adult", "en", 32, 2, None, 160, 2.0, 6, 0, 0),
    ("dcmp-theatrical", "en", 32, 2, None, 235, 2.0, 6, 0, 0),
    ("ted", "en", 42, 2, 21, None, 1.12, 7, 0, 0),
    ("arte", "en", 40, 2, 20, None, 1.0, 10, 0, 0.2),
    ("shorts", "en", 24, 2, 25, None, 0.7, 5, 0, 0),
    ("house", "en", 42, 2, 17, None, 0.833, 7, 2, 0),
]


@pytest.mark.parametrize(("name", "language", *"clswdxfg"), TABLE, ids=[f"{row[0]}-{row[1]}" for row in TABLE])
def test_a_profile_has_the_numbers_of_the_handbook(name, language, c, l, s, w, d, x, f, g):  # noqa: E741  (the columns of the table, in order)
    style = PROFILES[name]
    assert (style.line_limit(language), style.lines) == (c, l)
    assert (style.cps_limit(language), style.max_wpm) == (s, w)
    assert (style.shortest(language), style.max_duration) == (d, x)
    assert (style.gap_frames(language), style.min_gap) == (f, g)


def test_every_profile_stands_in_the_table():
    assert {row[0] for row in TABLE} == set(PROFILES)
    assert set(ALIASES.values()) <= set(PROFILES)
    assert profile_named("netflix-en") is PROFILES["netflix"]
    assert profile_named("unheard-of") is None


@pytest.mark.parametrize(
    ("name", "speeds"),
    [
        ("netflix", {"ar": 20, "en": 20, "hi": 22, "ko": 12, "zh": 9, "ja": 4, "de": 17}),
        ("netflix-children", {"ar": 17, "en": 17, "hi": 18, "ko": 9, "zh": 7, "ja": 4, "de": 13}),
        ("netflix-sdh", {"ar": 23, "hi": 25, "ko": 14, "zh": 11, "ja": 7, "en": 20, "de": 20}),
        ("netflix-sdh-children", {"ar": 20, "hi": 20, "ko": 11, "zh": 9, "ja": 7, "en": 17, "de": 17}),
    ],
)
def test_languages_have_their_own_speeds(name, speeds):
    assert {language: PROFILES[name].cps_limit(language) for language in speeds} == speeds


def test_languages_have_their_own_lines_and_times():
    netflix = PROFILES["netflix"]
    assert [netflix.line_limit(language) for language in ("ja", "th", "ko", "zh-Hant", "en")] == [23, 35, 16, 16, 42]
    assert (netflix.shortest("ja"), netflix.gap_frames("ja")) == (0.5, 0)
    assert (PROFILES["amazon"].cps_optimum("en"), PROFILES["arte"].cps_optimum("en")) == (12, 12)
    assert (PROFILES["shorts"].cps_optimum("en"), PROFILES["bbc"].seconds_per_word) == (18, 0.3)


FIVE_FAULTS = """WEBVTT

00:00:01.000 --> 00:00:04.000
A line that is one character too long, here

00:00:05.000 --> 00:00:05.500
Go.

00:00:07.000 --> 00:00:09.000
Nobody can read all this,
in two seconds, you know.

00:00:11.000 --> 00:00:13.000
These two follow too soon.

00:00:13.040 --> 00:00:15.000
One frame is not a gap.

00:00:17.000 --> 00:00:22.000
This stands on one line,
and this on another one,
and this on a third.

00:00:24.000 --> 00:00:26.000
Nothing is wrong with this.
"""


def test_five_cues_that_each_break_one_rule_give_exactly_five_findings():
    cues = webvtt.parse(FIVE_FAULTS).cues
    found = check(cues, profile=profile_named("netflix-en"), fps=25)
    assert [(one.cue_index, one.rule, one.measured, one.limit, one.severity) for one in found] == [
        (0, "line_len", 43, 42, "error"),
        (1, "dur_min", 0.5, 0.833, "error"),
        (2, "cps_max", 25, 20, "error"),
        (3, "gap_min", 1, 2, "error"),
        (5, "lines_max", 3, 2, "error"),
    ]


@pytest.mark.parametrize("text", ["", "\n", "\0", "a\0b", "\ud800", "😀😀", "e\u0301", "\u3000", "\n\n", "<"])
def test_no_text_upsets_the_rules(text):
    for profile in PROFILES.values():
        for language in ("en", "ja", "xx"):
            check(
                track((1, 3), (4, 6), text=text),
                profile=profile,
                language=language,
                sources=[text],
                terms=[Term(text, (text,)), Term(text, (text,), forbidden=True)],
            )


def test_any_of_the_alternatives_will_do_and_a_forbidden_word_names_the_one_to_use():
    terms = [Term("mesh", ("malla", "red")), Term("mesh", ("tejido",), forbidden=True)]
    about = {"language": "es", "sources": ["A mesh."], "terms": terms}
    assert rules(track((1, 3), text="Una red."), **about) == set()
    found = check(track((1, 3), text="Un tejido."), fps=25, **about)
    assert [finding.message for finding in found] == [
        "“mesh” is translated as “malla” for this client.",
        "“tejido” may not be used: write “malla”.",
    ]


def test_a_track_without_cues_has_no_findings():
    assert check([], shots=[1], speech=[(1, 2)], sources=["x"], terms=[Term("x", ("y",))]) == []


def test_letters_beyond_the_basic_plane_and_combining_marks_are_counted_as_they_are_seen():
    assert check(track((1, 5), text="e\u0301" * 42), fps=25) == []
    assert {finding.rule for finding in check(track((1, 9), text="😀" * 43), fps=25)} == {"line_len", "dur_max"}
