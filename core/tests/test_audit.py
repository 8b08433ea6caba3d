"""The audit trail: append-only, chained, and honest about what a clean-up removed."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from core import audit
from core.audit import chain, checkpoints, retention
from core.errors import ConflictError, InvalidFieldError
from core.models import AuditEvent, AuditHead, AuditTombstone
from core.rest.request_info import RequestInfo, current
from core.runs import invariants

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own_home(settings: Any, tmp_path: Path) -> None:
    """Checkpoints of other tests are not this test's."""
    settings.HOME = tmp_path


@pytest.fixture
def person() -> User:
    return UserFactory()


def write(person: User, count: int, action: str = "jobs.job.create", **details: Any) -> list[AuditEvent]:
    rows = [audit.record(action, person, actor=person, number=number, **details) for number in range(count)]
    chain.seal()
    return rows


def sql(text: str, *values: Any) -> None:
    """As somebody would who may do everything in the database."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE core_auditevent DISABLE TRIGGER USER")
        cursor.execute(text, values)
        cursor.execute("ALTER TABLE core_auditevent ENABLE TRIGGER USER")


def aged(action: str, *, days: int, actor: User) -> AuditEvent:
    """A row that was written then."""
    then = timezone.now() - timedelta(days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(audit.timezone, "now", lambda: then)
        return audit.record(action, actor, actor=actor)


def verify() -> str:
    out = StringIO()
    call_command("verify_audit", stdout=out)
    return out.getvalue()


def test_a_row_says_who_did_what_from_where(person: User) -> None:
    token = current.set(RequestInfo("request-1", "203.0.113.7", "Browser/1"))
    try:
        row = audit.record("accounts.user.set_password", person, actor=person, because="asked", nothing=None)
    finally:
        current.reset(token)
    row.refresh_from_db()
    assert (row.actor, row.actor_email, row.category) == (person, person.email, "security")
    assert (row.ip_address, row.user_agent) == ("203.0.113.7", "Browser/1")
    assert (row.subject_type, row.subject_id, row.details) == ("accounts.user", str(person.pk), {"because": "asked"})


@pytest.mark.parametrize(
    ("action", "category"),
    [
        ("auth.login", "security"),
        ("auth.login_failed", "security"),
        ("access.denied", "security"),
        ("accounts.user.change_role", "security"),
        ("accounts.sign_ins.end", "security"),
        ("accounts.member.update", "security"),
        ("accounts.second_factor.remove", "security"),
        ("core.audit.clean_up", "security"),
        ("accounts.client.update", "change"),
        ("jobs.job.approve_source", "change"),
        ("jobs.job.download", "access"),
    ],
)
def test_the_category_follows_from_the_action(action: str, category: str) -> None:
    assert audit.category_of(action) == category


def test_an_event_needs_no_object_and_no_actor() -> None:
    row = audit.record("auth.login_failed", None, actor=None, email="nobody@example.com")
    row.refresh_from_db()
    assert (row.actor, row.subject_type, row.subject_id) == (None, "", "")


@pytest.mark.parametrize(
    "details",
    [
        {"text": "a\0b \ud800 ü"},
        {"number": 1e3, "small": 0.1, "big": 1e300, "whole": 10**30},
        {"nested": [{"a\0": [1.0, None, True]}]},
        {"at": timezone.now(), "id": AuditEvent().pk, "much": timedelta(days=1)},
    ],
)
def test_whatever_is_written_verifies_after_it_was_stored(person: User, details: dict[str, Any]) -> None:
    audit.record("jobs.job.create", person, actor=None, **details)
    assert not chain.verify().broken


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("::1", "::1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
        ("fe80::1%eth0", "fe80::1"),
        ("unknown", None),
        ("", None),
    ],
)
def test_every_address_verifies(person: User, given: str, kept: str | None) -> None:
    token = current.set(RequestInfo("", given, ""))
    try:
        audit.record("auth.login", person, actor=person)
    finally:
        current.reset(token)
    assert AuditEvent.objects.get().ip_address == kept
    assert not chain.verify().broken


def test_rows_are_sealed_in_order_and_once(person: User) -> None:
    rows = write(person, 3)
    assert chain.seal() == 0
    write(person, 2)
    sealed = list(AuditEvent.objects.order_by("position"))
    assert [row.position for row in sealed] == [1, 2, 3, 4, 5]
    assert [row.pk for row in sealed[:3]] == [row.pk for row in rows]
    assert [row.prev_hash for row in sealed[1:]] == [row.hash for row in sealed[:-1]]
    assert verify() == "The audit trail verifies: 5 rows up to number 5.\n"


def test_verifying_seals_what_is_pending(person: User) -> None:
    audit.record("jobs.job.create", person, actor=person)
    assert chain.verify().rows == 1


@pytest.mark.django_db(transaction=True)
def test_a_row_that_is_committed_late_is_sealed_behind_the_others(person: User) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            audit.record("jobs.job.slow", person, actor=person)
            begun.set()
            go_on.wait(20)
        connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    begun.wait(20)
    audit.record("jobs.job.quick", person, actor=person)
    assert chain.seal() == 1
    go_on.set()
    thread.join(20)
    assert chain.seal() == 1
    sealed = AuditEvent.objects.order_by("position").values_list("action", flat=True)
    assert list(sealed) == ["jobs.job.quick", "jobs.job.slow"]
    assert not chain.verify().broken


@pytest.mark.django_db(transaction=True)
def test_while_somebody_else_seals_the_sealer_does_nothing(person: User) -> None:
    other = connection.copy()
    audit.record("jobs.job.create", person, actor=person)
    try:
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [chain.LOCK])
        assert chain.seal() == 0
        other.rollback()
        assert chain.seal() == 1
    finally:
        other.close()


@pytest.mark.parametrize("sealed", [True, False])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE core_auditevent SET action = 'jobs.job.delete'",
        "UPDATE core_auditevent SET details = '{\"a\": 1}', position = 7, prev_hash = 'a', hash = 'b'",
        "UPDATE core_auditevent SET row_hash = 'forged'",
        "DELETE FROM core_auditevent",
    ],
)
def test_the_database_refuses_to_change_or_remove_rows(person: User, statement: str, *, sealed: bool) -> None:
    audit.record("jobs.job.create", person, actor=person)
    if sealed:
        chain.seal()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEvent.objects.get().action == "jobs.job.create"


def test_a_sealed_place_is_final(person: User) -> None:
    write(person, 1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.update(position=9)


def swap(_rows: list[AuditEvent]) -> None:
    sql("UPDATE core_auditevent SET position = -1 WHERE position = 2")
    sql("UPDATE core_auditevent SET position = 2 WHERE position = 3")
    sql("UPDATE core_auditevent SET position = 3 WHERE position = -1")


def insert_pending(rows: list[AuditEvent]) -> None:
    columns = (
        "at, category, actor_id, actor_email, subject_type, subject_id, before, after, details, request_id, ip_address, user_agent, "
        "row_hash, prev_hash, hash"
    )
    sql(
        f"INSERT INTO core_auditevent (id, action, {columns}) SELECT gen_random_uuid(), 'jobs.job.forged', "  # noqa: S608
        f"{columns.replace('prev_hash, hash', repr('') + ', ' + repr(''))} FROM core_auditevent WHERE id = %s",
        rows[1].pk,
    )


TAMPERINGS: dict[str, tuple[Callable[[list[AuditEvent]], object], str]] = {
    "changed": (
        lambda rows: sql("UPDATE core_auditevent SET action = 'other' WHERE id = %s", rows[1].pk),
        "row 2 .* was changed",
    ),
    "another actor": (
        lambda rows: sql("UPDATE core_auditevent SET actor_id = gen_random_uuid() WHERE id = %s", rows[2].pk),
        "row 3 .* was changed",
    ),
    "moved in time": (
        lambda rows: sql("UPDATE core_auditevent SET at = at + interval '1 microsecond' WHERE id = %s", rows[1].pk),
        "row 2 .* was changed",
    ),
    "deleted in the middle": (
        lambda rows: sql("DELETE FROM core_auditevent WHERE id = %s", rows[1].pk),
        "row 3 .* what was between them is missing",
    ),
    "deleted at the start": (
        lambda rows: sql("DELETE FROM core_auditevent WHERE id = %s", rows[0].pk),
        "what was between them is missing",
    ),
    "deleted at the end": (
        lambda rows: sql("DELETE FROM core_auditevent WHERE id = %s", rows[3].pk),
        "ends with row 3, and row 4 was sealed",
    ),
    "everything deleted": (lambda rows: sql("DELETE FROM core_auditevent"), "ends with row 0, and row 4 was sealed"),
    "inserted": (insert_pending, "row 5 .* was not written by the studio"),
    "reordered": (swap, "row 2 .* does not continue"),
    "link changed": (
        lambda rows: sql("UPDATE core_auditevent SET hash = repeat('a', 64) WHERE id = %s", rows[1].pk),
        "row 2 .* does not continue",
    ),
    "closed behind a deleted row": (
        lambda rows: (
            sql("DELETE FROM core_auditevent WHERE id = %s", rows[1].pk),
            sql("UPDATE core_auditevent SET position = position - 1 WHERE position = 3"),
            sql("UPDATE core_auditevent SET position = position - 1 WHERE position = 4"),
        ),
        "row 2 .* does not continue",
    ),
    "end set back": (
        lambda rows: (
            sql("DELETE FROM core_auditevent WHERE id = %s", rows[3].pk),
            AuditHead.objects.update(position=3, hash=rows[2].hash),
        ),
        "the signed end of the trail was changed",
    ),
    "end removed": (lambda rows: AuditHead.objects.all().delete(), "the signed end of the trail is missing"),
    "tombstone forged": (
        lambda rows: (
            sql("DELETE FROM core_auditevent WHERE id = %s", rows[1].pk),
            AuditTombstone.objects.create(
                first_position=2, last_position=2, prev_hash=rows[0].hash, last_hash=rows[1].hash, signature="0" * 64
            ),
        ),
        "the tombstone of rows 2 to 2 was not made by a clean-up",
    ),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_verify_finds_what_sql_did(person: User, name: str) -> None:
    rows = write(person, 4)
    for row in rows:
        row.refresh_from_db()
    assert not chain.verify().broken
    tamper, finding = TAMPERINGS[name]
    tamper(rows)
    with pytest.raises(CommandError, match=finding):
        verify()
    assert any("audit trail" in sentence for sentence in invariants.violations())


def test_another_key_makes_no_chain_and_an_older_one_still_counts(person: User, settings: Any) -> None:
    write(person, 2)
    old = settings.AUDIT_KEY
    settings.AUDIT_KEY = "another key"
    assert "was changed" in chain.verify().broken
    settings.AUDIT_KEY_FALLBACKS = [old]
    write(person, 1)
    assert not chain.verify().broken


def test_a_clean_up_keeps_to_the_floors_and_the_chain_still_verifies(person: User) -> None:
    ages = [("jobs.job.create", 400), ("auth.login", 400), ("jobs.job.create", 100), ("auth.login", 100)]
    for action, days in (*ages, ("jobs.job.create", 95), ("jobs.job.create", 80)):
        aged(action, days=days, actor=person)
    chain.seal()
    done = retention.clean_up(older_than_days=90, actor=person)
    assert done.deleted == 4
    left = AuditEvent.objects.order_by("at").values_list("action", flat=True)
    assert list(left) == ["auth.login", "jobs.job.create", "core.audit.clean_up"]
    assert [str(grave) for grave in AuditTombstone.objects.all()] == ["1 to 3", "5 to 5"]
    assert "3 rows up to number 7, 4 more removed" in verify()
    event = AuditEvent.objects.get(action="core.audit.clean_up")
    assert (event.actor, event.details["deleted"], event.category) == (person, 4, "security")


def test_the_end_of_the_chain_stays_when_all_its_rows_have_gone(person: User) -> None:
    aged("jobs.job.create", days=100, actor=person)
    retention.clean_up(older_than_days=90, actor=None)
    assert [str(grave) for grave in AuditTombstone.objects.all()] == ["1 to 1"]
    assert chain.verify().position == 2


def test_gaps_beside_each_other_share_a_tombstone(person: User) -> None:
    for days in (200, 150, 100):
        aged("jobs.job.create", days=days, actor=person)
    for older_than in (190, 90):
        retention.clean_up(older_than_days=older_than, actor=None)
    assert [str(grave) for grave in AuditTombstone.objects.all()] == ["1 to 3"]
    assert not chain.verify().broken


def test_a_tombstone_cannot_be_widened(person: User) -> None:
    for days in (200, 150, 1):
        aged("jobs.job.create", days=days, actor=person)
    retention.clean_up(older_than_days=190, actor=None)
    victim = AuditEvent.objects.get(position=2)
    sql("DELETE FROM core_auditevent WHERE id = %s", victim.pk)
    AuditTombstone.objects.update(last_position=2, last_hash=victim.hash)
    assert "was not made by a clean-up" in chain.verify().broken


@pytest.mark.parametrize("days", [-1, 0, 1, 89, 36_501])
def test_the_floor_cannot_be_undercut(person: User, days: int) -> None:
    aged("jobs.job.create", days=100, actor=person)
    with pytest.raises(InvalidFieldError):
        retention.clean_up(older_than_days=days, actor=person)
    assert AuditEvent.objects.count() == 1


def test_a_clean_up_does_not_remove_the_proof(person: User) -> None:
    row = aged("jobs.job.create", days=100, actor=person)
    chain.seal()
    sql("UPDATE core_auditevent SET action = 'other' WHERE id = %s", row.pk)
    with pytest.raises(ConflictError, match="does not verify"):
        retention.clean_up(older_than_days=90, actor=person)
    assert AuditEvent.objects.filter(pk=row.pk).exists()


def test_the_trigger_is_back_after_a_clean_up(person: User) -> None:
    aged("jobs.job.create", days=100, actor=person)
    retention.clean_up(older_than_days=90, actor=None)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        AuditEvent.objects.all().delete()


def test_a_trail_that_was_set_back_as_a_whole_differs_from_its_checkpoint(person: User) -> None:
    rows = write(person, 3)
    path = checkpoints.write()
    assert path is not None
    assert path.stat().st_mode & 0o077 == 0
    write(person, 2)
    assert not chain.verify().broken
    rows[1].refresh_from_db()
    sql("DELETE FROM core_auditevent WHERE position > 2")
    AuditHead.objects.update(position=2, hash=rows[1].hash, signature=chain.sign_end(2, rows[1].hash))
    assert f"the checkpoint {path.name} has seen row 3" in chain.verify().broken


def test_a_checkpoint_cannot_be_written_by_hand(person: User) -> None:
    write(person, 2)
    path = checkpoints.write()
    assert path is not None
    path.write_text(json.dumps({**json.loads(path.read_text()), "position": 1}))
    assert f"the checkpoint {path.name} was changed" in chain.verify().broken
    path.write_text("nonsense")
    assert "was changed" in chain.verify().broken


def test_sealing_twice_a_thousand_rows_costs_a_few_queries_each(
    person: User, django_assert_max_num_queries: Any
) -> None:
    AuditEvent.objects.bulk_create(
        AuditEvent(action="test.row.write", row_hash="x", details={}) for _ in range(chain.BATCH)
    )
    with django_assert_max_num_queries(24):
        assert chain.seal() == chain.BATCH
