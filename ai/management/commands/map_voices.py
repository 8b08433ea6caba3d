"""Makes the map that voice matching starts from: what mixes of Kokoro's voices sound like. Needed when its voices or the speaker
encoder change; takes a quarter of an hour."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

from ai.local import kokoro, styles
from ai.local.matching import FIT_SENTENCES, heard_as

MIXES = 200
SEED = 7
PARTS = 3  # voices in a mix


class Command(BaseCommand):
    help = "Makes ai/local/voice_room.npz anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--mixes", type=int, default=MIXES)

    def handle(self, *_: Any, mixes: int, **__: Any) -> None:
        names = kokoro.names()
        voices = np.stack([kokoro.styles(name) for name in names])
        rows: list[tuple[styles.Matrix, styles.Matrix, int]] = []
        for one in np.eye(len(names)):
            rows += [(one, one, number) for number in range(len(FIT_SENTENCES))]
        chance = np.random.default_rng(SEED)
        male = np.array([name[1] == "m" for name in names])
        for number in range(mixes):
            pool = np.flatnonzero(male == (chance.random() < 0.5))
            timbre = _mix(chance, pool, len(names))
            manner = timbre if chance.random() < 0.5 else _mix(chance, pool, len(names))
            rows.append((timbre, manner, number % len(FIT_SENTENCES)))
        vectors = []
        for number, (timbre, manner, sentence) in enumerate(rows):
            halves = [
                np.tensordot(timbre, voices[:, :, : styles.TIMBRE], 1),
                np.tensordot(manner, voices[:, :, styles.TIMBRE :], 1),
            ]
            style = np.concatenate(halves, axis=1).astype(np.float32)
            sound = kokoro.say(FIT_SENTENCES[sentence], style, language="en-US")
            vectors.append(styles.voice_of(heard_as(sound)))
            if number % 20 == 0:
                self.stdout.write(f"{number} of {len(rows)}")
        np.savez_compressed(
            styles.MAP,
            timbre=np.array([row[0] for row in rows], np.float32),
            manner=np.array([row[1] for row in rows], np.float32),
            sentences=np.array([row[2] for row in rows], np.int64),
            vectors=np.array(vectors, np.float16),
        )


def _mix(chance: np.random.Generator, pool: Any, count: int) -> styles.Matrix:
    """Some voices of the pool, nearer to the middle of all or farther from it."""
    chosen = chance.choice(pool, PARTS, replace=False)
    weights = np.zeros(count)
    weights[chosen] = chance.dirichlet([0.7] * PARTS)
    reach = chance.uniform(0.7, 1.35)
    return (1 - reach) / count + reach * weights
