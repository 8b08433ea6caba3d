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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import accumulate, chain
from pathlib import Path
from typing import Any, TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media_library.media.avc import (
    Picture,
    Record,
    holds_idr,
    is_reference,
    is_sequence_set,
    length_prefixed,
    parameter_sets,
    set_id,
)
from media_library.media.encoding import PROFILES, encoded, picture_encoder
from media_library.media.errors import HaltedError, RangeError
from media_library.media.ffmpeg import Progress
from media_library.media.opening import open_media, picture_stream

# Times come rounded to milliseconds from transcripts and pages; frames are never closer than eight of them.
SLACK_SECONDS = Fraction(1, 1000)

_SEEK_BACK_SECONDS = (0.25, 3.0, 12.0, 60.0)
# Further from a clean keyframe than this, the program that is made for encoding does it better.
_MOST_PICTURES_TO_DECODE = 720
_AAC_FRAME = 1024
# So much later than its picture, in the file, sound is still waited for.
_SOUND_LATE_SECONDS = 2
# Joining programs leave 2559:2560 and the like behind.
_SQUARE_WITHIN = Fraction(1, 100)
# Quick, because a person waits for it, and fine enough that the seam does not show.
_PRESET, _CRF = "ultrafast", 16
_REPORT_EVERY = 250
# What one sample costs at most in an MP4's index, and what the index holds besides.
_INDEX_BYTES_A_SAMPLE, _INDEX_BYTES = 48, 16_384

VideoPacket: TypeAlias = "av.Packet[VideoStream]"


class NotJoinableError(Exception):
    """This range cannot be made by copying. The text is the reason, to go on after "because"."""


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
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> Joined:
    """Write the frames whose times are in [start, end). Raises NotJoinableError, RangeError, HaltedError and what reading raises."""
    with open_media(source, headers_only=True) as container:
        film = _Film.of(container, halt=halt)
        plan = _plan(film, first=film.tick(start), beyond=film.tick(end), whole_end=end)
        if not _sounds(film, plan):
            film = replace(film, sound=None)
        with av.open(str(into), "w", format=muxer, options={"moov_size": str(_room_for_index(film, plan))}) as output:
            return _Writer(film, plan, output, progress=progress).write()


@dataclass(frozen=True, kw_only=True)
class _Film:
    """The source, known to be of a kind that can be copied in part."""

    container: InputContainer
    picture: VideoStream
    sound: AudioStream | None
    record: Record
    base: Fraction
    fps: Fraction
    halt: threading.Event | None

    @classmethod
    def of(cls, container: InputContainer, *, halt: threading.Event | None) -> _Film:
        picture = picture_stream(container)
        sound = next(iter(container.streams.audio), None)
        rate = picture.average_rate or picture.guessed_rate
        if picture.codec_context.codec.canonical_name != "h264":
            raise NotJoinableError(f"its picture is {picture.codec_context.codec.canonical_name}, not H.264")
        if picture.time_base is None or not rate:
            raise NotJoinableError("its picture has no clock")
        if not all(len(stream.index_entries) for stream in (picture, sound) if stream is not None):
            raise NotJoinableError("it has no index")
        try:
            record = Record.read(picture.codec_context.extradata or b"")
            kinds = [Picture.read(sps) for sps in record.sps]
        except (ValueError, IndexError) as error:
            raise NotJoinableError(f"its H.264 headers are unusual ({error})") from error
        if record.profile not in PROFILES or not kinds:
            raise NotJoinableError("its H.264 profile is not Baseline, Main or High")
        if any((kind.chroma_format, kind.bit_depth) != (1, 8) for kind in kinds):
            raise NotJoinableError("its pixels are not 8-bit 4:2:0")
        if not all(kind.progressive for kind in kinds):
            raise NotJoinableError("it is interlaced")
        _check_square(picture.sample_aspect_ratio)
        if sound is not None:
            _check_sound(sound)
        return cls(
            container=container,
            picture=picture,
            sound=sound,
            record=record,
            base=picture.time_base,
            fps=Fraction(rate),
            halt=halt,
        )

    def tick(self, seconds: float) -> int:
        """The first tick that counts as at or after this time."""
        return math.ceil((Fraction(seconds) - SLACK_SECONDS) / self.base)

    def is_clean(self, packet: VideoPacket) -> bool:
        return packet.is_keyframe and holds_idr(memoryview(packet), length_size=self.record.length_size)

    def pictures_from(self, tick: int) -> Iterator[VideoPacket]:
        """Coded pictures in file order, from a clean keyframe shown at `tick` or before, or from the very first picture."""
        entries = self.picture.index_entries
        for back in _SEEK_BACK_SECONDS:
            self.container.seek(tick - int(back / self.base), stream=self.picture, backward=True)
            packets = self.checked(self.container.demux(self.picture))
            first = next(packets, None)
            if first is not None and ((self.is_clean(first) and _pts(first) <= tick) or first.pos == entries[0].pos):
                return chain([first], packets)
        raise NotJoinableError("there is no clean keyframe near")

    def check_halt(self) -> None:
        if self.halt is not None and self.halt.is_set():
            raise HaltedError

    def checked(self, packets: Iterator[Any]) -> Iterator[Any]:
        """Without the marks of a stream's end; refuses what cannot be copied as it is."""
        for number, packet in enumerate(packets):
            if number % _REPORT_EVERY == 0:
                self.check_halt()
            if not packet.size:
                continue
            if packet.pts is None or packet.dts is None or packet.pos is None or packet.is_corrupt:
                raise NotJoinableError("it is damaged")
            if packet.stream_index == self.picture.index and (packet.is_discard or packet.pts < packet.dts):
                raise NotJoinableError("it hides pictures by an edit list, or its clock runs backwards")
            yield packet


def _check_square(aspect: Fraction | None) -> None:
    if aspect and abs(aspect - 1) > _SQUARE_WITHIN:
        raise NotJoinableError("its pixels are not square")


def _check_sound(sound: AudioStream) -> None:
    codec = sound.codec_context
    if codec.codec.canonical_name != "aac" or codec.profile not in {"LC", None}:
        raise NotJoinableError(
            f"its sound is {codec.codec.canonical_name} {codec.profile or ''}".rstrip() + ", not AAC-LC"
        )
    if sound.time_base != Fraction(1, codec.sample_rate or 1):
        raise NotJoinableError("the clock of its sound does not count samples")


def _pts(packet: av.Packet[Any]) -> int:
    return int(packet.pts or 0)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """In ticks of the picture. Copied are the pictures of which the decoding time is in [`copy_from`, `copy_to`]."""

    first: int
    last: int
    last_duration: int
    beyond: int
    end: Fraction
    head: Sequence[VideoPacket]
    tail: Sequence[VideoPacket]
    headers: bytes
    copy_from: int | None
    copy_to: int
    delay: int


def _plan(film: _Film, *, first: int, beyond: int, whole_end: float) -> _Plan:
    group, after = _last_group(film, beyond)
    shown = sorted(_pts(packet) for packet in group if _pts(packet) < beyond)
    if not shown or shown[-1] < first:
        raise RangeError("There is no frame between these points. Choose them further apart.")
    if after is not None:
        picture_end, end = after, after * film.base
    else:
        # The last frame of the video: sound may go on for a moment longer, and is kept as far as it was asked for.
        picture_end = shown[-1] + int(max(group, key=_pts).duration or 0)
        end = max(picture_end * film.base, Fraction(whole_end))
    encoder = _Encoder(film)
    copied: Sequence[VideoPacket] = ()
    head: list[VideoPacket] = []
    clean: VideoPacket | None = None
    if _pts(group[0]) >= first:
        before, clean = _first_group(film, first)
        copied = group[: _run(group, beyond)]
        head = encoder.encode(before, sorted(_pts(packet) for packet in before if _pts(packet) >= first))
    there = {packet.pts for packet in copied}
    tail = encoder.encode(group, [pts for pts in shown if pts >= first and pts not in there])
    delay = _pts(clean) - int(clean.dts or 0) if clean is not None else 0
    return _Plan(
        first=min(_pts(packet) for packet in chain(head, [clean] if clean else [], tail)),
        last=shown[-1],
        last_duration=picture_end - shown[-1],
        beyond=beyond,
        end=end,
        head=head,
        tail=tail,
        headers=encoder.headers,
        copy_from=int(clean.dts or 0) if clean is not None else None,
        copy_to=int(copied[-1].dts or 0) if copied else 0,
        delay=delay,
    )


def _last_group(film: _Film, beyond: int) -> tuple[list[VideoPacket], int | None]:
    """From the last clean keyframe shown before `beyond`, and when the first picture at or after it is shown (None: there is none)."""
    group: list[VideoPacket] = []
    after: int | None = None
    for packet in film.pictures_from(beyond - 1):
        pts = _pts(packet)
        if pts < beyond and film.is_clean(packet):
            group = []
        group.append(packet)
        _check_length(group)
        if pts >= beyond:
            after = min(pts, after if after is not None else pts)
        if after is not None and int(packet.dts or 0) >= after:
            break
    return group, after


def _first_group(film: _Film, first: int) -> tuple[list[VideoPacket], VideoPacket]:
    """What must be decoded to show `first` and the pictures up to the next clean keyframe; that keyframe."""
    group: list[VideoPacket] = []
    for packet in film.pictures_from(first):
        if film.is_clean(packet):
            if _pts(packet) >= first:
                return group, packet
            group = []
        group.append(packet)
        _check_length(group)
    raise NotJoinableError("there is no clean keyframe after the in point")


def _check_length(group: Sequence[VideoPacket]) -> None:
    if len(group) > _MOST_PICTURES_TO_DECODE:
        raise NotJoinableError("its clean keyframes are too far apart")


def _run(group: Sequence[VideoPacket], beyond: int) -> int:
    """How many packets from the start of the group show, without a hole, the first pictures of it, all before `beyond`."""
    times = [_pts(packet) for packet in group]
    latest = list(accumulate(times, max))
    # The earliest that comes after each place.
    earliest = [*list(accumulate(reversed(times), min))[::-1][1:], max(times) + 1]
    return max(
        (
            place + 1
            for place, (late, early) in enumerate(zip(latest, earliest, strict=True))
            if late < early and late < beyond
        ),
        default=0,
    )


class _Encoder:
    """Pictures again, under parameter sets that the source does not use. All pieces share their headers."""

    def __init__(self, film: _Film) -> None:
        self._film = film
        self.headers = b""

    def encode(self, packets: Sequence[VideoPacket], wanted: Sequence[int]) -> list[VideoPacket]:
        """Samples without decoding times. `packets` start at a clean keyframe; `wanted` are display times in order."""
        if not wanted:
            return []
        if not self._film.is_clean(packets[0]):
            raise NotJoinableError("it does not begin with a clean keyframe")
        decoder = av.CodecContext.create("h264", "r")
        if not isinstance(decoder, VideoCodecContext):
            raise NotJoinableError("this machine cannot decode it")
        decoder.extradata, decoder.thread_type, decoder.thread_count = (
            self._film.picture.codec_context.extradata,
            "AUTO",
            2,
        )
        frames = self._decoded(decoder, packets, wanted)
        first = next(frames, None)
        if first is None:
            raise NotJoinableError("a group of pictures does not decode by itself")
        size = self._film.record.length_size
        encoder = picture_encoder(
            first,
            fps=self._film.fps,
            profile=PROFILES[self._film.record.profile],
            parameter_set=self._film.record.free_id(),
            preset=_PRESET,
            crf=_CRF,
        )
        headers = encoder.extradata or b""
        if self.headers not in {b"", headers}:
            raise NotJoinableError("its ends differ in kind")
        self.headers = headers
        made: list[av.Packet[Any]] = []
        for place, packet in encoded(encoder, chain([first], frames), first=0):
            sample: av.Packet[Any] = av.Packet(length_prefixed(bytes(packet), length_size=size))
            sample.pts, sample.is_keyframe = wanted[place], packet.is_keyframe
            made.append(sample)
        _check_square(decoder.sample_aspect_ratio)
        if len(made) != len(wanted):
            raise NotJoinableError(f"{len(made)} pictures were encoded, not {len(wanted)}")
        return made

    def _decoded(
        self, decoder: VideoCodecContext, packets: Sequence[VideoPacket], wanted: Sequence[int]
    ) -> Iterator[VideoFrame]:
        want, size, last = set(wanted), self._film.record.length_size, wanted[-1]
        needed = (
            packet for packet in packets if packet.pts in want or is_reference(memoryview(packet), length_size=size)
        )
        for packet in chain(needed, [None]):
            self._film.check_halt()
            for frame in decoder.decode(packet):
                if frame.is_corrupt:
                    raise NotJoinableError("a picture at one of its ends is damaged")
                if frame.pts in want:
                    yield frame
                    if frame.pts == last:
                        return


def _sounds(film: _Film, plan: _Plan) -> bool:
    """Whether there is any in the range: a track without a sample is no good."""
    if film.sound is None or film.sound.time_base is None:
        return False
    entries, base = film.sound.index_entries, film.sound.time_base
    last = entries[len(entries) - 1].timestamp + _AAC_FRAME
    return entries[0].timestamp * base < plan.end and last * base > plan.first * film.base


def _room_for_index(film: _Film, plan: _Plan) -> int:
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

    def __init__(self, film: _Film, plan: _Plan, output: Any, *, progress: Progress | None) -> None:
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
            self._put_picture(sample, dts=_pts(sample) - plan.delay, at=None)
        self._copy()
        for sample in plan.tail:
            dts = _pts(sample) - plan.delay
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
                    if self._progress and len(self._joined.wanted) % _REPORT_EVERY == 0:
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
        film, back = self._film, Fraction(_SEEK_BACK_SECONDS[0])
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
        plan, pts = self._plan, _pts(packet)
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
        pts, duration = _pts(packet), int(packet.duration or _AAC_FRAME)
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
