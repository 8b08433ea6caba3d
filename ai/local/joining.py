"""Turns that were told in pieces of a recording, put together: the voices say which speakers are the same person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from ai import turns as telling
from ai.capabilities.diarize import Turn
from ai.local.voiceprints import Vectors

SAME_VOICE = 0.75  # two stretches of one person lie above it, two people mostly below
APART = 2.0  # further than any two voices can be


@dataclass(frozen=True)
class Heard:
    """A piece of a recording, in its own times, and the voices of its speakers."""

    start: float
    turns: list[Turn]
    voices: list[list[float]]


def joined(pieces: Sequence[Heard], speakers: int | None) -> list[Turn]:
    """With the times and the speakers of the whole recording. `speakers` can only make fewer of those that were told apart."""
    voices = [voice for piece in pieces for voice in piece.voices]
    if not voices:
        return []
    origin = [number for number, piece in enumerate(pieces) for _ in piece.voices]
    people = iter(matched(np.array(voices, np.float32), origin, count=speakers))
    everything: list[Turn] = []
    for piece in pieces:
        person = [next(people) for _ in piece.voices]
        everything += [
            Turn(turn.start + piece.start, turn.end + piece.start, person[turn.speaker]) for turn in piece.turns
        ]
    return telling.joined(telling.numbered(everything)[0])


def matched(voices: Vectors, pieces: Sequence[int], *, count: int | None = None) -> list[int]:
    """Which of these voices, heard in these pieces of a recording, belong to one person.

    Voices of one piece were told apart there and stay so, unless fewer people are asked for.
    """
    if len(voices) < 2:
        return [0] * len(voices)
    distances = np.clip(1.0 - voices @ voices.T, 0.0, None).astype(float)
    if count is None:
        distances[np.equal.outer(pieces, pieces)] = APART
    np.fill_diagonal(distances, 0.0)
    tree = linkage(squareform(distances, checks=False), "average")
    cut = fcluster(tree, count, "maxclust") if count else fcluster(tree, 1.0 - SAME_VOICE, "distance")
    return [int(person) - 1 for person in cut]
