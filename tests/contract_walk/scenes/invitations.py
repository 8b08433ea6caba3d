"""What a guest does with the secret of a mail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import User, UserSession
from accounts.tests.factories import PASSWORD
from tests.contract_walk.scene import Act, Twist, scene
from tests.contract_walk.stage import Answer, Stage

TOKEN = "t" * 43
GUEST = "guest@guest.example"
SECRET = "eight wet otters sing"


def invited(email: str = GUEST, **fields: Any) -> Act:
    def act(stage: Stage) -> None:
        stage.invitation(email=email, token=TOKEN, **fields)

    return act


def invited_member(stage: Stage) -> None:
    stage.invitation(email=stage.world.people["newcomer"].email, token=TOKEN)


EXPIRED = invited(expires_at=timezone.now() - timedelta(seconds=1))
ACCEPTED = invited(accepted_at=timezone.now())
DEAD = {
    "Invitation has expired": Twist(given=EXPIRED),
    "Invitation already accepted": Twist(given=ACCEPTED),
}


def tells_what_was_promised(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert (body["role"], body["organization"]["id"], body["account_exists"]) == (
        "linguist",
        stage.world.ids["org_id"],
        False,
    )
    # A mask: whoever has the link learns no whole address from it.
    assert body["email"] != GUEST
    assert body["email"].endswith("@guest.example")


scene(
    "accessible.invitations.preview",
    who=None,
    given=invited(),
    body={"token": TOKEN},
    errors={**DEAD, "Invitation not found": Twist(body={"token": "x" * 43})},
    checks=(tells_what_was_promised,),
)


def account_place_session_cookie(stage: Stage, answer: Answer) -> None:
    person = User.objects.get(email=GUEST)
    assert (answer.json()["user"]["id"], person.name, person.role) == (str(person.pk), "Gus Guest", "linguist")
    assert person.email_verified_at is not None
    assert person.memberships.get().organization == stage.world.house
    assert UserSession.objects.live().filter(user=person).count() == 1
    assert answer.cookies["refresh_token"]["httponly"]
    stage.bearer = answer.json()["access_token"]
    assert stage.send("GET", "/api/v1/organizations").json()["total"] == 1


def an_account_is_linked(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    person = stage.world.people["newcomer"]
    other.invitation(email=person.email, token="u" * 43)
    linked = other.send("POST", "/api/v1/invitations/accept", body={"token": "u" * 43, "password": PASSWORD})
    assert (linked.status_code, linked.json()["user"]["id"]) == (200, str(person.pk)), linked.content
    assert person.memberships.get().organization == stage.world.house


scene(
    "accessible.invitations.accept",
    who=None,
    given=invited(),
    body={"token": TOKEN, "name": "Gus Guest", "password": SECRET},
    errors={
        **DEAD,
        "Password is required": Twist(body={"token": TOKEN, "name": "Gus Guest"}),
        "Invalid email or password": Twist(given=invited_member, body={"token": TOKEN, "password": "not the password"}),
        "Invitation not found": Twist(body={"token": "x" * 43, "password": SECRET}),
    },
    effects=(account_place_session_cookie,),
    checks=(an_account_is_linked,),
)
