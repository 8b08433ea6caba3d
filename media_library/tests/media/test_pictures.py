"""Thumbnails, waveform, shots and loudness of the sample and of made-up files."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from PIL import Image

from media_library.media import loudness, shots, thumbnails, waveform
from media_library.media.errors import HaltedError, NoAudioError, NoVideoError


def test_cuts_of_the_sample_are_found_at_their_very_frames(sample):
    told: list[float] = []
    assert shots.shot_changes(sample, progress=lambda fraction, _: told.append(fraction)) == [10.0, 19.0, 28.0, 38.0]
    assert told == sorted(told)


def test_one_shot_has_no_cuts(make):
    assert shots.shot_changes(make("one.mp4", "-c:v", "libx264", "-an")) == []


def test_exact_frames_are_those_shown_at_the_time(sample):
    before, after = thumbnails.frames_at(sample, [9.999, 10.0], exact=True)
    rough = thumbnails.frame_at(sample, 9.999, exact=False)

    difference = np.abs(np.asarray(before, np.int16) - np.asarray(after, np.int16)).mean()
    assert difference > 20  # the cut is between them
    assert rough.size == before.size == (1280, 720)
    assert np.abs(np.asarray(rough, np.int16) - np.asarray(after, np.int16)).mean() > 20


def test_frames_come_upright_and_at_the_width_asked_for(make, tmp_path):
    import subprocess

    from media_library.media import ffmpeg

    # White above, black below, then marked to be turned.
    flat = make(
        "flat.mp4",
        "-vf",
        "drawbox=0:0:iw:ih/2:white:fill,drawbox=0:ih/2:iw:ih/2:black:fill",
        "-c:v",
        "libx264",
        "-an",
        seconds=0.5,
    )
    turned = tmp_path / "turned.mp4"
    subprocess.run(
        [ffmpeg.program(), "-v", "error", "-display_rotation", "90", "-i", flat, "-c", "copy", turned],
        check=True,
        timeout=60,
    )
    reference = tmp_path / "reference.png"
    subprocess.run([ffmpeg.program(), "-v", "error", "-i", turned, "-frames:v", "1", reference], check=True, timeout=60)

    picture = thumbnails.frame_at(turned, 0, width=90)

    with Image.open(reference) as upright:
        expected = np.asarray(upright.convert("L").resize(picture.size), np.int16)
    assert picture.size == (90, 160)
    assert np.abs(np.asarray(picture.convert("L"), np.int16) - expected).mean() < 12


def test_the_poster_is_neither_black_nor_a_fade(make, tmp_path):
    path = make(
        "dark.mp4",
        "-vf",
        "drawbox=enable='lt(t,4)':color=black:t=fill",
        "-g",
        "10",
        "-c:v",
        "libx264",
        "-an",
        seconds=6,
    )

    at = thumbnails.poster(path, tmp_path / "poster.jpg", width=160)

    assert at >= 4
    with Image.open(tmp_path / "poster.jpg") as picture:
        assert picture.size == (160, 90)
        assert np.asarray(picture).mean() > 60


def test_the_sprite_shows_each_part_of_the_video(sample, tmp_path):
    sheet = thumbnails.sprite(sample, tmp_path / "sprite.jpg", tiles=24, tile_width=80)

    assert (sheet.tile_width, sheet.tile_height, sheet.columns) == (80, 45, 5)
    assert sheet.times[0] == 1.0
    with Image.open(tmp_path / "sprite.jpg") as picture:
        assert picture.size == (400, 225)
        x, y, width, height = sheet.cell(11)  # at 23 s
        tile = np.asarray(picture.crop((x, y, x + width, y + height)), np.int16)
    shown = thumbnails.frame_at(sample, sheet.times[11], width=80)
    assert np.abs(tile - np.asarray(shown, np.int16)).mean() < 15
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sprite.jpg"]


def test_a_file_without_picture_has_no_frames(make):
    with pytest.raises(NoVideoError):
        thumbnails.frame_at(make("a.wav", "-vn"), 0)


def test_peaks_follow_the_sound(make):
    # A tone of half scale, silent in its second half; 44.1 kHz to see that slices still add up.
    path = make("a.wav", "-vn", "-ar", "44100", sound="aevalsrc='if(lt(t,1),0.5,0)*sin(880*PI*t)':s=44100")

    peaks = waveform.waveform(path)

    assert (len(peaks.low), len(peaks.high), peaks.duration) == (100, 100, 2.0)
    assert set(peaks.high[:49]) <= {63, 64}
    assert set(peaks.low[:49]) <= {-65, -64, -63}
    assert set(peaks.high[51:]) == set(peaks.low[51:]) == {0}
    assert peaks.as_json()["per_second"] == 50


def test_every_slice_of_the_sample_is_drawn(sample):
    peaks = waveform.waveform(sample)

    assert len(peaks.low) == len(peaks.high) == 48 * 50
    assert max(peaks.high[:45]) <= 1  # nobody speaks in the first second
    assert max(peaks.high[60:300]) > 20


def test_a_mute_file_has_no_waveform(make):
    with pytest.raises(NoAudioError):
        waveform.waveform(make("mute.mp4", "-an", "-c:v", "libx264"))


def test_loudness_of_a_known_tone(make):
    # EBU Tech 3341: a 1 kHz stereo sine at -23 dBFS measures -23 LUFS.
    tone = f"aevalsrc='{10 ** (-23 / 20)}*sin(2000*PI*t)|{10 ** (-23 / 20)}*sin(2000*PI*t)':s=48000"
    measured = loudness.measure(make("tone.wav", "-vn", seconds=5, sound=tone))
    assert measured.integrated == pytest.approx(-23.0, abs=0.1)
    assert measured.true_peak == pytest.approx(-23.0, abs=0.2)


@pytest.mark.parametrize(
    "work",
    [
        lambda path, into, halt: shots.shot_changes(path, halt=halt),
        lambda path, into, halt: thumbnails.poster(path, into, halt=halt),
        lambda path, into, halt: thumbnails.sprite(path, into, halt=halt),
        lambda path, into, halt: waveform.waveform(path, halt=halt),
    ],
)
def test_all_of_it_stops_when_halted(sample, tmp_path, work):
    halt = threading.Event()
    halt.set()
    with pytest.raises(HaltedError):
        work(sample, tmp_path / "a.jpg", halt)
    assert list(tmp_path.iterdir()) == []
