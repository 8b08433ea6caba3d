"""Chapters of a recording: where its subject changes, and what its own words call each part.

After TextTiling (Hearst 1997): what is said before and after each place is compared, and chapters begin where the likeness sinks
deepest between two heights. A cut of the picture, a pause and the end of a sentence make a place likelier.
"""

from __future__ import annotations

import bisect
import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from media_library.media.chapter_titles import Segment, content_words, titles
from media_library.media.webvtt import Block, Cue, Document
from media_library.media.webvtt.cuetext import escape

SHORTEST_FILE_SECONDS = 120.0
SHORTEST_SECONDS = 45.0
FEWEST_SEGMENTS = 6
# A longer list is read by nobody.
MOST_CHAPTERS = 30
# What is compared on each side of a place: a twentieth of the recording, within these bounds.
WINDOW_SHARE, SHORTEST_WINDOW, LONGEST_WINDOW = 20, 30.0, 90.0
# Below this depth the likeness only wavers.
LEAST_DEPTH = 0.25
# How many standard deviations a depth must lie above the mean. Words waver more than meanings.
SPREAD_OF_MEANINGS, SPREAD_OF_WORDS = 0.5, 1.0
NEAR_SHOT_SECONDS = 1.5
PAUSE_SECONDS = 1.5
# How much likelier each of them makes a place.
SHOT_WEIGHT, PAUSE_WEIGHT, SENTENCE_WEIGHT = 0.25, 0.25, 0.25
MOST_WORDS_COMPARED = 1500

Floats = npt.NDArray[np.float32]
_SENTENCE_END = re.compile(r"[.!?…。！？][\"'”’»)\]]*\Z")


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """Seconds. The first begins at 0, each ends where the next begins."""

    start: float
    end: float
    title: str


def chapters(
    *,
    duration: float,
    shots: Sequence[float],
    segments: Sequence[Segment],
    embeddings: npt.NDArray[np.floating] | None = None,
    language: str = "",
) -> list[Chapter]:
    """None for short files, for those without speech, and where the subject does not change.

    `segments` are (start, end, text) in order; `embeddings` has a row for each of them. Without it their words are compared.
    """
    if embeddings is not None and len(embeddings) != len(segments):
        raise ValueError(f"{len(embeddings)} embeddings for {len(segments)} segments")
    spoken = [index for index, (_, _, text) in enumerate(segments) if any(map(str.isalnum, text))]
    if duration < SHORTEST_FILE_SECONDS or len(spoken) < FEWEST_SEGMENTS:
        return []
    segments = [segments[index] for index in spoken]
    if embeddings is None:
        rows, spread = _rows_of_words([content_words(text, language) for _, _, text in segments]), SPREAD_OF_WORDS
    else:
        # Vectors of one model all point one way; only what is beside that tells subjects apart.
        rows, spread = np.asarray(embeddings, np.float32)[spoken], SPREAD_OF_MEANINGS
        rows = rows - rows.mean(axis=0)
    depths = _depths(_likeness(rows, segments, duration))
    threshold = max(LEAST_DEPTH, float(depths[1:].mean() + spread * depths[1:].std()))
    firsts = _chosen(depths, segments, shots, duration, threshold)
    if not firsts:
        return []
    bounds = [0, *firsts, len(segments)]
    names = titles([segments[first:last] for first, last in pairwise(bounds)], language)
    starts = [0.0, *(segments[first][0] for first in firsts), duration]
    return [
        Chapter(start=round(start, 3), end=round(end, 3), title=name)
        for (start, end), name in zip(pairwise(starts), names, strict=True)
    ]


def chapters_vtt(found: Sequence[Chapter]) -> str:
    """A track of kind `chapters`."""
    cues: list[Block] = [Cue.at(chapter.start, chapter.end, escape(chapter.title)) for chapter in found]
    return Document(cues).write()


def _rows_of_words(words: Sequence[Sequence[str]]) -> Floats:
    """tf-idf of the words that occur in several segments."""
    spread = Counter(word for said in words for word in set(said))
    known = [word for word, count in spread.most_common(MOST_WORDS_COMPARED) if count > 1]
    column = {word: index for index, word in enumerate(known)}
    rows = np.zeros((len(words), max(1, len(known))), np.float32)
    for row, said in enumerate(words):
        for word in said:
            if word in column:
                rows[row, column[word]] += math.log(len(words) / spread[word])
    return rows


def _likeness(rows: Floats, segments: Sequence[Segment], duration: float) -> Floats:
    """Cosine of what is said in the window before the start of each segment and in the one after it. The first has none before it: 1."""
    window = min(LONGEST_WINDOW, max(SHORTEST_WINDOW, duration / WINDOW_SHARE))
    starts = [segment[0] for segment in segments]
    lengths = np.array([max(0.1, end - start) for start, end, _ in segments], np.float32)
    summed = np.concatenate(
        [np.zeros((1, rows.shape[1])), np.cumsum(rows * lengths[:, None], axis=0, dtype=np.float64)]
    )
    found = np.ones(len(segments), np.float32)
    for index in range(1, len(segments)):
        first = min(index - 1, bisect.bisect_left(starts, starts[index] - window))
        last = bisect.bisect_left(starts, starts[index] + window)
        before, after = summed[index] - summed[first], summed[last] - summed[index]
        size = float(np.linalg.norm(before) * np.linalg.norm(after))
        found[index] = float(before @ after) / size if size > 1e-9 else 0.0
    return found


def _depths(likeness: Floats) -> Floats:
    """How far each place lies below the nearest heights on both sides."""
    depths = np.zeros(len(likeness), np.float32)
    for index in range(1, len(likeness)):
        heights = []
        for step in (-1, 1):
            at = index
            while 0 < at + step < len(likeness) and likeness[at + step] >= likeness[at]:
                at += step
            heights.append(likeness[at])
        depths[index] = sum(heights) - 2 * likeness[index]
    return depths


def _chosen(
    depths: Floats, segments: Sequence[Segment], shots: Sequence[float], duration: float, threshold: float
) -> list[int]:
    """The segments that begin a chapter, the deepest first served; the first segment is not named."""
    favour = np.array([_favour(index, segments, shots) for index in range(len(segments))], np.float32)
    ranked = sorted(np.flatnonzero(depths >= threshold), key=lambda index: -depths[index] * favour[index])
    taken: list[float] = [0.0, duration]
    firsts: list[int] = []
    for deepest in ranked:
        index = _beside(int(deepest), favour, segments)
        at = segments[index][0]
        if all(abs(at - other) >= SHORTEST_SECONDS for other in taken) and len(firsts) < MOST_CHAPTERS - 1:
            taken.append(at)
            firsts.append(index)
    return sorted(firsts)


def _favour(index: int, segments: Sequence[Segment], shots: Sequence[float]) -> float:
    if index == 0:
        return 1.0
    (_, before, text), (start, _, _) = segments[index - 1], segments[index]
    following = bisect.bisect_left(shots, min(before, start) - NEAR_SHOT_SECONDS)
    is_cut = following < len(shots) and shots[following] <= start + NEAR_SHOT_SECONDS
    return (
        1.0
        + SHOT_WEIGHT * is_cut
        + PAUSE_WEIGHT * (start - before >= PAUSE_SECONDS)
        + SENTENCE_WEIGHT * bool(_SENTENCE_END.search(text.rstrip()))
    )


def _beside(deepest: int, favour: Floats, segments: Sequence[Segment]) -> int:
    """The likeness is smooth, so its lowest place is vague by a segment or two: the most favoured of its neighbours."""
    near = [
        index
        for index in range(max(1, deepest - 2), min(len(segments), deepest + 3))
        if abs(segments[index][0] - segments[deepest][0]) <= SHORTEST_WINDOW / 3
    ]
    return max(near, key=lambda index: (favour[index], -abs(index - deepest)))
