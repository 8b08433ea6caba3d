"""Where a bible disagrees with itself or with its film, as sentences. Names and numbers are compared, nothing is understood."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any


def notes(content: Mapping[str, Any], *, genre: str, episodes: int) -> list[str]:
    return [
        *_twice("character", [one["name"] for one in content["characters"]]),
        *_twice("place", [one["name"] for one in content["settings"]]),
        *_genre(content, genre),
        *_episodes(content, episodes),
        *_absent(content),
    ]


def _twice(noun: str, names: list[str]) -> Iterator[str]:
    for name, times in Counter(name.casefold() for name in names if name).items():
        if times > 1:
            yield f"There is more than one {noun} called “{next(one for one in names if one.casefold() == name)}”."


def _genre(content: Mapping[str, Any], genre: str) -> Iterator[str]:
    if content["genre"] and content["genre"].casefold() != genre.casefold():
        yield f"The bible says {content['genre']}, the film is listed as {genre}."


def _episodes(content: Mapping[str, Any], episodes: int) -> Iterator[str]:
    numbers = [one["number"] for one in content["episodes"]]
    for number in sorted(set(numbers)):
        if number > episodes:
            yield f"Episode {number} is written, the film has {episodes}."
        if numbers.count(number) > 1:
            yield f"Episode {number} is there twice."
    for one in content["episodes"]:
        if one["number"] < episodes and not one["cliffhanger"] and one["logline"]:
            yield f"Episode {one['number']} leads to the next one without a cliffhanger."


def _absent(content: Mapping[str, Any]) -> Iterator[str]:
    """People of the cast whom neither outline nor episodes mention, once there is one."""
    told = " ".join(
        f"{beat['title']} {beat['text']}"
        for part in [content["outline"], *content["episodes"]]
        for act in part["acts"]
        for beat in act["beats"]
    )
    if not told:
        return
    for name in [one["name"] for one in content["characters"] if one["name"]]:
        if not any(word in told for word in name.split()):
            yield f"{name} is among the characters and in no beat of the story."
