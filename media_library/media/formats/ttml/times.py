"""Time expressions of TTML 1 and 2: clock times, with fractions or frames, and offsets. Exact, as fractions of seconds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from media_library.media.formats.ttml.tree import Node

_CLOCK = re.compile(r"(\d{1,4}):(\d{2}):(\d{2})(?:\.(\d{1,12})|:(\d{2,3})(?:\.(\d{1,3}))?)?")
_DROP = re.compile(r"(\d{1,4}):(\d{2}):(\d{2})[;,](\d{2,3})")
_OFFSET = re.compile(r"(\d{1,15})(?:\.(\d{1,12}))?(h|ms|m|s|f|t)")
_NUMBER = re.compile(r"\d{1,9}")
_MULTIPLIER = re.compile(r"(\d{1,9})(?:[ :/](\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Clock:
    """How a file counts. `rate` is frames a second in truth, `frames` as they are counted in a second of the clock."""

    frames: int = 30
    rate: Fraction = Fraction(30)
    sub_frames: int = 1
    ticks: int = 1
    smpte: bool = False
    drops: bool = False

    @classmethod
    def of(cls, root: Node) -> Clock:
        frames = _positive(root.get("ttp:frameRate")) or 30
        found = _MULTIPLIER.fullmatch(root.get("ttp:frameRateMultiplier").strip())
        multiplier = Fraction(1)
        if found and int(found[1]) and int(found[2] or 1):
            multiplier = Fraction(int(found[1]), int(found[2] or 1))
        sub_frames = _positive(root.get("ttp:subFrameRate")) or 1
        counted = frames * sub_frames if root.get("ttp:frameRate") else 1
        return cls(
            frames=frames,
            rate=frames * multiplier,
            sub_frames=sub_frames,
            ticks=_positive(root.get("ttp:tickRate")) or counted,
            smpte=root.get("ttp:timeBase") == "smpte",
            drops=root.get("ttp:dropMode") == "dropNTSC",
        )

    def seconds(self, text: str) -> Fraction | None:
        """None when `text` is no time."""
        text = text.strip()
        if found := _OFFSET.fullmatch(text):
            number = Fraction(int(found[1])) + _decimal(found[2])
            return number * self._unit(found[3])
        found = _CLOCK.fullmatch(text)
        if found is None:
            found = _DROP.fullmatch(text)
            if found is None:
                return None
            hours, minutes, seconds, frames = (int(part) for part in found.groups())
            return self._clock(hours, minutes, seconds, Fraction(frames), fraction=Fraction(0), drops=";" in text)
        frames_part = Fraction(int(found[5] or 0)) + Fraction(int(found[6] or 0), self.sub_frames)
        return self._clock(
            int(found[1]), int(found[2]), int(found[3]), frames_part, fraction=_decimal(found[4]), drops=self.drops
        )

    def _clock(
        self, hours: int, minutes: int, seconds: int, frames: Fraction, *, fraction: Fraction, drops: bool
    ) -> Fraction | None:
        if minutes > 59 or seconds > 60 or frames >= max(self.frames, 1):
            return None
        whole = hours * 3600 + minutes * 60 + seconds
        if not self.smpte:
            return whole + fraction + frames / self.rate
        counted = whole * self.frames + frames
        if drops:
            # Two numbers are left out each minute but every tenth (four at twice the rate), so that the clock keeps up.
            all_minutes = hours * 60 + minutes
            counted -= (all_minutes - all_minutes // 10) * round(self.frames / 15)
        return counted / self.rate + fraction

    def _unit(self, name: str) -> Fraction:
        if name == "f":
            return 1 / self.rate
        if name == "t":
            return Fraction(1, self.ticks)
        return {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}[name]


def milliseconds(seconds: Fraction) -> int:
    return int(seconds * 1000 + Fraction(1, 2))


def _positive(text: str) -> int | None:
    found = _NUMBER.fullmatch(text.strip())
    return int(found[0]) or None if found else None


def _decimal(digits: str | None) -> Fraction:
    return Fraction(int(digits), 10 ** len(digits)) if digits else Fraction(0)
