from __future__ import annotations

import pytest

from media_library.media import formats


def cues(data, **options):
    document, _ = formats.read(data.encode() if isinstance(data, str) else data, **options)
    return [(cue.start_ms, cue.end_ms, cue.text, cue.settings) for cue in document.cues]


def notes(data, **options):
    return [(note.line, note.message) for note in formats.read(data.encode(), **options).notes]


def one(text):
    """The cue text of a caption with this text."""
    ((_, _, read, _),) = cues(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n")
    return read


PLAIN = "1\n00:00:01,000 --> 00:00:02,500\nHello\nthere\n\n2\n00:00:03,000 --> 00:00:04,000\nBye\n"
EXPECTED = [(1000, 2500, "Hello\nthere", ""), (3000, 4000, "Bye", "")]


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        PLAIN.replace("\n", "\r"),
        PLAIN.rstrip(),
        "\n\n" + PLAIN.replace("\n\n", "\n\n\n\n"),
        PLAIN.replace("1\n0", "0").replace("2\n0", "0"),
        PLAIN.replace(" --> ", "-->"),
        PLAIN.replace(",", "."),
        PLAIN.replace("\n\n2\n", "\n2\n"),
        PLAIN.replace("00:00:0", "0:0:"),
        PLAIN.replace("00:00:", "00:"),
        PLAIN.replace(",500", ",5").replace(",000", ""),
        "\ufeff" + PLAIN,
    ],
    ids=[
        "plain",
        "CRLF",
        "CR",
        "no last line end",
        "many blank lines",
        "no numbers",
        "no spaces",
        "points",
        "no blank line",
        "one digit",
        "no hours",
        "short fractions",
        "mark",
    ],
)
def test_files_as_they_are_found_are_read(text):
    assert cues(text) == EXPECTED


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_is_read_without_a_remark(encoding):
    text = PLAIN.replace("Bye", "¿Adiós? Ünï")
    document, found = formats.read(text.encode(encoding))
    assert document.cues[1].text == "¿Adiós? Ünï"
    assert found == []


def test_windows_letters_are_read_and_told_with_their_line():
    document, (note,) = formats.read(PLAIN.replace("Bye", "Café “ça”").encode("cp1252"))
    assert document.cues[1].text == "Café “ça”"
    assert note.line == 8
    assert "Windows-1252" in note.message


def test_a_caption_that_says_a_number_keeps_it():
    text = "1\n00:00:01,000 --> 00:00:02,000\n42\n\n2\n00:00:03,000 --> 00:00:04,000\n7\n\n3\n00:00:05,000 --> 00:00:06,000\nx\n"
    assert [cue[2] for cue in cues(text)] == ["42", "7", "x"]
    without_numbers = "00:00:01,000 --> 00:00:02,000\n42\n\n00:00:03,000 --> 00:00:04,000\n7\n"
    assert [cue[2] for cue in cues(without_numbers)] == ["42", "7"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<i>a</i> b", "<i>a</i> b"),
        ("<I>a</I> <EM>b</EM>", "<i>a</i> <i>b</i>"),
        ("<b><u>a</u></b>", "<b><u>a</u></b>"),
        ("<i>never closed", "<i>never closed</i>"),
        ("a</i>", "a"),
        ('<font color="#FFFF00">a</font>', "<c.yellow>a</c>"),
        (
            "<font color=red face='x'>a <font color=\"#00ff00\">b</font> c</font>",
            "<c.red>a </c><c.lime>b</c><c.red> c</c>",
        ),
        ('<font color="white">a</font>', "a"),
        ("<v Anna>a", "<v Anna>a</v>"),
        ("a<br/>b<BR>c", "a\nb\nc"),
        ("{\\an8}{\\i1}a{\\i0} b", "<i>a</i> b"),
        ("a < b > c && d <3 ->", "a &lt; b &gt; c &amp;&amp; d &lt;3 -&gt;"),
        ("AT&T &copy R&D", "AT&amp;T &amp;copy R&amp;D"),
        ("&lt;i&gt; &amp;lt;", "&lt;i&gt; &amp;lt;"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)&gt;"),
        ("x --> y", "x --&gt; y"),
        ("{not a code} {", "{not a code} {"),
        ("a\n \nb", "a\nb"),
    ],
)
def test_markup_becomes_cue_text(written, read):
    assert one(written) == read


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ("{\\an2}", ""),
        ("{\\an8}", "line:0"),
        ("{\\an5}", "line:50%"),
        ("{\\an1}", "position:10% align:left"),
        ("{\\an9}", "line:0 position:90% align:right"),
        ("{\\a6}", "line:0"),
        ("{\\a10}", "line:50%"),
        ("{\\an0}", ""),
        ("{\\a99}", ""),
    ],
)
def test_a_place_becomes_cue_settings(code, settings):
    assert cues(f"1\n00:00:01,000 --> 00:00:02,000\n{code}a")[0][3] == settings


@pytest.mark.parametrize(
    ("block", "message", "lost"),
    [
        (
            "00:00:xx,000 --> 00:00:06,000\nlost <i>text</i>",
            "A caption whose times cannot be read was left out.",
            "lost <i>text</i>",
        ),
        ("00:00:75,000 --> 00:01:16,000\nlost", "A caption whose times cannot be read was left out.", "lost"),
        ("00:00:06,000 -->\nlost", "A caption whose times cannot be read was left out.", "lost"),
        ("00:00:06,000 --> 00:00:05,000\nlost", "A caption that ends before it begins was left out.", "lost"),
        ("00:00:06,000 --> 00:00:06,000\nlost", "A caption that ends before it begins was left out.", "lost"),
        ("-00:00:06,000 --> -00:00:05,000\nlost", "A caption before the start of the film was left out.", "lost"),
        ("9999:00:06,000 --> 9999:00:07,000\nlost", "A caption later than 100 hours was left out.", "lost"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_its_text(block, message, lost):
    document, found = formats.read(f"1\n00:00:01,000 --> 00:00:02,000\nkept\n\n2\n{block}\n".encode())
    assert [cue.text for cue in document.cues] == ["kept"]
    assert [(note.line, note.message, note.lost) for note in found] == [(6, message, lost)]


def test_a_negative_start_is_moved_to_the_start_and_told():
    text = "1\n-00:00:01,000 --> 00:00:02,000\na\n"
    assert cues(text) == [(0, 2000, "a", "")]
    assert notes(text) == [(2, "A caption that begins before the start of the film now begins at 0.")]


def test_overlaps_and_a_wrong_order_are_told_and_nothing_is_lost():
    text = "1\n00:00:05,000 --> 00:00:07,000\nb\n\n2\n00:00:01,000 --> 00:00:06,000\na\n"
    assert [cue[2] for cue in cues(text)] == ["a", "b"]
    assert notes(text) == [
        (0, "The captions were not in order of time; they are now."),
        (2, "This caption begins before the one before it ends."),
    ]


def test_text_before_the_first_caption_and_settings_after_times_are_told():
    text = "Made by somebody\n\n1\n00:00:01,000 --> 00:00:02,000 X1:10 Y1:20\na\n"
    assert cues(text) == [(1000, 2000, "a", "")]
    assert [line for line, _ in notes(text)] == [1, 4]


def test_a_track_that_counts_from_a_tape_is_told():
    assert "start of a tape" in notes("1\n10:00:01,000 --> 10:00:02,000\na\n")[0][1]


def test_a_caption_without_text_is_kept():
    assert cues("1\n00:00:01,000 --> 00:00:02,000\n\n2\n00:00:03,000 --> 00:00:04,000\nb\n")[0] == (1000, 2000, "", "")


def test_a_file_is_written_numbered_with_tags_and_places():
    text = (
        "WEBVTT\n\nREGION\nid:up\nviewportanchor:0%,10%\n\n"
        "intro\n00:00:01.000 --> 00:00:02.500 line:0\n<v Anna><i>Hello</i> <c.cyan>there</c></v>\n\n"
        "01:00:03.007 --> 01:00:04.000 region:up\n&lt;i&gt; A &amp; B <ruby>漢<rt>kan</rt></ruby>\n\n"
        "01:00:05.000 --> 01:00:06.000 line:-1 align:start\n{\\an8} 1 &lt; 2\n"
    )
    document, _ = formats.read(text.encode())
    assert formats.write(document, "srt", language="en").decode() == (
        '1\n00:00:01,000 --> 00:00:02,500\n{\\an8}<i>Hello</i> <font color="#00ffff">there</font>\n\n'
        "2\n01:00:03,007 --> 01:00:04,000\n{\\an8}&lt;i> A & B 漢\n\n"
        "3\n01:00:05,000 --> 01:00:06,000\n{\\an1}&#123;\\an8} 1 < 2\n"
    )


def test_text_that_looks_like_a_timing_line_stays_text():
    document, _ = formats.read(b"WEBVTT\n\n00:01.000 --> 00:02.000\nfirst\n00:00:05,000 --&gt; 00:00:06,000\nlast\n")
    written = formats.write(document, "srt", language="en")
    assert cues(written) == [(1000, 2000, "first\n00:00:05,000 --&gt; 00:00:06,000\nlast", "")]
