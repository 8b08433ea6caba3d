from __future__ import annotations

import pytest

from media_library.media import formats
from media_library.media.formats import InvalidCaptions

HEAD = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, Underline, Alignment
Style: Default,Arial,20,&H00FFFFFF,0,0,0,2
Style: Thought,Arial,20,&H0000FFFF,0,-1,0,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def read(lines):
    document, notes = formats.read((HEAD + lines).encode())
    return [(cue.start_ms, cue.end_ms, cue.text, cue.settings) for cue in document.cues], notes


def one(text, *, style="Default", name=""):
    (cue,), _ = read(f"Dialogue: 0,0:00:01.00,0:00:02.50,{style},{name},0,0,0,,{text}\n")
    return cue


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a, b, c", "a, b, c"),
        ("one\\Ntwo\\nthree\\hfour", "one\ntwo three\u00a0four"),
        ("{\\i1}a{\\i0} b", "<i>a</i> b"),
        ("{\\b700}a{\\b0\\u1}b", "<b>a</b><u>b</u>"),
        ("{\\be1\\bord2\\clip(1,2,3,4)\\t(0,100,\\i1\\clip(0,0,1,1))}a", "a"),
        ("{\\c&H0000FF&}a{\\c}b{\\1c&HFFFF00&}c", "<c.red>a</c>b<c.cyan>c</c>"),
        ("{\\i1}a{\\r}b{\\rThought}c", "<i>a</i>b<c.yellow><i>c</i></c>"),
        ("{a remark}a", "a"),
        ("\\{a\\} \\\u2060N {", "{a} \\N {"),
        ("{\\p1}m 0 0 l 100 0{\\p0}a", "a"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("c:\\temp", "c:\\temp"),
    ],
)
def test_codes_become_cue_text(written, text):
    assert one(written)[2] == text


def test_style_name_and_place_are_kept():
    assert one("a", style="Thought", name="Anna") == (1000, 2500, "<v Anna><c.yellow><i>a</i></c></v>", "line:0")
    assert one("{\\an1}a", style="Thought")[3] == "position:10% align:left"


def test_the_order_of_fields_is_the_one_of_the_format_line():
    text = "[Events]\nFormat: Start, End, Text\nDialogue: 1:02:03.45,1:02:04.5,Hello, you\n"
    document, _ = formats.read(text.encode())
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in document.cues] == [(3723450, 3724500, "Hello, you")]


def test_the_first_substation_is_read():
    text = (
        "[Script Info]\n; a remark\n[V4 Styles]\nFormat: Name, PrimaryColour, Bold, Italic, Alignment\n"
        "Style: *Default,65535,0,-1,6\n[Events]\nFormat: Marked, Start, End, Style, Name, Text\n"
        "Dialogue: Marked=0,0:00:01.00,0:00:02.00,*Default,,Hello\nComment: Marked=0,0:00:01.00,0:00:02.00,*Default,,no\n"
    )
    document, _ = formats.read(text.encode(), filename="old.ssa")
    assert [(cue.text, cue.settings) for cue in document.cues] == [("<c.yellow><i>Hello</i></c>", "line:0")]


def test_what_cannot_be_read_is_told_with_its_line():
    cues, notes = read(
        "Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,kept\n"
        "Dialogue: 0,0:00:xx.00,0:00:02.00,Default,,0,0,0,,bad, time\n"
        "Dialogue: 0,0:00:03.00\n"
        "Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\p1}m 0 0 l 1 1\n"
    )
    assert [cue[2] for cue in cues] == ["kept"]
    assert [note.line for note in notes] == [12, 13, 14]
    assert notes[0].lost == "bad, time"


def test_a_file_without_events_is_refused():
    with pytest.raises(InvalidCaptions, match=r"no \[Events\] section"):
        formats.read(b"[Script Info]\nTitle: x\n")
    with pytest.raises(InvalidCaptions, match="line 2: the Format line"):
        formats.read(b"[Events]\nFormat: Text, Start\n")


def test_a_file_is_written_with_codes_that_text_cannot_break_out_of():
    text = (
        "WEBVTT\n\n00:00:01.004 --> 00:00:02.996 line:10%\n<v Anna, B.>{\\b1}<i>c:\\New</i> a}\nb&nbsp;c</v>\n\n"
        "10:00:00.000 --> 10:00:00.004\nshort\n"
    )
    document, _ = formats.read(text.encode())
    written = formats.write(document, "ass", language="en", title="A\nDialogue: b").decode()
    assert written.splitlines()[-2:] == [
        "Dialogue: 0,0:00:01.00,0:00:03.00,Default,Anna B.,0,0,0,,{\\an8}\\{\\\u2060b1\\}{\\i1}c:\\\u2060New{\\i0} a\\}\\Nb\\hc",
        "Dialogue: 0,10:00:00.00,10:00:00.01,Default,,0,0,0,,short",
    ]
    assert written.count("\nDialogue:") == 2
    assert formats.read(written.encode()).document.cues[0].text == "<v Anna B.>{\\b1}<i>c:\\New</i> a}\nb\u00a0c</v>"
