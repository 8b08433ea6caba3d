"""People and workers at the same job at the same moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.errors import WrongStateError
from core.runs import services as runs
from core.runs.models import Run
from jobs import services, workflows
from jobs.models import Job
from jobs.tests.factories import VTT, JobFactory, give_captions
from media_library.models import Track

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 20.0


class Aside(threading.Thread):
    """Does something in a thread with a connection of its own, and keeps how it went."""

    def __init__(self, do: Callable[[], Any]) -> None:
        super().__init__(daemon=True)
        self.do = do
        self.error: Exception | None = None
        self.backend = 0
        self.connected = threading.Event()
        self.start()
        assert self.connected.wait(PATIENCE)

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                self.backend = cursor.fetchone()[0]
            self.connected.set()
            self.do()
        except Exception as error:  # noqa: BLE001  (told to the test, which judges it)
            self.error = error
        finally:
            connection.close()

    def stands_still(self) -> None:
        """Returns when it has ended, or waits for somebody else's lock."""
        deadline = time.monotonic() + PATIENCE
        while self.is_alive() and time.monotonic() < deadline:
            with connection.cursor() as cursor:
                cursor.execute("SELECT cardinality(pg_blocking_pids(%s))", [self.backend])
                if cursor.fetchone()[0]:
                    return
        assert not self.is_alive()

    def ends(self) -> None:
        self.join(PATIENCE)
        assert not self.is_alive()


@pytest.fixture
def job() -> Job:
    job = JobFactory(status=Job.Status.PENDING_FINAL_REVIEW)
    job.run = Run.objects.create(kind=services.KIND, subject_id=job.pk, status=Run.Status.WAITING)
    job.run.steps.create(name=workflows.FINAL_GATE, position=14, status="waiting")
    job.save()
    give_captions(job)
    return job


@pytest.fixture
def admin(job: Job) -> Iterator[User]:
    return UserFactory(role=User.Role.ADMIN)


def save(job: Job, author: User) -> None:
    services.save_track(
        Job.objects.get(pk=job.pk), language="en", kind=Track.Kind.CAPTIONS, content=VTT, author=author, base_version=1
    )


@pytest.mark.parametrize("verb", ["complete", "cancel", "save"])
def test_a_person_and_a_worker_never_stop_each_other(job: Job, admin: User, verb: str) -> None:
    """A worker locks the run and then the job."""
    do = {"complete": workflows.complete, "cancel": workflows.cancel}.get(verb)
    with transaction.atomic():
        runs.hold(job.run_id)
        person = Aside(lambda: do(job, actor=admin) if do else save(job, admin))
        person.stands_still()
        Job.objects.select_for_update().get(pk=job.pk)
    person.ends()
    assert person.error is None


def test_nothing_is_saved_into_a_job_that_is_being_completed(job: Job, admin: User) -> None:
    track = job.outputs.get(language="en").captions
    with transaction.atomic():
        # Somebody is at the track, so that the editor is in the middle of his save when the job is completed.
        Track.objects.select_for_update().get(pk=track.pk)
        editor = Aside(lambda: save(job, admin))
        editor.stands_still()
        manager = Aside(lambda: workflows.complete(Job.objects.get(pk=job.pk), actor=admin))
        manager.stands_still()
        assert manager.is_alive()
    editor.ends()
    manager.ends()
    assert (editor.error, manager.error) == (None, None)
    job.refresh_from_db()
    newest = track.versions.first()
    assert newest.number == 2
    assert newest.created_at < job.completed_at
    with pytest.raises(WrongStateError, match="Job is read-only"):
        save(job, admin)


def test_a_retry_goes_back_to_the_step_that_the_row_names(job: Job, admin: User) -> None:
    """The caller may have read the job before it failed."""
    job.status = Job.Status.FAILED
    Job.objects.filter(pk=job.pk).update(status=Job.Status.FAILED, failed_step=Job.Status.RENDERING)
    Run.objects.filter(pk=job.run_id).update(status=Run.Status.FAILED)
    assert workflows.retry(job, actor=admin).status == Job.Status.RENDERING
