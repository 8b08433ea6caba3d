"""Cuts of real files: every frame by the number it carries, every sample by its place."""

from __future__ import annotations

import math
import subprocess
import threading
from fractions import Fraction
from itertools import islice

import av
import numpy as np
import pytest

from media_library.media import cut_check, ffmpeg
from media_library.media.cut import audio_clip, cut, frame_time
from media_library.media.cut_plan import NotJoinableError
from media_library.media.errors import HaltedError, NoAudioError, NoVideoError, RangeError
from media_library.media.probe import probe
from media_library.tests.media.films import (
    KINDS,
    NOISE,
    NUMBERED,
    SIZE,
    Kind,
    delay,
    numbers,
    numbers_by_openh264,
    sound,
)

SECONDS = 4


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """film(kind): made once, with the (time, number) of its frames."""
    made = {}

    def build(kind: Kind):
        if kind.name not in made:
            path = tmp_path_factory.mktemp("films") / kind.name
            picture = f"testsrc2=s={SIZE}:r={kind.rate}:d={SECONDS},{NUMBERED}" + (kind.filters and f",{kind.filters}")
            command = [ffmpeg.program(), "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", picture]
            command += ["-f", "lavfi", "-i", f"{NOISE}:d={SECONDS}", *kind.options, f"file:{path}"]
            subprocess.run(command, check=True, timeout=120)
            made[kind.name] = (path, numbers(path))
        return made[kind.name]

    return build


def kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name.startswith(name))


def points(frames, name):
    """In and out points by what they are about; keyframes of these films are a second apart where they have any."""
    # A transport stream's clock does not begin at zero.
    zero, last = float(frames[0][0]), float(frames[-1][0])
    end = zero + SECONDS - 0.001
    at = {
        "between keyframes": (zero + 0.52, zero + 3.41),
        "on keyframes": (zero + 1.0, zero + 3.0),
        "within one group": (zero + 1.3, zero + 1.72),
        "the whole file": (zero, end),
        "the first frame": (zero, float(frames[1][0])),
        "the last frame": (last, end),
        "just past a frame, in milliseconds": (
            math.ceil(float(frames[17][0]) * 1000) / 1000,
            math.floor(float(frames[61][0]) * 1000) / 1000,
        ),
    }
    return at[name]


RANGES = (
    "between keyframes",
    "on keyframes",
    "within one group",
    "the whole file",
    "the first frame",
    "the last frame",
    "just past a frame, in milliseconds",
)


def decode_errors(path):
    command = [ffmpeg.program(), "-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    return done.stderr or (f"exit {done.returncode}" if done.returncode else "")


@pytest.mark.parametrize("name", RANGES)
@pytest.mark.parametrize("of", KINDS, ids=lambda of: of.name)
def test_a_cut_holds_every_frame_of_its_range_and_no_other(film, tmp_path, of, name):
    source, frames = film(of)
    start, end = points(frames, name)
    wanted = [(at, number) for at, number in frames if start - 0.001 <= at < end - 0.001]

    done = cut(source, tmp_path / "cut.mp4", start=start, end=end)

    got = numbers(tmp_path / "cut.mp4")
    assert [number for _, number in got] == [number for _, number in wanted]
    assert [float(at) for at, _ in got] == pytest.approx([float(at - wanted[0][0]) for at, _ in wanted], abs=0.0006)
    assert (done.method == "smart", done.frames) == (of.copies, len(wanted)), done.reason
    assert done.start == pytest.approx(float(wanted[0][0]))
    assert done.end <= end + 0.05
    assert decode_errors(tmp_path / "cut.mp4") == ""
    assert list(tmp_path.iterdir()) == [tmp_path / "cut.mp4"]


@pytest.mark.parametrize("name", ["between keyframes", "the whole file", "just past a frame, in milliseconds"])
@pytest.mark.parametrize("of", [of for of in KINDS if of.name != "silent.mp4"], ids=lambda of: of.name)
def test_the_sound_of_a_cut_begins_with_its_first_frame(film, tmp_path, of, name):
    source, frames = film(of)
    start, end = points(frames, name)

    done = cut(source, tmp_path / "cut.mp4", start=start, end=end)

    whole, rate = sound(source)
    part, rate_of_cut = sound(tmp_path / "cut.mp4")
    from_there = whole[round(done.start * rate) :][: round(done.duration * rate)]
    if rate == rate_of_cut:
        assert abs(delay(from_there, part)) <= of.sound_within * rate + 0.1
    if of.copies:
        length = min(len(part), len(from_there))
        assert length >= len(from_there) - 1
        assert np.abs(part[:length] - from_there[:length]).max() < 1e-4
    assert abs(len(part) / rate_of_cut - done.duration) < 2 * 1024 / rate_of_cut


def test_most_frames_are_copies_and_neighbouring_cuts_share_none(film, tmp_path):
    source, frames = film(kind("b-frames"))

    first = cut(source, tmp_path / "one.mp4", start=0.0, end=1.4801)
    second = cut(source, tmp_path / "two.mov", start=1.4801, end=3.9, container="mov")

    assert first.end == second.start
    assert (first.frames_encoded, second.frames_encoded) <= (3, 16)
    assert first.frames_copied >= 34
    assert second.frames_copied >= 44
    joined = [number for name in ("one.mp4", "two.mov") for _, number in numbers(tmp_path / name)]
    assert joined == [number for at, number in frames if at < 3.9 - 0.001]
    assert probe(tmp_path / "one.mp4").is_faststart
    assert probe(tmp_path / "two.mov").is_faststart


PAGE = """<!doctype html><title>Clip</title><video muted></video><script>
const video = document.querySelector("video"), canvas = new OffscreenCanvas(160, 96).getContext("2d");
const once = (name) => new Promise((done) => video.addEventListener(name, done, { once: true }));
async function open() {
  const shown = new Promise((done) => video.requestVideoFrameCallback(done));
  video.src = URL.createObjectURL(await (await fetch("/cut.mp4")).blob());
  await shown;
}
async function playThrough() {
  const times = [];
  const note = (_, frame) => { times.push(frame.mediaTime); video.requestVideoFrameCallback(note); };
  video.requestVideoFrameCallback(note);
  const ended = once("ended");
  await video.play();
  await ended;
  return { times, at: video.currentTime, length: video.duration, error: video.error && video.error.message };
}
async function numberAt(seconds) {
  const shown = new Promise((done) => video.requestVideoFrameCallback(done));
  video.currentTime = seconds;
  await shown;
  canvas.drawImage(video, 0, 0);
  let number = 0;
  for (let bit = 0; bit < 10; bit += 1) {
    if (canvas.getImageData(bit * 16 + 8, 16, 1, 1).data[1] > 125) number |= 1 << bit;
  }
  return number;
}
</script>"""


@pytest.mark.parametrize("name", ["between keyframes", "on keyframes", "the whole file", "within one group"])
@pytest.mark.parametrize("of", [of for of in KINDS if of.copies], ids=lambda of: of.name)
def test_a_decoder_of_other_makers_finds_every_frame(film, tmp_path, of, name):
    """Cisco's OpenH264, which shares no code with libavcodec's own decoder; the ffmpeg program only opens the file for it."""
    source, frames = film(of)
    start, end = points(frames, name)
    cut(source, tmp_path / "cut.mp4", start=start, end=end)

    got = numbers_by_openh264(tmp_path / "cut.mp4")

    wanted = [number for at, number in frames if start - 0.001 <= at < end - 0.001]
    assert sorted(got) == wanted
    # When the stream ends it may give the last pictures that it holds by another rule than their times.
    assert got[:-4] == wanted[:-4]


@pytest.mark.browser
@pytest.mark.parametrize("name", ["between keyframes", "just past a frame, in milliseconds"])
@pytest.mark.parametrize("of", ["b-frames", "plain", "vfr", "quicktime", "ntsc"])
def test_a_browser_plays_a_cut_through_its_joins_and_shows_the_right_frames(film, tmp_path, browser, of, name):
    source, frames = film(kind(of))
    start, end = points(frames, name)
    done = cut(source, tmp_path / "cut.mp4", start=start, end=end)
    assert done.method == "smart"
    assert done.frames_copied
    page = browser.new_page()
    page.route("**/cut.mp4", lambda route: route.fulfill(body=(tmp_path / "cut.mp4").read_bytes()))
    page.route("**/page", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    try:
        page.goto("http://127.0.0.1:9/page")
        page.evaluate("open()")
        wanted = [(at, number) for at, number in frames if start - 0.001 <= at < end - 0.001]
        looked_at = [*wanted[1:-1:4], wanted[-1], wanted[0]]
        shown = [page.evaluate("numberAt", float(at - wanted[0][0]) + 0.005) for at, _ in looked_at]
        played = page.evaluate("video.currentTime = 0, playThrough()")
    finally:
        page.close()

    assert shown == [number for _, number in looked_at]
    assert played["error"] is None
    assert played["at"] == played["length"] == pytest.approx(done.duration, abs=0.03)
    assert played["times"] == sorted(played["times"])
    assert len(played["times"]) > 10


def test_a_cut_on_keyframes_encodes_nothing(film, tmp_path):
    source, _ = film(kind("b-frames"))

    done = cut(source, tmp_path / "cut.mp4", start=1.0, end=3.0)

    assert (done.frames_copied, done.frames_encoded) == (50, 0)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_video_stays_turned(film, tmp_path, degrees):
    flat, frames = film(kind("b-frames"))
    turned = tmp_path / "turned.mp4"
    command = [ffmpeg.program(), "-v", "error", "-display_rotation", str(degrees), "-i", flat, "-c", "copy", turned]
    subprocess.run(command, check=True, timeout=60)

    done = cut(turned, tmp_path / "cut.mp4", start=0.52, end=2.41)

    assert done.method == "smart", done.reason
    assert probe(tmp_path / "cut.mp4").video.rotation == probe(turned).video.rotation != 0
    assert [n for _, n in numbers(tmp_path / "cut.mp4")] == [n for at, n in frames if 0.519 <= at < 2.409]


def test_a_range_without_sound_of_a_film_with_sound_has_no_track_for_it(film, tmp_path):
    whole, _ = film(kind("b-frames"))
    short, late = tmp_path / "short.m4a", tmp_path / "late.mp4"
    for command in (
        ("-i", whole, "-map", "0:a", "-t", "1", "-c", "copy", short),
        ("-i", whole, "-itsoffset", "1.5", "-i", short, "-map", "0:v", "-map", "1:a", "-c", "copy", late),
    ):
        subprocess.run([ffmpeg.program(), "-v", "error", *command], check=True, timeout=60)

    before = cut(late, tmp_path / "before.mp4", start=0.3, end=1.2)
    after = cut(late, tmp_path / "after.mp4", start=2.7, end=3.5)
    both = cut(late, tmp_path / "both.mp4", start=1.0, end=3.5)

    assert before.method == after.method == "smart"
    assert probe(tmp_path / "before.mp4").audio is probe(tmp_path / "after.mp4").audio is None
    expected, rate = sound(late)
    assert abs(delay(expected[rate : round(3.5 * rate)], sound(tmp_path / "both.mp4")[0])) <= 1
    assert both.frames == 63


def test_copied_frames_are_those_of_the_source_bit_for_bit(sample, tmp_path):
    """The sample was joined from recordings by another program: its parameter sets change on the way, inside samples."""

    def pictures(path, start, count):
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            container.seek(int(start / stream.time_base), stream=stream)
            shown = (frame for frame in container.decode(stream) if frame.time >= start - 0.001)
            return [frame.to_ndarray(format="gray") for frame in islice(shown, count)]

    done = cut(sample, tmp_path / "cut.mp4", start=18.5, end=20.5)

    assert (done.method, done.frames) == ("smart", 50)
    wanted, got = pictures(sample, 18.5, 50), pictures(tmp_path / "cut.mp4", 0, 50)
    same = [np.array_equal(one, other) for one, other in zip(wanted, got, strict=True)]
    assert sum(same) >= done.frames_copied
    assert all(np.abs(one.astype(int) - other).mean() < 2 for one, other in zip(wanted, got, strict=True)), (
        "encoded frames look like those of the source"
    )


def test_what_an_edit_list_hides_stays_out_of_a_cut(film, tmp_path):
    source, _ = film(kind("b-frames"))
    trimmed = tmp_path / "trimmed.mp4"
    command = [ffmpeg.program(), "-v", "error", "-ss", "1.6", "-i", source, "-c", "copy", trimmed]
    subprocess.run(command, check=True, timeout=60)
    shown = numbers(trimmed)

    done = cut(trimmed, tmp_path / "cut.mp4", start=0.0, end=1.2)

    assert [n for _, n in numbers(tmp_path / "cut.mp4")] == [n for at, n in shown if 0 <= at < 1.199]
    assert (done.method, "hides" in done.reason) == ("whole", True)


def test_a_file_that_fails_its_check_is_encoded_whole(film, tmp_path, monkeypatch):
    source, frames = film(kind("b-frames"))

    def refuse(*_, **__):
        raise NotJoinableError("a copied sample differs from the source")

    monkeypatch.setattr(cut_check, "check", refuse)
    done = cut(source, tmp_path / "cut.mp4", start=0.52, end=2.41)

    assert (done.method, done.reason) == ("whole", "a copied sample differs from the source")
    assert [n for _, n in numbers(tmp_path / "cut.mp4")] == [n for at, n in frames if 0.519 <= at < 2.409]


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (lambda joined: joined.wanted.pop(), "frames of the source are missing"),
        (lambda joined: joined.pictures.pop() and joined.wanted.pop(), "more samples than planned"),
        (lambda joined: joined.sounds.pop(), "more samples than planned"),
    ],
)
def test_the_check_sees_what_differs_from_the_plan(film, tmp_path, monkeypatch, spoil, reason):
    source, _ = film(kind("plain"))
    really = cut_check.check

    def spoiled(made, joined, **rest):
        spoil(joined)
        really(made, joined, **rest)

    monkeypatch.setattr(cut_check, "check", spoiled)

    assert reason in cut(source, tmp_path / "cut.mp4", start=0.52, end=2.41).reason


def test_the_check_sees_a_byte_that_changed(film, tmp_path, monkeypatch):
    source, _ = film(kind("plain"))
    really = cut_check.check

    def damaged(made, joined, **rest):
        content = bytearray(made.read_bytes())
        content[len(content) // 2] ^= 1
        made.write_bytes(content)
        really(made, joined, **rest)

    monkeypatch.setattr(cut_check, "check", damaged)

    assert cut(source, tmp_path / "cut.mp4", start=0.52, end=3.41).reason == "a copied sample differs from the source"


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (math.nan, 1),
        (0, math.nan),
        (0, math.inf),
        (-0.5, 1),
        (2, 1),
        (1, 1),
        (1.301, 1.302),
        (SECONDS + 0.5, SECONDS + 1),
        (1, SECONDS + 1),
    ],
)
@pytest.mark.parametrize("of", ["b-frames", "web"])
def test_points_that_cannot_be_meant_are_refused(film, tmp_path, of, start, end):
    source, _ = film(kind(of))

    with pytest.raises(RangeError):
        cut(source, tmp_path / "cut.mp4", start=start, end=end)

    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("of", ["b-frames", "web"])
def test_a_cut_stops_when_told_to(film, tmp_path, of):
    halt = threading.Event()
    halt.set()

    with pytest.raises(HaltedError):
        cut(film(kind(of))[0], tmp_path / "cut.mp4", start=0.5, end=3.5, halt=halt)

    assert not list(tmp_path.iterdir())


def test_sound_alone_cannot_be_cut_as_a_video(speech, tmp_path):
    with pytest.raises(NoVideoError):
        cut(speech[0], tmp_path / "cut.mp4", start=0.1, end=0.5)


@pytest.mark.parametrize("kind_of_file", ["wav", "m4a", "mp3"])
@pytest.mark.parametrize("of", ["b-frames", "mono", "web"])
def test_a_clip_of_sound_is_exact_to_the_sample(film, tmp_path, of, kind_of_file):
    source, _ = film(kind(of))
    target = tmp_path / f"clip.{kind_of_file}"

    done = audio_clip(source, target, start=1.2345, end=3.21, format=kind_of_file)

    whole, rate = sound(source)
    part, _ = sound(target)
    wanted = whole[round(1.2345 * rate) : round(3.21 * rate)]
    assert abs(delay(wanted, part)) <= kind(of).sound_within * rate + 0.1
    if kind_of_file == "wav" and kind(of).copies:
        assert abs(len(part) - len(wanted)) <= 1
        assert np.abs(part[: len(wanted)] - wanted[: len(part)]).max() < 1e-3
    assert done.duration == pytest.approx(3.21 - 1.2345)


def test_a_clip_of_sound_needs_sound(film, tmp_path):
    with pytest.raises(NoAudioError):
        audio_clip(film(kind("silent"))[0], tmp_path / "clip.mp3", start=0, end=1)


@pytest.mark.parametrize("of", ["b-frames", "ntsc", "vfr", "web"])
def test_the_time_of_a_frame_is_when_it_began(film, of):
    source, frames = film(kind(of))
    for place in (0, 1, 30, len(frames) - 1):
        at = frames[place][0]
        until = frames[place + 1][0] if place + 1 < len(frames) else at + Fraction(1, 50)
        assert frame_time(source, float(at)) == float(at)
        assert frame_time(source, float((at + until) / 2)) == float(at)
    with pytest.raises(RangeError):
        frame_time(source, math.nan)
