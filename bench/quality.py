"""All checks of a profile over 5,000 cues against the time that reading the file takes."""

from __future__ import annotations

import random
from collections.abc import Iterable

from bench import Row, alternate, at_most, rounds_for
from bench.vtt import REPEATS, WORDS, often
from media_library.media import webvtt
from media_library.media.profiles import PROFILES
from media_library.media.quality import check

NAME = "quality"
GOAL = at_most(3)
CUES = 5_000
QUICK_CUES = 2_000
SHOT_SECONDS = 12.0
# Words on a line and gaps, as the style has them.
STYLES = {"house": (6, 80), "netflix-sdh": (6, 80), "bbc": (5, 0)}


def rows(*, quick: bool) -> Iterable[Row]:
    for name in STYLES:
        yield row(name, cues=QUICK_CUES if quick else CUES, rounds=rounds_for(quick=quick))


def row(name: str, *, cues: int, rounds: int) -> Row:
    text = track(cues, words=STYLES[name][0], gap=STYLES[name][1])
    read = webvtt.parse(text).cues
    film = read[-1].end + 10
    shots = [number * SHOT_SECONDS for number in range(1, int(film / SHOT_SECONDS))]
    sources = [f"Quelle {cue.text}" for cue in read]

    def checked() -> int:
        return len(check(read, profile=PROFILES[name], fps=25, shots=shots, duration=film, sources=sources))

    ours, peer = alternate(often(checked), often(lambda: webvtt.parse(text)), rounds=rounds)
    assert ours.value > cues // 50, "a track with faults has findings"
    return Row(f"quality_{name}", ours=ours.cpu / REPEATS, peer=peer.cpu / REPEATS)


def track(cues: int, *, words: int, gap: int) -> str:
    """Two lines a cue at a pace that can be read; in one cue of twenty something is wrong."""
    chance = random.Random(5)
    blocks, at = ["WEBVTT"], 1000
    for index in range(cues):
        lines = [
            " ".join(chance.choice(WORDS) for _ in range(chance.randint(words - 1, words))) + "." for _ in range(2)
        ]
        if index % 20 == 0:
            lines.append("Well...  that is 3.")
        length = sum(map(len, lines))
        end = at + round(length / chance.choice([12, 13, 14, 14.5, 18 if index % 20 == 10 else 13]) * 1000)
        blocks.append(f"{webvtt.format_timestamp(at)} --> {webvtt.format_timestamp(end)}\n" + "\n".join(lines))
        at = end + chance.choice([gap, 1200, 1400])
    return "\n\n".join(blocks) + "\n"
