from __future__ import annotations

import pytest

from media_library.media import formats
from media_library.media.formats import InvalidCaptions

NAMESPACES = (
    'xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling" '
    'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xmlns:ttm="http://www.w3.org/ns/ttml#metadata"'
)


def file(body, *, head="", attributes=""):
    return f'<tt {NAMESPACES} xml:lang="en" {attributes}><head>{head}</head><body>{body}</body></tt>'


def read(body, **options):
    document, _ = formats.read(file(body, **options).encode())
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in document.cues]


def notes(body, **options):
    return formats.read(file(body, **options).encode()).notes


def one(inside, **options):
    """The cue text of one paragraph."""
    ((_, _, text),) = read(f'<div><p begin="1s" end="2s">{inside}</p></div>', **options)
    return text


@pytest.mark.parametrize(
    ("time", "attributes", "ms"),
    [
        ("00:00:01.500", "", 1500),
        ("00:00:01.5", "", 1500),
        ("01:02:03", "", 3723000),
        ("00:00:01:12", 'ttp:frameRate="24"', 1500),
        ("00:00:01:15", "", 1500),
        ("00:00:01:12.1", 'ttp:frameRate="24" ttp:subFrameRate="2"', 1521),
        ("1.5s", "", 1500),
        ("1500ms", "", 1500),
        ("0.5m", "", 30000),
        ("1h", "", 3600000),
        ("36f", 'ttp:frameRate="24"', 1500),
        ("24f", 'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001"', 1001),
        ("30f", 'ttp:frameRate="30" ttp:frameRateMultiplier="1000:1001"', 1001),
        ("15000000t", 'ttp:tickRate="10000000"', 1500),
        ("36t", 'ttp:frameRate="24"', 1500),
        ("2t", "", 2000),
        (
            "00:01:00:02",
            'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001" ttp:timeBase="smpte" ttp:dropMode="dropNTSC"',
            60060,
        ),
        ("00:01:00;02", 'ttp:frameRate="30" ttp:frameRateMultiplier="1000 1001" ttp:timeBase="smpte"', 60060),
        (
            "01:00:00:00",
            'ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001" ttp:timeBase="smpte" ttp:dropMode="nonDrop"',
            3603600,
        ),
    ],
)
def test_every_form_of_time_is_read(time, attributes, ms):
    ((start, _, _),) = read(f'<div><p begin="{time}" dur="1s">a</p></div>', attributes=attributes)
    assert start == ms


@pytest.mark.parametrize(
    "time", ["soon", "-1s", "00:61:00", "00:00:01:30", "1e3s", "1 s", "9" * 400 + "s", "wallclock(2020-01-01)"]
)
def test_a_time_that_cannot_be_read_is_told_with_its_line_and_its_text(time):
    (note,) = notes(f'<div>\n<p begin="{time}" end="2s">lost text</p></div>')
    assert (note.line, note.lost) == (2, "lost text")


def test_times_of_nested_elements_add_up_and_parents_cut_their_children():
    body = (
        '<div begin="10s" end="20s"><p begin="1s" end="2s">a</p><p begin="3s" dur="2s">b</p><p begin="8s">c</p>'
        '<div begin="5s"><p end="30s">d</p></div></div>'
    )
    assert read(body) == [(11000, 12000, "a"), (13000, 15000, "b"), (15000, 20000, "d"), (18000, 20000, "c")]


def test_children_in_sequence_follow_one_another():
    body = '<div timeContainer="seq"><p dur="1s">a</p><p begin="1s" dur="2s">b</p><p dur="1s">c</p></div>'
    assert read(body) == [(0, 1000, "a"), (2000, 4000, "b"), (4000, 5000, "c")]


def test_parts_of_a_paragraph_that_come_and_go_become_captions_of_their_own():
    body = '<div><p begin="1s" end="4s">a <span begin="1s" end="2s">b</span><br/><span begin="2s">c</span></p></div>'
    assert read(body) == [(1000, 2000, "a"), (2000, 3000, "a b"), (3000, 4000, "a\nc")]
    timed_parts = '<div><p>\n<span begin="1s" end="2s">a</span>\n<span begin="3s" end="4s">b</span></p></div>'
    assert read(timed_parts) == [(1000, 2000, "a"), (3000, 4000, "b")]


def test_a_paragraph_without_an_end_lasts_until_the_next():
    body = '<div><p begin="1s">a</p><p begin="3s" end="4s">b</p><p begin="5s">c</p></div>'
    assert read(body) == [(1000, 3000, "a"), (3000, 4000, "b"), (5000, 10000, "c")]
    assert len(notes(body)) == 2


def test_text_without_any_time_is_told():
    (note,) = notes("<div><p>lost</p></div>")
    assert (note.message, note.lost) == ("Text without a time was left out.", "lost")


STYLES = (
    '<styling><style xml:id="slanted" tts:fontStyle="italic"/><style xml:id="loud" style="slanted" tts:fontWeight="bold"/>'
    '<style xml:id="a" style="b"/><style xml:id="b" style="a" tts:color="yellow"/></styling>'
)


@pytest.mark.parametrize(
    ("inside", "text"),
    [
        ('<span tts:fontStyle="italic">a</span> b', "<i>a</i> b"),
        ('<span tts:fontStyle="oblique">a<br/>b</span>', "<i>a\nb</i>"),
        ('<span style="slanted">a <span tts:fontStyle="normal">b</span></span>', "<i>a </i>b"),
        ('<span style="loud">a</span>', "<b><i>a</i></b>"),
        ('<span style="a">ring</span>', "<c.yellow>ring</c>"),
        ('<span style="nowhere">a</span>', "a"),
        ('<span tts:textDecoration="underline">a</span>', "<u>a</u>"),
        ('<span tts:color="#00FFFFFF">a</span><span tts:color="rgb(255,0,0)">b</span>', "<c.cyan>a</c><c.red>b</c>"),
        ('<span tts:color="white">a</span>', "a"),
        ("  a \n  b  <br/>  c  ", "a b\nc"),
        ('<span xml:space="preserve">a  b</span>', "a  b"),
        ('<metadata><ttm:desc>no</ttm:desc></metadata>a<set tts:color="red"/>', "a"),
        ("a &lt;i&gt; &amp;amp; <![CDATA[<b>]]>", "a &lt;i&gt; &amp;amp; &lt;b&gt;"),
        ('<span xml:lang="fr">oui</span>', "<lang fr>oui</lang>"),
        (
            '<span tts:ruby="container"><span tts:ruby="base">漢</span><span tts:ruby="text">kan</span></span>字',
            "<ruby>漢<rt>kan</rt></ruby>字",
        ),
    ],
)
def test_content_becomes_cue_text(inside, text):
    assert one(inside, head=STYLES) == text


def test_italics_come_from_every_ancestor_and_region():
    assert read('<div style="slanted"><p begin="0s" end="1s">a</p></div>', head=STYLES)[0][2] == "<i>a</i>"
    layout = '<layout><region xml:id="r" tts:fontStyle="italic"/></layout>'
    assert read('<div><p region="r" begin="0s" end="1s">a</p></div>', head=layout)[0][2] == "<i>a</i>"


def test_who_speaks_is_kept():
    head = '<metadata><ttm:agent xml:id="x" type="person"><ttm:name type="full">Anna &amp; Bo</ttm:name></ttm:agent></metadata>'
    assert one('<span ttm:agent="x">a</span>', head=head) == "<v Anna &amp; Bo>a</v>"


@pytest.mark.parametrize(
    ("region", "attributes", "settings"),
    [
        ('tts:displayAlign="after" tts:origin="10% 10%" tts:extent="80% 80%"', "", ""),
        ('tts:displayAlign="before" tts:origin="10% 10%" tts:extent="80% 80%"', "", "line:0"),
        ('tts:displayAlign="center" tts:origin="10% 10%" tts:extent="80% 80%"', "", "line:50%"),
        ('tts:origin="10% 80%" tts:extent="80% 10%"', "", ""),
        ('tts:origin="128px 58px" tts:extent="1024px 60px"', 'tts:extent="1280px 720px"', "line:0"),
        ('tts:origin="4c 12c" tts:extent="24c 2c"', "", ""),
        ('tts:displayAlign="before"', "", "line:0"),
        ('tts:displayAlign="after"', "", ""),
        ('tts:displayAlign="after" tts:textAlign="left"', "", "position:10% align:left"),
        ('style="s"', "", "line:0"),
    ],
)
def test_a_region_becomes_a_place(region, attributes, settings):
    head = f'<styling><style xml:id="s" tts:displayAlign="before"/></styling><layout><region xml:id="r" {region}/></layout>'
    text = file('<div><p region="r" begin="0s" end="1s">a</p></div>', head=head, attributes=attributes)
    assert formats.read(text.encode()).document.cues[0].settings == settings


def test_without_a_region_a_caption_stands_below():
    assert formats.read(file('<div><p begin="0s" end="1s">a</p></div>').encode()).document.cues[0].settings == ""


@pytest.mark.parametrize(
    "namespace", ["http://www.w3.org/2006/10/ttaf1", "http://www.w3.org/2006/04/ttaf1", "http://www.w3.org/ns/ttml"]
)
def test_older_namespaces_and_prefixes_are_read(namespace):
    text = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<x:tt xmlns:x="{namespace}" xmlns:s="{namespace}#style"><x:body><x:div>'
        '<x:p begin="1s" end="2s" s:fontStyle="italic">a</x:p></x:div></x:body></x:tt>'
    )
    assert formats.read(text.encode()).document.cues[0].text == "<i>a</i>"


def test_hidden_text_is_told_and_pictures_are_not_text():
    (note,) = notes('<div><p begin="0s" end="1s" tts:display="none">secret</p></div>')
    assert note.lost == "secret"
    assert "Pictures" in notes('<div><p begin="0s" end="1s">a<image src="x.png"/></p></div>')[0].message


def test_a_utf_16_file_with_its_declaration_is_read():
    text = '<?xml version="1.0" encoding="UTF-16"?>' + file('<div><p begin="1s" end="2s">Grüße</p></div>')
    assert formats.read(text.encode("utf-16")).document.cues[0].text == "Grüße"


BOMB = '<!DOCTYPE tt [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB + file('<div><p begin="1s" end="2s">&b;</p></div>'), "line 1: a document type or entity is not allowed"),
        ('<!DOCTYPE tt SYSTEM "file:///etc/passwd">' + file(""), "line 1: a document type or entity is not allowed"),
        (file("<div>\n<p begin='1s' end='2s'>&nosuch;</p></div>"), "line 2: the XML breaks off or is damaged here"),
        (file("<div>\n\n<p>"), "line 3: the XML breaks off or is damaged here"),
        (file("<div>" * 100 + "</div>" * 100), "nested more than 64 deep"),
        ("<tt xmlns='http://www.w3.org/ns/ttml'>", "the XML breaks off"),
        ("<p:tt/>", "the XML breaks off or is damaged here"),
        ("<x><tt/></x>", "the root element is x"),
        ("<html><p>a</p></html>", "line 1: this is XML or HTML, but not TTML"),
    ],
)
def test_damaged_and_hostile_files_are_refused_with_a_line(text, message):
    with pytest.raises(InvalidCaptions, match=message):
        formats.read(text.encode())


def test_paragraphs_whose_parts_come_and_go_without_end_are_refused():
    spans = "".join(f'<span begin="{number}ms"> </span>' for number in range(1000))
    body = "<div>" + f'<p begin="0s" end="9s">{spans}</p>' * 20 + "</div>"
    with pytest.raises(formats.CaptionsTooLarge, match="come and go"):
        formats.read(file(body).encode())


def test_a_file_is_written_as_imsc_1_1_text():
    text = (
        "WEBVTT\n\n00:00:01.000 --> 00:00:02.500 line:0\n<v Anna & Co><i>Hello</i> &lt;b&gt;</v>\nthere\n\n"
        "00:00:03.000 --> 00:00:04.000 align:right position:90%\n<lang fr>oui</lang> <c.red>x</c>\n\n"
        "00:00:05.000 --> 00:00:06.000\nשלום\n"
    )
    document, _ = formats.read(text.encode())
    written = formats.write(document, "ttml", language="en-GB", title='A "b" <c>').decode()
    assert 'ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/imsc1.1/text"' in written
    assert 'ttp:profile="http://www.w3.org/ns/ttml/profile/imsc1/text"' in written
    assert 'xml:lang="en-GB"' in written
    assert "<ttm:title>A &quot;b&quot; &lt;c&gt;</ttm:title>" in written
    assert (
        '<ttm:agent xml:id="voice1" type="character"><ttm:name type="full">Anna &amp; Co</ttm:name></ttm:agent>'
        in written
    )
    assert [line.strip() for line in written.splitlines() if "<p " in line] == [
        (
            '<p begin="00:00:01.000" end="00:00:02.500" region="above"><span ttm:agent="voice1">'
            '<span tts:fontStyle="italic">Hello</span> &lt;b&gt;</span><br/>there</p>'
        ),
        (
            '<p begin="00:00:03.000" end="00:00:04.000" region="below" tts:textAlign="right"><span xml:lang="fr">oui</span> '
            '<span tts:color="red">x</span></p>'
        ),
        '<p begin="00:00:05.000" end="00:00:06.000" region="below" tts:direction="rtl">שלום</p>',
    ]
    assert [cue.text for cue in formats.read(written.encode()).document.cues] == [
        "<v Anna &amp; Co><i>Hello</i> &lt;b&gt;</v>\nthere",
        "<lang fr>oui</lang> <c.red>x</c>",
        "שלום",
    ]


@pytest.mark.parametrize("language", ['"><x', "en us", "e" * 20, "-"])
def test_a_wrong_language_does_not_break_the_file(language):
    document, _ = formats.read(b"WEBVTT\n\n00:01.000 --> 00:02.000\na\n")
    assert b'xml:lang=""' in formats.write(document, "ttml", language=language)
