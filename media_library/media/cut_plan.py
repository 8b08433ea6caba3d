"""What of a range can be copied and what must be encoded, and the encoding of that. `smart_cut` tells the whole story."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, chain
from typing import Any, TypeAlias

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media_library.media.avc import Picture, Record, holds_idr, is_reference, length_prefixed
from media_library.media.encoding import PROFILES, encoded, picture_encoder
from media_library.media.errors import HaltedError, RangeError
from media_library.media.opening import picture_stream

# Times come rounded to milliseconds from transcripts and pages; frames are never closer than eight of them.
SLACK_SECONDS = Fraction(1, 1000)

SEEK_BACK_SECONDS = (0.25, 3.0, 12.0, 60.0)
# Further from a clean keyframe than this, the program that is made for encoding does it better.
_MOST_PICTURES_TO_DECODE = 720
# Joining programs leave 2559:2560 and the like behind.
_SQUARE_WITHIN = Fraction(1, 100)
# Quick, because a person waits for it, and fine enough that the seam does not show.
_PRESET, _CRF = "ultrafast", 16
# Packets between two looks at whether to stop, and two words on how far it is.
REPORT_EVERY = 250

VideoPacket: TypeAlias = "av.Packet[VideoStream]"


class NotJoinableError(Exception):
    """This range cannot be made by copying. The text is the reason, to go on after "because"."""


@dataclass(frozen=True, kw_only=True)
class Film:
    """The source, known to be of a kind that can be copied in part."""

    container: InputContainer
    picture: VideoStream
    sound: AudioStream | None
    record: Record
    base: Fraction
    fps: Fraction
    halt: threading.Event | None

    @classmethod
    def of(cls, container: InputContainer, *, halt: threading.Event | None, silent: bool = False) -> Film:
        """`silent` leaves the sound out, whatever it is."""
        picture = picture_stream(container)
        sound = None if silent else next(iter(container.streams.audio), None)
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
        for back in SEEK_BACK_SECONDS:
            self.container.seek(tick - int(back / self.base), stream=self.picture, backward=True)
            packets = self.checked(self.container.demux(self.picture))
            first = next(packets, None)
            if first is not None and (
                (self.is_clean(first) and shown_at(first) <= tick) or first.pos == entries[0].pos
            ):
                return chain([first], packets)
        raise NotJoinableError("there is no clean keyframe near")

    def check_halt(self) -> None:
        if self.halt is not None and self.halt.is_set():
            raise HaltedError

    def checked(self, packets: Iterator[Any]) -> Iterator[Any]:
        """Without the marks of a stream's end; refuses what cannot be copied as it is."""
        for number, packet in enumerate(packets):
            if number % REPORT_EVERY == 0:
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


def shown_at(packet: av.Packet[Any]) -> int:
    return int(packet.pts or 0)


@dataclass(frozen=True, kw_only=True)
class Plan:
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


def plan_cut(film: Film, *, first: int, beyond: int, whole_end: float) -> Plan:
    group, after = _last_group(film, beyond)
    shown = sorted(shown_at(packet) for packet in group if shown_at(packet) < beyond)
    if not shown or shown[-1] < first:
        raise RangeError("There is no frame between these points. Choose them further apart.")
    if after is not None:
        picture_end, end = after, after * film.base
    else:
        # The last frame of the video: sound may go on for a moment longer, and is kept as far as it was asked for.
        picture_end = shown[-1] + int(max(group, key=shown_at).duration or 0)
        end = max(picture_end * film.base, Fraction(whole_end))
    encoder = _Encoder(film)
    copied: Sequence[VideoPacket] = ()
    before: Sequence[VideoPacket] = ()
    clean: VideoPacket | None = None
    if shown_at(group[0]) >= first:
        before, clean = _first_group(film, first)
        copied = group[: _run(group, beyond)]
    there = {packet.pts for packet in copied}
    # Side by side: neither end keeps more than one core busy.
    with ThreadPoolExecutor(2) as pool:
        head, tail = pool.map(
            encoder.encode,
            (before, group),
            (
                sorted(shown_at(packet) for packet in before if shown_at(packet) >= first),
                [pts for pts in shown if pts >= first and pts not in there],
            ),
        )
    delay = shown_at(clean) - int(clean.dts or 0) if clean is not None else 0
    return Plan(
        first=min(shown_at(packet) for packet in chain(head, [clean] if clean else [], tail)),
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


def _last_group(film: Film, beyond: int) -> tuple[list[VideoPacket], int | None]:
    """From the last clean keyframe shown before `beyond`, and when the first picture at or after it is shown (None: there is none)."""
    group: list[VideoPacket] = []
    after: int | None = None
    for packet in film.pictures_from(beyond - 1):
        pts = shown_at(packet)
        if pts < beyond and film.is_clean(packet):
            group = []
        group.append(packet)
        _check_length(group)
        if pts >= beyond:
            after = min(pts, after if after is not None else pts)
        if after is not None and int(packet.dts or 0) >= after:
            break
    return group, after


def _first_group(film: Film, first: int) -> tuple[list[VideoPacket], VideoPacket]:
    """What must be decoded to show `first` and the pictures up to the next clean keyframe; that keyframe."""
    group: list[VideoPacket] = []
    for packet in film.pictures_from(first):
        if film.is_clean(packet):
            if shown_at(packet) >= first:
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
    times = [shown_at(packet) for packet in group]
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

    def __init__(self, film: Film) -> None:
        self._film = film
        self._headers: set[bytes] = set()

    @property
    def headers(self) -> bytes:
        """Once all pieces are made; empty when there are none."""
        if len(self._headers) > 1:
            raise NotJoinableError("its ends differ in kind")
        return next(iter(self._headers), b"")

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
            held=self._film.record.held_pictures(),
        )
        self._headers.add(encoder.extradata or b"")
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
