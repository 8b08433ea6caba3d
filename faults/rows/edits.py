"""Several people save the same text at the same moment."""

from __future__ import annotations

import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPConnection
from threading import Barrier
from typing import Any

from accounts.models import User
from core.testing.server import Server, serving
from faults.report import Seen, row
from faults.rig import Rig
from jobs.models import Job, LanguageOutput
from media_library import services as library
from media_library.media import webvtt
from media_library.models import Asset, Track, TrackDraft, TrackVersion

PASSWORD = "a-long-enough-password"  # noqa: S105  (of a person who lives for one row)
CLIENTS = 10
ROUNDS = 3
CUES = 40


@row(
    "F16",
    injected=f"{CLIENTS} clients save on the same version at once",
    expected="one wins, every other text is kept and merges",
    within=30,
)
def saved_at_once(rig: Rig, seen: Seen) -> None:
    author = User.objects.create_user(email=f"{uuid.uuid4()}@example.com", password=PASSWORD, role=User.Role.ADMIN)
    job, track = written(author)
    with serving(env=rig.env) as site:
        token = ask(site, "POST", "/api/v1/auth/login", {"email": author.email, "password": PASSWORD})[1][
            "access_token"
        ]
        path = f"/api/v1/jobs/{job.pk}/vtt"
        told: list[str] = []
        began = time.monotonic()
        for _ in range(ROUNDS):
            base = ask(site, "GET", path, token=token)[1]
            told += at_once(site, path, base, token=token, seen=seen)
        seen.recovery = time.monotonic() - began
        kept = [*TrackVersion.objects.filter(track=track).values_list("content", flat=True)]
        kept += TrackDraft.objects.filter(track=track).values_list("content", flat=True)
        seen.lost = sum(not any(line in text for text in kept) for line in told)
        draft = TrackDraft.objects.filter(track=track).earliest("created_at")
        merged = ask(
            site, "POST", f"{path}/merge", {"content": draft.content, "base_version": draft.base_version}, token=token
        )[1]
        mine = {line for line in told if line in draft.content}
        at_hand = merged["content"] + json.dumps(merged["conflicts"])
        seen.expect(mine and all(line in at_hand for line in mine), "the draft's words are not in the merged text")
    versions = list(TrackVersion.objects.filter(track=track).order_by("number").values_list("number", flat=True))
    seen.expect(versions == list(range(1, ROUNDS + 2)), f"versions are {versions}")
    seen.notes["saves"] = ROUNDS * CLIENTS


def at_once(site: Server, path: str, base: dict[str, Any], *, token: str, seen: Seen) -> list[str]:
    """What each of the clients wrote into a cue of its own."""
    lines = [f"Words of {uuid.uuid4().hex}." for _ in range(CLIENTS)]
    ready = Barrier(CLIENTS)

    def save(number: int) -> tuple[int, dict[str, Any]]:
        body: dict[str, Any] = {"base_version": base["version"]}
        if number % 2:
            body["edits"] = [{"index": number, "text": lines[number]}]
        else:
            body["content"] = base["content"].replace(base["cues"][number]["text"], lines[number], 1)
        ready.wait()
        return ask(site, "PATCH", path, body, token=token)

    with ThreadPoolExecutor(CLIENTS) as pool:
        answers = list(pool.map(save, range(CLIENTS)))
    codes = sorted(code for code, _ in answers)
    seen.expect(codes == [200, *[409] * (CLIENTS - 1)], f"the clients were answered {codes}")
    for code, answer in answers:
        if code == 409:
            seen.expect(answer.get("current_version") == base["version"] + 1, f"a loser was told {answer}")
            seen.expect(answer.get("draft_id") and answer.get("draft_url"), "a loser was not told where the text is")
    return lines


def written(author: User) -> tuple[Job, Track]:
    cues = [webvtt.Cue(at * 3000, at * 3000 + 2500, f"Line {at} as it was.") for at in range(CUES)]
    source = Asset.objects.create(
        owner=author,
        kind=Asset.Kind.VIDEO,
        filename="film.mp4",
        content_type="video/mp4",
        key=f"faults/{uuid.uuid4()}",
        size=1,
        sha256="0" * 64,
    )
    job = Job.objects.create(
        title="Film", created_by=author, source=source, source_language="en", filename="film.mp4", status="pending_qc"
    )
    track = library.open_track(source, kind=Track.Kind.CAPTIONS, language="en")
    LanguageOutput.objects.create(job=job, language="en", is_source=True, captions=track)
    library.save_machine_version(track, webvtt.Document(blocks=list(cues)).write(), engine="faults")
    return job, track


def ask(site: Server, method: str, path: str, body: Any = None, *, token: str = "") -> tuple[int, Any]:
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    with closing(HTTPConnection("127.0.0.1", site.port, timeout=60)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
