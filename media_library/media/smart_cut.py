"""A range of a video by copying. Encoded are only pictures before the first clean keyframe, and the few at the end that lean on later ones.

1. The end: from the last IDR before the out point, the longest run in file order that is also a run in display order is copied; what it
   lacks (at most a few B-frames' worth) is encoded as an IDR of its own.
2. The start: pictures from the in point to the first IDR at or after it are encoded. A join is always at an IDR.
3. Encoded samples use parameter sets of another id; the header holds both kinds, so that no sample holds any.
4. Copied samples keep their distance between decoding and display; encoded ones get that of the first copied sample, so that decoding
   times rise through every join.
5. AAC is copied from one packet before the one that sounds at the in point (the decoder needs it to warm up); its negative time
   becomes an edit list.

What this cannot do it refuses by NotJoinableError, and the caller encodes the whole range.
"""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.video.stream import VideoStream

from media_library.media.avc import Picture, is_sequence_set, parameter_sets, set_id
from media_library.media.cut_plan import (
    REPORT_EVERY,
    SEEK_BACK_SECONDS,
    Film,
    NotJoinableError,
    Plan,
    VideoPacket,
    plan_cut,
    shown_at,
)
from media_library.media.ffmpeg import Progress
from media_library.media.opening import open_media

_AAC_FRAME = 1024
# So much later than its picture, in the file, sound is still waited for.
_SOUND_LATE_SECONDS = 2
# What one sample costs at most in an MP4's index, and what the index holds besides.
_INDEX_BYTES_A_SAMPLE, _INDEX_BYTES = 48, 16_384


@dataclass(frozen=True)
class Sample:
    """One sample as it must be found in the file. `at`: where the source holds the same bytes, None when it was encoded."""

    pts: int
    size: int
    at: int | None


@dataclass(kw_only=True)
class Joined:
    """What was written, in ticks of the source's tracks, beside the range in seconds of the source."""

    start: Fraction
    end: Fraction
    picture_base: Fraction
    sound_base: Fraction | None = None
    wanted: list[int] = field(default_factory=list)
    pictures: list[Sample] = field(default_factory=list)
    sounds: list[Sample] = field(default_factory=list)

    @property
    def copied(self) -> int:
        return sum(sample.at is not None for sample in self.pictures)


def join(
    source: Path,
    into: Path,
    *,
    start: float,
    end: float,
    muxer: str,
    silent: bool = False,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Joined:
    """Write the frames whose times are in [start, end), without sound if `silent`.

    Raises NotJoinableError, RangeError, HaltedError and what reading raises.
    """
    with open_media(source, headers_only=True) as container:
        film = Film.of(container, halt=halt, silent=silent)
        plan = plan_cut(film, first=film.tick(start), beyond=film.tick(end), whole_end=end)
        if not _sounds(film, plan):
            film = replace(film, sound=None)
        with av.open(str(into), "w", format=muxer, options={"moov_size": str(_room_for_index(film, plan))}) as output:
            return _Writer(film, plan, output, progress=progress).write()


def _sounds(film: Film, plan: Plan) -> bool:
    """Whether there is any in the range: a track without a sample is no good."""
    if film.sound is None or film.sound.time_base is None:
        return False
    entries, base = film.sound.index_entries, film.sound.time_base
    last = entries[len(entries) - 1].timestamp + _AAC_FRAME
    return entries[0].timestamp * base < plan.end and last * base > plan.first * film.base


def _room_for_index(film: Film, plan: Plan) -> int:
    """The index stands before the samples, so that a browser starts at once; its room is set aside beforehand."""
    samples = len(plan.head) + len(plan.tail) + _entries(film.picture, plan.first * film.base, plan.end)
    if film.sound is not None:
        samples += _entries(film.sound, plan.first * film.base, plan.end)
    return _INDEX_BYTES + samples * _INDEX_BYTES_A_SAMPLE


def _entries(stream: VideoStream | AudioStream, start: Fraction, end: Fraction) -> int:
    entries, base = stream.index_entries, stream.time_base or Fraction(1)
    first = entries.search_timestamp(math.floor((start - 3) / base), backward=True, any_frame=True)
    last = entries.search_timestamp(math.ceil((end + 1) / base), backward=False, any_frame=True)
    return (last if last >= 0 else len(entries)) - max(first, 0)


class _Writer:
    """Head, copied pictures, tail, and the sound beside them, in one reading of the source."""

    def __init__(self, film: Film, plan: Plan, output: Any, *, progress: Progress | None) -> None:
        self._film, self._plan, self._output, self._progress = film, plan, output, progress
        self._sound_first = self._sound_end = 0
        self._sound_next: int | None = None
        self._sound_begins_at = film.sound.index_entries[0].pos if film.sound is not None else 0
        self._dts: int | None = None
        self._brings_sets = False
        start = plan.first * film.base
        self._joined = Joined(start=start, end=plan.end, picture_base=film.base)
        self._picture = output.add_stream_from_template(film.picture)
        record = film.record.joined(plan.headers) if plan.headers else film.record
        self._picture.codec_context.extradata = record.write()
        self._picture.time_base = film.base
        if film.sound is not None and film.sound.time_base is not None:
            self._sound = output.add_stream_from_template(film.sound)
            self._sound.time_base = self._joined.sound_base = film.sound.time_base
            self._sound_first = round(start / film.sound.time_base)
            self._sound_end = round(plan.end / film.sound.time_base)

    def write(self) -> Joined:
        plan = self._plan
        for sample in plan.head:
            self._put_picture(sample, dts=shown_at(sample) - plan.delay, at=None)
        self._copy()
        for sample in plan.tail:
            dts = shown_at(sample) - plan.delay
            self._put_picture(sample, dts=dts if self._dts is None else max(dts, self._dts + 1), at=None)
        self._check_sound_ended()
        return self._joined

    def _copy(self) -> None:
        plan, film = self._plan, self._film
        streams = [film.picture, *([film.sound] if film.sound is not None else [])]
        self._seek()
        pictures_left, sound_left = True, film.sound is not None
        sound_limit = math.ceil((plan.end + _SOUND_LATE_SECONDS) / film.base)
        span = max(1, plan.last - plan.first)
        for packet in film.checked(film.container.demux(*streams)):
            if packet.stream_index != film.picture.index:
                sound_left = sound_left and self._take_sound(packet)
            else:
                if plan.first <= packet.pts < plan.beyond:
                    self._joined.wanted.append(packet.pts - plan.first)
                    if self._progress and len(self._joined.wanted) % REPORT_EVERY == 0:
                        self._progress(min(1.0, (packet.pts - plan.first) / span), "Cutting")
                pictures_left = packet.dts < plan.beyond
                if packet.dts > sound_limit:
                    sound_left = False
                self._take_picture(packet)
            if not pictures_left and not sound_left:
                break

    def _check_sound_ended(self) -> None:
        """All of the range, or all there is."""
        if self._film.sound is None:
            return
        entries = self._film.sound.index_entries
        reached = self._sound_next
        if reached is None:
            reached = max(entries[0].timestamp, self._sound_first)
        if reached < self._sound_end and entries[len(entries) - 1].timestamp >= reached:
            raise NotJoinableError("its sound and picture are far apart in the file")

    def _seek(self) -> None:
        """By the sound where it has begun by then: other tracks are put at or before what was found, so that neither comes too late."""
        film, back = self._film, Fraction(SEEK_BACK_SECONDS[0])
        sound, start = film.sound, self._joined.start
        if sound is not None and sound.time_base is not None:
            entries = sound.index_entries
            if entries[0].timestamp * sound.time_base <= start:
                film.container.seek(math.floor((start - back) / sound.time_base), stream=sound, backward=True)
                return
        film.container.seek(math.floor((start - back) / film.base), stream=film.picture, backward=True)

    def _take_picture(self, packet: VideoPacket) -> None:
        plan = self._plan
        dts = int(packet.dts or 0)
        if plan.copy_from is None or not plan.copy_from <= dts <= plan.copy_to:
            return
        if packet.is_keyframe:
            self._check_sets(packet, begins=dts == plan.copy_from)
        self._put_picture(packet, dts=dts, at=packet.pos)

    def _check_sets(self, packet: VideoPacket, *, begins: bool) -> None:
        """Recordings joined by other programs bring new sets inside samples: harmless as long as nobody relies on earlier ones."""
        record = self._film.record
        brought = parameter_sets(memoryview(packet), length_size=record.length_size)
        if begins:
            self._brings_sets = bool(brought)
        new = brought - {*record.sps, *record.pps}
        if not new:
            return
        if not self._brings_sets or (self._plan.headers and record.free_id() in {set_id(unit) for unit in new}):
            raise NotJoinableError("its parameter sets change on the way")
        known = [Picture.read(sps) for sps in record.sps]
        if any(Picture.read(unit) not in known for unit in new if is_sequence_set(unit)):
            raise NotJoinableError("its picture changes on the way")

    def _put_picture(self, packet: VideoPacket, *, dts: int, at: int | None) -> None:
        plan, pts = self._plan, shown_at(packet)
        if self._dts is not None and dts <= self._dts:
            raise NotJoinableError("its clock does not rise")
        self._dts = dts
        packet.time_base = self._film.base
        packet.pts, packet.dts = pts - plan.first, dts - plan.first
        if pts == plan.last:
            packet.duration = plan.last_duration
        self._joined.pictures.append(Sample(packet.pts, packet.size, at))
        packet.stream = self._picture
        self._output.mux_one(packet)

    def _take_sound(self, packet: av.Packet[Any]) -> bool:
        """Copy it if it sounds in the range or warms the decoder up for it. False: the range is over."""
        pts, duration = shown_at(packet), int(packet.duration or _AAC_FRAME)
        if pts >= self._sound_end:
            return False
        if pts + _AAC_FRAME <= self._sound_first - _AAC_FRAME:
            return True
        if self._sound_next is None and pts > self._sound_first - _AAC_FRAME and packet.pos != self._sound_begins_at:
            raise NotJoinableError("its sound and picture are far apart in the file")
        if self._sound_next not in {None, pts}:
            raise NotJoinableError("its sound has a hole")
        self._sound_next = pts + duration
        packet.pts = packet.dts = pts - self._sound_first
        packet.duration = min(duration, self._sound_end - pts)
        self._joined.sounds.append(Sample(packet.pts, packet.size, packet.pos))
        packet.stream = self._sound
        self._output.mux_one(packet)
        return True
