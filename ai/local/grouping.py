"""Which windows of speech belong to one voice."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from ai.local.voiceprints import Vectors, Windows, mean

# Chosen on conversations of real readers with known turns, see ai.local.voices: lower, two people become one; higher, one becomes two.
ALIKE = 0.63  # average likeness inside a group
SAME = 0.8  # groups whose means are this alike are one person, louder or nearer to the microphone
LEAST = 3  # windows, and LEAST_SHARE of all: fewer are a laugh or a change of speaker rather than somebody
LEAST_SHARE = 0.005
MOST = 4000  # windows grouped at once; the others join the nearest group, because every pair is compared
CHANGE = 0.2  # what a change of speaker must gain in likeness

Labels = npt.NDArray[np.int64]


def group(vectors: Vectors, count: int | None) -> Labels:
    """A number for each window; `count` groups if that is told and there are as many windows."""
    chosen = vectors[:: -(-len(vectors) // MOST)]
    labels = _exactly(chosen, min(count, len(chosen))) if count else _as_heard(chosen)
    return labels if len(chosen) == len(vectors) else np.argmax(vectors @ centres(chosen, labels).T, axis=1)


def centres(vectors: Vectors, labels: Labels) -> Vectors:
    return np.stack([mean(vectors[labels == number]) for number in range(labels.max() + 1)])


def smoothed(windows: Windows, labels: Labels) -> Labels:
    """The likeliest course of speakers in every passage, if a change has to be worth it. Nobody gets lost."""
    for _ in range(2):
        likeness = windows.vectors @ centres(windows.vectors, labels).T
        better = np.concatenate(
            [_course(likeness[windows.passages == passage]) for passage in np.unique(windows.passages)]
        )
        if len(np.unique(better)) <= labels.max():
            break
        labels = better
    return labels


def confidence(vectors: Vectors, labels: Labels) -> float:
    """How much more alike windows are to their own voice than to the next (one voice alone: than to what would be another)."""
    likeness = vectors @ centres(vectors, labels).T
    rows = np.arange(len(labels))
    own = likeness[rows, labels].copy()
    likeness[rows, labels] = -1.0
    other = likeness.max(axis=1) if likeness.shape[1] > 1 else np.full(len(own), ALIKE)
    return float(np.clip(np.mean(own - other) / 0.3, 0.0, 1.0))


def _as_heard(vectors: Vectors) -> Labels:
    if len(vectors) < 2:
        return np.zeros(len(vectors), np.int64)
    labels = _without_strays(vectors, _cut(vectors, 1.0 - ALIKE, "distance"))
    while labels.max():
        means = centres(vectors, labels)
        likeness = means @ means.T - 2 * np.eye(len(means))
        one, other = sorted(np.unravel_index(int(likeness.argmax()), likeness.shape))
        if likeness[one, other] < SAME:
            break
        labels = _dense(np.where(labels == other, one, labels))
    return labels


def _exactly(vectors: Vectors, count: int) -> Labels:
    """The first cut of the tree that leaves `count` groups worth the name, else the plain one."""
    if count < 2:
        return np.zeros(len(vectors), np.int64)
    tree = linkage(pdist(vectors, "cosine"), "average")
    for cut in range(count, min(count + 20, len(vectors)) + 1):
        labels = _without_strays(vectors, _dense(fcluster(tree, cut, "maxclust")))
        if labels.max() + 1 == count:
            return labels
    return _dense(fcluster(tree, count, "maxclust"))


def _cut(vectors: Vectors, at: float, criterion: str) -> Labels:
    return _dense(fcluster(linkage(pdist(vectors, "cosine"), "average"), at, criterion))


def _without_strays(vectors: Vectors, labels: Labels) -> Labels:
    least = max(LEAST, int(LEAST_SHARE * len(vectors)))
    while labels.max():
        sizes = np.bincount(labels)
        smallest = int(sizes.argmin())
        if sizes[smallest] >= least:
            break
        likeness = vectors[labels == smallest] @ centres(vectors, labels).T
        likeness[:, smallest] = -1.0
        labels = labels.copy()
        labels[labels == smallest] = likeness.argmax(axis=1)
        labels = _dense(labels)
    return labels


def _dense(labels: npt.NDArray[np.integer]) -> Labels:
    dense: Labels = np.unique(labels, return_inverse=True)[1].astype(np.int64)
    return dense


def _course(likeness: Vectors) -> Labels:
    """Viterbi: the course of highest total likeness, less CHANGE for every change."""
    steps, speakers = likeness.shape
    came_from = np.tile(np.arange(speakers), (steps, 1))
    best = likeness[0].astype(float)
    for step in range(1, steps):
        leader = int(best.argmax())
        changed = best[leader] - CHANGE > best
        came_from[step, changed] = leader
        best = np.where(changed, best[leader] - CHANGE, best) + likeness[step]
    course = np.empty(steps, np.int64)
    course[-1] = int(best.argmax())
    for step in range(steps - 1, 0, -1):
        course[step - 1] = came_from[step, course[step]]
    return course
