from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media_library.media import webvtt
from media_library.media.webvtt.cuetext import parse_text, plain_text, sanitise, serialise, voices
from media_library.media.webvtt.parser import parse_line_by_line
from media_library.tests.media import webvtt_cases as cases

STAMPS = [
    "00:00:01.000",
    "00:01.000",
    "00:00:61.000",
    "00:00:02.500",
    "00:00:01.000 --> 00:00:02.000",
    "00:00:01.000 --> 00:00:02.000 align:end\n",
]
SPACES = ["\n", "\n", "\n\n", "\r\n", "\r", " ", "\t", "\f", "\v", "\u2028", "\x85", "\0"]
WORDS = [
    "NOTE",
    "NOTE ",
    "STYLE",
    "STYLE ",
    "REGION",
    "id:one",
    "::cue { }",
    "url(x)",
    "align:start",
    "line:1",
    "<b>",
    "&lt;",
    "x",
    "é",
    "9",
    ".",
]
PIECES = [*STAMPS, *SPACES, *WORDS, "WEBVTT", " --> ", "-->", "-->"]


def seen(document: webvtt.Document) -> list[cases.Seen]:
    return [(cue.start_ms, cue.end_ms, cue.id, cue.text) for cue in document.cues]


@pytest.mark.parametrize(("name", "text", "cues"), cases.FILES, ids=[case[0] for case in cases.FILES])
def test_a_file_is_read_as_the_standard_says(name, text, cues):
    assert seen(webvtt.parse(text)) == cues
    assert seen(webvtt.parse(text.encode())) == cues
    assert seen(parse_line_by_line(text)) == cues


@pytest.mark.parametrize("text", cases.SIGNATURES_REFUSED)
def test_a_file_without_the_signature_is_refused(text):
    with pytest.raises(webvtt.InvalidWebVTT, match="line 1: the file must start with WEBVTT"):
        webvtt.parse(text)


@pytest.mark.parametrize(("line", "reason", "text"), cases.DROPPED)
def test_a_dropped_block_is_reported_with_its_line_and_refused_when_strict(line, reason, text):
    (dropped,) = webvtt.parse(text).dropped
    assert (dropped.line, dropped.reason[: len(reason)]) == (line, reason)
    assert "text" not in dropped.text
    with pytest.raises(webvtt.InvalidWebVTT) as refused:
        webvtt.parse_strict(text)
    assert str(refused.value) == f"Invalid WebVTT: line {line}: {dropped.reason}"


@pytest.mark.parametrize(("words", "name", "value"), cases.SETTINGS)
def test_cue_settings_are_read_as_the_standard_says(words, name, value):
    document = webvtt.parse(f"WEBVTT\n\nREGION\nid:one\n\n00:00.000 --> 00:01.000 {words}\ntext")
    assert getattr(document.layout(document.cues[0]), name) == value


def test_region_settings_are_read_as_the_standard_says():
    text = (
        "WEBVTT\n\nREGION \nid:fred width:40% lines:2\nregionanchor:0%,90% viewportanchor:10%,x scroll:up\n\n"
        "REGION\nwidth:x lines:1.5 scroll:down"
    )
    first, second = (region.settings for region in webvtt.parse_strict(text).regions)
    assert (first.id, first.width, first.lines, first.region_anchor, first.viewport_anchor, first.scroll) == (
        "fred", 40.0, 2, (0.0, 90.0), (0.0, 100.0), "up",
    )  # fmt: skip
    assert (second.id, second.width, second.lines, second.scroll) == ("", 100.0, 3, "")


def test_numbers_of_absurd_length_are_no_denial_of_service():
    nines = "9" * 20_000
    document = webvtt.parse(
        f"WEBVTT\n\nREGION\nlines:{nines}\n\n{nines}:00:00.000 --> 00:01.000\nx\n\n00:00.000 --> 00:01.000 line:{nines}\nx"
    )
    assert [dropped.reason for dropped in document.dropped] == ["bad timestamp"]
    assert document.layout(document.cues[0]).line > 1e300
    assert document.regions[0].settings.lines > 10**17


@pytest.mark.parametrize(
    "css",
    ["url(x)", "URL(x)", "u\\72l(x)", "\\75\\72\\6c(x)", "@import 'x'", "@\\69mport 'x'", "image-set('x')", "src('x')", "@font-face {}"],
)  # fmt: skip
def test_a_style_that_reaches_out_is_not_kept(css):
    document = webvtt.parse(f"WEBVTT\n\nSTYLE\n::cue {{ x: {css} }}\n\nSTYLE\n::cue(b) {{ color: #fff }}")
    assert [style.css for style in document.styles] == ["::cue(b) { color: #fff }"]
    assert len(document.dropped) == 1


def test_too_many_bytes_and_too_many_cues_are_refused():
    with pytest.raises(webvtt.WebVTTTooLarge, match="larger than 2 MB"):
        webvtt.parse("WEBVTT\n\n" + "é" * (webvtt.MAX_BYTES // 2))
    with pytest.raises(webvtt.WebVTTTooLarge, match="more than 20,000 cues"):
        webvtt.parse("WEBVTT\n\n" + "00:00:00.000 --> 00:00:01.000\nx\n\n" * (webvtt.MAX_CUES + 1))


@given(st.lists(st.sampled_from(PIECES), max_size=40))
@settings(max_examples=1500, deadline=None)
def test_the_quick_way_reads_what_the_standards_steps_read(pieces):
    text = "WEBVTT" + "".join(pieces)
    try:
        slow = parse_line_by_line(text)
    except webvtt.InvalidWebVTT as refused:
        with pytest.raises(webvtt.InvalidWebVTT, match=str(refused.reason)):
            webvtt.parse(text)
        return
    quick = webvtt.parse(text)
    assert (quick, quick.dropped) == (slow, slow.dropped)
    written = quick.write()
    again = webvtt.parse_strict(written)
    assert again == quick
    assert again.write() == written


def test_an_unaltered_file_is_written_as_it_was_but_for_the_newlines():
    text = (
        "WEBVTT - title\nKind: captions\n\nNOTE\tlong\nnote\n\nSTYLE \n::cue { color: red }\n\nREGION\nid:x\n\n"
        "first\n00:01.000-->\t00:02.000  align:start \n"
        "<v Ann>Hello</v>\nthere\n\n00:00:02.500 --> 00:00:03.000 region:x\n&amp; bye\n\nNOTE end\n"
    )
    assert webvtt.parse_strict(text).write() == text
    assert webvtt.parse_strict(text.replace("\n", "\r\n").encode("utf-8-sig")).write() == text


def test_an_altered_cue_is_written_in_full_form():
    document = webvtt.parse("WEBVTT\n\n00:01.000 --> 00:02.000\tline:0\nx\n")
    document.cues[0].end_ms += 500
    assert document.write() == "WEBVTT\n\n00:00:01.000 --> 00:00:02.500 line:0\nx\n"


cue_fields = st.text(alphabet=st.sampled_from("ab \n\r\0\t->&<é:.0N"), max_size=12)


# A comment whose first lines hold nothing but white space.
@example(cues=[], header="\t\r\t\r0")
@given(
    st.lists(
        st.builds(webvtt.Cue, st.integers(0, 10**9), st.integers(0, 10**9), cue_fields, cue_fields, cue_fields),
        max_size=6,
    ),
    cue_fields,
)
@settings(max_examples=600, deadline=None)
def test_whatever_the_fields_hold_every_cue_is_read_back(cues, header):
    document = webvtt.Document(blocks=[webvtt.Note(header), *cues], header=header, header_lines=header)
    again = webvtt.parse(document.write())
    assert [(cue.start_ms, cue.end_ms) for cue in again.cues] == [(cue.start_ms, cue.end_ms) for cue in cues]
    assert again.dropped == []
    assert again.write() == document.write()


def test_an_arrow_in_a_text_is_written_so_that_it_is_read_as_text():
    document = webvtt.Document([webvtt.Cue(0, 1000, "a --> b\n\n00:00:01.000 --> 00:00:02.000\nevil")])
    (cue,) = webvtt.parse_strict(document.write()).cues
    assert plain_text(cue) == "a --> b\n00:00:01.000 --> 00:00:02.000\nevil"


@pytest.mark.parametrize(("text", "plain", "safe"), cases.TEXTS)
def test_cue_text_is_read_as_the_standard_says_and_written_safely(text, plain, safe):
    assert plain_text(webvtt.Cue(0, 1, text)) == plain
    assert sanitise(text) == safe


@given(st.text(alphabet=st.sampled_from("<>/&;abcirutvlng. \n0:1"), max_size=40))
@settings(max_examples=1500, deadline=None)
def test_safe_cue_text_reads_back_as_the_same_tree(text):
    tree = parse_text(text)
    assert parse_text(serialise(tree)) == tree
    assert sanitise(sanitise(text)) == sanitise(text)


def test_endless_nesting_is_cut_off():
    assert plain_text("<b>" * 100_000 + "x") == "x"


def test_voices_are_named_in_order():
    assert voices("<v Ann>Hi</v>\n<v.loud Bob>Hey <v Ann>again") == ["Ann", "Bob"]


def test_a_shift_moves_a_range_and_the_marks_inside_its_text():
    document = webvtt.parse(
        "WEBVTT\n\n00:01.000 --> 00:02.000\na\n\n00:03.000 --> 00:04.000\nb<00:03.500>c\n\n00:05.000 --> 00:06.000\nd"
    )
    document.shift(-1500, first=1, last=1)
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in document.cues] == [
        (1000, 2000, "a"), (1500, 2500, "b<00:00:02.000>c"), (5000, 6000, "d"),
    ]  # fmt: skip


def test_a_shift_before_zero_moves_nothing():
    document = webvtt.parse("WEBVTT\n\n00:03.000 --> 00:04.000\na\n\n00:01.000 --> 00:02.000\nb")
    before = document.write()
    with pytest.raises(webvtt.CueBeforeZero, match="Cue 1 would start before 0"):
        document.shift(-1500)
    assert document.write() == before


def test_a_file_of_nothing_but_faults_is_read_with_right_line_numbers():
    gaps = [2 + index * index % 3 for index in range(3000)]
    text = "WEBVTT" + "".join("\n" * gap + "junk" for gap in gaps)
    lines = [1 + sum(gaps[: index + 1]) for index in range(len(gaps))]
    assert [dropped.line for dropped in webvtt.parse(text).dropped] == lines
