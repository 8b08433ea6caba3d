"""A film made again after one hold was moved: what did not change comes from the film before, and the result is that of making it anew."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest

from media_library.media import sound
from media_library.media.freeze import frame_count
from media_library.media.kept import Kept, Part
from media_library.media.pauses import Pause, on_frames
from media_library.media.render import SoundTrack, accessible_video
from media_library.media.timemap import TimeMap
from media_library.media.verify import Expectation, verify
from media_library.media.webvtt.model import Cue
from media_library.tests.media.test_sound import tone

HOUSE = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "25", "-c:a", "aac", "-ac", "2", "-movflags", "+faststart")


@pytest.fixture
def source(make: Any) -> Path:
    path: Path = make("film.mp4", *HOUSE, seconds=12)
    return path


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    path: Path = tone(tmp_path / "voice.wav", 0.8)
    return path


class Film:
    """What one rendering leaves behind. Without `before` it is made anew."""

    def __init__(
        self, folder: Path, source: Path, voice: Path, points: list[float], before: Film | None = None
    ) -> None:
        folder.mkdir()
        self.path, self.mix, self.plain = folder / "film.mp4", folder / "mix.m4a", folder / "plain.m4a"
        self.fps, self.frames = frame_count(source)
        seconds = float(self.frames / self.fps)
        # A hold that was moved is of another length too: all that follows is moved by it.
        wished = [Pause(at, 1.55 + at / 100) for at in points]
        self.pauses = on_frames(wished, fps=self.fps, frames=self.frames)
        times = TimeMap(self.pauses)
        clips = [sound.Clip(path=voice, start=times.out_before(pause.at) + 0.25) for pause in self.pauses]
        kept = {"mix": None, "plain": None, "path": None} if before is None else before.kept()
        about = {"pauses": self.pauses, "duration": seconds, "identity": "one"}
        self.mix_parts = sound.description_mix(source, self.mix, clips=clips, kept=kept["mix"], **about).parts
        self.plain_parts = sound.retimed_programme(source, self.plain, kept=kept["plain"], **about)
        self.rendered = accessible_video(
            source,
            self.path,
            pauses=self.pauses,
            sounds=[
                SoundTrack(path=self.mix, language="en", title="Described"),
                SoundTrack(path=self.plain, language="en", title="Original"),
            ],
            chapters=times.chapters([Cue.at(0, 6, "One = 1; #"), Cue.at(6, seconds, "Two &amp; three")]),
            identity="one",
            kept=kept["path"],
        )
        self.length = seconds + times.added

    def kept(self) -> dict[str, Kept]:
        assert self.rendered.picture is not None
        found: dict[str, tuple[Path, tuple[Part, ...]]] = {
            "mix": (self.mix, self.mix_parts),
            "plain": (self.plain, self.plain_parts),
            "path": (self.path, self.rendered.picture.parts),
        }
        return {name: Kept(path=path, parts=parts) for name, (path, parts) in found.items()}

    @property
    def encoded(self) -> int:
        assert self.rendered.picture is not None
        return self.rendered.picture.encoded_frames


@pytest.fixture
def before(tmp_path: Path, source: Path, voice: Path) -> Film:
    return Film(tmp_path / "before", source, voice, [1.5, 4.5, 7.5, 10.5])


def test_a_moved_hold_gives_the_film_that_making_it_anew_gives(
    tmp_path: Path, source: Path, voice: Path, before: Film
) -> None:
    points = [1.5, 4.9, 7.5, 10.5]
    anew = Film(tmp_path / "anew", source, voice, points)
    again = Film(tmp_path / "again", source, voice, points, before)

    assert again.path.read_bytes() == anew.path.read_bytes()
    assert again.mix.read_bytes() == anew.mix.read_bytes()
    assert again.encoded < anew.encoded / 3


def test_only_what_touches_the_moved_hold_is_encoded(tmp_path: Path, source: Path, voice: Path, before: Film) -> None:
    again = Film(tmp_path / "again", source, voice, [1.5, 4.5, 7.9, 10.5], before)
    kept = {part.key for part in before.mix_parts}
    assert [part.key in kept for part in again.mix_parts] == [True, True, False, False, True]
    kept = {part.key for part in before.plain_parts}
    assert [part.key in kept for part in again.plain_parts] == [True, True, False, False, True]


def test_the_film_that_was_made_again_passes_all_checks(
    tmp_path: Path, source: Path, voice: Path, before: Film
) -> None:
    film = Film(tmp_path / "again", source, voice, [1.5, 4.9, 7.5, 10.5], before)
    expected = Expectation(
        duration=film.length, fps=film.fps, sounds=["en", "en"], places=[pause.at for pause in film.pauses]
    )
    assert [check for check in verify(film.path, expected) if not check.passed] == []
    with av.open(str(film.path)) as container:
        for stream in (container.streams.video[0], *container.streams.audio):
            container.seek(0)
            times = [packet.dts for packet in container.demux(stream) if packet.size]
            steps = {later - earlier for earlier, later in pairwise(times)}
            assert len(steps) == 1


def test_chapters_stand_in_the_film_in_its_own_times(before: Film) -> None:
    with av.open(str(before.path)) as container:
        chapters = container.chapters()
    assert [chapter["metadata"]["title"] for chapter in chapters] == ["One = 1; #", "Two & three"]
    added = sum(pause.seconds for pause in before.pauses[:2])
    assert float(chapters[1]["start"] * chapters[1]["time_base"]) == pytest.approx(6 + added, abs=0.001)


def test_a_film_of_another_source_gives_nothing(tmp_path: Path, source: Path, voice: Path, before: Film) -> None:
    report = sound.description_mix(
        source, tmp_path / "mix.m4a", clips=[], pauses=before.pauses, duration=12.0, identity="other",
        kept=before.kept()["mix"],
    )  # fmt: skip
    assert not {part.key for part in report.parts} & {part.key for part in before.mix_parts}


def test_a_damaged_film_of_before_costs_time_and_nothing_else(
    tmp_path: Path, source: Path, voice: Path, before: Film
) -> None:
    short = [Part(key=part.key, first=part.first + 100_000, count=part.count) for part in before.mix_parts]
    kept = Kept(path=before.mix, parts=tuple(short))
    about: dict[str, Any] = {"clips": [], "pauses": before.pauses, "duration": 12.0, "identity": "one"}
    sound.description_mix(source, tmp_path / "one.m4a", kept=kept, **about)
    sound.description_mix(source, tmp_path / "two.m4a", **about)
    assert (tmp_path / "one.m4a").read_bytes() == (tmp_path / "two.m4a").read_bytes()
