"""Thumbnails, waveform, shots and loudness of the sample and of made-up files."""

from __future__ import annotations

import threading

import av
import numpy as np
import pytest
from PIL import Image

from media_library.media import loudness, shots, thumbnails, waveform, webvtt
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


def brightness_of_times(path, seconds):
    return [
        float(np.asarray(picture.convert("L")).mean()) for picture in thumbnails.frames_at(path, seconds, exact=True)
    ]


def test_the_poster_is_sharp_and_well_lit(make, tmp_path):
    """Noise that is blurred, then glaring, then as it should be, then dim."""
    path = make(
        "mixed.mp4",
        "-vf",
        "gblur=sigma=12:enable='lt(t,3)',eq=brightness=0.7:enable='between(t,3,6)',eq=brightness=-0.35:enable='gte(t,9)'",
        *("-g", "10", "-c:v", "libx264", "-an"),
        seconds=12,
    )
    at = thumbnails.poster(path, tmp_path / "poster.jpg", width=160)
    assert 6 <= at < 9


def test_the_caller_may_say_what_a_picture_is_worth(make, tmp_path):
    path = make("a.mp4", "-g", "10", "-c:v", "libx264", "-an", "-vf", "hue=h=90*floor(t/3)", seconds=12)
    seen: list[tuple[int, ...]] = []

    def fifth(picture):
        seen.append(picture.shape)
        return 1.0 if len(seen) == 5 else 0.0

    at = thumbnails.poster(path, tmp_path / "poster.webp", score=fifth)

    assert set(seen) == {(180, 320, 3)}
    assert len(seen) == 12
    assert at == pytest.approx(12 * 5 / 13, abs=0.4)
    with Image.open(tmp_path / "poster.webp") as picture:
        assert (picture.format, picture.size) == ("WEBP", (320, 180))


def test_the_poster_is_the_very_frame_whose_time_is_told(make, tmp_path):
    path = make("ntsc.mp4", "-g", "10", "-c:v", "libx264", "-an", rate="30000/1001", seconds=6)
    at = thumbnails.poster(path, tmp_path / "poster.jpg")
    frames = thumbnails.frames_at(path, [at + 0.001 + step * 1001 / 30000 for step in (-1, 0, 1)], exact=True)
    with Image.open(tmp_path / "poster.jpg") as picture:
        poster = np.asarray(picture, np.int16)
    before, same, after = (float(np.abs(poster - np.asarray(frame, np.int16)).mean()) for frame in frames)
    assert same < min(before, after)


def test_a_film_that_is_black_throughout_has_a_poster_all_the_same(make, tmp_path):
    path = make("black.mp4", "-vf", "drawbox=color=black:t=fill", "-c:v", "libx264", "-an")
    called = []
    thumbnails.poster(path, tmp_path / "poster.jpg", score=lambda picture: called.append(1) or 1.0)
    assert (tmp_path / "poster.jpg").exists()
    assert called == []


def test_the_sprite_shows_each_part_of_the_video(sample, tmp_path):
    sheet = thumbnails.sprite(sample, tmp_path / "sprite.jpg", columns=5, count=24, width=80)

    assert sheet == thumbnails.Sprite(columns=5, rows=5, width=80, height=45, interval=2.0, count=24)
    assert sheet.time(0) == 1.0
    with Image.open(tmp_path / "sprite.jpg") as picture:
        assert picture.size == (400, 225)
        x, y, width, height = sheet.cell(11)  # at 23 s
        tile = np.asarray(picture.crop((x, y, x + width, y + height)), np.int16)
    shown = thumbnails.frame_at(sample, sheet.time(11), width=80)
    assert np.abs(tile - np.asarray(shown, np.int16)).mean() < 15
    assert sorted(path.name for path in tmp_path.iterdir()) == ["sprite.jpg"]


def tiles_of(path, sheet) -> list[float]:
    """The brightness of each tile."""
    with Image.open(path) as picture:
        grey = picture.convert("L")
        cells = (sheet.cell(index) for index in range(sheet.count))
        return [float(np.asarray(grey.crop((x, y, x + width, y + height))).mean()) for x, y, width, height in cells]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("far.mp4", ("-g", "999", "-c:v", "libx264")),  # one keyframe only
        ("vfr.mp4", ("-c:v", "libx264", "-bf", "0", "-fps_mode", "vfr")),
        ("late.ts", ("-c:v", "libx264", "-output_ts_offset", "100")),
        ("live.webm", ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-f", "webm", "-live", "1")),
    ],
)
def test_a_short_video_has_a_tile_for_each_second_of_its_own(make, tmp_path, name, options):
    """It grows brighter with time; a variable rate drops most frames of the second half."""
    drop = r"select='lt(t,3)+not(mod(n+1\,10))'," if name == "vfr.mp4" else ""
    path = make(name, "-vf", f"{drop}geq=lum='40+30*T':cb=128:cr=128", *options, "-an", seconds=6)

    sheet = thumbnails.sprite(path, tmp_path / "sprite.webp")

    assert (sheet.count, sheet.columns, sheet.rows) == (6, 6, 1)
    assert sheet.interval == pytest.approx(1.0, abs=0.03)
    expected = brightness_of_times(path, [sheet.time(index) for index in range(6)])
    assert tiles_of(tmp_path / "sprite.webp", sheet) == pytest.approx(expected, abs=3)
    assert expected == sorted(expected)
    assert expected[-1] - expected[0] > 100


def test_a_damaged_place_costs_neither_poster_nor_sprite(make, tmp_path):
    path = make("a.mp4", "-g", "25", "-c:v", "libx264", "-an", size="160x90", seconds=40)
    with av.open(str(path)) as container:
        keyframes = [(packet.pos, packet.size) for packet in container.demux(video=0) if packet.is_keyframe]
    with path.open("r+b") as file:
        for position, size in keyframes[15:20]:
            file.seek(position)
            file.write(bytes(size))

    thumbnails.poster(path, tmp_path / "poster.jpg")
    sheet = thumbnails.sprite(path, tmp_path / "sprite.jpg", width=80)

    assert sheet.count == 40
    tiles = tiles_of(tmp_path / "sprite.jpg", sheet)
    assert tiles[15:20] == pytest.approx([tiles[14]] * 5, abs=1)


def test_a_blink_of_a_video_has_one_tile(make, tmp_path):
    sheet = thumbnails.sprite(make("a.mp4", "-c:v", "libx264", "-an", seconds=0.4), tmp_path / "sprite.jpg")
    assert (sheet.count, sheet.rows, sheet.columns) == (1, 1, 1)
    assert sheet.interval == pytest.approx(0.4, abs=0.05)


def test_tiles_of_a_turned_video_stand_upright(make, tmp_path):
    import subprocess

    from media_library.media import ffmpeg

    turned = tmp_path / "turned.mp4"
    command = [ffmpeg.program(), "-v", "error", "-display_rotation", "90", "-i", make("flat.mp4", "-c:v", "libx264")]
    subprocess.run([*command, "-c", "copy", turned], check=True, timeout=60)

    sheet = thumbnails.sprite(turned, tmp_path / "sprite.jpg", width=90)

    assert (sheet.width, sheet.height) == (90, 160)


def test_the_map_of_the_sprite_tells_a_player_where_each_time_is(make, tmp_path):
    sheet = thumbnails.Sprite(columns=2, rows=2, width=160, height=90, interval=2.5, count=3)
    track = thumbnails.sprite_vtt(sheet, address="sprite.jpg")
    assert [(cue.start, cue.end, cue.text) for cue in webvtt.parse_strict(track).cues] == [
        (0.0, 2.5, "sprite.jpg#xywh=0,0,160,90"),
        (2.5, 5.0, "sprite.jpg#xywh=160,0,160,90"),
        (5.0, 7.5, "sprite.jpg#xywh=0,90,160,90"),
    ]


def test_sound_alone_has_neither_poster_nor_sprite(make, tmp_path):
    for work in (thumbnails.poster, thumbnails.sprite):
        with pytest.raises(NoVideoError, match="no video"):
            work(make("a.mp3", "-vn"), tmp_path / "a.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp3"]


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
