"""Films of clips: every frame that was asked for, none more, and its sound with it."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from media_library.media import ffmpeg, loudness
from media_library.media.assemble import Piece, Place, Source, Wish, lay_out, make_piece, stitch
from media_library.media.burning import Burnt, film_cues, film_words
from media_library.media.decoding import RATE, whole
from media_library.media.film_frames import Footage, Shape, film_shape, footage, parts_of_picture, span_of
from media_library.media.film_sound import Heard, Music, film_sound
from media_library.media.titling import Font, title_card
from media_library.media.webvtt.model import Cue
from media_library.media.words import Word
from media_library.tests.media.films import KINDS, NOISE, NUMBERED, SIZE, numbers

FONT = Path(__file__).parents[3] / "chat" / "exporting" / "fonts" / "DejaVuSans.ttf"
OTHERS = ("ntsc.mp4", "fast.mp4", "mono.mp4", "silent.mp4", "plain.mp4", "far.mp4")
LETTERS = [Font(FONT, frozenset(range(32, 0x700)))]
Ranges = list[tuple[float, float]]


def film(
    sources: list[Footage | None],
    ranges: Ranges,
    wishes: list[dict[str, object]],
    into: Path,
    *,
    shape: Shape,
    transition: int = 10,
) -> tuple[Piece, list[Place], list[Source]]:
    spans = [span_of(one, shape, start=start, end=end) for one, (start, end) in zip(sources, ranges, strict=True)]
    places = lay_out(
        [Wish(frames=span.frames, **wish) for span, wish in zip(spans, wishes, strict=True)],  # type: ignore[arg-type]  # the cases are plain mappings
        transition=transition,
    )
    shown = [Source(footage=one, span=span) for one, span in zip(sources, spans, strict=True)]
    pieces = [
        make_piece(
            source,
            into.with_name(f"piece-{number}.mp4"),
            shape,
            place,
            before=shown[number - 1] if number else None,
        )
        for number, (source, place) in enumerate(zip(shown, places, strict=True))
    ]
    return stitch(pieces, into, shape), places, shown


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """One second and a half of each kind."""
    made = {}
    for kind in KINDS:
        if kind.name in OTHERS:
            made[kind.name] = tmp_path_factory.mktemp("kind") / kind.name
            filters = ",".join(filter(None, [NUMBERED, kind.filters]))
            command = [ffmpeg.program(), "-nostdin", "-v", "error", "-y"]
            command += ["-f", "lavfi", "-i", f"testsrc2=s={SIZE}:r={kind.rate}:d=2,{filters}"]
            command += ["-f", "lavfi", "-i", f"{NOISE}:d=2", *kind.options, f"file:{made[kind.name]}"]
            subprocess.run(command, check=True, timeout=120)
    return made


@pytest.fixture(scope="session")
def source(numbered_film: Path) -> Footage:
    return footage(numbered_film)


RANGES: Ranges = [(0.36, 1.72), (2.0, 3.0), (1.04, 2.48), (0.0, 0.4), (3.2, 4.0)]


def test_plain_cuts_hold_each_frame_once_and_copy_most_of_them(source: Footage, tmp_path: Path) -> None:
    shape = film_shape([(source, 1.0)])
    made, _, _ = film([source] * 5, RANGES, [{}] * 5, tmp_path / "film.mp4", shape=shape)
    wanted = [number for start, end in RANGES for number in range(round(start * 25), round(end * 25))]
    shown = numbers(made.path)
    assert [number for _, number in shown] == wanted
    assert [at for at, _ in shown] == [pytest.approx(place / 25, abs=1e-4) for place in range(len(wanted))]
    assert made.frames == len(wanted)
    assert made.copied > len(wanted) / 3


def test_ten_clips_stay_in_sync_within_a_frame_and_twenty_milliseconds(source: Footage, tmp_path: Path) -> None:
    shape = film_shape([(source, 1.0)])
    ranges = [(0.12 * number + 0.02, 0.12 * number + 1.377) for number in range(10)]
    made, places, shown = film([source] * 10, ranges, [{}] * 10, tmp_path / "film.mp4", shape=shape)
    heard = [
        Heard(path=source.path, first=one.span.first, place=place) for one, place in zip(shown, places, strict=True)
    ]
    sound = film_sound(heard, tmp_path / "film.m4a", fps=shape.fps)
    assert sound.duration == pytest.approx(made.frames / 25, abs=1e-6)
    mixed, original = whole(tmp_path / "film.m4a"), whole(source.path)
    assert abs(len(mixed) - sound.duration * RATE) <= 1024
    for one, place in zip(shown, places, strict=True):
        # The clip's own noise, found where its first frame stands.
        at, begin = round(place.shows / 25 * RATE), round(one.span.first * RATE)
        piece, wanted = mixed[at + 4800 : at + 24000, 0], original[begin + 4800 : begin + 24000, 0]
        best = lag(piece, wanted)
        assert abs(best) / RATE <= 0.020, best


def lag(heard: np.ndarray, wanted: np.ndarray) -> int:
    """By how many samples one is later than the other."""
    size = 2 * len(heard)
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)))
    best = int(np.argmax(product))
    return best if best < size // 2 else best - size


def test_a_dissolve_shares_frames_and_a_dip_goes_through_black(source: Footage, tmp_path: Path) -> None:
    shape = film_shape([(source, 1.0)])
    wishes: list[dict[str, object]] = [{}, {"transition": "dissolve"}, {"transition": "dip"}]
    made, places, _ = film([source] * 3, [(0, 2), (1, 3), (2, 4)], wishes, tmp_path / "film.mp4", shape=shape)
    assert (places[1].dissolves, places[0].leaves, places[2].rises, places[1].falls) == (10, 10, 5, 5)
    assert made.frames == 50 + 50 - 10 + 50
    with av.open(str(made.path)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert len(frames) == made.frames
    dark = [float(frame.mean()) for frame in frames]
    begins = places[2].begins
    assert min(dark) == min(dark[begins - 1], dark[begins])
    assert dark[begins] < dark[begins + 10] / 3
    # Before and after the ten that are shared, frames are the footage's own.
    assert [number for _, number in numbers(made.path, 0, 40)] == list(range(40))
    assert [number for _, number in numbers(made.path, 50, 85)] == list(range(35, 70))


def test_a_title_stands_before_its_clip(source: Footage, tmp_path: Path) -> None:
    shape = film_shape([(source, 1.0)])
    span = span_of(source, shape, start=1.0, end=2.0)
    (place,) = lay_out([Wish(frames=span.frames, card=30)], transition=10)
    card = title_card("Harbour", shape, fonts=LETTERS)
    piece = make_piece(Source(footage=source, span=span), tmp_path / "piece.mp4", shape, place, card=card)
    assert piece.frames == 55
    with av.open(str(piece.path)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    letters = int((frames[15] > 150).sum())
    assert letters > 50
    assert int((frames[0] > 150).sum()) < letters / 4
    assert [number for _, number in numbers(piece.path, 30)] == list(range(25, 50))


@pytest.mark.parametrize("name", OTHERS)
def test_footage_of_another_kind_takes_the_films_form(
    name: str, source: Footage, tmp_path: Path, films: dict[str, Path]
) -> None:
    other = footage(films[name])
    shape = film_shape([(source, 1.0), (other, 0.5)])
    assert (shape.fps, shape.width) == (25, 160)
    made, places, shown = film(
        [source, other], [(0.0, 1.0), (0.5, 1.5)], [{}, {"transition": "dissolve"}], tmp_path / "film.mp4", shape=shape
    )
    assert made.frames == 25 + 25 - 8
    assert [number for _, number in numbers(made.path, 0, 17)] == list(range(17))
    rate = float(other.shape.fps)
    later = [number for _, number in numbers(made.path, 25)]
    wanted = [(0.5 + place / 25) * rate for place in range(8, 25)]
    assert all(abs(number - at) <= 1.01 for number, at in zip(later, wanted, strict=True))
    heard = [
        Heard(path=one.footage.path, first=one.span.first, place=place)
        for one, place in zip(shown, places, strict=True)
        if one.footage
    ]
    assert film_sound(heard, tmp_path / "film.m4a", fps=shape.fps).duration == pytest.approx(made.frames / 25)


@pytest.mark.parametrize(("aspect", "size"), [("9:16", (96, 170)), ("1:1", (96, 96)), ("16:9", (170, 96))])
def test_a_chosen_aspect_fits_the_picture_in(
    aspect: str, size: tuple[int, int], source: Footage, tmp_path: Path
) -> None:
    for fill in ("black", "blurred"):
        shape = film_shape([(source, 1.0)], aspect=aspect, fill=fill)  # type: ignore[arg-type]  # the cases are plain strings
        assert (shape.width, shape.height, shape.headers) == (*size, b"")
        made, _, _ = film([source], [(0.0, 0.4)], [{}], tmp_path / f"{fill}.mp4", shape=shape)
        assert (made.frames, made.copied) == (10, 0)
        with av.open(str(made.path)) as container:
            first = next(container.decode(video=0))
            assert (first.width, first.height) == size
            edge = first.to_ndarray(format="gray")[2 if size[1] > size[0] else 40, 2]
            assert aspect == "16:9" or fill == "blurred" or edge < 5 or size == (96, 96)


def test_sound_alone_is_seen_as_black(source: Footage, tmp_path: Path, recording: Path) -> None:
    shape = film_shape([(None, 1.0), (source, 1.0)])
    made, places, _ = film([None, source], [(0.0, 1.0), (0.0, 1.0)], [{}, {}], tmp_path / "film.mp4", shape=shape)
    with av.open(str(made.path)) as container:
        frames = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    assert (len(frames), int(frames[10].max())) == (50, 0) or frames[10].max() < 3
    heard = [
        Heard(path=recording, first=Fraction(0), place=places[0]),
        Heard(path=None, first=Fraction(0), place=places[1]),
    ]
    film_sound(heard, tmp_path / "film.m4a", fps=shape.fps)
    mixed = whole(tmp_path / "film.m4a")
    assert np.abs(mixed[4800:40000]).max() > 0.05
    assert np.abs(mixed[60000:90000]).max() < 0.01


@pytest.mark.parametrize("target", [-14.0, -23.0])
def test_the_film_is_as_loud_as_it_is_to_be(target: float, source: Footage, tmp_path: Path) -> None:
    place = lay_out([Wish(frames=100)], transition=0)[0]
    film_sound(
        [Heard(path=source.path, first=Fraction(0), place=place)], tmp_path / "a.m4a", fps=Fraction(25), loudness=target
    )
    found = loudness.measure(tmp_path / "a.m4a")
    assert found.integrated == pytest.approx(target, abs=1.0)
    assert found.true_peak <= -1.0


def test_music_gives_way_where_somebody_speaks(source: Footage, recording: Path, tmp_path: Path) -> None:
    silence = Heard(path=None, first=Fraction(0), place=Place(begins=0, shows=0, frames=150))
    made = film_sound(
        [silence],
        tmp_path / "a.m4a",
        fps=Fraction(25),
        music=Music(path=recording, level=0.0),
        speech=[(2.0, 2.5), (2.6, 4.0)],
    )
    assert made.ducked == ((2.0, 4.0),)
    mixed = whole(tmp_path / "a.m4a")

    def level(start: float, end: float) -> float:
        part = mixed[round(start * RATE) : round(end * RATE)]
        return 10 * float(np.log10((part**2).mean()))

    # The recording lasts four seconds and is heard again; under speech it is 12 dB lower.
    assert level(0.5, 1.7) - level(2.3, 3.8) == pytest.approx(12, abs=1.5)
    assert level(5.8, 6.0) < level(0.5, 1.7) - 15


def test_words_become_captions_in_the_films_time_and_are_drawn(source: Footage, tmp_path: Path) -> None:
    words = [Word("Before.", 0.2, 0.8), Word("The", 1.1, 1.3), Word("harbour.", 1.3, 1.9), Word("After.", 2.4, 2.9)]
    moved = film_words(words, start=1.0, end=2.0, at=3.0)
    assert [(word.text, round(word.start, 3)) for word in moved] == [("The", 3.1), ("harbour.", 3.3)]
    cues = film_cues([("en", []), ("en", moved)], fps=Fraction(25), cuts=[0.0, 3.0], duration=4.0)
    assert [cue.text for cue in cues] == ["The harbour."]
    assert 3.0 <= cues[0].start < 3.2
    assert cues[0].end <= 4.0
    shape = film_shape([(source, 1.0)])
    burnt = Burnt([Cue.at(0.4, 0.8, "Hi &amp; <i>low</i>")], shape, begins=0, fonts=LETTERS)
    for number, drawn in ((9, False), (10, True), (19, True), (20, False)):
        planes = shape.black()
        burnt(planes, number)
        assert (parts_of_picture(planes, shape.width, shape.height)[0].max() > 150) == drawn, number
