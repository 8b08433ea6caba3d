from __future__ import annotations

import io
import json

import docx
import pytest

from media_library.media import formats, webvtt
from media_library.media.formats import InvalidCaptions


def cues(data, **options):
    document, _ = formats.read(data if isinstance(data, bytes) else data.encode(), **options)
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in document.cues]


TALK = webvtt.parse(
    "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Anna>Hello\n<i>there</i></v>\n\n00:02.000 --> 00:03.000\n<v Anna>=1+1</v>\n\n"
    "00:03.000 --> 00:04.000\n<v Bo>Hi &lt;b&gt;</v>\n\n00:09.000 --> 00:10.000\nLater\n"
)


def test_plain_text_names_who_speaks_and_parts_after_pauses():
    assert formats.write(TALK, "txt", language="en").decode() == "Anna: Hello there\n=1+1\n\nBo: Hi <b>\n\nLater\n"


def test_untimed_text_is_laid_end_to_end_and_told():
    document, (note,) = formats.read(b"First thing\nthat is said.\n\nSecond.\n", filename="script.txt")
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in document.cues] == [
        (0, 1666, "First thing\nthat is said."),
        (1666, 2666, "Second."),
    ]
    assert "has no times" in note.message
    assert [cue[2] for cue in cues("one\ntwo\nthree")] == ["one", "two", "three"]


def test_lines_with_times_begin_there():
    text = "[00:00:01] Hello <b>\nthere\n00:05 - Bye\n\n(1:00:00.5) End\n"
    assert cues(text, kind="txt") == [
        (1000, 2000, "Hello &lt;b&gt;\nthere"),
        (5000, 6000, "Bye"),
        (3600500, 3601500, "End"),
    ]


def test_json_holds_text_markup_speaker_and_words():
    document = webvtt.parse(
        "WEBVTT\n\nintro\n00:01.000 --> 00:02.000 line:0\n<v Anna><i>Well,</i> <00:01.400>hello</v> <00:01.800><v Bo>&lt;you&gt;</v>\n"
    )
    written = formats.write(document, "json", language="en", title="A </script>")
    assert b"<" not in written
    assert json.loads(written) == {
        "format": "captions",
        "version": 1,
        "language": "en",
        "title": "A </script>",
        "cues": [
            {
                "id": "intro",
                "start": 1.0,
                "end": 2.0,
                "text": "Well, hello <you>",
                "markup": "<v Anna><i>Well,</i> <00:00:01.400>hello</v> <00:00:01.800><v Bo>&lt;you&gt;</v>",
                "settings": "line:0",
                "speaker": "Anna, Bo",
                "words": [
                    {"text": "Well,", "start": 1.0, "end": 1.4, "speaker": "Anna"},
                    {"text": "hello", "start": 1.4, "end": 1.8, "speaker": "Anna"},
                    {"text": "<you>", "start": 1.8, "end": 2.0, "speaker": "Bo"},
                ],
            }
        ],
    }
    (cue,) = formats.read(written).document.cues
    assert (cue.id, cue.settings) == ("intro", "line:0")


def test_json_of_speech_engines_is_read_with_its_words():
    text = json.dumps(
        {
            "text": "Hello you",
            "segments": [
                {
                    "id": 0,
                    "start": 1,
                    "end": 2.5,
                    "text": " Hello <you>",
                    "words": [
                        {"word": " Hello", "start": 1.0, "end": 1.4},
                        {"word": " <you>", "start": 1.5, "end": 2.5},
                    ],
                },
                {"start": 3, "end": 4, "text": "No words", "words": []},
                {"start": 5, "end": 6, "text": "Words out of time", "words": [{"word": "x", "start": 9, "end": 10}]},
            ],
        }
    )
    assert cues(text) == [
        (1000, 2500, "Hello <00:00:01.500>&lt;you&gt;"),
        (3000, 4000, "No words"),
        (5000, 6000, "Words out of time"),
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"cues": [\n{"start": 1,}]}', "line 2: this is not JSON"),
        ('{"cues": 5}', 'a list of cues under "cues" is missing'),
        ('{"other": []}', 'a list of cues under "cues" is missing'),
        ("[" * 100_000, "nested too deep"),
        ('{"cues": [{"start": NaN}]}', "a number that cannot be read"),
        ('{"cues": [{"start": ' + "1" * 5000 + "}]}", "a number that cannot be read"),
    ],
)
def test_json_that_cannot_be_read_is_refused(text, message):
    with pytest.raises(InvalidCaptions, match=message):
        formats.read(text.encode(), kind="json")


@pytest.mark.parametrize(
    "cue",
    [
        "5",
        "null",
        "[]",
        '{"end": 2}',
        '{"start": "1", "end": 2}',
        '{"start": true, "end": 2}',
        '{"start": 1e999, "end": 2}',
        '{"start": 1e308, "end": 2}',
        '{"start": 1, "end": 1' + "0" * 400 + "}",
        '{"start": 2, "end": 1}',
        '{"start": -5, "end": -1}',
    ],
)
def test_a_cue_that_cannot_be_read_is_told(cue):
    document, found = formats.read(('{"cues": [' + cue + ', {"start": 1, "end": 2, "text": "kept"}]}').encode())
    assert [cue.text for cue in document.cues] == ["kept"]
    assert len(found) == 1
    assert found[0].lost


def test_fields_of_json_cannot_break_out_of_their_place():
    cue = {
        "start": 1,
        "end": 2,
        "id": "a\n\n00:05.000 --> 00:06.000\nb",
        "settings": "line:0\n\n00:05.000 --> 00:06.000",
        "markup": "<i>a\n\n00:05.000 --> 00:06.000\n<script>b</script>",
        "text": "\ud800\u0000",
    }
    document, _ = formats.read(json.dumps([cue]).encode(), filename="a.json")
    again = webvtt.parse_strict(document.write())
    assert [cue.text for cue in again.cues] == ["<i>a\n00:05.000 --&gt; 00:06.000\nb</i>"]


def test_the_transcript_is_a_table_with_a_heading_row_on_every_page():
    word = docx.Document(io.BytesIO(formats.write(TALK, "docx", language="es-MX", title="A\x00 <b>")))
    assert word.paragraphs[0].text == "A <b>"
    rows = [[cell.text for cell in row.cells] for row in word.tables[0].rows]
    assert rows == [
        ["Time", "Speaker", "Text"],
        ["00:00:01.000 – 00:00:02.000", "Anna", "Hello\nthere"],
        ["00:00:02.000 – 00:00:03.000", "", "=1+1"],
        ["00:00:03.000 – 00:00:04.000", "Bo", "Hi <b>"],
        ["00:00:09.000 – 00:00:10.000", "", "Later"],
    ]
    assert word.element.xml.count("<w:tblHeader/>") == 1
    assert word.core_properties.language == "es-MX"
    assert 'w:lang w:val="es-MX"' in word.styles.element.xml
    assert formats.write(webvtt.Document(), "docx", language="")[:2] == b"PK"
