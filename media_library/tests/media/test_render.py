"""The picture with pauses, the finished MP4, and the checks on it."""

from __future__ import annotations

import hashlib
import re
import threading
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
import pytest

from media_library.media import render, sound, verify
from media_library.media.avc import Record
from media_library.media.errors import HaltedError
from media_library.media.freeze import frame_count, held_picture
from media_library.media.iso639 import three_letters
from media_library.media.pauses import Pause, on_frames
from media_library.media.probe import probe
from media_library.tests.media.conftest import running_with

HOUSE = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "25", "-an", "-movflags", "+faststart")


class Picture(NamedTuple):
    """The hash tells the same bits; the small copy tells how different two pictures look."""

    digest: str
    small: np.ndarray


def pictures(path) -> list[Picture]:
    with av.open(str(path)) as container:
        return [
            Picture(
                hashlib.blake2b(np.ascontiguousarray(frame.to_ndarray())).hexdigest(),
                frame.reformat(width=160, height=90, format="gray8", interpolation="FAST_BILINEAR")
                .to_ndarray()
                .astype(np.int16),
            )
            for frame in container.decode(video=0)
        ]


def packets(path) -> list[bytes]:
    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def difference(one: Picture, other: Picture) -> float:
    return 0.0 if one.digest == other.digest else float(np.abs(one.small - other.small).mean())


def times(path) -> list[Fraction]:
    with av.open(str(path)) as container:
        return [frame.pts * frame.time_base for frame in container.decode(video=0)]


def expected_places(frames: int, fps: Fraction, pauses: list[Pause]) -> list[int]:
    held = {round(pause.at * fps): round(pause.seconds * fps) for pause in pauses}
    return [frame for frame in range(frames) for _ in range(1 + held.get(frame + 1, 0))]


def assert_holds(source, output, pauses, *, identical_at_least: int) -> None:
    """Every output frame is the source frame it should be: the same bits where copied, all but the same where encoded."""
    fps, frames = frame_count(source)
    before, after = pictures(source), pictures(output)
    places = expected_places(frames, fps, pauses)
    assert len(before) == frames
    assert len(after) == len(places)
    for shown, place in zip(after, places, strict=True):
        assert difference(shown, before[place]) < 2
        # Nearer to its own frame than to the neighbours, or the neighbours look the same.
        for other in (place - 1, place + 1):
            if 0 <= other < frames:
                assert difference(shown, before[place]) <= difference(shown, before[other]) + 0.25
    assert (
        sum(shown.digest == before[place].digest for shown, place in zip(after, places, strict=True))
        >= identical_at_least
    )
    assert times(output) == [Fraction(place) / fps for place in range(len(places))]


@pytest.mark.parametrize("rate", ["25", "30000/1001", "24000/1001"])
@pytest.mark.parametrize("frames", ["2", "0"], ids=["with B-frames", "without"])
def test_frames_are_held_exactly_and_the_rest_is_copied(make, tmp_path, rate, frames):
    source = make("a.mp4", *HOUSE, "-bf", frames, rate=rate, seconds=6)
    fps, count = frame_count(source)
    pauses = on_frames([Pause(0.0, 0.2), Pause(2.51, 0.5), Pause(2.7, 0.3)], fps=fps, frames=count)

    made = held_picture(source, tmp_path / "held.mp4", pauses=pauses)

    assert made.reason == ""
    assert made.frames == count + sum(round(pause.seconds * fps) for pause in pauses)
    assert_holds(source, tmp_path / "held.mp4", pauses, identical_at_least=count - 75)


def test_a_pause_at_a_group_edge_and_at_the_very_end(make, tmp_path):
    source = make("a.mp4", *HOUSE, seconds=4)
    pauses = on_frames([Pause(2.0, 1.0), Pause(4.0, 5.0)], fps=Fraction(25), frames=100)
    held_picture(source, tmp_path / "held.mp4", pauses=pauses)
    assert_holds(source, tmp_path / "held.mp4", pauses, identical_at_least=50)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            ("-g", "20", "-flags", "-cgop", "-x264-params", "open-gop=1:scenecut=0:keyint=20:bframes=3"),
            "open|clean start",
        ),
        (("-video_track_timescale", "1000", "-r", "30000/1001"), "clock"),
    ],
)
def test_a_source_that_cannot_be_joined_is_encoded_whole_and_right(make, tmp_path, options, reason):
    source = make("a.mp4", *HOUSE, *options, seconds=3)
    fps, count = frame_count(source)
    pauses = on_frames([Pause(1.5, 0.5)], fps=fps, frames=count)

    made = held_picture(source, tmp_path / "held.mp4", pauses=pauses)

    assert re.search(reason, made.reason)
    assert len(pictures(tmp_path / "held.mp4")) == made.frames == count + round(pauses[0].seconds * fps)
    places = expected_places(count, fps, pauses)
    before, after = pictures(source), pictures(tmp_path / "held.mp4")
    assert all(difference(shown, before[place]) < 2 for shown, place in zip(after, places, strict=True))


def test_joined_file_carries_both_parameter_sets_in_its_header_only(make, tmp_path):
    source = make("a.mp4", *HOUSE, seconds=4)
    held_picture(source, tmp_path / "held.mp4", pauses=[Pause(1.0, 0.4)])

    with av.open(str(tmp_path / "held.mp4")) as container:
        stream = container.streams.video[0]
        record = Record.read(stream.codec_context.extradata)
        kinds = set()
        for packet in container.demux(stream):
            sample, at = bytes(packet), 0
            while at < len(sample):
                length = int.from_bytes(sample[at : at + 4], "big")
                kinds.add(sample[at + 4] & 31)
                at += 4 + length
    assert (len(record.sps), len(record.pps)) == (2, 2)
    assert not kinds & {7, 8}


@pytest.fixture
def tracks(sample, speech, tmp_path):
    """Everything a render needs, with two pauses in the sample."""
    fps, frames = frame_count(sample)
    pauses = on_frames([Pause(8.013, 9.2), Pause(38.0, 2.5)], fps=fps, frames=frames)
    clips = [sound.Clip(path=speech[0], start=8.5)]
    sound.description_mix(sample, tmp_path / "mix.m4a", clips=clips, pauses=pauses, duration=48.0)
    sound.retimed_programme(sample, tmp_path / "original.m4a", pauses=pauses, duration=48.0)
    english, spanish = tmp_path / "en.vtt", tmp_path / "es.vtt"
    english.write_text(
        "WEBVTT\n\n00:01.000 --> 00:03.000\nTwo\nlines, <i>slanted</i> & more\n\n"
        "00:03.000 --> 00:04.000\nNext\n\n00:50.000 --> 00:51.000\nEnd\n"
    )
    spanish.write_text("WEBVTT\n\n00:01.000 --> 00:03.000\nDos\n")
    return {
        "fps": fps,
        "pauses": pauses,
        "sounds": [
            render.SoundTrack(path=tmp_path / "mix.m4a", language="es", title="Spanish description"),
            render.SoundTrack(path=tmp_path / "original.m4a", language="en", title="Original"),
        ],
        "captions": [
            render.CaptionTrack(path=english, language="en-GB", title="English", is_default=True),
            render.CaptionTrack(path=spanish, language="es", title="Español'; -f lavfi"),
        ],
        "expected": verify.Expectation(
            duration=48.0 + sum(pause.seconds for pause in pauses),
            fps=fps,
            sounds=["es", "en"],
            captions=[("en-GB", 3), ("es", 1)],
            places=[8.0, 17.2, 47.2],
        ),
    }


def test_the_accessible_video_is_what_was_asked_for(sample, tracks, tmp_path):
    told: list[float] = []
    into = tmp_path / "out" / "accessible.mp4"
    into.parent.mkdir()

    made = render.accessible_video(
        sample,
        into,
        pauses=tracks["pauses"],
        sounds=tracks["sounds"],
        captions=tracks["captions"],
        progress=lambda fraction, _: told.append(fraction),
    )

    assert [path.name for path in into.parent.iterdir()] == ["accessible.mp4"]
    assert told == sorted(told)
    assert made.picture.reason == ""
    checks = verify.verify(into, tracks["expected"])
    assert [check for check in checks if not check.passed] == []
    assert {check.name for check in checks} >= {
        "duration",
        "captions",
        "plays",
        "true peak",
        "loudness",
        "sound tracks",
        "caption tracks",
    }
    assert_holds(sample, into, tracks["pauses"], identical_at_least=1100)
    with av.open(str(into)) as container:
        sounds, captions = container.streams.audio, container.streams.subtitles
        assert [track.disposition & 1 for track in sounds] == [1, 0]
        assert [track.disposition & 1 for track in captions] == [1, 0]
        assert [track.metadata["handler_name"] for track in (*sounds, *captions)] == [
            "Spanish description",
            "Original",
            "English",
            "Español'; -f lavfi",
        ]


def test_without_a_pause_every_picture_is_copied(sample, tracks, tmp_path):
    into = tmp_path / "plain.mp4"
    made = render.accessible_video(
        sample, into, pauses=[], sounds=[render.SoundTrack(path=sample, language="en", title="Original")]
    )

    assert (made.picture, made.duration) == (None, 48.0)
    assert all(
        check.passed
        for check in verify.verify(into, verify.Expectation(duration=48.0, fps=Fraction(25), sounds=["en"]))
    )
    assert packets(into) == packets(sample)


def test_checks_fail_on_a_file_that_is_not_what_was_asked_for(sample, tmp_path):
    wrong = verify.Expectation(duration=50.0, fps=Fraction(25), sounds=["es"], captions=[("es", 1)])
    failed = {check.name for check in verify.verify(sample, wrong) if not check.passed}
    assert {"duration", "picture duration", "sound duration", "sound tracks", "caption tracks", "captions"} <= failed

    (tmp_path / "broken.mp4").write_bytes(sample.read_bytes()[:100_000])
    assert [check.passed for check in verify.verify(tmp_path / "broken.mp4", wrong)] == [False]


def test_damage_in_the_middle_of_a_file_is_noticed(sample, tmp_path):
    content = bytearray(sample.read_bytes())
    with av.open(str(sample)) as container:
        hit = [
            packet.pos
            for packet in container.demux(video=0)
            if packet.size and 20 < float(packet.pts * packet.time_base) < 20.5
        ]
    for at in hit:
        content[at + 8 : at + 400] = b"\xff" * 392
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)

    checks = verify.verify(path, verify.Expectation(duration=48.0, fps=Fraction(25), sounds=[""], places=[20.3]))

    assert {check.name for check in checks if not check.passed} == {"plays"}


@pytest.mark.parametrize("moment", ["Rendering the picture", "Putting the tracks together"])
def test_a_cancelled_render_leaves_no_process_and_no_file(sample, tracks, tmp_path, moment):
    halt = threading.Event()
    into = tmp_path / "out" / "accessible.mp4"
    into.parent.mkdir()

    def stop(_: float, message: str) -> None:
        if message == moment:
            halt.set()

    try:
        render.accessible_video(
            sample,
            into,
            pauses=tracks["pauses"],
            sounds=tracks["sounds"],
            captions=tracks["captions"],
            progress=stop,
            halt=halt,
        )
    except HaltedError:
        assert list(into.parent.iterdir()) == []
    else:
        # Muxing may be over before its first word of progress is read.
        assert moment == "Putting the tracks together"
    assert running_with(str(into.parent)) == []


def test_tags_become_the_codes_that_mp4_knows():
    assert [three_letters(tag) for tag in ("es", "es-MX", "pt_BR", "eng", "zh-Hant", "fil", "x", "", "en;id")] == [
        "spa",
        "spa",
        "por",
        "eng",
        "zho",
        "fil",
        "und",
        "und",
        "und",
    ]


def test_a_probe_of_the_output_finds_the_tracks(sample, tracks, tmp_path):
    into = tmp_path / "accessible.mp4"
    render.accessible_video(sample, into, pauses=[], sounds=tracks["sounds"][1:], captions=tracks["captions"])
    found = probe(into)
    assert [(track.language, track.is_default) for track in found.subtitles] == [("eng", True), ("spa", False)]
