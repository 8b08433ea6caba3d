from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from core.pooled import PooledConnection

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pool() -> Iterator[ConnectionPool[PooledConnection]]:
    with ConnectionPool(
        kwargs={**connection.get_connection_params(), "autocommit": True},
        connection_class=PooledConnection,
        check=ConnectionPool.check_connection,
        min_size=1,
        max_size=1,
        timeout=10,
    ) as made:
        yield made


def pid_of(pool: ConnectionPool[PooledConnection]) -> int:
    with pool.connection() as taken:
        return taken.info.backend_pid


def test_a_living_connection_is_handed_out_again_without_asking_the_server(
    pool: ConnectionPool[PooledConnection], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pid_of(pool)
    asked: list[Any] = []
    monkeypatch.setattr(psycopg.Connection, "execute", lambda *arguments, **_: asked.append(arguments))
    assert pid_of(pool) == first
    assert asked == []


def test_a_session_that_the_server_ended_is_never_handed_out(pool: ConnectionPool[PooledConnection]) -> None:
    for _ in range(3):
        ended = pid_of(pool)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
        with pool.connection() as taken:
            assert taken.info.backend_pid != ended
            assert taken.execute("SELECT 1").fetchone() == (1,)


def test_a_connection_that_was_closed_here_is_never_handed_out(pool: ConnectionPool[PooledConnection]) -> None:
    with pool.connection() as taken:
        taken.close()
    with pool.connection() as taken:
        assert taken.execute("SELECT 1").fetchone() == (1,)


def test_what_the_server_said_meanwhile_makes_the_pool_ask_and_go_on(pool: ConnectionPool[PooledConnection]) -> None:
    with pool.connection() as taken:
        taken.execute("LISTEN news")
        first = taken.info.backend_pid
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY news, 'something to read'")
    assert pid_of(pool) == first
