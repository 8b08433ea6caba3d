"""The back-office: people, figures, health, a stuck job, and the audit trail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User, UserSession
from accounts.tests.factories import PASSWORD
from core import audit
from core.audit import chain
from core.models import AuditEvent
from jobs.models import Job
from jobs.tests.factories import JobFactory
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import ROLES, Answer, Stage

USERS = "/api/v1/admin/users"
NEW_SECRET = "nine dry herons wade"


def back_office(entry: str, **parts: Any) -> None:
    """Decision D25: every other role is refused before any look; the platform's admin sees all houses."""
    scene(f"accessible.admin.{entry}", keeper=None, refused=(*ROLES, "house_admin", "stranger"), **parts)


def filters_work(stage: Stage, answer: Answer) -> None:
    only = stage.send("GET", USERS, query={"role": "linguist", "is_active": "true", "search": "HOUSE.example"}).json()
    assert [one["email"] for one in only["items"]] == ["linguist@house.example"]
    assert stage.send("GET", USERS, query={"size": 1000}).json()["size"] == 100


back_office("users.list", checks=(filters_work,))


def without_password_is_invited(stage: Stage, answer: Answer) -> None:
    made = stage.send("POST", USERS, body={"email": "later@guest.example", "role": "reviewer"})
    assert made.status_code == 201, made.content
    assert stage.letter("later@guest.example")


back_office(
    "users.create",
    body=lambda stage: {
        "email": "made@guest.example",
        "role": "linguist",
        "name": "Made",
        "password": NEW_SECRET,
        "org_id": stage.world.ids["org_id"],
    },
    errors={
        "Email already registered": Twist(
            body={"email": "CLIENT@house.example", "role": "client", "password": NEW_SECRET}
        )
    },
    checks=(without_password_is_invited,),
)
back_office("users.get")


def had_signed_in(stage: Stage) -> None:
    other = stage.other()
    other.token_login("colleague")
    stage.kept["theirs"] = other


def sign_ins_are_over(stage: Stage, answer: Answer) -> None:
    theirs: Stage = stage.kept["theirs"]
    assert theirs.send("GET", "/api/auth/me").status_code == 401
    refresh = {"Authorization": f"Bearer {theirs.kept['refresh_token']}"}
    assert theirs.other().send("POST", "/api/v1/auth/refresh", headers=refresh).status_code == 401
    assert not UserSession.objects.live().filter(user=stage.world.people["colleague"]).exists()


back_office(
    "users.update",
    given=had_signed_in,
    body={"name": "Renamed", "role": "reviewer"},
    errors={
        "Email already registered": Twist(body={"email": "CLIENT@house.example"}),
        "Cannot remove the last admin": tuple(
            Twist(path=lambda stage: {"user_id": stage.world.id_of("admin")}, body=body)
            for body in ({"role": "client"}, {"is_active": False})
        ),
    },
    effects=(sign_ins_are_over,),
)


def deleted_and_freed(stage: Stage, answer: Answer) -> None:
    sign_ins_are_over(stage, answer)
    person = User.objects.get(pk=stage.world.people["colleague"].pk)
    assert person.deleted_at is not None
    assert stage.send("GET", f"{USERS}/{person.pk}").status_code == 404
    again = {"email": "colleague@house.example", "role": "client", "password": NEW_SECRET}
    assert stage.send("POST", USERS, body=again).status_code == 201


back_office(
    "users.delete",
    given=had_signed_in,
    errors={"Cannot delete this user": Twist(path=lambda stage: {"user_id": stage.world.id_of("admin")})},
    effects=(deleted_and_freed,),
)


def link_is_mailed(stage: Stage, answer: Answer) -> None:
    assert "token=" in stage.link_in_letter("colleague@house.example")
    # Nothing has changed yet.
    assert stage.other().token_login("colleague").status_code == 200


back_office("users.send_password_reset", effects=(link_is_mailed,))


def replaced(stage: Stage, answer: Answer) -> None:
    sign_ins_are_over(stage, answer)
    assert stage.other().token_login("colleague").status_code == 401
    body = {"email": "colleague@house.example", "password": NEW_SECRET}
    assert stage.other().send("POST", "/api/v1/auth/login", body=body).status_code == 200
    row = AuditEvent.objects.filter(category="security", subject_id=stage.world.id_of("colleague"))
    assert row.filter(action__contains="password").exists()
    alias = stage.send("POST", f"{USERS}/{stage.world.id_of('colleague')}/password/reset", body={"password": PASSWORD})
    assert alias.status_code == 200, alias.content


back_office("users.set_password", given=had_signed_in, body={"new_password": NEW_SECRET}, effects=(replaced,))
back_office("stats")


def every_state_has_its_key(stage: Stage, answer: Answer) -> None:
    assert set(answer.json()["by_status"]) == set(Job.Status.values)


back_office("jobs.stats", checks=(every_state_has_its_key,))


def no_secrets(stage: Stage, answer: Answer) -> None:
    body = answer.json()
    assert body["status"] in {"healthy", "degraded", "unhealthy"}
    assert body["database"]["status"] == "healthy", body


back_office("health.detailed", checks=(no_secrets,))


def stuck(stage: Stage) -> None:
    stage.kept["job"] = JobFactory(
        organization=stage.world.house,
        created_by=stage.world.people["client"],
        status=Job.Status.FAILED,
        failed_step="ai_processing",
    )


def queued_again(stage: Stage, answer: Answer) -> None:
    job = Job.objects.get(pk=stage.kept["job"].pk)
    assert job.status in Job.PROCESSING
    assert job.run is not None


back_office(
    "maintenance.reprocess_job",
    given=stuck,
    path=lambda stage: {"job_id": stage.kept["job"].pk},
    body={"from_step": "ai_processing", "reason": "The worker was lost."},
    errors={
        "Cannot reprocess a job in status '<status>'": Twist(path=lambda stage: {"job_id": stage.world.ids["job_id"]})
    },
    effects=(queued_again,),
)

# The trail.


def filtered(stage: Stage, answer: Answer) -> None:
    path = "/api/v1/admin/audit-logs"
    by_action = stage.send("GET", path, query={"action": "auth.login", "user_id": stage.world.id_of("admin")}).json()
    assert by_action["total"] >= 1
    assert {(one["action"], one["actor_id"]) for one in by_action["items"]} == {
        ("auth.login", stage.world.id_of("admin"))
    }
    assert stage.send("GET", path, query={"from": "2999-01-01T00:00:00Z"}).json()["total"] == 0
    assert stage.send("GET", path, query={"to": "2001-01-01T00:00:00Z"}).json()["total"] == 0


back_office("audit_logs.list", checks=(filtered,))
back_office("audit_logs.user", path=lambda stage: {"user_id": stage.world.id_of("admin")})


def security_only(stage: Stage, answer: Answer) -> None:
    items = answer.json()["items"]
    assert items
    assert {one["category"] for one in items} == {"security"}


back_office("audit_logs.security", checks=(security_only,))


def an_old_row(stage: Stage) -> None:
    then = timezone.now() - timedelta(days=100)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit.timezone, "now", lambda: then)
        audit.record("jobs.job.create", stage.world.job, actor=stage.world.people["client"])
        chain.seal()


def old_rows_are_gone_and_that_is_logged(stage: Stage, answer: Answer) -> None:
    assert answer.json()["deleted"] == 1
    assert not AuditEvent.objects.filter(at__lt=timezone.now() - timedelta(days=90)).exists()
    assert AuditEvent.objects.filter(action__contains="audit", actor_id=stage.world.people["admin"].pk).exists()
    # Decision D15: below 90 days nothing is purged.
    below = stage.send("DELETE", "/api/v1/admin/audit-logs/cleanup", query={"older_than_days": 89})
    assert below.status_code == 422, below.content


back_office(
    "audit_logs.cleanup",
    given=an_old_row,
    query={"older_than_days": 90},
    effects=(old_rows_are_gone_and_that_is_logged,),
)
