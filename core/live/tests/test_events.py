"""The log: numbers without gaps, whoever publishes, and a replay that never hides that something is missing."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import F

from core.live import publish
from core.live.events import Event, events_after, group_of
from core.live.models import LiveEvent
from core.live.tasks import trim

pytestmark = pytest.mark.django_db(transaction=True)


def seqs(stream: str = "jobs") -> list[int]:
    return list(LiveEvent.objects.filter(stream=stream).order_by("seq").values_list("seq", flat=True))


def test_events_are_numbered_per_stream() -> None:
    publish("jobs", {"type": "job.created"}, key="a")
    publish("jobs", {"type": "job.progress", "progress": 0.5}, key="a")
    publish("runs", {"type": "run.done"})
    assert (seqs("jobs"), seqs("runs")) == ([1, 2], [1])
    assert events_after("jobs", 1).events == [Event(2, "a", {"type": "job.progress", "progress": 0.5})]


def test_nothing_is_said_before_the_transaction_is_through() -> None:
    with transaction.atomic():
        publish("jobs", {"type": "job.created"})
        assert seqs() == []
    assert seqs() == [1]
    with transaction.atomic():
        publish("jobs", {"type": "job.created"})
        transaction.set_rollback(True)
    assert seqs() == [1]


def test_many_publishers_leave_no_gap_and_no_double() -> None:
    def work() -> None:
        try:
            for _ in range(15):
                publish("jobs", {"type": "job.progress"})
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seqs() == list(range(1, 91))


def test_a_dead_redis_fails_nobody(settings: Any) -> None:
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    publish("jobs", {"type": "job.created"})
    assert seqs() == [1]


def test_a_database_that_fails_after_the_commit_fails_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LiveEvent.objects, "create", lambda **_: 1 / 0)
    publish("jobs", {"type": "job.created"})
    # The number was taken back with the event.
    monkeypatch.undo()
    publish("jobs", {"type": "job.created"})
    assert seqs() == [1]


def test_a_payload_that_is_no_json_is_the_callers_bug() -> None:
    with pytest.raises(TypeError):
        publish("jobs", {"type": object()})


def test_a_replay_can_be_of_one_key() -> None:
    for number in range(6):
        publish("jobs", {"type": "job.progress", "n": number}, key="even" if number % 2 == 0 else "odd")
    replay = events_after("jobs", 1, key="odd")
    assert ([event.seq for event in replay.events], replay.last_seq) == ([2, 4, 6], 6)


def test_too_much_to_replay_is_a_resync() -> None:
    for _ in range(5):
        publish("jobs", {"type": "job.progress"})
    assert events_after("jobs", 0, limit=5).resync is False
    replay = events_after("jobs", 0, limit=4)
    assert (replay.resync, replay.events, replay.last_seq) == (True, [], 5)


@pytest.mark.parametrize("after", [6, -1, 10**15])
def test_a_number_that_was_never_given_is_a_resync(after: int) -> None:
    for _ in range(5):
        publish("jobs", {"type": "job.progress"})
    assert events_after("jobs", after).resync is True
    assert events_after("jobs", 5).resync is False


def test_a_stream_nobody_wrote_to_has_nothing_to_replay() -> None:
    assert events_after("nothing", 0).resync is False
    assert events_after("nothing", 1).resync is True


def test_what_was_trimmed_is_a_resync_and_the_rest_is_not() -> None:
    for _ in range(6):
        publish("jobs", {"type": "job.progress"})
    # Number 2 looks young although 3 is old: the clock jumped. What is kept must have no hole all the same.
    LiveEvent.objects.filter(seq__in=[1, 3]).update(created_at=F("created_at") - timedelta(hours=25))
    trim()
    assert seqs() == [4, 5, 6]
    assert [events_after("jobs", after).resync for after in (0, 1, 2, 3, 5, 6)] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]
    LiveEvent.objects.update(created_at=F("created_at") - timedelta(hours=25))
    trim()
    assert [events_after("jobs", after).resync for after in (5, 6)] == [True, False]
    publish("jobs", {"type": "job.progress"})
    assert seqs() == [7]


@pytest.mark.parametrize("name", ["jobs", "session 1/ü", "x" * 100, "a:b"])
def test_group_names_are_what_the_channel_layer_takes(name: str) -> None:
    group = group_of(name)
    assert group.isascii()
    assert len(group) < 100
    assert all(letter.isalnum() or letter in "-_." for letter in group)


def test_different_streams_have_different_groups() -> None:
    assert len({group_of(name) for name in ("a b", "a/b", "a.b", "a_b")}) == 4
