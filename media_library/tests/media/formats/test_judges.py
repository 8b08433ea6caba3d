"""Independent readers judge what we write: the same number of captions, the same text, the same times."""

from __future__ import annotations

import io
import logging
import re
import subprocess

import docx
import pysubs2
import pytest
from defusedxml import ElementTree
from hypothesis import assume, given, settings
from ttconv.imsc import reader as imsc
from ttconv.imsc import writer as imsc_writer
from ttconv.isd import ISD
from ttconv.model import Br, Text
from ttconv.srt import reader as srt_reader

from media_library.media import ffmpeg, formats, webvtt
from media_library.media.formats.srt import stamp
from media_library.tests.media.formats.tracks import documents

TRACK = webvtt.parse(
    "WEBVTT\n\n"
    "00:00:01.001 --> 00:00:02.503\n<i>Hello</i>, 1 &lt; 2 &amp; 3 &gt; 2\nsecond line\n\n"
    "00:00:03.000 --> 00:00:04.990 line:0\n<v Anna>Who is <b>there</b>?</v>\n\n"
    "01:00:05.120 --> 01:00:06.000\nشكرا <ruby>漢<rt>kan</rt></ruby>\n\n"
    "01:00:07.000 --> 01:00:08.000 line:50%\n<c.yellow>¿Qué?</c>\n"
)
TEXTS = ["Hello, 1 < 2 & 3 > 2\nsecond line", "Who is there?", "شكرا 漢", "¿Qué?"]


def test_pysubs2_reads_our_srt():
    judge = pysubs2.SSAFile.from_string(formats.write(TRACK, "srt", language="en").decode(), format_="srt")
    assert [event.plaintext for event in judge] == TEXTS
    assert [(event.start, event.end) for event in judge] == [(cue.start_ms, cue.end_ms) for cue in TRACK.cues]
    assert judge[0].text.startswith("{\\i1}Hello{\\i0}")


def test_pysubs2_reads_our_ass():
    judge = pysubs2.SSAFile.from_string(formats.write(TRACK, "ass", language="en", title="A").decode(), format_="ass")
    assert [event.plaintext for event in judge] == TEXTS
    for event, cue in zip(judge, TRACK.cues, strict=True):
        assert abs(event.start - cue.start_ms) <= 10
        assert abs(event.end - cue.end_ms) <= 10
    assert judge[1].name == "Anna"
    assert judge[0].text.startswith("{\\i1}Hello{\\i0}")


@settings(max_examples=40, deadline=None)
@given(documents(plain=True))
def test_pysubs2_finds_every_caption_whatever_its_text(document):
    # pysubs2 takes any line with two times for a timing line, whatever stands between them.
    assume(all("00:00:01,000" not in cue.text for cue in document.cues))
    times = [(cue.start_ms, cue.end_ms) for cue in document.cues]
    srt = pysubs2.SSAFile.from_string(formats.write(document, "srt", language="en").decode(), format_="srt")
    assert [(event.start, event.end) for event in srt] == times
    ass = pysubs2.SSAFile.from_string(formats.write(document, "ass", language="en").decode(), format_="ass")
    assert len(ass) == len(times)


def shown(element):
    """The text of a part of ttconv's model, and whether some of it is italic."""
    if isinstance(element, Text):
        return element.get_text()
    if isinstance(element, Br):
        return "\n"
    return "".join(shown(child) for child in element)


def test_ttconv_reads_our_ttml_without_complaint(caplog):
    data = formats.write(TRACK, "ttml", language="en", title="A")
    with caplog.at_level(logging.WARNING):
        model = imsc.to_model(ElementTree.parse(io.BytesIO(data)))
    assert [record.message for record in caplog.records] == []
    assert model.get_lang() == "en"
    paragraphs = list(next(iter(model.get_body())))
    assert [(int(p.get_begin() * 1000), int(p.get_end() * 1000)) for p in paragraphs] == [
        (cue.start_ms, cue.end_ms) for cue in TRACK.cues
    ]
    assert [shown(p).replace("漢kan", "漢") for p in paragraphs] == TEXTS
    assert [p.get_region().get_id() for p in paragraphs] == ["below", "above", "below", "middle"]


def test_ttconv_shows_our_ttml_at_the_times_of_the_cues():
    data = formats.write(TRACK, "ttml", language="en")
    model = imsc.to_model(ElementTree.parse(io.BytesIO(data)))
    moments = sorted({moment for cue in TRACK.cues for moment in (cue.start_ms, cue.end_ms)})
    assert [int(moment * 1000) for moment in ISD.significant_times(model)] == sorted({0, *moments})


def test_we_read_what_ttconv_makes_of_our_srt():
    # ttconv takes codes for a place for text.
    srt = re.sub(r"\{\\an\d\}", "", formats.write(TRACK, "srt", language="en").decode())
    model = srt_reader.to_model(io.StringIO(srt))
    target = io.BytesIO()
    imsc_writer.from_model(model).write(target, encoding="utf-8", xml_declaration=True)
    after = formats.read(target.getvalue()).document
    assert [webvtt.plain_text(cue) for cue in after.cues] == TEXTS
    assert [(cue.start_ms, cue.end_ms) for cue in after.cues] == [(cue.start_ms, cue.end_ms) for cue in TRACK.cues]
    assert after.cues[0].text.startswith("<i>Hello</i>,")


@pytest.mark.parametrize("kind", ["srt", "ass", "ssa", "ttml"])
def test_we_read_what_pysubs2_makes_of_our_ass(kind):
    judge = pysubs2.SSAFile.from_string(formats.write(TRACK, "ass", language="en").decode(), format_="ass")
    after = formats.read(judge.to_string(kind).encode(), filename=f"a.{kind}").document
    assert [webvtt.plain_text(cue) for cue in after.cues] == TEXTS
    for cue, ours in zip(after.cues, TRACK.cues, strict=True):
        assert abs(cue.start_ms - ours.start_ms) <= 10
        assert abs(cue.end_ms - ours.end_ms) <= 10


def test_ffmpeg_reads_our_srt_and_ass(tmp_path):
    for kind in ("srt", "ass"):
        source = tmp_path / f"a.{kind}"
        source.write_bytes(formats.write(TRACK, kind, language="en"))
        done = subprocess.run(
            [ffmpeg.program(), "-v", "error", "-i", source, "-f", "webvtt", "-"], capture_output=True, check=True
        )
        assert done.stderr == b""
        judge = webvtt.parse(done.stdout)
        # ffmpeg writes text as it is, without WebVTT's escapes.
        assert [re.sub(r"</?[biu]>|<font[^>]*>|</font>", "", cue.text) for cue in judge.cues] == TEXTS
        for cue, ours in zip(judge.cues, TRACK.cues, strict=True):
            assert abs(cue.start_ms - ours.start_ms) <= 10
            assert abs(cue.end_ms - ours.end_ms) <= 10
        assert "<i>Hello</i>" in judge.cues[0].text


def test_word_opens_the_transcript():
    data = formats.write(TRACK, "docx", language="en", title="Opening night")
    word = docx.Document(io.BytesIO(data))
    assert word.paragraphs[0].text == "Opening night"
    assert (word.core_properties.title, word.core_properties.author) == ("Opening night", "")
    (table,) = word.tables
    rows = [[cell.text for cell in row.cells] for row in table.rows]
    assert rows[0] == ["Time", "Speaker", "Text"]
    assert [row[2].replace(" (kan)", "") for row in rows[1:]] == TEXTS
    assert rows[2][:2] == ["00:00:03.000 – 00:00:04.990", "Anna"]
    assert [run.italic for run in table.rows[1].cells[2].paragraphs[0].runs] == [True, None]


@settings(max_examples=15, deadline=None)
@given(documents(voices=True))
def test_word_holds_every_text_as_text(document):
    word = docx.Document(io.BytesIO(formats.write(document, "docx", language="en")))
    rows = [row.cells[2].text for row in word.tables[0].rows][1:]
    assert rows == [webvtt.plain_text(cue) for cue in document.cues]
    body = word.element.xml
    for field in ("w:instrText", "w:fldSimple", "w:hyperlink", "w:object"):
        assert f"<{field}" not in body


@pytest.mark.parametrize("ms", [0, 999, 3_599_999, 359_999_999])
def test_stamps_are_read_by_pysubs2(ms):
    assert pysubs2.time.timestamp_to_ms(pysubs2.time.TIMESTAMP.match(stamp(ms)).groups()) == ms
