"""An S3 server for tests: SeaweedFS in one process, on loopback only, on ports of its own."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from core.testing.server import free_port

SECONDS_TO_START = 60
# It opens one port per part and one for gRPC beside each; all are chosen, none is left at its default.
PORTS = (
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port",
    "s3.port.grpc",
    "admin.port",
    "admin.port.grpc",
    "s3.port.iceberg",
    "s3.port.lance",
    "volume.port.public",
    "filer.port.public",
)


@dataclass(frozen=True)
class Bucket:
    endpoint: str
    name: str
    access_key: str
    secret_key: str
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def environment(self) -> Mapping[str, str]:
        """What a studio needs to keep its files here."""
        return {
            "AWS_STORAGE_BUCKET_NAME": self.name,
            "AWS_S3_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
        }


@contextmanager
def bucket(name: str = "studio-test") -> Iterator[Bucket]:
    ports = {option: free_port() for option in PORTS}
    access_key, secret_key = f"key{secrets.token_hex(6)}", secrets.token_hex(20)
    with TemporaryDirectory(prefix="s3-") as folder:
        command = [str(Path(sys.executable).with_name("weed")), "mini", f"-dir={folder}", "-ip=127.0.0.1"]
        command += ["-ip.bind=127.0.0.1", "-admin.ui=false", "-webdav=false", "-master.telemetry=false"]
        command += [f"-{option}={port}" for option, port in ports.items()]
        with Path(folder, "stderr.log").open("wb") as errors:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env={**os.environ, "AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key},
                stdout=subprocess.DEVNULL,
                stderr=errors,
                start_new_session=True,
            )
        server = Bucket(f"http://127.0.0.1:{ports['s3.port']}", name, access_key, secret_key, process)
        try:
            create(server, Path(folder, "stderr.log"))
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def create(server: Bucket, errors: Path) -> None:
    """Makes the bucket, as soon as the server can."""
    client = boto3.client(
        "s3",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id=server.access_key,
        aws_secret_access_key=server.secret_key,
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=2, read_timeout=5),
    )
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        if server.process.poll() is not None:
            raise RuntimeError(f"The S3 server ended: {errors.read_text(errors='replace')[-2000:]}")
        try:
            client.create_bucket(Bucket=server.name)
            # It takes writes a moment later than it answers.
            client.put_object(Bucket=server.name, Key="ready", Body=b"1")
            client.delete_object(Bucket=server.name, Key="ready")
            return
        except (BotoCoreError, ClientError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)
