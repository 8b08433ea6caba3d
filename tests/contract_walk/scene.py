"""What a scene says: how an entry is called, and what provokes the answers that its happy path does not give."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.contract_walk.stage import Answer, Stage

Values = Mapping[str, Any] | Callable[[Stage], Mapping[str, Any]]
Act = Callable[[Stage], None]
Check = Callable[[Stage, Answer], None]


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. `who` is a person of the world, signed in by the surface's own door; None is nobody.

    `given` arranges what is there before; it gets the stage, on which the caller is signed in already. Values may be
    functions of the stage, for ids and secrets that exist only then.
    """

    who: str | None = "admin"
    path: Values = field(default_factory=dict)
    query: Values = field(default_factory=dict)
    body: Values | None = None
    headers: Values = field(default_factory=dict)
    form: bool = False
    given: Act | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    patch: Callable[[Any], None] | None = None


UNSET: Any = object()


@dataclass(frozen=True, kw_only=True)
class Twist:
    """The scene's call with something changed. What is not named stays as in the scene."""

    who: str | None = UNSET
    path: Values = UNSET
    query: Values = UNSET
    body: Values | None = UNSET
    headers: Values = UNSET
    form: bool = UNSET
    given: Act | None = UNSET
    settings: Mapping[str, Any] = UNSET
    patch: Callable[[Any], None] | None = UNSET
    check: Check | None = None

    def of(self, call: Call) -> Call:
        names = ("who", "path", "query", "body", "headers", "form", "given", "settings", "patch")
        return replace(call, **{name: getattr(self, name) for name in names if getattr(self, name) is not UNSET})


@dataclass(frozen=True)
class Elsewhere:
    """A line of the contract that cannot be provoked from outside here, or that a decision replaced: why, or where it is proved."""

    because: str


@dataclass(frozen=True, kw_only=True)
class Scene:
    """How one entry is walked. `errors` is keyed by the literal message of the error (`html` for pages)."""

    call: Call
    errors: Mapping[str, Twist | tuple[Twist, ...] | Elsewhere] = field(default_factory=dict)
    alternatives: tuple[Twist | Elsewhere, ...] = ()
    effects: tuple[Check | Elsewhere, ...] = ()
    # Who sees the object and lacks the right.
    refused: tuple[str, ...] = ("client", "linguist")
    # Who has the right in their own house, and does not see other houses. None: the right goes across houses.
    keeper: str | None = "house_admin"
    # Fields whose values are not judged by their schema alone.
    unjudged: tuple[str, ...] = ()
    shows: str = ""
    checks: tuple[Check, ...] = ()


SCENES: dict[str, Scene] = {}


def scene(entry: str, **parts: Any) -> None:
    """Registers the scene of `entry`. What belongs to the call may be written beside the rest."""
    names = set(Call.__dataclass_fields__)
    call = Call(**{name: parts.pop(name) for name in list(parts) if name in names})
    if entry in SCENES:
        raise ValueError(f"{entry} has a scene already")
    SCENES[entry] = Scene(call=call, **parts)
