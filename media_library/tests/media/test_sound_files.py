"""Files of sound alone, in every kind that is accepted: what they are, how they look, and what a browser gets to play."""

from __future__ import annotations

import subprocess

import av
import pytest

from media_library.media import ffmpeg
from media_library.media.conform import conform, needs_conform
from media_library.media.errors import TruncatedError
from media_library.media.probe import probe
from media_library.media.waveform import waveform

# Silent in its first half.
SOUND = "aevalsrc='if(lt(t,3),0,0.5*sin(880*PI*t))':s=44100"
COVERED = ("mp3", "flac", "m4a")
KINDS = {
    "a.mp3": ("audio/mpeg", "mp3", ("-vn", "-c:a", "libmp3lame")),
    "bare.mp3": ("audio/mpeg", "mp3", ("-vn", "-q:a", "5", "-write_xing", "0", "-id3v2_version", "0")),
    "tagged.mp3": ("audio/mpeg", "mp3", ("-vn", "-q:a", "5", "-write_xing", "0", "-metadata", f"comment={'x' * 4000}")),
    "a.wav": ("audio/wav", "pcm_s16le", ("-vn",)),
    "float.wav": ("audio/wav", "pcm_f32le", ("-vn", "-c:a", "pcm_f32le")),
    "six.wav": ("audio/wav", "pcm_s24le", ("-vn", "-c:a", "pcm_s24le", "-ac", "6")),
    "a.flac": ("audio/flac", "flac", ("-vn",)),
    "a.ogg": ("audio/ogg", "vorbis", ("-vn", "-c:a", "libvorbis")),
    "a.opus": ("audio/ogg", "opus", ("-vn", "-c:a", "libopus")),
    "a.m4a": ("audio/mp4", "aac", ("-vn", "-c:a", "aac", "-f", "ipod")),
    "plain.mp4": ("video/mp4", "aac", ("-vn", "-c:a", "aac")),
    "a.aac": ("audio/aac", "aac", ("-vn", "-c:a", "aac")),
    "a.webm": ("video/webm", "opus", ("-vn", "-c:a", "libopus")),
    "a.mka": ("video/x-matroska", "flac", ("-vn", "-c:a", "flac")),
}


@pytest.fixture
def with_cover(make, tmp_path):
    def build(path):
        cover, covered = make("cover.png", "-an", "-frames:v", "1", size="64x64"), tmp_path / f"covered{path.suffix}"
        command = [ffmpeg.program(), "-v", "error", "-i", path, "-i", cover, "-map", "0:a", "-map", "1:v", "-c", "copy"]
        subprocess.run([*command, "-disposition:v:0", "attached_pic", covered], check=True, timeout=60)
        with av.open(str(covered)) as container:
            assert len(container.streams.video) == 1
        return covered

    return build


@pytest.mark.parametrize(
    ("name", "has_cover"), [*((name, False) for name in KINDS), *((f"a.{kind}", True) for kind in COVERED)]
)
def test_sound_alone_is_known_drawn_and_made_playable(make, with_cover, tmp_path, name, has_cover):
    mime, codec, options = KINDS[name]
    path = make(name, *options, seconds=6, sound=SOUND)
    if has_cover:
        path = with_cover(path)

    found = probe(path)
    assert (found.kind.mime, found.family, found.video) == (mime, "audio", None)
    assert found.audio.codec == codec
    assert found.duration == pytest.approx(6, abs=0.1)

    peaks = waveform(path)
    assert peaks.duration == pytest.approx(6, abs=0.1)
    assert max(peaks.high[:145]) <= 2
    assert max(peaks.high[155:]) > 10

    made = conform(path, tmp_path / "preview.m4a")
    assert (made.kind.mime, made.family, made.is_faststart) == ("audio/mp4", "audio", True)
    assert (made.audio.codec, made.audio.rate, made.audio.channels) == ("aac", 48000, 2)
    assert made.duration == pytest.approx(6, abs=0.1)
    assert needs_conform(made) == []


def test_a_song_in_the_right_form_is_copied_and_its_cover_left_behind(make, with_cover, tmp_path):
    path = with_cover(make("a.m4a", "-vn", "-c:a", "aac", "-ar", "48000", "-ac", "2"))
    conform(path, tmp_path / "preview.m4a")

    def packets(file):
        with av.open(str(file)) as container:
            assert len(container.streams.video) == (file == path)
            return [bytes(packet) for packet in container.demux(audio=0) if packet.size]

    assert packets(path) == packets(tmp_path / "preview.m4a")


def test_a_cover_is_not_taken_for_the_picture_of_a_video(make, tmp_path):
    film, cover = (
        make("film.mkv", "-c:v", "libx264", "-c:a", "aac"),
        make("cover.jpg", "-an", "-frames:v", "1", size="64x64"),
    )
    both = tmp_path / "both.mp4"
    command = [ffmpeg.program(), "-v", "error", "-i", cover, "-i", film, "-map", "0", "-map", "1", "-c", "copy"]
    subprocess.run([*command, "-disposition:v:0", "attached_pic", both], check=True, timeout=60)

    made = conform(both, tmp_path / "house.mp4")

    assert (made.family, made.video.codec, made.video.width) == ("video", "h264", 320)


@pytest.mark.parametrize("name", ["a.mp3", "a.flac", "a.m4a", "a.wav"])
def test_sound_whose_end_is_missing_is_refused(make, name):
    options = KINDS[name][2]
    path = make(name, *options, seconds=20, sound=SOUND)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(TruncatedError):
        probe(path)
