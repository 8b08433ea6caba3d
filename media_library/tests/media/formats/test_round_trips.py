from __future__ import annotations

from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media_library.media import formats, webvtt
from media_library.media.formats.runs import runs_of
from media_library.tests.media.formats.tracks import documents

FEW = settings(max_examples=60, deadline=None)


def through(document, *kinds):
    """The document after being written and read as each kind in turn."""
    return reduce(
        lambda now, kind: formats.read(formats.write(now, kind, language="en"), kind=kind).document, kinds, document
    )


def seen(document):
    """What is shown and how: newlines have no looks, so where a tag ends around one does not matter."""
    return [
        (cue.start_ms, cue.end_ms, cue.settings, [run for run in runs_of(cue.text.replace("\n", "")) if run.text])
        for cue in document.cues
    ]


def lines(document):
    return [webvtt.plain_text(cue).split("\n") for cue in document.cues]


@FEW
@given(documents())
def test_srt_vtt_ttml_vtt_keeps_text_times_and_looks(document):
    after = through(document, "srt", "vtt", "ttml", "vtt")
    assert seen(after) == seen(document)
    assert lines(after) == lines(document)


@FEW
@given(documents(voices=True))
def test_ttml_and_json_also_keep_who_speaks(document):
    for kind in ("ttml", "json"):
        after = through(document, kind)
        assert seen(after) == seen(document)
        assert lines(after) == lines(document)


@FEW
@given(documents(voices=True))
def test_ass_keeps_text_and_looks_and_times_to_the_centisecond(document):
    after = through(document, "ass")
    assert lines(after) == lines(document)
    for before, now in zip(document.cues, after.cues, strict=True):
        assert abs(before.start_ms - now.start_ms) <= 10
        assert abs(before.end_ms - now.end_ms) <= 10
    assert [cue[2:] for cue in seen(after)] == [cue[2:] for cue in seen(document)]


@FEW
@given(documents(), st.sampled_from(["srt", "ttml", "ass", "json", "vtt"]))
def test_what_was_written_is_read_without_a_remark_but_overlaps_and_recognised_by_its_content(document, kind):
    data = formats.write(document, kind, language="en")
    assert formats.sniff(data.decode()) == kind
    remarks = {note.message for note in formats.read(data).notes}
    assert remarks <= {
        "This caption begins before the one before it ends.",
        "The captions were not in order of time; they are now.",
    }


@FEW
@given(documents(plain=True))
def test_plain_text_has_every_caption_on_its_line(document):
    written = formats.write(document, "txt", language="en").decode()
    assert [line for line in written.split("\n") if line] == [
        " ".join(" ".join(each).split()) for each in lines(document)
    ]


@pytest.mark.parametrize("kind", ["srt", "ttml", "ass", "json", "vtt"])
def test_twice_through_a_format_is_the_same_as_once(kind):
    text = "WEBVTT\n\n00:01.000 --> 00:02.000 line:0\n<v Anna><i>a</i> <00:01.500><c.red.x>b</c></v> &lrm;c\n\n00:02.000 --> 00:03.000\nd\n"
    once = through(webvtt.parse(text), kind)
    assert through(once, kind) == once
