"""Who starts the services, who stops them, and what happens when somebody is killed in between."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import psycopg
import redis

from core.embedded import studio
from core.embedded.places import Home
from core.embedded.services import Services

from .conftest import manage

USER = """
import os, sys
from pathlib import Path
from core import embedded
embedded.ensure(home=Path(sys.argv[1]))
print(os.environ["DATABASE_URL"], os.environ["REDIS_URL"], flush=True)
sys.stdin.readline()
"""


def pids(home: Home) -> list[int]:
    """Of the running servers."""
    return [process.pid for service in Services(home).all if (process := service.find())]


def addresses(user: subprocess.Popen[str]) -> tuple[str, str]:
    line = user.stdout.readline()
    assert line.startswith("postgresql://"), line + user.stdout.read()
    database, broker = line.split()
    return database, broker


def test_the_last_user_stops_the_services(home: Home, script) -> None:
    first = script(USER, home.root)
    database, broker = addresses(first)
    second = script(USER, home.root)
    assert addresses(second) == (database, broker)
    running = pids(home)

    first.communicate("\n", timeout=30)
    assert first.returncode == 0
    assert pids(home) == running
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)

    second.communicate("\n", timeout=30)
    assert pids(home) == []


def test_services_of_a_killed_user_are_adopted_and_stopped_by_the_next(home: Home, script) -> None:
    killed = script(USER, home.root)
    database, broker = addresses(killed)
    with psycopg.connect(database) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS n")
    with redis.Redis.from_url(broker) as client:
        client.set("kept", 1)
    running = pids(home)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()

    following = script(USER, home.root)

    assert addresses(following) == (database, broker)
    assert pids(home) == running
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT n FROM kept").fetchone() == (1,)
    with redis.Redis.from_url(broker) as client:
        assert client.get("kept") == b"1"
    following.communicate("\n", timeout=30)
    assert pids(home) == []


def test_starts_at_the_same_moment_end_with_one_server_of_each_kind(empty_home: Home, script) -> None:
    users = [script(USER, empty_home.root) for _ in range(3)]

    assert len({addresses(user) for user in users}) == 1

    for user in users:
        user.communicate("\n", timeout=30)
        assert user.returncode == 0
    assert pids(empty_home) == []


def test_with_both_urls_nothing_starts_and_nothing_is_written(tmp_path: Path, script) -> None:
    urls = {"DATABASE_URL": "postgresql://elsewhere/studio", "REDIS_URL": "redis://elsewhere/0"}
    user = script(USER, tmp_path / "var", **urls)

    output, _ = user.communicate("\n", timeout=30)

    assert output.split() == list(urls.values())
    assert not (tmp_path / "var").exists()


def test_only_the_service_without_a_url_starts(home: Home, script) -> None:
    user = script(USER, home.root, DATABASE_URL="postgresql://elsewhere/studio")

    database, broker = addresses(user)

    assert database == "postgresql://elsewhere/studio"
    assert [service.name for service in Services(home).all if service.find()] == ["valkey"]
    with redis.Redis.from_url(broker) as client:
        assert client.ping()
    user.communicate("\n", timeout=30)


def test_a_command_has_its_database_and_leaves_nothing_running(home: Home) -> None:
    done = manage(
        home,
        "shell",
        "--no-imports",
        "--command",
        "from django.db import connection as c; c.ensure_connection(); print(c.vendor)",
    )

    assert (done.stdout.strip(), done.returncode) == ("postgresql", 0), done.stderr
    assert pids(home) == []


def test_help_starts_nothing(empty_home: Home) -> None:
    done = manage(empty_home, "migrate", "--help")

    assert done.returncode == 0, done.stderr
    assert not empty_home.postgres_data().exists()
    assert list(empty_home.logs.iterdir()) == []


def test_a_command_that_cannot_have_its_database_says_so_in_a_sentence(home: Home) -> None:
    (home.postgres_data() / "PG_VERSION").write_text("17\n")

    done = manage(home, "migrate")

    assert done.returncode == 1
    assert "was made by Postgres 17" in done.stderr
    assert "Traceback" not in done.stderr


def test_down_stops_services_that_nobody_uses_and_leaves_the_others(home: Home, script) -> None:
    user = script(USER, home.root)
    addresses(user)
    assert studio.stop(home) == ["postgres and valkey stay up: another command uses them."]
    assert len(pids(home)) == 2
    os.kill(user.pid, signal.SIGKILL)
    user.wait()

    assert studio.stop(home) == ["Stopped postgres and valkey."]

    assert pids(home) == []
    assert studio.stop(home) == ["Nothing was running."]
