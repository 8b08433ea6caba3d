"""Files of scripts and cuts, read again by programs that are not ours."""

from __future__ import annotations

import io
import itertools
import re
import socket
import threading
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import docx
import opentimelineio as otio_lib
import pysubs2
import pytest
from defusedxml.ElementTree import fromstring
from pypdf import PdfReader

from chat.exporting import edl, fcpxml, fdx, fountain, otio, pdf, srt, text, word
from chat.exporting.values import Block, Cut, CutClip, Footage, timecode, timeline_of, true_rate
from media_library.media.words import Word

NTSC = Fraction(30000, 1001)
SCRIPT = [
    Block("heading", "Opening", about="12.0 s"),
    Block("narration", "An hour is nothing in a year of work."),
    Block("quote", "And the count just sat there.", by="Ellen", about="pad.mp4, 00:00:08:00 – 00:00:13:10, 5.4 s"),
    Block("gap", ""),
]


def footage(name: str = "a", fps: float | None = 25.0) -> Footage:
    rate = Fraction(fps).limit_denominator(1001) if fps else None
    return Footage(name, f"{name}.mp4", name.title(), 60.0, rate, 1280, 720)


def cut(fps: float = 25.0, **second: Any) -> Cut:
    clips = [
        CutClip("The pad", footage("a", fps), 1.0, 3.0, "It was quiet.", card="Day one"),
        CutClip("The count", footage("b", fps), 10.0, 14.0, "It sat there.", **{"transition": "dissolve", **second}),
        CutClip("Above", footage("a", fps), 20.0, 22.0),
    ]
    return Cut("Cold open", clips, transition_seconds=0.4)


class TestPdf:
    def test_scripts_of_the_world_are_drawn_and_can_be_read_out_again(self) -> None:
        lines = [
            "Größe, Ελληνικά, Русский",
            "你好，世界",
            "日本語の字幕",
            "한국어 자막",
            "हिन्दी",
            "ภาษาไทย",
            "שלום עולם",
            "مرحبا",
        ]
        made = pdf.document("Harbour", [Block("text", line) for line in lines], language="en")
        reader = PdfReader(io.BytesIO(made))
        read = re.sub(r"[\x00-\x02 ]", "", reader.pages[0].extract_text())
        for line in lines:
            assert line.replace(" ", "") in read, line
        embedded = {font["/BaseFont"] for page in reader.pages for font in fonts_of(page)}
        assert any("StudioHan" in name for name in embedded), embedded
        assert "boxes" not in read

    def test_what_no_font_shows_is_said(self) -> None:
        made = pdf.document("Harbour", [Block("text", "Selam \ue123")])
        read = PdfReader(io.BytesIO(made)).pages[0].extract_text()
        assert "□" in read
        assert "U+E123" in read

    def test_nothing_in_a_text_is_fetched_or_linked(self) -> None:
        with listener() as (port, calls):
            hostile = (
                f'<img src="http://127.0.0.1:{port}/a.png"> ![](http://127.0.0.1:{port}/b.png) '
                '<link href="file:///etc/passwd"> [x](javascript:alert(1)) \x00\x07\x1b[31m **bold**'
            )
            blocks = [
                Block(kind, hostile, by=hostile, about=hostile) for kind in ("heading", "narration", "quote", "item")
            ]
            made = pdf.document(hostile, blocks)
            for writer in (word.document, fountain.screenplay, fdx.script, text.plain, text.markdown):
                writer(hostile, blocks)
        assert calls == []
        reader = PdfReader(io.BytesIO(made))
        assert all("/Annots" not in page for page in reader.pages)
        assert "<img src=" in reader.pages[0].extract_text()

    def test_a_long_script_runs_over_pages(self) -> None:
        made = pdf.document("Long", [Block("narration", "Word " * 200)] * 30)
        assert len(PdfReader(io.BytesIO(made)).pages) > 5


def fonts_of(page: Any) -> Iterator[Any]:
    for font in page["/Resources"]["/Font"].values():
        yield font.get_object()


class listener:  # noqa: N801  (used as a function)
    """Counts who calls on a port of this machine."""

    def __enter__(self) -> tuple[int, list[bytes]]:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.calls: list[bytes] = []
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        return self.socket.getsockname()[1], self.calls

    def listen(self) -> None:
        while not self.over.is_set():
            try:
                other, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.calls.append(b"called")
            other.close()

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.thread.join()
        self.socket.close()


class TestWriting:
    def test_word_opens_it_with_headings_names_and_quotes(self) -> None:
        made = docx.Document(io.BytesIO(word.document("Harbour", SCRIPT, language="en")))
        read = [(paragraph.style.name, paragraph.text) for paragraph in made.paragraphs]
        assert ("Title", "Harbour") in read
        assert ("Heading 1", "Opening") in read
        assert ("Intense Quote", "And the count just sat there.") in read
        assert ("Normal", "[ Narration to be written ]") in read

    def test_right_to_left_is_marked_for_word(self) -> None:
        made = docx.Document(io.BytesIO(word.document("Harbour", [Block("narration", "مرحبا")])))
        assert any("bidi" in paragraph._p.xml for paragraph in made.paragraphs)

    def test_fountain_holds_scenes_dialogue_and_notes(self) -> None:
        made = fountain.screenplay("Harbour", [*SCRIPT, Block("text", "INT. HOUSE\n> not centred <")]).decode()
        assert made.startswith("Title: Harbour\n\n.Opening\n\n= 12.0 s\n\n@NARRATOR (V.O.)\nAn hour")
        assert "@Ellen (ON CAMERA)\nAnd the count" in made
        assert "[[Narration to be written]]" in made
        assert "!INT. HOUSE\n!> not centred <" in made

    def test_final_draft_has_its_paragraphs_in_the_programs_own_types(self) -> None:
        root = fromstring(fdx.script("A & B", [*SCRIPT, Block("text", "x \x0b<y>")]))
        assert (root.tag, root.attrib["DocumentType"], root.attrib["Version"]) == ("FinalDraft", "Script", "5")
        allowed = {"Scene Heading", "General", "Character", "Parenthetical", "Dialogue", "Action"}
        kinds = [one.attrib["Type"] for one in root.iter("Paragraph")]
        assert set(kinds) <= allowed
        assert kinds[:2] == ["Scene Heading", "General"]
        assert all(len(one) == 1 and one[0].tag == "Text" and one[0].text for one in root.iter("Paragraph"))
        assert "x <y>" in {one.text for one in root.iter("Text")}

    def test_markdown_keeps_signs_as_text(self) -> None:
        made = text.markdown("T", [Block("narration", "# no\n![a](http://x) <b> 1. *s*\n- item")]).decode()
        assert "\\# no\n\\!\\[a\\](http://x) \\<b\\> 1. \\*s\\*\n\\- item" in made


class TestCut:
    @pytest.mark.parametrize("fps", [23.976, 24, 25, 29.97, 30, 50, 59.94, 60])
    def test_timecode_is_that_of_an_independent_library(self, fps: float) -> None:
        rate = true_rate(fps)
        drop = None if fps not in (29.97, 59.94) else True
        for frame in (0, 1, 29, 1799, 1800, 3599, 3600, 17981, 17982, 53946, 107892, 215784, 1234567):
            theirs = otio_lib.opentime.RationalTime(frame, float(rate)).to_timecode(float(rate), drop or False)
            assert timecode(frame, rate) == theirs

    @pytest.mark.parametrize("fps", [25.0, 29.97, 23.976])
    def test_an_edit_list_is_read_with_its_ranges_its_dissolve_and_its_names(self, fps: float) -> None:
        made = edl.edit_list(cut(fps)).decode("ascii")
        assert ("FCM: DROP FRAME" in made) == (fps == 29.97)
        laid = timeline_of(cut(fps))
        track = otio_lib.adapters.read_from_string(made, "cmx_3600", rate=float(laid.rate)).tracks[0]
        clips = [item for item in track if isinstance(item, otio_lib.schema.Clip)]
        names = [one.name for one in clips]
        assert names == ["001", "a.mp4", "b.mp4", "a.mp4"]
        assert [item for item in track if isinstance(item, otio_lib.schema.Transition)]
        assert track.duration().value == laid.length
        starts = [round(one.source_range.start_time.value) for one in clips]
        assert starts == [0, *(round(second * laid.rate) for second in (1, 10, 20))]

    def test_opentimelineio_holds_picture_and_sound_as_long_as_the_film(self) -> None:
        made = otio_lib.adapters.read_from_string(otio.timeline(cut(29.97)).decode(), "otio_json")
        laid = timeline_of(cut(29.97))
        assert [track.kind for track in made.tracks] == ["Video", "Audio"]
        assert {track.duration().value for track in made.tracks} == {laid.length}
        clip = next(iter(made.find_clips()))
        assert clip.media_reference.target_url == "a.mp4"
        assert clip.metadata["reelwright"]["quote"] == "It was quiet."

    def test_fcpxml_is_read_with_its_clips_in_place(self) -> None:
        made = fcpxml.project(cut(25.0)).decode()
        read = otio_lib.adapters.read_from_string(made, "fcpx_xml")
        track = read[0].tracks[0]
        laid = timeline_of(cut(25.0))
        assert track.duration().value == laid.length
        assert [one.name for one in track.find_clips()] == ["The pad", "The count", "Above"]
        assert {one.attrib["src"] for one in fromstring(made).iter("media-rep")} == {"./a.mp4", "./b.mp4"}

    def test_times_of_fcpxml_are_whole_frames_of_its_rate(self) -> None:
        root = fromstring(fcpxml.project(cut(29.97)))
        spine = next(root.iter("spine"))
        assert next(root.iter("sequence")).attrib["tcFormat"] == "DF"
        end = Fraction(0)
        for one in spine:
            offset, length = (Fraction(one.attrib[name].removesuffix("s")) for name in ("offset", "duration"))
            assert (offset * NTSC).denominator == 1
            assert (length * NTSC).denominator == 1
            if one.tag != "transition":
                assert offset == end
                end = offset + length
        assert end == Fraction(next(root.iter("sequence")).attrib["duration"].removesuffix("s"))

    def test_sound_alone_and_titles_of_other_scripts_pass(self) -> None:
        sound = CutClip("港 – “quoted” & <b>", Footage("s", "s.wav", "S", 30.0), 2.0, 5.0)
        one = Cut("港", [sound])
        assert b"AA    C" in edl.edit_list(one)
        assert fromstring(fcpxml.project(one)) is not None
        assert otio.timeline(one)

    def test_captions_stand_on_the_clock_of_the_cut(self) -> None:
        words = [Word(f"word{n}", 9.0 + n / 2, 9.4 + n / 2) for n in range(14)]
        made = pysubs2.SSAFile.from_string(
            srt.captions(cut(words=words, transition="cut", language="en")).decode(), "srt"
        )
        texts = " ".join(event.plaintext.replace("\n", " ") for event in made)
        # Of the words of the footage only those inside the clip, which stands behind a card of three seconds and a clip of two.
        assert "word1 " not in texts
        assert "word2 " in texts
        assert "word9" in texts
        assert "word10" not in texts
        assert made[0].start == 3000
        assert made[0].plaintext == "It was quiet."
        second = next(event for event in made if "word2" in event.plaintext)
        assert 5000 <= second.start < 5100
        assert all(before.end <= after.start for before, after in itertools.pairwise(made))
