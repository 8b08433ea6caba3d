"""The whole journey on services of somebody else: Postgres and Valkey by URL, files in a bucket. Nothing embedded starts."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import psycopg
import pytest
from botocore.config import Config
from psycopg import sql

from core.testing.s3 import Bucket, bucket
from core.testing.server import free_port

ROOT = Path(__file__).resolve().parents[2]
LINK = re.compile(r"^\s+(http\S+)$", re.MULTILINE)

pytestmark = [pytest.mark.engines, pytest.mark.workers, pytest.mark.s3, pytest.mark.timeout(600)]


@pytest.fixture
def database() -> Iterator[str]:
    """An empty database of its own on the tests' server, as a URL."""
    name = f"elsewhere_{uuid.uuid4().hex[:12]}"
    server = os.environ["DATABASE_URL"]
    with psycopg.connect(urlsplit(server)._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def store() -> Iterator[Bucket]:
    with bucket() as server:
        yield server


def test_the_demo_runs_on_given_services_and_a_bucket(database: str, store: Bucket, tmp_path: Path) -> None:
    # A number that the other tests' Redis traffic does not use.
    redis = urlsplit(os.environ["REDIS_URL"])._replace(path="/7").geturl()
    environment = {
        **os.environ,
        **store.environment,
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "REELWRIGHT_HOME": str(tmp_path),
        "PORT": str(free_port()),
        "COLUMNS": "400",
    }
    environment.pop("DEMO_EXIT", None)
    command = [sys.executable, str(ROOT / "manage.py")]
    try:
        said = subprocess.run(
            [*command, "demo"], env=environment, check=False, capture_output=True, text=True, timeout=540
        )
        assert said.returncode == 0, said.stdout[-3000:] + said.stderr[-3000:]
        assert not any((tmp_path / "postgres").iterdir())
        assert not any((tmp_path / "valkey").iterdir())
        assert not list((tmp_path / "media").rglob("blob"))
        kept = objects(store)
        assert any(key.startswith("jobs/") for key in kept)
        assert any(key.endswith("accessible.mp4") for key in kept)
        links = [link for link in LINK.findall(said.stdout) if link.startswith(store.endpoint)]
        assert len(links) >= 9
        for link in links:
            request = urllib.request.Request(link, headers={"Range": "bytes=0-9"})  # noqa: S310 (our own test server)
            with urllib.request.urlopen(request) as answer:  # noqa: S310
                assert (answer.status, len(answer.read())) == (206, 10)
    finally:
        subprocess.run([*command, "down"], env=environment, check=False, capture_output=True, timeout=90)


def objects(store: Bucket) -> list[str]:
    client = boto3.client(
        "s3",
        endpoint_url=store.endpoint,
        aws_access_key_id=store.access_key,
        aws_secret_access_key=store.secret_key,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
    )
    return [one["Key"] for one in client.list_objects_v2(Bucket=store.name).get("Contents", [])]
