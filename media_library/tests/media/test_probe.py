from __future__ import annotations

import shutil
import struct
import zlib
from fractions import Fraction

import pytest

from media_library.media.errors import (
    NoAudioError,
    NotMediaError,
    NoVideoError,
    TooLargeError,
    TooLongError,
    TruncatedError,
    UnsupportedError,
)
from media_library.media.limits import SourceLimits
from media_library.media.probe import probe


def test_the_sample_is_what_it_is(sample):
    found = probe(sample).require(video=True, audio=True)

    assert (found.kind.mime, found.duration, found.stream_count, found.is_faststart) == (
        "video/mp4",
        48.0,
        2,
        found.is_faststart,
    )
    assert found.size == sample.stat().st_size
    video, audio = found.video, found.audio
    assert (video.codec, video.profile, video.pix_fmt, video.bit_depth) == ("h264", "High", "yuv420p", 8)
    assert (video.width, video.height, video.fps) == (1280, 720, Fraction(25))
    assert (video.rotation, video.interlaced, video.is_vfr, video.is_open_gop, video.is_trimmed) == (
        0,
        False,
        False,
        False,
        False,
    )
    assert video.has_b_frames
    assert video.keyframe_interval == pytest.approx(2.0)
    assert (audio.codec, audio.rate, audio.channels) == ("aac", 48000, 2)


def test_languages_titles_and_subtitles_are_read(make, tmp_path):
    captions = tmp_path / "a.srt"
    captions.write_text("1\n00:00:00,000 --> 00:00:01,000\nHello\n")
    path = make(
        *(
            "a.mp4",
            "-i",
            str(captions),
            "-map",
            "0:v",
            "-map",
            "1:a",
            "-map",
            "2:s",
            "-c:v",
            "libx264",
            "-c:a",
            "aac",
            "-c:s",
            "mov_text",
        ),
        *(
            "-metadata",
            "title=<script>alert(1)</script>",
            "-metadata:s:a:0",
            "language=spa",
            "-metadata:s:s:0",
            "language=fra",
        ),
    )

    found = probe(path)

    assert found.audio.language == "spa"
    assert [track.language for track in found.subtitles] == ["fra"]
    assert found.title == "<script>alert(1)</script>"  # text like any other: pages escape it


@pytest.mark.parametrize(("degrees", "clockwise"), [(90, 270), (180, 180), (270, 90)])
def test_a_phone_video_says_how_to_turn_it(make, tmp_path, degrees, clockwise):
    import subprocess

    from media_library.media import ffmpeg

    flat = make("flat.mp4", "-c:v", "libx264", "-an", seconds=0.5)
    turned = tmp_path / "turned.mp4"
    subprocess.run(
        [ffmpeg.program(), "-v", "error", "-display_rotation", str(degrees), "-i", flat, "-c", "copy", turned],
        check=True,
        timeout=60,
    )

    video = probe(turned).video

    assert video.rotation == clockwise
    assert video.display_size == ((180, 320) if clockwise != 180 else (320, 180))


def test_variable_rate_open_groups_and_interlacing_are_noticed(make):
    encode = ("-c:v", "libx264", "-an")
    assert probe(
        make("vfr.mp4", "-vf", r"select='not(mod(n\,7))+not(mod(n\,3))'", "-fps_mode", "vfr", *encode)
    ).video.is_vfr
    assert not probe(make("ntsc.mp4", *encode, rate="30000/1001")).video.is_vfr
    assert not probe(make("film.mkv", *encode, rate="24000/1001")).video.is_vfr
    opened = make(
        "open.mp4",
        *encode,
        "-g",
        "20",
        "-flags",
        "-cgop",
        "-x264-params",
        "open-gop=1:scenecut=0:bframes=3:keyint=20",
        seconds=4,
    )
    assert probe(opened).video.is_open_gop
    assert probe(make("laced.mp4", "-vf", "setfield=tff", "-flags", "+ilme+ildct", *encode)).video.interlaced


def test_a_file_without_sound_passes_until_sound_is_required(make):
    found = probe(make("mute.mp4", "-an", "-c:v", "libx264"))

    assert found.audio is None
    with pytest.raises(NoAudioError):
        found.require(audio=True)


def test_a_file_without_picture_passes_until_a_picture_is_required(make):
    found = probe(make("radio.mp3", "-vn", "-c:a", "libmp3lame"))

    assert found.video is None
    with pytest.raises(NoVideoError):
        found.require(video=True)


def test_a_cover_picture_is_not_video(make, tmp_path):
    import subprocess

    from media_library.media import ffmpeg

    sound, cover, both = (
        make("a.mp3", "-vn", "-c:a", "libmp3lame"),
        make("cover.jpg", "-an", "-frames:v", "1"),
        tmp_path / "both.mp3",
    )
    subprocess.run(
        [ffmpeg.program(), "-v", "error", "-i", sound, "-i", cover, "-map", "0", "-map", "1", "-c", "copy", both],
        check=True,
        timeout=60,
    )

    assert probe(both).video is None


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("end.mp4", ["-c:v", "libx264", "-c:a", "aac"]),
        ("front.mp4", ["-c:v", "libx264", "-c:a", "aac", "-movflags", "+faststart"]),
        ("a.mkv", ["-c:v", "libx264", "-c:a", "aac"]),
        ("a.avi", ["-c:v", "mpeg4", "-c:a", "libmp3lame"]),
        ("a.wav", ["-vn"]),
        ("a.flac", ["-vn"]),
        ("a.mp3", ["-vn", "-c:a", "libmp3lame"]),
        ("a.png", ["-an", "-frames:v", "1"]),
        ("a.jpg", ["-an", "-frames:v", "1"]),
    ],
)
def test_a_truncated_file_is_refused(make, name, options):
    path = make(name, *options, seconds=6)
    probe(path)  # whole, it is fine
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * 0.6)])

    with pytest.raises(TruncatedError) as refusal:
        probe(path)
    assert "again" in refusal.value.message


def test_an_empty_file_is_refused(tmp_path):
    path = tmp_path / "empty.mp4"
    path.touch()
    with pytest.raises(TruncatedError):
        probe(path)


def test_subtitles_are_not_video(tmp_path):
    path = tmp_path / "a.vtt"
    path.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nHello\n")
    with pytest.raises(NotMediaError):
        probe(path)


@pytest.mark.parametrize(
    "script",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\ncanary.mp4\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile canary.mp4\n",
    ],
)
@pytest.mark.parametrize("name", ["evil.mp4", "evil.mov", "evil.mkv", "evil.jpg"])
def test_a_playlist_in_disguise_never_opens_its_neighbour(sample, tmp_path, script, name):
    shutil.copy(sample, tmp_path / "canary.mp4")
    path = tmp_path / name
    path.write_text(script)
    with pytest.raises(NotMediaError):
        probe(path)


def test_a_track_kept_in_another_file_is_not_fetched(make, tmp_path):
    """A `dref` that names a sibling (QuickTime's external reference) instead of "in this file"."""
    path = make("a.mov", "-c:v", "libx264", "-an", seconds=0.5)
    content = path.read_bytes()
    own = b"\0\0\0\x0calis\0\0\0\x01"
    if own not in content:
        own = b"\0\0\0\x0curl \0\0\0\x01"
    assert own in content
    path.write_bytes(content.replace(own, own[:-1] + b"\0"))

    from media_library.media.errors import MediaError

    try:
        found = probe(path)
    except MediaError:
        return
    assert found.size == len(content)


@pytest.mark.parametrize(("name", "options"), [("long.mp4", ["-video_track_timescale", "10"]), ("long.mkv", [])])
def test_three_frames_that_last_a_hundred_hours_are_refused(make, name, options):
    path = make(name, "-c:v", "libx264", "-an", *options, rate="1/120000", seconds=360_000)

    with pytest.raises(TooLongError, match=r"lasts 100:00:00; at most 4:00:00 are accepted"):
        probe(path)


def test_limits_are_those_given(make):
    path = make("a.mp4", "-c:v", "libx264", "-c:a", "aac", rate="50")
    with pytest.raises(TooLongError):
        probe(path, limits=SourceLimits(duration=1))
    with pytest.raises(TooLargeError):
        probe(path, limits=SourceLimits(width=160, height=90))
    with pytest.raises(TooLargeError):
        probe(path, limits=SourceLimits(streams=1))
    with pytest.raises(UnsupportedError, match="frames a second"):
        probe(path, limits=SourceLimits(fps=30))


def test_a_picture_of_a_gigapixel_is_refused_by_its_header(tmp_path):
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0))
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b""))

    with pytest.raises(TooLargeError):
        probe(path)


def test_a_video_larger_than_the_studio_takes_is_refused(make):
    path = make("wall.mp4", "-c:v", "libx264", "-preset", "ultrafast", "-an", seconds=0.1, size="5120x1440")
    with pytest.raises(TooLargeError, match="5120"):
        probe(path)


@pytest.mark.parametrize(
    "name", ["-i.mp4", "-version", "a:b.mp4", "http:evil.mp4", "a b'c\"d.mp4", "%03d.mp4", "ü–片.mp4"]
)
def test_a_name_is_only_a_name(sample, tmp_path, name, monkeypatch):
    from pathlib import Path

    from media_library.media.loudness import measure

    shutil.copy(sample, tmp_path / name)
    monkeypatch.chdir(tmp_path)

    assert probe(Path(name)).duration == 48.0
    assert measure(Path(name)).true_peak < 0


def test_a_recording_without_a_length_is_measured(make):
    found = probe(
        make("live.webm", "-c:v", "libvpx-vp9", "-deadline", "realtime", "-c:a", "libopus", "-live", "1", seconds=3)
    )
    assert found.duration == pytest.approx(3.0, abs=0.1)
