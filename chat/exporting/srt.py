"""What is said in a cut as SubRip captions, on the cut's own clock."""

from __future__ import annotations

from dataclasses import replace

from chat.exporting.values import Cut, CutClip, Item, Timeline, timeline_of
from media_library.media import formats
from media_library.media.segmentation import segment
from media_library.media.webvtt.cuetext import escape
from media_library.media.webvtt.model import Cue, Document
from media_library.media.words import Word


def captions(cut: Cut) -> bytes:
    """Cut anew by the house profile for each clip, so that no caption runs over an edit. Footage without a transcript says its quote."""
    laid = timeline_of(cut)
    cues: list[Cue] = []
    for item, clip in laid.clips():
        for cue in _cues(item, clip, laid):
            # While a dissolve shows two clips at once, the one that comes has the word.
            if cues and cues[-1].end > cue.start:
                cues[-1] = Cue.at(cues[-1].start, max(cue.start, cues[-1].start + 0.001), cues[-1].text)
            cues.append(cue)
    return formats.write(Document(blocks=list(cues)), "srt", language="", title=laid.title)


def _cues(item: Item, clip: CutClip, laid: Timeline) -> list[Cue]:
    begin, end = float(item.start / laid.rate), float(item.end / laid.rate)
    if not clip.words:
        return [Cue.at(begin, end, escape(clip.text))] if clip.text else []
    shift = begin - clip.start
    inside = [word for word in clip.words if clip.start <= (word.start + word.end) / 2 < clip.end]
    moved = [_moved(word, shift, begin=begin, end=end) for word in inside]
    return segment(moved, fps=float(laid.rate), language=clip.language, shots=(), duration=end)


def _moved(word: Word, shift: float, *, begin: float, end: float) -> Word:
    start = min(max(word.start + shift, begin), end)
    return replace(word, start=start, end=min(max(word.end + shift, start), end))
