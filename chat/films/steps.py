"""The steps of a film: seven fixed ones and one for each episode, in this order."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

CONCEPT = "concept-development"
GENRE = "genre-selection"
SETTING = "setting-selection"
CHARACTERS = "character-development"
DESIGN = "character-design"
PLOT = "plot-outline"
STORYBOARD = "storyboard"
FIXED = (CONCEPT, GENRE, SETTING, CHARACTERS, DESIGN, PLOT, STORYBOARD)

# Where a film stands before its first step and after its last.
INITIAL = "initial"
DONE = "completed"

TITLES = {
    CONCEPT: "Concept",
    GENRE: "Genre",
    SETTING: "Setting",
    CHARACTERS: "Characters",
    DESIGN: "Character design",
    PLOT: "Plot outline",
    STORYBOARD: "Storyboard",
    INITIAL: "Not begun",
    DONE: "Complete",
}
EPISODE = re.compile(r"episode-([1-9]\d?)")


@dataclass(frozen=True)
class StepState:
    """One step as a list of steps shows it. `status` is completed, current or pending."""

    id: str
    title: str
    status: str


def steps_of(episodes: int) -> list[str]:
    return [*FIXED, *(f"episode-{number}" for number in range(1, episodes + 1))]


def episode_of(step: str) -> int | None:
    """The number of an episode's step; None for another."""
    found = EPISODE.fullmatch(step)
    return int(found[1]) if found else None


def title_of(step: str) -> str:
    number = episode_of(step)
    return f"Episode {number}" if number else TITLES.get(step, TITLES[INITIAL])


def counted(completed: Iterable[str], episodes: int) -> list[str]:
    """Those of the completed steps that the film still has, in order. Fewer episodes hide what was written of the others."""
    done = set(completed)
    return [step for step in steps_of(episodes) if step in done]


def current(completed: Collection[str], episodes: int) -> str:
    """The first step that is not done."""
    return next((step for step in steps_of(episodes) if step not in completed), DONE)


def after(step: str, completed: Collection[str], episodes: int) -> str:
    """Where it goes on once `step` is done too."""
    return current({*completed, step}, episodes)


def percentage(completed: Collection[str], episodes: int) -> int:
    """Rounded half up, in whole numbers: a fraction such as 23/40 has no exact float."""
    done, every = len(counted(completed, episodes)), len(steps_of(episodes))
    return (200 * done + every) // (2 * every)


def states(completed: Collection[str], now: str, episodes: int) -> list[StepState]:
    def status(step: str) -> str:
        if step in completed:
            return "completed"
        return "current" if step == now else "pending"

    return [StepState(step, title_of(step), status(step)) for step in steps_of(episodes)]
