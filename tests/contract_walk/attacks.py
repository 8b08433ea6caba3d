"""The threat table of sign-in (A1 to A10) and tenancy (T3, T8, T10), tried over HTTP: each attack gets the answer that is written there.

An attack is a function that answers what the attacker was told. Its decorator names the row, the status that has to come, and
literals of the body. What must not have happened is asserted in the function itself.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from accounts.tests.factories import PASSWORD
from tests.contract_walk import holding
from tests.contract_walk.stage import Answer, Stage, World

SECRET = "eight wet otters sing"
COULD_NOT = {"detail": "Could not validate credentials"}
DEAD_TOKEN = {"detail": "Invalid or expired token", "error": "unauthorized"}
ME = "/api/auth/me"
REFRESH = "/api/v1/auth/refresh"
MEMBERS = "/api/v1/organizations/{org_id}/members/{user_id}"
EVIL = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@dataclass(frozen=True)
class Attack:
    row: str
    act: Callable[[Stage], Answer]
    status: int
    says: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.row} {self.act.__name__.replace('_', ' ')}"


ATTACKS: list[Attack] = []


def attack(row: str, status: int, says: Mapping[str, Any] | None = None) -> Callable[[Any], Any]:
    def register(act: Callable[[Stage], Answer]) -> Callable[[Stage], Answer]:
        ATTACKS.append(Attack(row, act, status, says or {}))
        return act

    return register


def prove(attack: Attack, world: World) -> None:
    answer = attack.act(Stage(world))
    assert answer.status_code == attack.status, answer.content[:500]
    if attack.says:
        assert holding.body_differences(answer.json(), attack.says) == []


def attacks_of(module: str) -> list[Attack]:
    return [attack for attack in ATTACKS if attack.act.__module__ == module]


def email_of(stage: Stage, who: str) -> str:
    return stage.world.people[who].email


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def as_(stage: Stage, who: str) -> Stage:
    other = stage.other()
    assert other.token_login(who).status_code == 200
    return other


def password_login(stage: Stage, who: str, password: str = PASSWORD, **further: str) -> Answer:
    return stage.send(
        "POST", "/api/v1/auth/login", body={"email": email_of(stage, who), "password": password, **further}
    )


def unsigned(about: Mapping[str, Any], algorithm: str = "none") -> str:
    parts = [
        base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=").decode() for one in ({"alg": algorithm}, about)
    ]
    return f"{parts[0]}.{parts[1]}."
