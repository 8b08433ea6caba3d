from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_library.media import formats, webvtt
from media_library.media.errors import MediaError
from media_library.media.formats import CaptionsTooLarge, UnknownCaptions

SRT = "1\n00:00:01,000 --> 00:00:02,000\n<i>a</i>\n"
TTML = (
    '<?xml version="1.0"?>\n<!-- made by hand -->\n'
    '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2s">a</p></div></body></tt>'
)
ASS = "[Script Info]\n\n[Events]\nFormat: Start, End, Text\nDialogue: 0:00:01.00,0:00:02.00,a\n"
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\na\n"
JSON = '[{"start": 1, "end": 2, "text": "a"}]'


@pytest.mark.parametrize(
    ("text", "name", "kind"),
    [
        (VTT, "", "vtt"),
        (VTT, "wrong.srt", "vtt"),
        (SRT, "", "srt"),
        (SRT, "wrong.txt", "srt"),
        ("intro\n\n" + SRT, "", "srt"),
        (TTML, "", "ttml"),
        (TTML, "a.xml", "ttml"),
        (ASS, "", "ass"),
        ("; made by hand\n" + ASS, "a.ssa", "ssa"),
        (JSON, "", "json"),
        ('{"cues": []}', "", "json"),
        ("Just text.", "", "txt"),
        ("[laughs] Just text.", "a.txt", "txt"),
        ("{laughs} Just text.", "", "txt"),
    ],
)
def test_the_content_says_what_a_file_is(text, name, kind):
    assert formats.sniff(text, filename=name) == kind


@pytest.mark.parametrize(
    ("data", "name", "message"),
    [
        (b"", "", "the file is empty"),
        (b" \n\n\xef\xbb\xbf", "", "the file is empty"),
        (b"\0\0\0", "", "the file is empty"),
        (b"{1}{25}Hello", "a.sub", "MicroDVD"),
        (b"<SAMI><BODY></BODY></SAMI>", "", "XML or HTML, but not TTML"),
        (b"no captions here", "a.srt", "does not read as SubRip"),
        (b"no captions here", "a.ass", "does not read as Advanced SubStation Alpha"),
        (b"PK\x03\x04rest", "a.docx", "ZIP or Word"),
        (b"\xff\xfea", "", "not whole UTF-16 text"),
    ],
)
def test_what_is_no_captions_is_refused_in_words(data, name, message):
    with pytest.raises(MediaError, match=message):
        formats.read(data, filename=name)


@pytest.mark.parametrize("kind", ["docx", "mp4", ""])
def test_a_kind_that_cannot_be_read_is_refused(kind):
    with pytest.raises(UnknownCaptions):
        formats.read(b"PK\x03\x04" if not kind else b"a", kind=kind)


def test_a_file_that_is_not_what_was_said_is_refused():
    for kind, text in (("srt", VTT.replace("-->", "to")), ("ttml", SRT), ("ass", SRT), ("json", SRT), ("vtt", SRT)):
        with pytest.raises(MediaError):
            formats.read(text.encode(), kind=kind)


def test_too_large_files_are_refused():
    with pytest.raises(CaptionsTooLarge, match="larger than 8 MB"):
        formats.read(b" " * (formats.MAX_BYTES + 1))
    with pytest.raises(CaptionsTooLarge, match="larger than 4 MB"):
        formats.read(SRT.encode() + b"a" * (formats.MAX_BYTES // 2))
    with pytest.raises(CaptionsTooLarge, match="more than 20,000 captions"):
        formats.read(b"00:00:01,000 --> 00:00:02,000\na\n" * 20_001)
    with pytest.raises(CaptionsTooLarge, match="more text than the studio accepts"):
        formats.read((SRT + "\n").replace("<i>a</i>", "a" * 19_000).encode() * 200)


def test_a_caption_as_long_as_a_book_is_told():
    document, (note,) = formats.read(b"1\n00:00:01,000 --> 00:00:02,000\n" + b"<i>" * 10_000)
    assert document.cues == []
    assert note.line == 2
    assert "more than 20,000 characters" in note.message


def test_many_remarks_are_counted_rather_than_listed():
    _, notes = formats.read(b"00:00:01,000 --> 00:00:01,000\na\n\n" * 300)
    assert len(notes) == 201
    assert notes[-1].message == "And 100 more remarks of this kind."


def test_dropped_blocks_of_webvtt_are_told_with_their_text():
    _, (note,) = formats.read((VTT + "\n00:09 --> 00:10\nlost\n").encode())
    assert (note.line, note.lost) == (6, "00:09 --> 00:10\nlost")


def test_characters_that_no_caption_can_show_are_left_out_and_told():
    document, (note,) = formats.read(SRT.replace("a<", "a\0\x1b\ufffeb<").encode())
    assert document.cues[0].text == "<i>ab</i>"
    assert note.line == 3


def test_every_writable_kind_has_a_name_and_a_type():
    document = formats.read(SRT.encode()).document
    for kind in formats.WRITABLE:
        assert formats.write(document, kind, language="en", title="A")
        assert formats.KINDS[kind].media_type
        assert formats.KINDS[kind].extensions[0] == kind
    with pytest.raises(ValueError, match="is none of"):
        formats.write(document, "ssa", language="en")


LONG = "x" * 100_000


@pytest.mark.parametrize(
    "text",
    [
        '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"><head><ttm:agent xml:id="a">'
        f'<ttm:name>{LONG}</ttm:name></ttm:agent></head><body ttm:agent="a" xml:lang="{LONG}"><div>'
        + '<p begin="1s" end="2s">a</p>' * 300
        + "</div></body></tt>",
        '[{"start": 1, "end": 2, "speaker": "'
        + LONG
        + '", "words": ['
        + '{"start": 1, "word": "a"},' * 300
        + '{"start": 1, "word": "a"}]}]',
        f"WEBVTT\n\n00:01.000 --> 00:09.000\n<v {LONG}>" + "<00:02.000>a " * 300 + "\n",
    ],
    ids=["ttml", "json", "vtt"],
)
def test_a_long_name_does_not_make_a_small_file_a_huge_one(text):
    document, _ = formats.read(text.encode())
    for kind in formats.WRITABLE:
        assert len(formats.write(document, kind, language="en")) < 4 * len(text)


PIECES = [
    *("00:00:01,000", " --> ", "00:00:02,000", "-->", "\n", "\n\n", "\r", "1", "-", ":", ","),
    *(
        "<",
        ">",
        "</",
        "<i>",
        "</i>",
        "<font color=",
        "&",
        "&lt;",
        ";",
        "{",
        "}",
        "\\",
        "\\an8",
        "\\N",
        "\\c&H",
        "\\t(",
        ")",
        "\\p1",
    ),
    *(
        "[Events]",
        "[V4+ Styles]",
        "Format:",
        "Start, End, Text",
        "Style:",
        "Dialogue:",
        "0:00:01.00,",
        "Alignment, Name",
        "99999999999",
    ),
    *(
        "<tt xmlns='http://www.w3.org/ns/ttml'",
        " begin='1s'",
        " end='2s'",
        " dur='x'",
        " style='a'",
        "><body>",
        "<div>",
        "<p",
        "<span",
        "/>",
    ),
    *(
        "</p>",
        "</div>",
        "</body></tt>",
        "<br/>",
        "<!DOCTYPE a>",
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?xml version='1.0'?>",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        '"cues":',
        '"start":',
        '"end":',
        '"text":',
        '"words":',
        "1e999",
        "true",
        "null",
        '"',
        "\\ud800",
        "1",
        ",",
    ),
    *("WEBVTT", "NOTE", "\0", "\ufeff", "é", "\u2028", "\ud7ff", "漢", "a"),
]


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    st.sampled_from([None, *formats.READABLE]),
    st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_no_text_is_too_strange(text, kind, encoding):
    try:
        document, notes = formats.read(text.encode(encoding, errors="replace"), kind=kind)
    except MediaError:
        return
    assert all(note.message for note in notes)
    # Whatever was read can be written as everything, and reads again as the same number of captions.
    count = len(webvtt.parse(document.write()).cues)
    assert count == len(document.cues)
    for target in ("srt", "ttml", "ass", "json") if count else ():
        assert len(formats.read(formats.write(document, target, language="en"), kind=target).document.cues) == count


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from([None, *formats.READABLE]))
def test_no_bytes_are_too_strange(data, kind):
    try:
        document, _ = formats.read(data, kind=kind)
    except MediaError:
        return
    assert len(webvtt.parse(document.write()).cues) == len(document.cues)
