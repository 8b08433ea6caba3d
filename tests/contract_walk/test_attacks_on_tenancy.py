"""Attacks on roles, invitations and admins' powers (T3, T8, T10)."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Membership, User, UserSession
from accounts.tests.factories import PASSWORD
from core.models import AuditEvent
from tests.contract_walk.attacks import (
    ME,
    MEMBERS,
    SECRET,
    Attack,
    as_,
    attack,
    attacks_of,
    email_of,
    prove,
)
from tests.contract_walk.stage import Answer, Stage, World

# T3: roles.


def member_path(stage: Stage, who: str, house: str = "") -> str:
    return MEMBERS.format(org_id=house or stage.world.ids["org_id"], user_id=stage.world.id_of(who))


@attack("T3", 403)
def raising_oneself(stage: Stage) -> Answer:
    return as_(stage, "client").send("PATCH", member_path(stage, "client"), body={"role": "admin"})


@attack("T3", 403)
def an_admin_of_a_house_changes_their_own_role(stage: Stage) -> Answer:
    other = User.objects.get(pk=stage.world.people["production"].pk)
    Membership.objects.filter(user=other, organization=stage.world.house).update(role="admin")
    return as_(stage, "house_admin").send("PATCH", member_path(stage, "house_admin"), body={"role": "client"})


@attack("T3", 409)
def removing_the_last_admin_of_a_house(stage: Stage) -> Answer:
    return as_(stage, "admin").send("PATCH", member_path(stage, "house_admin"), body={"role": "client"})


@attack("T3", 409, {"detail": "Cannot remove the last admin"})
def removing_the_last_admin_of_all(stage: Stage) -> Answer:
    path = f"/api/v1/admin/users/{stage.world.id_of('admin')}"
    return as_(stage, "admin").send("PATCH", path, body={"role": "client"})


@attack("T3", 404, {"detail": "User not found"})
def changing_somebody_of_another_house(stage: Stage) -> Answer:
    return as_(stage, "house_admin").send("PATCH", member_path(stage, "stranger"), body={"role": "client"})


@attack("T3", 404, {"detail": "Organization not found"})
def ruling_another_house(stage: Stage) -> Answer:
    path = member_path(stage, "stranger", stage.world.foreign_ids["org_id"])
    return as_(stage, "house_admin").send("PATCH", path, body={"role": "client"})


@attack("T3", 403)
def an_admin_of_a_house_at_the_platforms_routes(stage: Stage) -> Answer:
    path = f"/api/v1/admin/users/{stage.world.id_of('house_admin')}"
    return as_(stage, "house_admin").send("PATCH", path, body={"role": "admin"})


@attack("T3", 422)
def writing_what_is_not_writable(stage: Stage) -> Answer:
    admin = as_(stage, "admin")
    path = f"/api/v1/admin/users/{stage.world.id_of('client')}"
    for field in ("is_staff", "is_superuser", "token_version", "id", "password", "deleted_at", "created_at"):
        refused = admin.send("PATCH", path, body={field: True})
        assert refused.status_code == 422, (field, refused.content)
    return admin.send("PATCH", member_path(stage, "client"), body={"role": "client", "organization_id": "x"})


@attack("T3", 403)
def the_manager_of_another_client(stage: Stage) -> Answer:
    world = stage.world
    path = f"/api/v1/clients/{world.ids['client_id']}/teams/{world.ids['team_id']}/members"
    world.team.memberships.create(user=world.people["second_manager"])
    return as_(stage, "second_manager").send("POST", path, body={"user_id": world.id_of("colleague")})


@attack("T3", 401)
def working_on_with_the_role_one_had(stage: Stage) -> Answer:
    program = as_(stage, "production")
    changed = as_(stage, "admin").send("PATCH", member_path(stage, "production"), body={"role": "linguist"})
    assert changed.status_code == 200, changed.content
    return program.send("GET", "/api/v1/organizations")


# T8: invitations.

ACCEPT = "/api/v1/invitations/accept"
TOKEN = "t" * 43


@attack("T8", 422)
def choosing_ones_own_role_and_place(stage: Stage) -> Answer:
    stage.invitation(email="guest@guest.example")
    good = {"token": TOKEN, "name": "Gus", "password": SECRET}
    for field, value in (("role", "admin"), ("email", "a@b.example"), ("project_id", "x"), ("organization_id", "x")):
        refused = stage.send("POST", ACCEPT, body={**good, field: value})
        assert refused.status_code == 422, (field, refused.content)
    assert not User.objects.filter(email="guest@guest.example").exists()
    return stage.send("POST", ACCEPT, body={**good, "org_id": stage.world.foreign_ids["org_id"]})


# The table says 403; decision D7 lets another person's invitation look like none at all.
@attack("T8", 404, {"detail": "Invitation not found"})
def taking_somebody_elses_place(stage: Stage) -> Answer:
    stage.invitation(email="guest@guest.example")
    return as_(stage, "newcomer").send("POST", ACCEPT, body={"token": TOKEN})


@attack("T8", 401)
def taking_over_an_account_with_an_invitation(stage: Stage) -> Answer:
    stage.invitation(email=email_of(stage, "newcomer"))
    # A name and a password of the attacker's choice change nothing about the account that is there.
    answer = stage.send("POST", ACCEPT, body={"token": TOKEN, "name": "Mallory", "password": SECRET})
    person = User.objects.get(email=email_of(stage, "newcomer"))
    assert person.check_password(PASSWORD)
    assert (person.name, person.memberships.count()) == ("Newcomer", 0)
    return answer


@attack("T8", 409, {"detail": "Invitation already accepted"})
def accepting_twice(stage: Stage) -> Answer:
    stage.invitation(email="guest@guest.example")
    body = {"token": TOKEN, "name": "Gus", "password": SECRET}
    assert stage.send("POST", ACCEPT, body=body).status_code == 200
    return stage.other().send("POST", ACCEPT, body=body)


@attack("T8", 404, {"detail": "Invitation not found"})
def guessing_a_secret(stage: Stage) -> Answer:
    row = stage.invitation(email="guest@guest.example")
    for guess in (row.token_hash, str(row.pk)):
        assert stage.send("POST", ACCEPT, body={"token": guess, "password": SECRET}).status_code == 404
    return stage.send("POST", "/api/v1/invitations/preview", body={"token": "T" * 43})


@attack("T8", 404)
def a_withdrawn_invitation(stage: Stage) -> Answer:
    stage.invitation(email="guest@guest.example", revoked_at=timezone.now())
    return stage.send("POST", ACCEPT, body={"token": TOKEN, "name": "Gus", "password": SECRET})


# T10: what admins may do to others.

REAUTHENTICATE = {"code": "reauthentication_required"}


def left_open(stage: Stage) -> Stage:
    """An admin's program that signed in six minutes ago."""
    admin = as_(stage, "admin")
    UserSession.objects.filter(user=stage.world.people["admin"]).update(
        created_at=timezone.now() - timedelta(minutes=6)
    )
    return admin


@attack("T10", 403, REAUTHENTICATE)
def setting_a_password_long_after_signing_in(stage: Stage) -> Answer:
    path = f"/api/v1/admin/users/{stage.world.id_of('client')}/password/reset"
    answer = left_open(stage).send("POST", path, body={"new_password": SECRET})
    assert User.objects.get(email=email_of(stage, "client")).check_password(PASSWORD)
    return answer


@attack("T10", 403, REAUTHENTICATE)
def deleting_somebody_long_after_signing_in(stage: Stage) -> Answer:
    return left_open(stage).send("DELETE", f"/api/v1/admin/users/{stage.world.id_of('client')}")


@attack("T10", 403, REAUTHENTICATE)
def erasing_traces_long_after_signing_in(stage: Stage) -> Answer:
    return left_open(stage).send("DELETE", "/api/v1/admin/audit-logs/cleanup")


@attack("T10", 422)
def a_password_that_the_rules_refuse(stage: Stage) -> Answer:
    path = f"/api/v1/admin/users/{stage.world.id_of('client')}/password/reset"
    return as_(stage, "admin").send("POST", path, body={"new_password": "password1234"})


@attack("T10", 200)
def a_password_set_in_silence(stage: Stage) -> Answer:
    program = as_(stage, "client")
    path = f"/api/v1/admin/users/{stage.world.id_of('client')}/password/reset"
    answer = as_(stage, "admin").send("POST", path, body={"new_password": SECRET})
    assert program.send("GET", ME).status_code == 401
    assert stage.letter(email_of(stage, "client")).template == "password_changed"
    about = AuditEvent.objects.filter(subject_id=stage.world.id_of("client"), category="security")
    assert about.filter(action__contains="password", actor_id=stage.world.people["admin"].pk).exists()
    return answer


@attack("T10", 409, {"detail": "Cannot delete this user"})
def deleting_oneself(stage: Stage) -> Answer:
    return as_(stage, "admin").send("DELETE", f"/api/v1/admin/users/{stage.world.id_of('admin')}")


@pytest.mark.parametrize("tried", attacks_of(__name__), ids=str)
def test_the_attack_gets_the_answer_that_is_written(tried: Attack, world: World) -> None:
    prove(tried, world)
