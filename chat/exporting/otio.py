"""A cut as an OpenTimelineIO timeline."""

from __future__ import annotations

from fractions import Fraction

import opentimelineio as io
from opentimelineio import opentime, schema

from chat.exporting.values import Cut, CutClip, Item, Timeline, timeline_of, true_rate


def timeline(cut: Cut) -> bytes:
    """Picture and sound on a track each. Media are named by their file, to be found beside the timeline."""
    laid = timeline_of(cut)
    made = schema.Timeline(name=laid.title, global_start_time=_time(0, laid.rate))
    for kind, name in ((schema.TrackKind.Video, "V1"), (schema.TrackKind.Audio, "A1")):
        made.tracks.append(_track(laid, kind, name))
    written: str = io.adapters.write_to_string(made, "otio_json", indent=2)
    return f"{written}\n".encode()


def _track(laid: Timeline, kind: str, name: str) -> schema.Track:
    track = schema.Track(name=name, kind=kind)
    for n, item in enumerate(laid.items):
        following = laid.items[n + 1] if n + 1 < len(laid.items) else None
        # Half of a dissolve lies on each side of the edit; what it shows beyond the edit is the clip's handle.
        head, tail = item.overlap // 2, (following.overlap - following.overlap // 2 if following else 0)
        if item.overlap:
            offsets = {"in_offset": _time(head, laid.rate), "out_offset": _time(item.overlap - head, laid.rate)}
            kind_of = schema.TransitionTypes.SMPTE_Dissolve
            track.append(schema.Transition("Dissolve", transition_type=kind_of, **offsets))
        track.append(_piece(item, laid.rate, head=head, tail=tail, kind=kind))
    return track


def _piece(item: Item, rate: Fraction, *, head: int, tail: int, kind: str) -> io.core.Item:
    shown = _range(item.source + head, item.length - head - tail, rate)
    clip = item.clip
    if clip is None:
        gap = schema.Gap(source_range=_range(0, item.length - tail, rate))
        gap.name = "Title card"
        gap.metadata["reelwright"] = {"title_card": item.words}
        return gap
    missing = clip.footage.fps is None if kind == schema.TrackKind.Video else not clip.footage.has_sound
    if missing:
        return schema.Gap(source_range=_range(0, item.length - head - tail, rate))
    made = schema.Clip(name=clip.title, media_reference=_media(clip, rate), source_range=shown)
    made.metadata["reelwright"] = {
        "asset_id": clip.footage.id,
        "quote": clip.text,
        "speaker": clip.speaker,
        "frame_rate": float(true_rate(clip.footage.fps)) if clip.footage.fps else None,
        "dip_frames": item.dip,
    }
    return made


def _media(clip: CutClip, rate: Fraction) -> schema.ExternalReference:
    footage = clip.footage
    length = max(1, round(Fraction(footage.duration) * rate))
    media = schema.ExternalReference(target_url=footage.filename, available_range=_range(0, length, rate))
    media.name = footage.title
    return media


def _time(frames: int, rate: Fraction) -> opentime.RationalTime:
    return opentime.RationalTime(frames, float(rate))


def _range(start: int, length: int, rate: Fraction) -> opentime.TimeRange:
    return opentime.TimeRange(_time(start, rate), _time(length, rate))
