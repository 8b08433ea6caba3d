"""The two servers by themselves: made, started, adopted, killed, refused."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.embedded import binaries, ports, processes
from core.embedded import postgres as postgres_module
from core.embedded.account import account_for
from core.embedded.errors import EmbeddedError
from core.embedded.places import Home, runnable_tree
from core.embedded.postgres import Postgres
from core.embedded.valkey import Valkey

from .conftest import copy_home


@pytest.fixture(scope="module")
def served(made_home: Home) -> Iterator[Home]:
    """Both servers, for tests that only look."""
    folder = Path(tempfile.mkdtemp(prefix="reelwright-", dir="/var/tmp"))
    folder.chmod(0o755)
    home = copy_home(made_home, Home.at(folder / "var", system=folder / "system"))
    services = [Postgres(home), Valkey(home)]
    for service in services:
        service.start()
    yield home
    for service in services:
        service.stop()
    shutil.rmtree(folder)


def client_of(url: str) -> redis.Redis:
    """Without the client's own retries, which take a refused password for a lost connection."""
    return redis.Redis.from_url(url, decode_responses=True, retry=Retry(NoBackoff(), 0))


def kill(service: Postgres | Valkey) -> int:
    """Kills it and leaves a zombie behind, as a parent that does not look does."""
    process = service.find()
    assert process
    os.kill(process.pid, signal.SIGKILL)
    while processes.is_running(process.pid):
        pass
    return process.pid


def test_rows_survive_a_kill_of_postgres_even_when_nobody_buries_it(home: Home, postgres: Postgres) -> None:
    postgres.start()
    with psycopg.connect(postgres.url()) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    killed = kill(postgres)

    again = Postgres(home)
    again.start()

    assert processes.stat(killed) is not None, "the dead server should still be a zombie here"
    with psycopg.connect(again.url()) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1000,)


def test_keys_survive_a_kill_of_valkey(empty_home: Home) -> None:
    valkey = Valkey(empty_home)
    valkey.start()
    with client_of(valkey.url()) as client:
        client.mset({f"key{n}": n for n in range(1000)})
    kill(valkey)

    again = Valkey(empty_home)
    again.start()

    with client_of(again.url()) as client:
        assert client.dbsize() == 1000


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_running_server_is_adopted(served: Home, kind: type[Postgres] | type[Valkey]) -> None:
    before = kind(served).find()
    service = kind(served)
    service.start()
    after = service.find()
    assert before
    assert after
    assert after.identity == before.identity


def test_a_wrong_password_is_rejected(served: Home) -> None:
    postgres, valkey = Postgres(served), Valkey(served)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(postgres.url().replace(postgres.password, "wrong"))
    with client_of(valkey.url().replace(valkey.password, "wrong")) as client, pytest.raises(redis.AuthenticationError):
        client.ping()
    with (
        client_of(valkey.url().replace(f":{valkey.password}@", "")) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_server_that_does_not_know_our_password_is_not_adopted(
    served: Home, kind: type[Postgres] | type[Valkey]
) -> None:
    secret = served.secrets / f"{kind.name}_password"
    right = secret.read_text()
    secret.write_text("another")
    try:
        with pytest.raises(EmbeddedError, match="does not accept the password"):
            kind(served).start()
    finally:
        secret.write_text(right)


def test_secrets_are_for_their_owner_only(served: Home) -> None:
    home = served
    private = [home.secrets / "postgres_password", home.secrets / "valkey_password", home.run / "valkey.conf"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in (home.secrets, home.valkey, home.postgres_data())} == {0o700}
    assert not (home.postgres / ".password").exists()
    for service in (Postgres(home), Valkey(home)):
        process = service.find()
        assert process
        assert service.password not in " ".join(processes.arguments(process.pid))
        assert service.password not in service.log.read_text()


def test_servers_are_set_up_as_the_studio_needs_them(served: Home) -> None:
    with psycopg.connect(Postgres(served).url(), autocommit=True) as connection:
        for name in ("vector", "pg_trgm", "unaccent", "btree_gin"):
            connection.execute(f"CREATE EXTENSION {name}".encode())
        locale = connection.execute(
            "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = 'reelwright'"
        ).fetchone()
        assert locale == ("b", "C.UTF-8")
        assert connection.execute("SELECT lower('ÉÀ')").fetchone() == ("éà",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("127.0.0.1",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == ("",)
    with client_of(Valkey(served).url()) as client:
        settings = client.config_get("*")
        assert isinstance(settings, dict)
        expected = {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "bind": "127.0.0.1",
        }
        assert {name: settings[name] for name in expected} == expected


@pytest.mark.parametrize("kind", [Postgres, Valkey])
def test_a_taken_port_gives_the_next_one_which_is_remembered(
    home: Home, kind: type[Postgres] | type[Valkey], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        preferred = taken.getsockname()[1]
        monkeypatch.setattr(f"{kind.__module__}.PREFERRED_PORT", preferred)
        service = kind(home)
        service.start()
        chosen = ports.remembered(home.run, service.name)
        assert chosen
        assert chosen > preferred
        service.stop()

    service.start()

    assert ports.remembered(home.run, service.name) == chosen
    assert f":{chosen}/" in service.url()


def test_data_of_another_postgres_are_refused(home: Home, postgres: Postgres) -> None:
    (home.postgres_data() / "PG_VERSION").write_text("17\n")

    with pytest.raises(EmbeddedError, match=r"made by Postgres 17; .* brings Postgres 18"):
        postgres.start()


def test_a_making_that_was_cut_off_begins_again(empty_home: Home) -> None:
    home, postgres = empty_home, Postgres(empty_home)
    (home.postgres / "data.new" / "base").mkdir(parents=True)
    (home.postgres / ".password").write_text("left behind")

    postgres.start()

    with psycopg.connect(postgres.url()) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_lock_file_with_the_number_of_another_process_is_no_hindrance(home: Home, postgres: Postgres) -> None:
    data = home.postgres_data()
    (data / "postmaster.pid").write_text(f"{os.getpid()}\n{data}\n1\n5432\n\n127.0.0.1\n")

    postgres.start()

    assert postgres.find()


def test_a_failed_start_says_why_and_where_to_read_more(home: Home, postgres: Postgres) -> None:
    (home.postgres_data() / "postgresql.conf").write_text("no_such_setting = on\n")

    with pytest.raises(EmbeddedError, match=r"Postgres did not start: .*configuration file.* See .*postgres\.log"):
        postgres.start()


def test_a_home_under_closed_folders_works(tmp_path: Path, open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root the data and a copy of the programs go where the database's account can reach them; nothing is opened up."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    package = binaries.postgres_tree().parent
    for name in (package.name, f"{package.name}.libs"):
        (closed / name).symlink_to(package.with_name(name))
    monkeypatch.setattr(binaries, "postgres_tree", lambda: closed / package.name / "pginstall")
    home = Home.at(closed / "var", system=open_folder / "system")

    Postgres(home).start()
    try:
        again = Postgres(home)
        again.start()
        with psycopg.connect(again.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        as_root = os.geteuid() == 0
        assert home.postgres_data().is_relative_to(home.system if as_root else home.root)
        assert (home.system / "runtime").exists() == as_root
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        again.stop()


def test_data_that_became_unreachable_are_not_replaced_by_an_empty_database(open_folder: Path) -> None:
    parent = open_folder / "parent"
    parent.mkdir()
    home = Home.at(parent / "var", system=open_folder / "system")
    service = Postgres(home)
    service.start()
    service.stop()
    parent.chmod(0o700)

    if os.geteuid() == 0:
        with pytest.raises(EmbeddedError, match="can no longer enter that folder"):
            service.start()
        parent.chmod(0o755)
    service.start()
    service.stop()


AS_A_NORMAL_USER = """
import os, sys
from pathlib import Path
from core.embedded import binaries
from core.embedded.places import Home
from core.embedded.services import Services

folder, tree, valkey = map(Path, sys.argv[1:4])
binaries.postgres_tree, binaries.valkey_server = lambda: tree, lambda: valkey

def round_trip(name):
    services = Services(Home.at(folder / name / "var", system=Path("/nonexistent")))
    services.open("DATABASE_URL", "REDIS_URL")
    print([service.find().pid > 0 for service in services.all], os.stat(services.home.postgres_data()).st_uid, services.close())

round_trip("warm")  # loads every module, while this Python may still be read
if os.geteuid() == 0:
    os.setgroups([]), os.setgid(int(sys.argv[5])), os.setuid(int(sys.argv[4]))
round_trip("own")
"""


def test_the_servers_run_for_a_normal_user(open_folder: Path, script) -> None:
    (open_folder / "own").mkdir()
    account = account_for(open_folder / "nothing yet")
    account.give(open_folder / "own")
    # The checkout may lie in root's closed home.
    home = Home.at(open_folder / "var", system=open_folder / "system")
    tree = runnable_tree(binaries.postgres_tree(), program="bin/postgres", account=account, home=home)
    shutil.copy(binaries.valkey_server(), open_folder / "valkey-server")

    process = script(AS_A_NORMAL_USER, open_folder, tree, open_folder / "valkey-server", account.uid, account.gid)
    output, _ = process.communicate(timeout=60)

    assert process.returncode == 0, output
    assert output.splitlines()[-1] == f"[True, True] {account.uid} True"


def test_the_database_of_another_user_is_refused(
    home: Home, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 12345)

    with pytest.raises(EmbeddedError, match="belongs to"):
        postgres.start()


def test_shared_memory_in_use_is_seen(served: Home) -> None:
    lock = postgres_module.read_lock_file(served.postgres_data())
    assert lock
    assert lock.shared_memory is not None
    assert postgres_module.attached(lock.shared_memory) > 0
    assert postgres_module.attached(2**31 - 1) == 0
