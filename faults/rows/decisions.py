"""Many people, or one who clicks twice, decide at the same moment."""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection, HTTPMessage
from threading import Barrier
from typing import Any
from urllib.parse import urlsplit

from accounts.models import User
from core.models import AuditEvent
from core.runs.models import Run, Step
from core.testing.server import Server, serving
from faults.report import Seen, row
from faults.rig import Rig
from jobs import workflows
from jobs.models import Job, LanguageOutput
from jobs.services import KIND

PASSWORD = "a-long-enough-password"  # noqa: S105  (of a person who lives for one row)
JOBS = "/api/v1/jobs"
AT_ONCE = 20
ROUNDS = 3
Answer = tuple[int, Any, HTTPMessage]


class Caller:
    """An admin with a token, against a real server."""

    def __init__(self, site: Server) -> None:
        self.site = site
        email = f"{uuid.uuid4()}@example.com"
        self.user = User.objects.create_user(email=email, password=PASSWORD, role=User.Role.ADMIN)
        _, signed_in, _ = self.ask("POST", "/api/v1/auth/login", {"email": email, "password": PASSWORD})
        self.token = signed_in["access_token"]

    token = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        headers = {"Content-Type": "application/json", **headers}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with closing(HTTPConnection("127.0.0.1", self.site.port, timeout=60)) as connection:
            connection.request(method, path, content, headers)
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text.startswith(b"{") else {}, answer.headers

    def at_once(self, asked: list[tuple[str, Any]], **headers: str) -> list[Answer]:
        """All of these POSTs, let go together."""
        ready = Barrier(len(asked))

        def post(one: tuple[str, Any]) -> Answer:
            ready.wait()
            return self.ask("POST", one[0], one[1], **headers)

        with ThreadPoolExecutor(len(asked)) as pool:
            return list(pool.map(post, asked))

    def sent(self) -> dict[str, Any]:
        """The order of a job whose video has arrived."""
        about = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": 4}
        _, place, _ = self.ask("POST", f"{JOBS}/upload/init", about)
        target = urlsplit(place["upload_url"])
        code, _, _ = self.ask("PUT", f"{target.path}?{target.query}", b"film", **{"Content-Range": "bytes 0-3/4"})
        assert code in {200, 201}, code
        return {
            "gcs_uri": place["gcs_uri"],
            "filename": "film.mp4",
            "source_language": "en",
            "requested_outputs": {"languages": ["es"]},
        }


def waiting_at(gate: str, status: str, owner: User) -> Job:
    """A job whose run waits for somebody at this gate."""
    job = Job.objects.create(title="Film", created_by=owner, source_language="en", filename="film.mp4", status=status)
    LanguageOutput.objects.create(job=job, language="en", is_source=True)
    job.run = Run.objects.create(kind=KIND, subject_id=job.pk, status=Run.Status.WAITING, stage=status)
    Step.objects.create(run=job.run, name=gate, position=14, status=Step.Status.WAITING)
    job.save(update_fields=["run"])
    return job


def moves(job: Job) -> list[str]:
    trail = AuditEvent.objects.filter(subject_type="jobs.job", subject_id=str(job.pk)).exclude(before="")
    return list(trail.values_list("action", flat=True))


@row(
    "F15-complete",
    injected=f"{AT_ONCE} POSTs of upload/complete at once, no key",
    expected="one job; the others are told that it is done already",
    within=30,
)
def completed_twice(rig: Rig, seen: Seen) -> None:
    with serving(env=rig.env) as site:
        caller = Caller(site)
        began = time.monotonic()
        for _ in range(ROUNDS):
            order = caller.sent()
            answers = caller.at_once([(f"{JOBS}/upload/complete", order)] * AT_ONCE)
            codes = Counter(code for code, _, _ in answers)
            seen.expect(codes == {201: 1, 409: AT_ONCE - 1}, f"answered {dict(codes)}")
        seen.recovery = time.monotonic() - began
        seen.duplicates = Job.objects.filter(created_by=caller.user).count() - ROUNDS
        Run.objects.all().delete()


@row(
    "F15-key",
    injected=f"{AT_ONCE} POSTs of upload/complete at once, one key",
    expected="one job; the same answer again, 409 while it is made, 422 for another body",
    within=30,
)
def completed_twice_with_a_key(rig: Rig, seen: Seen) -> None:
    with serving(env=rig.env) as site:
        caller = Caller(site)
        order, key = caller.sent(), uuid.uuid4().hex
        began = time.monotonic()
        answers = caller.at_once([(f"{JOBS}/upload/complete", order)] * AT_ONCE, **{"Idempotency-Key": key})
        seen.recovery = time.monotonic() - began
        made = {body["id"] for code, body, _ in answers if code == 201}
        seen.expect(len(made) == 1, f"{len(made)} jobs were told of")
        for code, _, headers in answers:
            seen.expect(code in {201, 409}, f"answered {code}")
            seen.expect(code == 201 or "Retry-After" in headers, "409 without Retry-After")
        again = caller.ask("POST", f"{JOBS}/upload/complete", order, **{"Idempotency-Key": key})
        seen.expect(again[0] == 201 and again[1]["id"] in made, f"later: {again[0]}")
        seen.expect(again[2].get("Idempotency-Replayed") == "true", "the replay does not say that it is one")
        other = caller.ask("POST", f"{JOBS}/upload/complete", {**order, "title": "Other"}, **{"Idempotency-Key": key})
        seen.expect(other[0] == 422, f"another body under the key: {other[0]}")
        seen.duplicates = Job.objects.filter(created_by=caller.user).count() - 1
        Run.objects.all().delete()


@row(
    "F15-action",
    injected=f"{AT_ONCE} approvals of one source at once, no key",
    expected="one counts, the others are 409 with the state",
    within=30,
)
def approved_again_and_again(rig: Rig, seen: Seen) -> None:
    decided(rig, seen, gate=workflows.SOURCE_GATE, status=Job.Status.PENDING_QC, verbs=("approve_source",))


@row(
    "F17-source",
    injected=f"{AT_ONCE} people approve and reject a source at once",
    expected="one decides, the others are 409, the trail has one move",
    within=30,
)
def approved_and_rejected(rig: Rig, seen: Seen) -> None:
    decided(rig, seen, gate=workflows.SOURCE_GATE, status=Job.Status.PENDING_QC, verbs=("approve_source", "reject"))


@row(
    "F17-final",
    injected=f"{AT_ONCE} people complete, return and reject a job at once",
    expected="one decides, the others are 409, the trail has one move",
    within=30,
)
def completed_and_returned(rig: Rig, seen: Seen) -> None:
    verbs = ("complete", "return_to_qc", "reject_final")
    decided(rig, seen, gate=workflows.FINAL_GATE, status=Job.Status.PENDING_FINAL_REVIEW, verbs=verbs)


def decided(rig: Rig, seen: Seen, *, gate: str, status: str, verbs: tuple[str, ...]) -> None:
    """All at once and by turns, in several rounds: whoever comes first decides, and nobody else."""
    with serving(env=rig.env) as site:
        caller = Caller(site)
        began = time.monotonic()
        for _ in range(ROUNDS):
            job = waiting_at(gate, status, caller.user)
            asked = [(f"{JOBS}/{job.pk}/actions/{verbs[turn % len(verbs)]}", {}) for turn in range(AT_ONCE)]
            answers = caller.at_once(asked)
            codes = Counter(code for code, _, _ in answers)
            seen.expect(codes == {200: 1, 409: AT_ONCE - 1}, f"answered {dict(codes)}")
            for code, body, _ in answers:
                seen.expect(code == 200 or body.get("current_status") not in {None, status}, f"a loser was told {body}")
            (winner,) = [
                path.rpartition("/")[2] for (path, _), (code, _, _) in zip(asked, answers, strict=True) if code == 200
            ] or [""]
            made = [move for move in moves(job) if move in {f"jobs.job.{verb}" for verb in workflows.OFFERED}]
            seen.expect(made == [f"jobs.job.{winner}"], f"{winner} won, the trail says {made}")
            seen.duplicates += len(made) - 1
        seen.recovery = time.monotonic() - began
        Run.objects.all().delete()
