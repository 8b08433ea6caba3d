"""A running studio, a person with a key, and hands that do what workers would."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from PIL import Image

from accounts.models import User
from accounts.services import api_keys
from accounts.tests.factories import OrganizationFactory, UserFactory
from chat.tests.receiving import Receiver, receiving
from core.runs import sweep, worker
from core.runs.models import Step
from core.testing.browser import database_url
from core.testing.server import serving
from jobs.tests.factories import AssetFactory
from media_library.tests.factories import transcript_of


@dataclass
class Studio:
    """`key` is a key of `person`."""

    url: str
    key: str
    person: User
    receiver: Receiver

    def run(self, command: list[str], folder: Path, **more: str) -> str:
        """A program of somebody else's, in a folder of its own."""
        Image.new("RGB", (320, 180), "#20406a").save(folder / "harbour.png")
        told = {"REELWRIGHT_URL": self.url, "REELWRIGHT_KEY": self.key, "HOOK_URL": self.receiver.url, **more}
        done = subprocess.run(
            command, cwd=folder, env={**os.environ, **told}, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout


class Hands(threading.Thread):
    """Does the steps that are queued, as workers would, until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(name="hands", daemon=True)
        self.over = threading.Event()

    def run(self) -> None:
        try:
            while not self.over.wait(0.1):
                sweep.wake()
                queued = Step.objects.filter(status=Step.Status.QUEUED).order_by("run__created_at", "position")
                if step := queued.first():
                    worker.perform(step.pk)
        finally:
            connection.close()


@pytest.fixture
def studio(transactional_db: None) -> Iterator[Studio]:
    person = UserFactory(house=OrganizationFactory(), tier="pro", name="Ana")
    film = AssetFactory(owner=person, title="Harbour at night")
    transcript_of(film, "The harbour lights went on one after the other.", "Then we waited for the tide.")
    _, key = api_keys.create(person, name="A program", scopes=["read", "write"])
    hands = Hands()
    with receiving() as receiver:
        addresses = {
            "DATABASE_URL": database_url(),
            "REDIS_URL": settings.REDIS_URL,
            "REELWRIGHT_HOME": str(settings.HOME),
            "OUTBOUND_ALLOW": "127.0.0.1",
        }
        with serving(env=addresses) as server:
            hands.start()
            try:
                yield Studio(server.url, key, person, receiver)
            finally:
                hands.over.set()
                hands.join(30)


def examples(readme: Path, language: str) -> str:
    """The blocks of that language, in order."""
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```$", readme.read_text(), re.DOTALL | re.MULTILINE))
