"""The room of voices that Kokoro can speak with: mixes of its own, and what a mix will sound like before it is spoken.

A place in the room is AXES numbers for the timbre and AXES for how it is said: coordinates along the principal components of the two
halves of the 54 styles. What voices sound like at places is known for those in `voice_room.npz` (`manage.py map_voices`
makes it) and learned of every further place that is tried; a Gaussian process says what lies between.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from ai.errors import InvalidAnswerError
from ai.local import kokoro, voiceprints
from ai.local.listening import RATE
from ai.local.world import BINS, Move

AXES = 16
TIMBRE = 128  # numbers of a style; the others say how it is spoken
MAP = Path(__file__).with_name("voice_room.npz")
# Chosen by predicting the vectors of mixes that were left out.
REACH = 3.0
NOISE = 0.1
GENERATION = 24
GENERATIONS = 100
VERSION = 1

Matrix = npt.NDArray[np.float64]


class Room:
    def __init__(self) -> None:
        self._voices = np.stack([kokoro.styles(name) for name in kokoro.names()])
        rows = self._voices[:, 20:200].mean(axis=1, dtype=np.float64)
        self._timbre, self._manner = _Axes(rows[:, :TIMBRE]), _Axes(rows[:, TIMBRE:])
        with np.load(MAP, allow_pickle=False) as kept:
            self.places = self._placed(kept["timbre"].astype(float), kept["manner"].astype(float))
            vectors, sentences = kept["vectors"].astype(float), kept["sentences"]
        # How a sentence colours every voice that says it.
        self._colours = np.stack([vectors[sentences == number].mean(axis=0) for number in range(sentences.max() + 1)])
        self._middle = self._colours.mean(axis=0)
        self._known = vectors - self._colours[sentences]
        self._solve()

    def stock(self) -> Matrix:
        """The places of the 54 voices themselves."""
        count = len(self._voices)
        return self._placed(np.eye(count), np.eye(count))

    def style(self, place: Matrix) -> kokoro.Style:
        timbre, manner = self.mix(place)
        halves = [
            np.tensordot(timbre, self._voices[:, :, :TIMBRE], 1),
            np.tensordot(manner, self._voices[:, :, TIMBRE:], 1),
        ]
        return np.concatenate(halves, axis=1).astype(np.float32)

    def mix(self, place: Matrix) -> tuple[Matrix, Matrix]:
        """How much of each voice; negative numbers lead away from it."""
        return self._timbre.weights(place[:AXES]), self._manner.weights(place[AXES:])

    def learn(self, place: Matrix, sentence: int, vector: Matrix) -> None:
        self.places = np.vstack([self.places, place])
        self._known = np.vstack([self._known, vector - self._colours[sentence]])
        self._solve()

    def expected(self, places: Matrix) -> Matrix:
        """The vectors that voices at these places will have, one row each."""
        made: Matrix = _alike(places, self.places) @ self._weights + self._middle
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made

    def search(self, target: Matrix, *, start: Matrix, bias: Matrix, penalty: float, seed: int) -> Matrix:
        """The place whose voice should be most like `target`, paying for the distance from `start`. CMA-ES on the map: no sound is
        made. `bias` is added to every expected vector."""
        from cmaes import CMA

        search = CMA(mean=start.copy(), sigma=0.4, seed=seed, population_size=GENERATION)
        best, found = -np.inf, start
        for _ in range(GENERATIONS):
            asked = np.stack([search.ask() for _ in range(GENERATION)])
            expected = self.expected(asked) + bias
            likeness = expected @ target / np.linalg.norm(expected, axis=1)
            scores = likeness - penalty * np.square(asked - start).sum(axis=1)
            search.tell([(place, -float(score)) for place, score in zip(asked, scores, strict=True)])
            if scores.max() > best:
                best, found = float(scores.max()), asked[int(scores.argmax())]
        return found

    def _placed(self, timbre: Matrix, manner: Matrix) -> Matrix:
        return np.hstack([self._timbre.places(timbre), self._manner.places(manner)])

    def _solve(self) -> None:
        covered = _alike(self.places, self.places) + NOISE * np.eye(len(self.places))
        self._weights = np.linalg.solve(covered, self._known)


class _Axes:
    """Principal components of one half of the styles, scaled so that voices spread by one along the first."""

    def __init__(self, rows: Matrix) -> None:
        self._u, sizes, v = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
        # A component may as well point the other way: always the same, so that a seed means the same everywhere.
        self._u = self._u * np.sign(v[np.arange(len(v)), np.abs(v).argmax(axis=1)])
        self._stretch = sizes[:AXES] * np.sqrt(len(rows)) / sizes[0]
        self._count = len(rows)

    def places(self, weights: Matrix) -> Matrix:
        placed: Matrix = (weights - 1 / self._count) @ self._u[:, :AXES] * self._stretch
        return placed

    def weights(self, place: Matrix) -> Matrix:
        shares: Matrix = self._u[:, :AXES] @ (place / self._stretch) + 1 / self._count
        return shares


@dataclass(frozen=True)
class Fitted:
    """A voice that was fitted, as it is kept."""

    style: kokoro.Style
    move: Move

    def write(self, into: Path) -> None:
        with into.open("wb") as file:
            np.savez_compressed(
                file,
                version=np.int64(VERSION),
                style=self.style.astype(np.float16),
                tilt=self.move.tilt.astype(np.float32),
                melody=np.array([self.move.shift, self.move.spread], np.float32),
            )

    @classmethod
    def read(cls, path: Path) -> Fitted:
        try:
            with np.load(path, allow_pickle=False) as kept:
                style, curve, melody = kept["style"], kept["tilt"].astype(float), kept["melody"].astype(float)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise InvalidAnswerError("What was fitted of this voice cannot be read. Match it again.") from error
        if style.shape != (510, 256) or curve.shape != (BINS,) or melody.shape != (2,) or not np.isfinite(style).all():
            raise InvalidAnswerError("What was fitted of this voice cannot be read. Match it again.")
        return cls(style.astype(np.float32), Move(curve, float(melody[0]), float(melody[1])))


def voice_of(sound: npt.NDArray[np.float32]) -> Matrix:
    """The speaker vector of 16 kHz speech without pauses."""
    return voiceprints.mean(voiceprints.listen(sound, [(0.0, len(sound) / RATE)]).vectors).astype(float)


def _alike(one: Matrix, other: Matrix) -> Matrix:
    apart = np.square(one).sum(axis=1)[:, None] + np.square(other).sum(axis=1)[None] - 2 * one @ other.T
    near: Matrix = np.exp(-np.maximum(apart, 0.0) / (2 * REACH**2))
    return near
