"""What a prompt asks of the camera: words to moves, by the table beside this module (camera.toml)."""

from __future__ import annotations

import random
import re
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

# A prompt that says nothing of the camera.
_STILL_GENTLE = 0.6
_EASINGS = ("soft", "even", "begins", "ends")


@dataclass(frozen=True)
class Move:
    """As camera.toml explains. `speed` is of the usual; `on_face` tells that the prompt names one."""

    across: float = 0.0
    down: float = 0.0
    nearer: float = 0.0
    roll: float = 0.0
    shake: float = 0.0
    depth: float = 0.0
    speed: float = 1.0
    easing: str = "soft"
    on_face: bool = False

    @property
    def is_still(self) -> bool:
        return not any((self.across, self.down, self.nearer, self.roll, self.shake, self.depth))


def read(prompt: str, *, seed: int = 0) -> Move:
    """The move that a prompt asks for; a gentle push toward where one looks when it asks for none."""
    table, words = _table(), _words(prompt)
    chance = random.Random(f"move {seed}")  # noqa: S311  (a look, not a secret)
    found: dict[str, float] = {}
    taken: set[int] = set()
    for rule in table["moves"]:
        for at, length in _places(rule["words"], words):
            if taken & set(range(at, at + length)):
                continue
            if rule.get("still"):
                return Move(on_face=_named(table, words))
            along = _along(rule, words, at, length, table["directions"], chance)
            if along is None:
                continue
            taken |= set(range(at, at + length))
            for name, amount in along.items():
                found[name] = max(-1.0, min(1.0, found.get(name, 0.0) + amount))
            break
    speed = next((float(factor) for factor, said in table["speeds"].items() if _places(said, words)), 1.0)
    easing = next((name for name in _EASINGS[1:] if _places(table["easings"][name], words)), "soft")
    move = Move(**found, speed=speed, easing=easing, on_face=_named(table, words))
    if not move.is_still:
        return move
    return replace(move, nearer=1.0, speed=speed * _STILL_GENTLE, depth=0.35)


def _along(
    rule: dict[str, Any],
    words: list[str],
    at: int,
    length: int,
    directions: dict[str, Any],
    chance: random.Random,
) -> dict[str, float] | None:
    """What the move changes, pointed where a word near it says. None where a bare word ("camera") is not moved at all."""
    amounts: dict[str, float] = {
        name: float(rule[name]) for name in ("across", "down", "nearer", "roll", "shake", "depth") if name in rule
    }
    if not rule.get("along"):
        return amounts
    near = words[at + length : at + length + directions["reach"]] + words[max(0, at - 2) : at][::-1]
    said = {
        name for name in ("left", "right", "up", "down", "in", "out") for word in near if _same(directions[name], word)
    }
    # "from left to right"
    if "left" in said and "right" in said:
        after = [name for word in near for name in ("left", "right") if _same(directions[name], word)]
        said.discard(after[0])
    if not said & {"left", "right", "up", "down"} and said & {"in", "out"}:
        return {"nearer": 1.0 if "in" in said else -1.0, "depth": amounts.get("depth", 0.0)}
    if not said:
        if words[at] == "camera":
            return None
        said = {rule["otherwise"] or chance.choice(("left", "right"))}
    strength = max(abs(amounts.pop("across", 0.0)), abs(amounts.pop("down", 0.0)))
    sides = {"left": ("across", -1), "right": ("across", 1), "up": ("down", -1), "down": ("down", 1)}
    pointed = {axis: sign * strength for name, (axis, sign) in sides.items() if name in said}
    if "roll" in amounts and pointed.get("across", 0) < 0:
        amounts["roll"] = -amounts["roll"]
    return amounts | pointed


def _named(table: dict[str, Any], words: list[str]) -> bool:
    return bool(_places(table["faces"]["words"], words))


def _words(prompt: str) -> list[str]:
    return re.findall(r"[\w.'’-]+", prompt.casefold())[:400]


def _places(phrases: list[str], words: list[str]) -> list[tuple[int, int]]:
    """Where a phrase stands and how many words it has. Scripts without spaces are looked into."""
    found = []
    for phrase in phrases:
        parts = phrase.casefold().split()
        for at in range(len(words) - len(parts) + 1):
            if all(_same([part], words[at + step]) for step, part in enumerate(parts)):
                found.append((at, len(parts)))
    return sorted(found, key=lambda one: (-one[1], one[0]))


def _same(known: list[str], word: str) -> bool:
    word = word.strip(".'’-")
    for one in known:
        if one.endswith("*") and word.startswith(one[:-1]):
            return True
        if word == one or (not one.isascii() and ord(one[0]) > 0x2E7F and one in word):
            return True
    return False


@cache
def _table() -> dict[str, Any]:
    with Path(__file__).with_name("camera.toml").open("rb") as file:
        return tomllib.load(file)
