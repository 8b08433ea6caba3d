"""Houses and their members."""

from __future__ import annotations

from accounts.models import Invitation, Membership, User
from core.mail.models import Letter
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage

HOUSES = "/api/v1/organizations"


def only_ones_own(stage: Stage, answer: Answer) -> None:
    assert [one["id"] for one in answer.json()["items"]] == [stage.world.ids["org_id"]]
    clamped = stage.send("GET", HOUSES, query={"size": 1000})
    # Decision D15: a size above the largest is clamped.
    assert (clamped.status_code, clamped.json()["size"]) == (200, 100)


scene("accessible.organizations.list", who="client", checks=(only_ones_own,))
scene(
    "accessible.organizations.create",
    body={"name": "New House", "slug": "new-house"},
    refused=("client", "linguist", "reviewer", "production", "project_manager", "house_admin"),
    errors={
        "Organization already exists": (
            Twist(body={"name": "OAKFIELD studio"}),
            Twist(body={"name": "Another", "slug": "oakfield"}),
        )
    },
)
scene("accessible.organizations.get", who="client")


def leaves_the_rest(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert (body["name"], body["slug"], body["is_active"]) == ("Oakfield Pictures", "oakfield", True)


scene(
    "accessible.organizations.update",
    who="house_admin",
    body={"name": "Oakfield Pictures"},
    errors={
        "Organization already exists": (
            Twist(body=lambda stage: {"name": stage.world.foreign_house.name.upper()}),
            Twist(body=lambda stage: {"slug": stage.world.foreign_house.slug}),
        )
    },
    checks=(leaves_the_rest,),
)
scene("accessible.organizations.members.list", who="production")


def unknown_address_is_invited(stage: Stage, answer: Answer) -> None:
    """Decision D30."""
    invited = stage.send(
        "POST", f"{HOUSES}/{stage.world.ids['org_id']}/members", body={"email": "new@guest.example", "role": "reviewer"}
    )
    body = invited.json()
    assert (invited.status_code, body["user_id"], body["status"], body["role"]) == (201, None, "invited", "reviewer")
    row = Invitation.objects.get(pk=body["invitation_id"])
    assert (row.email, row.role, row.organization) == ("new@guest.example", "reviewer", stage.world.house)
    assert Letter.objects.filter(to="new@guest.example").count() == 1
    assert "token=" in stage.link_in_letter("new@guest.example")


scene(
    "accessible.organizations.members.add",
    body=lambda stage: {"user_id": stage.world.id_of("newcomer"), "role": "linguist"},
    errors={
        "user_id or email is required": Twist(body={"role": "linguist"}),
        "User is already a member": (
            Twist(body=lambda stage: {"user_id": stage.world.id_of("client"), "role": "linguist"}),
            Twist(body=lambda stage: {"email": stage.world.people["client"].email.upper(), "role": "client"}),
        ),
    },
    effects=(unknown_address_is_invited,),
)


def role_is_changed(stage: Stage, answer: Answer) -> None:
    assert answer.json()["role"] == "reviewer"
    member = stage.world.people["colleague"]
    assert member.memberships.get(organization=stage.world.house).role == "reviewer"


scene(
    "accessible.organizations.members.update",
    body={"role": "reviewer"},
    checks=(role_is_changed,),
)


def person_stays(stage: Stage, answer: Answer) -> None:
    person = stage.world.people["colleague"]
    assert not Membership.objects.filter(user=person, organization=stage.world.house).exists()
    assert User.objects.active().filter(pk=person.pk).exists()


scene("accessible.organizations.members.remove", effects=(person_stays,))
scene("accessible.organizations.my_memberships", who="client")
