"""A cut as FCPXML 1.10, for Final Cut Pro and DaVinci Resolve."""

from __future__ import annotations

from fractions import Fraction
from urllib.parse import quote
from xml.etree import ElementTree as ET

from chat.exporting.values import Cut, Footage, Item, Timeline, is_drop, timeline_of, true_rate
from media_library.media.formats.characters import one_line

DISSOLVE = "FxPlug:4731E73A-8DAC-4113-9A30-AE85B1761265"
DEFAULT_SIZE = (1920, 1080)


def project(cut: Cut) -> bytes:
    """Media are named by their file, relative to where this file lies."""
    laid = timeline_of(cut)
    root = ET.Element("fcpxml", version="1.10")
    resources = ET.SubElement(root, "resources")
    size = next(((one.footage.width, one.footage.height) for one in cut.clips if one.footage.width), DEFAULT_SIZE)
    formats = {(laid.rate, size): _format(resources, "r1", laid.rate, size)}
    assets: dict[str, str] = {}
    for _, clip in laid.clips():
        if clip.footage.id not in assets:
            assets[clip.footage.id] = _asset(resources, clip.footage, formats)
    dissolve = ""
    if any(item.overlap for item in laid.items):
        dissolve = _next_id(resources)
        ET.SubElement(resources, "effect", id=dissolve, name="Cross Dissolve", uid=DISSOLVE)
    event = ET.SubElement(ET.SubElement(root, "library"), "event", name=laid.title or "Cut")
    made = ET.SubElement(event, "project", name=laid.title or "Cut")
    sequence = ET.SubElement(
        made,
        "sequence",
        format="r1",
        duration=_time(laid.length, laid.rate),
        tcStart="0s",
        tcFormat="DF" if is_drop(laid.rate) else "NDF",
        audioLayout="stereo",
        audioRate="48k",
    )
    _spine(ET.SubElement(sequence, "spine"), laid, assets, dissolve)
    ET.indent(root)
    made_of: bytes = ET.tostring(root, encoding="utf-8")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE fcpxml>\n' + made_of + b"\n"


def _spine(spine: ET.Element, laid: Timeline, assets: dict[str, str], dissolve: str) -> None:
    for n, item in enumerate(laid.items):
        following = laid.items[n + 1] if n + 1 < len(laid.items) else None
        # The programs put a transition over the edit and take its other half from the clips' handles.
        head, tail = item.overlap // 2, (following.overlap - following.overlap // 2 if following else 0)
        at, length = _time(item.start + head, laid.rate), _time(item.length - head - tail, laid.rate)
        if item.overlap:
            start, whole = _time(item.start, laid.rate), _time(item.overlap, laid.rate)
            transition = ET.SubElement(spine, "transition", name="Cross Dissolve", offset=start, duration=whole)
            ET.SubElement(transition, "filter-video", ref=dissolve, name="Cross Dissolve")
        if item.clip is None:
            gap = ET.SubElement(spine, "gap", name="Title card", offset=at, start="0s", duration=length)
            ET.SubElement(gap, "note").text = item.words
        else:
            _clip(
                spine,
                item,
                assets[item.clip.footage.id],
                at=at,
                start=_time(item.source + head, laid.rate),
                length=length,
            )


def _clip(spine: ET.Element, item: Item, ref: str, *, at: str, start: str, length: str) -> None:
    clip = item.clip
    assert clip is not None  # noqa: S101  (asked by the caller)
    made = ET.SubElement(
        spine, "asset-clip", ref=ref, name=one_line(clip.title) or "Clip", offset=at, start=start, duration=length
    )
    if clip.footage.fps:
        made.set("tcFormat", "DF" if is_drop(true_rate(clip.footage.fps)) else "NDF")
    if clip.text:
        ET.SubElement(made, "note").text = clip.text


def _asset(resources: ET.Element, footage: Footage, formats: dict[tuple[Fraction, tuple[int, int]], str]) -> str:
    rate = true_rate(footage.fps) if footage.fps else None
    attributes = {"name": footage.title or footage.filename, "start": "0s"}
    if rate is not None:
        attributes["duration"] = _time(max(1, round(Fraction(footage.duration) * rate)), rate)
        form = rate, (footage.width, footage.height) if footage.width else DEFAULT_SIZE
        if form not in formats:
            formats[form] = _format(resources, _next_id(resources), *form)
        attributes |= {"hasVideo": "1", "videoSources": "1", "format": formats[form]}
    else:
        attributes["duration"] = _time(max(1, round(footage.duration * 48000)), Fraction(48000))
    if footage.has_sound:
        attributes |= {"hasAudio": "1", "audioSources": "1", "audioChannels": "2", "audioRate": "48000"}
    made = ET.SubElement(resources, "asset", {"id": _next_id(resources), **attributes})
    ET.SubElement(made, "media-rep", kind="original-media", src=f"./{quote(footage.filename)}")
    return made.attrib["id"]


def _format(resources: ET.Element, name: str, rate: Fraction, size: tuple[int, int]) -> str:
    width, height = size
    ET.SubElement(
        resources,
        "format",
        id=name,
        frameDuration=_time(1, rate),
        width=str(width),
        height=str(height),
        colorSpace="1-1-1 (Rec. 709)",
    )
    return name


def _next_id(resources: ET.Element) -> str:
    return f"r{len(resources) + 1}"


def _time(frames: int, rate: Fraction) -> str:
    """Rational seconds, exactly, as the format wants them."""
    exact = Fraction(frames) / rate
    return f"{exact.numerator}s" if exact.denominator == 1 else f"{exact.numerator}/{exact.denominator}s"
