from __future__ import annotations

import threading
from fractions import Fraction

import pytest

from media_library.media.conform import conform, house_rate, needs_conform
from media_library.media.errors import HaltedError
from media_library.media.probe import probe

HOUSE = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", "-ac", "2", "-movflags", "+faststart")


def test_the_sample_needs_nothing(sample):
    assert needs_conform(probe(sample)) == []


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("a.mkv", HOUSE[:-2], "not MP4"),
        ("a.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus"), "vp9"),
        ("a.ts", HOUSE[:-2], "transport stream"),
        ("ten.mp4", (*HOUSE, "-pix_fmt", "yuv420p10le"), "yuv420p10le"),
        ("full.mp4", (*HOUSE, "-pix_fmt", "yuv444p"), "yuv444p"),
        ("far.mp4", (*HOUSE, "-g", "1000"), "too far apart"),
        ("fast.mp4", (*HOUSE, "-r", "100", "-g", "100"), "frames a second"),
        ("vfr.mp4", (*HOUSE, "-vf", r"select='not(mod(n\,7))+not(mod(n\,3))'", "-fps_mode", "vfr"), "varies"),
        ("wide.mp4", (*HOUSE, "-vf", "setsar=4/3"), "not square"),
        ("laced.mp4", (*HOUSE, "-vf", "setfield=tff", "-flags", "+ilme+ildct"), "interlaced"),
        ("mono.mp4", (*HOUSE, "-ac", "1"), "channels"),
        ("cd.mp4", (*HOUSE, "-ar", "44100"), "44100"),
        ("mp3.mp4", (*HOUSE, "-c:a", "libmp3lame"), "mp3"),
        ("end.mp4", HOUSE[:-2], "at the end"),
        (
            "open.mp4",
            (*HOUSE, "-g", "20", "-flags", "-cgop", "-x264-params", "open-gop=1:scenecut=0:keyint=20"),
            "open",
        ),
    ],
)
def test_a_source_that_is_not_the_house_format_becomes_it(make, tmp_path, name, options, reason):
    source = make(name, *options, seconds=4)
    found = probe(source)
    assert any(reason in said for said in needs_conform(found)), needs_conform(found)

    made = conform(source, tmp_path / "house.mp4", found=found)

    assert needs_conform(made) == []
    assert made.duration == pytest.approx(found.duration, abs=0.1)
    assert (made.video.codec, made.video.pix_fmt, made.video.keyframe_interval <= 2.05) == ("h264", "yuv420p", True)
    assert (made.audio.codec, made.audio.rate, made.audio.channels) == ("aac", 48000, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, "house.mp4"])


def test_a_turned_video_is_stored_upright(make, tmp_path):
    import subprocess

    from media_library.media import ffmpeg

    turned = tmp_path / "turned.mp4"
    subprocess.run(
        [
            ffmpeg.program(),
            "-v",
            "error",
            "-display_rotation",
            "90",
            "-i",
            make("flat.mp4", *HOUSE),
            "-c",
            "copy",
            turned,
        ],
        check=True,
        timeout=60,
    )
    made = conform(turned, tmp_path / "house.mp4")
    assert (made.video.width, made.video.height, made.video.rotation) == (180, 320, 0)


def test_the_size_of_the_picture_is_kept(make, tmp_path):
    made = conform(make("odd.mkv", "-c:v", "ffv1", "-c:a", "flac", size="321x181", seconds=1), tmp_path / "house.mp4")
    assert (made.video.width, made.video.height) == (320, 180)


def test_only_what_is_wrong_is_encoded_again(make, tmp_path):
    """Wrong sound only: every picture comes through bit for bit."""
    import av

    source = make("a.mp4", *HOUSE, "-c:a", "libmp3lame")
    conform(source, tmp_path / "house.mp4")

    def packets(path):
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    assert packets(source) == packets(tmp_path / "house.mp4")


def test_a_source_without_sound_stays_without(make, tmp_path):
    made = conform(make("mute.mkv", "-an", "-c:v", "libx264"), tmp_path / "house.mp4")
    assert made.audio is None
    assert needs_conform(made) == []


def test_titles_and_other_metadata_are_dropped(make, tmp_path):
    made = conform(make("a.mkv", *HOUSE[:-2], "-metadata", "title=<script>alert(1)</script>"), tmp_path / "house.mp4")
    assert made.title == ""


def test_rates_are_kept_when_constant_and_made_standard_otherwise():
    assert house_rate(Fraction(25), is_vfr=False) == 25
    assert house_rate(Fraction(2997, 100), is_vfr=False) == Fraction(30000, 1001)
    assert house_rate(Fraction(15), is_vfr=False) == 15
    assert house_rate(Fraction(287, 10), is_vfr=True) == Fraction(30000, 1001)
    assert house_rate(Fraction(100), is_vfr=False) == 60


def test_conforming_stops_when_halted(make, tmp_path):
    source, halt = make("a.mkv", *HOUSE[:-2]), threading.Event()
    halt.set()
    with pytest.raises(HaltedError):
        conform(source, tmp_path / "house.mp4", halt=halt)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mkv"]
