"""Links for guests, and notes on the picture."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from jobs.tests.factories import give_captions
from media_library.models import Asset
from qc.models import LanguageReview, ReviewNote, ShareLink
from qc.services import sharing
from qc.services.sharing import Terms
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage


def opens_by_its_hash_only(stage: Stage, answer: Answer) -> None:
    made = answer.json()
    assert made["url"].endswith(f"/s/{made['token']}")
    assert len(made["token"]) >= 43  # 256 bits
    kept = ShareLink.objects.get(pk=made["id"])
    assert made["token"] not in (kept.token_hash, kept.prefix)
    assert stage.send("GET", f"/api/v1/share/public/share/{made['token']}").status_code == 200


def only_what_still_opens(stage: Stage, answer: Answer) -> None:
    ShareLink.objects.filter(pk=stage.world.share.pk).update(expires_at=stage.world.share.created_at)
    again = stage.send("GET", f"/api/v1/share/jobs/{stage.world.job.pk}/share")
    assert (answer.json()["total"], again.json()["total"]) == (1, 0)


def a_link(stage: Stage, **terms: Any) -> None:
    _, token = sharing.share(stage.world.job, actor=stage.world.people["production"], terms=Terms(**terms))
    stage.kept["token"] = token


def dies_at_once(stage: Stage, _answer: Answer) -> None:
    assert ShareLink.objects.get(pk=stage.world.share.pk).revoked_at is not None
    again = stage.send("DELETE", f"/api/v1/share/jobs/{stage.world.job.pk}/share/{stage.world.share.pk}")
    assert again.status_code == 404


def a_link_to_a_captioned_film(stage: Stage) -> None:
    give_captions(stage.world.job)
    a_link(stage)


def the_view_is_counted(stage: Stage, _answer: Answer) -> None:
    link = ShareLink.objects.exclude(pk=stage.world.share.pk).get(job=stage.world.job)
    assert (link.view_count, link.visits.count()) == (1, 1)


def nothing_internal(stage: Stage, answer: Answer) -> None:
    """A guest sees what is finished, and nothing of who worked on it."""
    text = answer.content.decode()
    assert "gs://" not in text
    assert all(person.email not in text for person in stage.world.people.values())
    assert set(answer.json()) == {"job", "assets", "allow_download", "expires_at"}
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"


def the_linguist_works_on_it(stage: Stage) -> None:
    """Sees the job, and shares it with nobody."""
    LanguageReview.objects.filter(output__job=stage.world.job).update(linguist=stage.world.people["linguist"])


def revoked(stage: Stage) -> None:
    a_link(stage)
    ShareLink.objects.update(revoked_at=stage.world.share.created_at)


def expired(stage: Stage) -> None:
    a_link(stage)
    ShareLink.objects.update(expires_at=stage.world.share.created_at)


def guarded(stage: Stage) -> None:
    a_link(stage, password="tide")


def of_a_deleted_job(stage: Stage) -> None:
    a_link(stage)
    Job.objects.filter(pk=stage.world.job.pk).update(deleted_at=stage.world.share.created_at)


DEAD = (
    Twist(path={"token": "no-such-link"}),
    Twist(given=revoked),
    Twist(given=expired),
    Twist(given=guarded),
    Twist(given=of_a_deleted_job),
)


def its_token(stage: Stage) -> dict[str, str]:
    return {"token": stage.kept.get("token", "")}


scene(
    "accessible.share.create",
    who="production",
    body={"expires_in_hours": 24, "allow_download": True},
    given=the_linguist_works_on_it,
    refused=("linguist",),
    effects=(opens_by_its_hash_only,),
)
scene(
    "accessible.share.list",
    who="production",
    given=the_linguist_works_on_it,
    refused=("linguist",),
    checks=(only_what_still_opens,),
)
scene(
    "accessible.share.revoke",
    who="production",
    given=the_linguist_works_on_it,
    refused=("linguist",),
    effects=(dies_at_once,),
)
scene(
    "accessible.share.public",
    who=None,
    path=its_token,
    given=a_link_to_a_captioned_film,
    errors={"Share link not found or expired": DEAD},
    effects=(the_view_is_counted,),
    checks=(nothing_internal,),
)


# ------------------------------------------------------------------------------------------------ notes


def of_ten_seconds(stage: Stage) -> None:
    Asset.objects.filter(pk=stage.world.job.source_id).update(duration=10)


def in_order_of_time(stage: Stage, answer: Answer) -> None:
    for at in (7.25, 0.5):
        ReviewNote.objects.create(job=stage.world.job, timestamp=at, body="Here.", author=stage.world.people["client"])
    found = stage.send("GET", f"/api/v1/jobs/{stage.world.job.pk}/review-notes").json()
    assert [one["timestamp_seconds"] for one in found["items"]] == [0.5, 1.5, 7.25]
    assert answer.json()["total"] == 1


def gone(stage: Stage, _answer: Answer) -> None:
    assert not ReviewNote.objects.filter(pk=stage.world.note.pk).exists()


NOTES = "accessible.review_notes"
scene(f"{NOTES}.list", who="project_manager", refused=(), checks=(in_order_of_time,))
scene(
    f"{NOTES}.create",
    who="project_manager",
    body={"timestamp_seconds": 2.5, "body": "The lower third is old.", "asset": "source_video"},
    given=of_ten_seconds,
    refused=(),
    errors={"Timestamp beyond video duration": Twist(body={"timestamp_seconds": 10.6, "body": "Nothing."})},
    alternatives=(),
)
scene(f"{NOTES}.get", who="project_manager", refused=())
scene(
    f"{NOTES}.update",
    who="project_manager",
    body={"body": "It is right now.", "resolved": True},
    refused=("client",),
)
scene(f"{NOTES}.delete", who="project_manager", refused=("client",), effects=())
