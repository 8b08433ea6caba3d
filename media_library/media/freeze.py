"""The picture of the accessible version: the source, holding its last frame at each pause point.

Only the groups of pictures that contain a pause are encoded again, or taken from the film of before where they hold the same; the others
are copied bit for bit. The encoded ones get parameter sets
with another id, and both stand in the file's header, so samples carry none. Decoding times are rebuilt for the whole track: the i-th
sample in file order gets the i-th display time less one constant. A source whose groups lean on each other is encoded whole.
"""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer, OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from media_library.media.avc import Record, holds_idr, length_prefixed
from media_library.media.encoding import PROFILES, encoded, picture_encoder
from media_library.media.errors import HaltedError, RenderError, UnsupportedError
from media_library.media.ffmpeg import Progress
from media_library.media.kept import Kept, Part, Sample, key_of, parts_of
from media_library.media.opening import open_media
from media_library.media.pauses import Pause
from media_library.media.probe import probe
from media_library.media.writing import written

_REPORT_EVERY = 250


class _NotJoinableError(Exception):
    """This source cannot be copied in part; it must be encoded whole. The text is the reason."""


@dataclass(frozen=True, kw_only=True)
class HeldPicture:
    """`encoded_frames` of `frames` were encoded anew; `reason` says why all were, when they were. `parts` are the groups that hold."""

    frames: int
    encoded_frames: int
    reason: str = ""
    parts: tuple[Part, ...] = ()


def frame_count(source: Path) -> tuple[Fraction, int]:
    """(frames a second, number of frames) of a mezzanine's picture, as pauses must be set on."""
    with open_media(source) as container:
        stream = _stream(container)
        fps = _rate(stream)
        shown = [packet.pts for packet in container.demux(stream) if packet.pts is not None and packet.size]
        if not shown:
            raise RenderError
        base = stream.time_base or Fraction(1)
        return fps, round((max(shown) - min(shown)) * base * fps) + 1


def held_picture(
    source: Path,
    into: Path,
    *,
    pauses: Sequence[Pause],
    identity: str = "",
    kept: Kept | None = None,
    progress: Progress | None = None,
    halt: threading.Event | None = None,
) -> HeldPicture:
    """Write the picture alone as MP4. `pauses` must be those of `on_frames` for this source's `frame_count`.

    From `kept`, the film of before, come the groups that hold as they did, of the source that `identity` names.
    """
    if probe(source).require(video=True).kind.demuxer != "mov":
        raise UnsupportedError("Only a video that the studio has prepared can be rendered. Prepare it again.")
    try:
        return _joined(source, into, pauses=pauses, identity=identity, kept=kept, progress=progress, halt=halt)
    except _NotJoinableError as reason:
        return _encoded_whole(source, into, pauses=pauses, reason=str(reason), progress=progress, halt=halt)


@dataclass(frozen=True)
class _Plan:
    """In frames: where each is held and for how long; `gops[i]` is the first frame of the i-th group, with the end last."""

    fps: Fraction
    base: Fraction
    tick: int
    first: int
    frames: int
    gops: tuple[int, ...]
    delay: int
    held: dict[int, int]

    def output(self, frame: int) -> int:
        """The place of a source frame in the output."""
        return frame + sum(count for boundary, count in self.held.items() if boundary <= frame)

    def index(self, pts: int) -> int:
        return round(Fraction(pts - self.first, self.tick))

    def held_in(self, group: int) -> tuple[int, int, list[tuple[int, int]]]:
        """What the pictures of a group are: where it begins and ends in the source, and which of them are held."""
        begin, end = self.gops[group], self.gops[group + 1]
        inside = sorted((at - begin, count) for at, count in self.held.items() if begin < at <= end)
        return begin, end, inside

    def touched(self) -> set[int]:
        """The groups that contain a frame to be held."""
        return {bisect_right(self.gops, boundary - 1) - 1 for boundary in self.held}


def _stream(container: InputContainer) -> VideoStream:
    return container.streams.video[0]


def _rate(stream: VideoStream) -> Fraction:
    rate = stream.average_rate or stream.guessed_rate
    if not rate:
        raise UnsupportedError("The frame rate of this video cannot be told. Prepare it again.")
    return Fraction(rate)


def _held_frames(pauses: Sequence[Pause], fps: Fraction) -> dict[int, int]:
    return {round(Fraction(pause.at) * fps): round(Fraction(pause.seconds) * fps) for pause in pauses}


def _check(halt: threading.Event | None) -> None:
    if halt is not None and halt.is_set():
        raise HaltedError


def _plan(
    container: InputContainer, stream: VideoStream, *, pauses: Sequence[Pause], halt: threading.Event | None
) -> _Plan:
    """Read all packets' times once. Raises _NotJoinableError unless frames are evenly spaced and groups closed."""
    fps, base = _rate(stream), stream.time_base or Fraction(1)
    step = 1 / (fps * base)
    if step.denominator != 1:
        raise _NotJoinableError("frames do not fall on the clock of the file")
    shown: list[int] = []
    starts: list[int] = []
    for packet in container.demux(stream):
        if packet.pts is None or not packet.size:
            continue
        if packet.is_keyframe:
            starts.append(len(shown))
        shown.append(packet.pts)
        if len(shown) % _REPORT_EVERY == 0:
            _check(halt)
    tick, first = int(step), min(shown, default=0)
    places = [(pts - first) // tick for pts in shown]
    if not places or sorted(shown) != list(range(first, first + tick * len(shown), tick)) or starts[:1] != [0]:
        raise _NotJoinableError("frames are not evenly spaced")
    gops = (*starts, len(places))
    if any(min(places[begin:end]) != begin or max(places[begin:end]) != end - 1 for begin, end in pairwise(gops)):
        raise _NotJoinableError("groups of pictures are open")
    delay = max(order - place for order, place in enumerate(places))
    return _Plan(fps, base, tick, first, len(places), gops, delay, _held_frames(pauses, fps))


def _joined(
    source: Path,
    into: Path,
    *,
    pauses: Sequence[Pause],
    identity: str,
    kept: Kept | None,
    progress: Progress | None,
    halt: threading.Event | None,
) -> HeldPicture:
    with open_media(source) as container, parts_of(kept, "video") as before:
        stream = _stream(container)
        plan = _plan(container, stream, pauses=pauses, halt=halt)
        extradata = stream.codec_context.extradata
        try:
            record = Record.read(extradata or b"")
        except ValueError as error:
            raise _NotJoinableError(str(error)) from error
        if record.profile not in PROFILES:
            raise _NotJoinableError("profile of H.264 is not a common one")
        encoder = _encoder(stream, plan, record)
        container.seek(0)
        with written(into) as part, av.open(str(part), "w", format="mp4") as output:
            track = output.add_stream_from_template(stream)
            track.codec_context.extradata = record.joined(encoder.extradata or b"").write()
            track.time_base = plan.base
            writer = _Writer(output, track, plan, total=plan.frames + sum(plan.held.values()), progress=progress)
            encoded = 0
            touched = plan.touched()
            parts: list[Part] = []
            headers = hashlib.sha256(encoder.extradata or b"").hexdigest()
            for number, group in enumerate(_groups(container, stream, plan)):
                _check(halt)
                if number in touched:
                    key = key_of("picture", identity, headers, *plan.held_in(number))
                    first = writer.count
                    if not _take_group(before.take(key), plan.output(plan.gops[number]), writer=writer):
                        encoded += _encode_group(group, record=record, stream=stream, plan=plan, writer=writer)
                    parts.append(Part(key=key, first=first, count=writer.count - first))
                else:
                    _copy_group(group, record=record, plan=plan, writer=writer)
        if writer.count != writer.total:
            raise _NotJoinableError(f"{writer.count} frames came out, not {writer.total}")
        return HeldPicture(frames=writer.total, encoded_frames=encoded, parts=tuple(parts))


def _groups(container: InputContainer, stream: VideoStream, plan: _Plan) -> Iterator[list[av.Packet[VideoStream]]]:
    ends = set(plan.gops[1:])
    group: list[av.Packet[VideoStream]] = []
    count = 0
    for packet in container.demux(stream):
        if packet.pts is None or not packet.size:
            continue
        group.append(packet)
        count += 1
        if count in ends:
            yield group
            group = []


@dataclass
class _Writer:
    """Gives each sample its times and counts them."""

    output: OutputContainer
    track: VideoStream
    plan: _Plan
    total: int
    progress: Progress | None
    count: int = 0

    def write(self, packet: av.Packet[Any], *, place: int) -> None:
        packet.time_base = self.plan.base
        packet.pts = place * self.plan.tick
        packet.dts = (self.count - self.plan.delay) * self.plan.tick
        packet.duration = self.plan.tick
        packet.stream = self.track
        self.output.mux_one(packet)
        self.count += 1
        if self.progress and self.count % _REPORT_EVERY == 0:
            self.progress(min(1.0, self.count / self.total), "Rendering the picture")


def _copy_group(group: list[av.Packet[VideoStream]], *, record: Record, plan: _Plan, writer: _Writer) -> None:
    if not holds_idr(bytes(group[0]), length_size=record.length_size):
        raise _NotJoinableError("a keyframe is not a clean start")
    for packet in group:
        writer.write(packet, place=plan.output(plan.index(packet.pts or 0)))


def _take_group(samples: Sequence[Sample], place: int, *, writer: _Writer) -> bool:
    """The group as it stands in the film of before: encoded ones lean on nothing else, and show their pictures in the order of the file."""
    for number, sample in enumerate(samples):
        packet = av.Packet(sample.data)
        packet.is_keyframe = sample.is_key
        writer.write(packet, place=place + number)
    return bool(samples)


def _encode_group(
    group: list[av.Packet[VideoStream]], *, record: Record, stream: VideoStream, plan: _Plan, writer: _Writer
) -> int:
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = stream.codec_context.extradata
    frames = [frame for packet in [*group, None] for frame in decoder.decode(packet)]
    if len(frames) != len(group):
        raise _NotJoinableError("a group of pictures does not decode by itself")
    begin = plan.index(min(packet.pts or 0 for packet in group))
    encoder = _encoder(stream, plan, record)
    before = writer.count
    for place, packet in encoded(encoder, _held(frames, begin, plan.held), first=plan.output(begin)):
        sample = av.Packet(length_prefixed(bytes(packet), length_size=record.length_size))
        sample.is_keyframe = packet.is_keyframe
        writer.write(sample, place=place)
    return writer.count - before


def _encoder(stream: VideoStream, plan: _Plan, record: Record) -> VideoCodecContext:
    """For groups that stand between copied ones."""
    return picture_encoder(
        stream.codec_context,
        fps=plan.fps,
        profile=PROFILES[record.profile],
        parameter_set=record.free_id(),
        held=record.held_pictures(),
    )


def _held(frames: Iterable[VideoFrame], begin: int, held: dict[int, int]) -> Iterator[VideoFrame]:
    """Each frame once, and the one before a boundary as often again as it is held. `begin` is the place of the first."""
    for number, frame in enumerate(frames, start=begin):
        for _ in range(1 + held.get(number + 1, 0)):
            yield frame


def _encoded_whole(
    source: Path,
    into: Path,
    *,
    pauses: Sequence[Pause],
    reason: str,
    progress: Progress | None,
    halt: threading.Event | None,
) -> HeldPicture:
    fps, frames = frame_count(source)
    held = _held_frames(pauses, fps)
    total = frames + sum(held.values())
    with open_media(source) as container:
        stream = _stream(container)
        stream.codec_context.thread_type = "AUTO"
        encoder = picture_encoder(stream.codec_context, fps=fps, profile="high", parameter_set=0)
        with written(into) as part, av.open(str(part), "w", format="mp4") as output:
            track = output.add_stream_from_template(stream)
            track.codec_context.extradata = encoder.extradata
            track.time_base = 1 / fps
            count = 0
            pictures = _held(_in_slots(container, stream, fps=fps, slots=frames, halt=halt), 0, held)
            for place, packet in encoded(encoder, pictures, first=0):
                packet.time_base, packet.pts, packet.dts, packet.duration = 1 / fps, place, place, 1
                packet.stream = track
                output.mux_one(packet)
                count += 1
                if progress and count % _REPORT_EVERY == 0:
                    progress(min(1.0, count / total), "Rendering the picture")
    if count != total:
        into.unlink(missing_ok=True)
        raise RenderError(log=f"{count} frames came out, not {total}")
    return HeldPicture(frames=total, encoded_frames=total, reason=reason)


def _in_slots(
    container: InputContainer, stream: VideoStream, *, fps: Fraction, slots: int, halt: threading.Event | None
) -> Iterator[VideoFrame]:
    """One frame for each place of a constant rate: the last one shown by then."""
    slot = 0
    shown: VideoFrame | None = None
    first: Fraction | None = None
    for frame in container.decode(stream):
        _check(halt)
        at = Fraction(frame.pts or 0) * (frame.time_base or Fraction(1))
        first = at if first is None else first
        due = round((at - first) * fps)
        while shown is not None and slot < min(due, slots):
            yield shown
            slot += 1
        shown = frame
    while shown is not None and slot < slots:
        yield shown
        slot += 1
