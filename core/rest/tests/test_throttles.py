"""Counting, on the real server."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from core.errors import TooManyRequestsError, UnavailableError
from core.rest import counters, throttles


def test_twenty_at_once_are_counted_exactly(rate_limits: Any) -> None:
    with ThreadPoolExecutor(20) as threads:
        windows = list(threads.map(lambda _: throttles.hit("test", "mara", limit=15, seconds=60), range(20)))
    assert sorted(window.remaining for window in windows) == [0] * 6 + list(range(1, 15))
    assert sum(window.exceeded for window in windows) == 5
    assert throttles.look("test", "mara", limit=30, seconds=60).remaining == 10


def test_one_too_many_is_told_when_to_come_back(rate_limits: Any) -> None:
    for _ in range(5):
        throttles.check("auth", "203.0.113.7")
    with pytest.raises(TooManyRequestsError) as refused:
        throttles.check("auth", "203.0.113.7")
    assert 55 <= refused.value.retry_after <= 60
    assert throttles.check("auth", "203.0.113.8").remaining == 4


def test_a_window_ends(rate_limits: Any) -> None:
    throttles.check("test", "x", limit=1, seconds=1)
    with pytest.raises(TooManyRequestsError):
        throttles.check("test", "x", limit=1, seconds=1)
    time.sleep(1.05)
    throttles.check("test", "x", limit=1, seconds=1)


def test_an_aligned_window_ends_with_the_clock_hour(rate_limits: Any) -> None:
    window = throttles.hit("test", "hour", limit=5, seconds=3600, aligned=True)
    assert window.reset_at % 3600 == 0
    assert 0 < window.reset_at - time.time() <= 3601


def test_a_look_counts_nothing_and_forgetting_begins_anew(rate_limits: Any) -> None:
    for _ in range(3):
        assert not throttles.look("test", "y", limit=1, seconds=60).exceeded
    throttles.hit("test", "y", limit=1, seconds=60)
    assert throttles.look("test", "y", limit=1, seconds=60).exceeded
    throttles.forget("test", "y")
    assert not throttles.look("test", "y", limit=1, seconds=60).exceeded


def test_limits_that_are_off_count_nothing(settings: Any) -> None:
    for _ in range(20):
        assert throttles.check("auth", "203.0.113.9").remaining == 5


def test_without_the_server_reads_go_on_and_sign_in_does_not(rate_limits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = counters.Store("redis://127.0.0.1:1/0")
    monkeypatch.setattr(throttles, "store", lambda: gone)
    assert throttles.check("general", "mara").remaining == 100
    with pytest.raises(UnavailableError):
        throttles.check("auth", "203.0.113.7", fail_closed=True)


def test_a_server_that_hangs_delays_one_request_only(rate_limits: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = counters.Store(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        monkeypatch.setattr(throttles, "store", lambda: hanging)
        throttles.check("general", "mara")
        started = time.monotonic()
        for _ in range(10):
            throttles.check("general", "mara")
        assert time.monotonic() - started < 0.5
