"""Pictures, a choice, clips, a choice: through HTTP, with a provider on the wire."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import UserFactory
from ai.models import Budget, Call
from core.models import AuditEvent
from core.runs import worker
from core.storage import store
from core.storage.holders import strays
from core.storage.models import Removal
from core.testing.contract import differences, endpoint
from core.testing.files import body_of
from core.testing.patience import work_off
from core.testing.providers import ProviderServer
from generation.models import GenerationSession, Round, Take
from generation.tests.asking import Asker, session_of
from media_library.models import Asset

pytestmark = pytest.mark.django_db(transaction=True)

PROMPT = "A rocket on its pad at dawn"
Leftovers = Callable[[], set[str]]


def shape(entry: str) -> Any:
    return endpoint(entry)["success"]["shape"]


@pytest.fixture
def owner() -> User:
    return UserFactory(name="Owner")


@pytest.fixture
def asker(owner: User) -> Asker:
    return Asker(owner)


@pytest.fixture
def leftovers() -> Callable[[], set[str]]:
    """Files that came since and that nobody knows."""
    before = set(strays(grace=-60))
    return lambda: set(strays(grace=-60)) - before


def test_from_a_prompt_to_approved_clips(
    replicate: ProviderServer, patient: None, asker: Asker, owner: User, leftovers: Leftovers
) -> None:
    answer = asker.post("generate-images", prompt=PROMPT, num_images=4, seed=11)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert differences(body, shape("pipeline.generation.images")) == []
    assert (body["status"], [one["index"] for one in body["images"]]) == ("completed", [0, 1, 2, 3])
    assert [one["seed"] for one in body["images"]] == [11, 12, 13, 14]
    assert (body["estimate_usd"], body["cost_usd"]) == (0.012, 0.012)
    assert body_of(asker.client.get(body["images"][0]["url"]))[:4] == b"\x89PNG"
    session = session_of(answer)
    keys = list(Asset.objects.filter(take__session=session).values_list("key", flat=True))
    assert len(keys) == 4
    assert all(key.startswith(f"users/{owner.pk}/output/images/") for key in keys)
    asset = Asset.objects.filter(take__session=session).first()
    assert asset is not None
    assert (asset.origin, asset.shelf, asset.organization_id) == ("generated", "output", None)
    assert (asset.provenance["kind"], asset.provenance["model"]) == ("trainedAlgorithmicMedia", "flux-schnell")
    assert (asset.provenance["prompt"], asset.provenance["cost_usd"]) == (PROMPT, "0.003000")
    shown = asker.session(session.pk)
    assert differences(shown, shape("pipeline.sessions.get")) == []
    assert shown["status"] == "choosing_images"
    assert all(one["thumbnail_url"] for one in shown["assets"])

    urls = [one["url"] for one in body["images"]]
    chosen = asker.post(
        "save-approved-images", session_id=str(session.pk), approved_image_urls=[urls[3], urls[1], urls[3]]
    )
    assert chosen.json() == {"status": "success", "session_id": str(session.pk), "approved_count": 2}

    answer = asker.post(
        "generate-clips", session_id=str(session.pk), video_prompt="Slow push in", duration=4, num_clips=3
    )
    assert answer.status_code == 200, answer.content
    clips = answer.json()
    assert differences(clips, shape("pipeline.generation.clips")) == []
    # In the order of the approval, in turn.
    pictures = [one["id"] for one in body["images"]]
    assert [one["source_id"] for one in clips["clips"]] == [pictures[3], pictures[1], pictures[3]]
    assert asker.session(session.pk)["video_prompt"] == "Slow push in"

    answer = asker.post(
        "save-approved-clips",
        session_id=str(session.pk),
        approved_clip_urls=[clips["clips"][2]["url"], clips["clips"][0]["url"]],
    )
    assert answer.json()["approved_count"] == 2
    places = {one["id"]: one["order_index"] for one in asker.session(session.pk)["assets"] if one["type"] == "clip"}
    assert [places[one["id"]] for one in clips["clips"]] == [1, None, 0]

    costs = asker.get(f"sessions/{session.pk}/costs").json()
    assert differences(costs, shape("pipeline.sessions.costs")) == []
    assert [(row["service"], row["details"]) for row in costs["breakdown"]] == [
        ("replicate_flux", {"model": "flux-schnell", "num_images": 4}),
        ("replicate_luma", {"model": "gen-4-turbo", "duration_seconds": 15.0}),
    ]
    assert costs["total_cost"] == round(sum(row["cost"] for row in costs["breakdown"]) + 1e-9, 2)
    assert costs["estimated_cost"] == pytest.approx(sum(row["cost"] for row in costs["breakdown"]))
    listed = asker.get("sessions/").json()
    assert differences(listed, shape("pipeline.sessions.list")) == []
    assert [one["id"] for one in listed] == [str(session.pk)]
    files = asker.get("storage/files?folder=output&asset_type=videos").json()
    assert files["total"] == 3
    assert leftovers() == set()
    assert not Removal.objects.exists()
    actions = set(AuditEvent.objects.filter(action__startswith="generation.").values_list("action", flat=True))
    assert {"generation.session.begin", "generation.images.make", "generation.image.approve"} <= actions


def test_more_pictures_keep_what_was_chosen(replicate: ProviderServer, patient: None, asker: Asker) -> None:
    first = asker.post("generate-images", prompt=PROMPT, num_images=2).json()
    picked = first["images"][1]
    asker.post("save-approved-images", session_id=first["session_id"], approved_image_urls=[picked["id"]])
    asker.made(asker.post(f"sessions/{first['session_id']}/images", num_images=2, aspect_ratio="1:1"))
    shown = asker.session(first["session_id"])
    assert [one["id"] for one in shown["assets"] if one["approved"]] == [picked["id"]]
    assert len(shown["assets"]) == 4
    assert [(one["kind"], one["number"], one["plan"]["aspect_ratio"]) for one in shown["rounds"]] == [
        ("images", 1, "16:9"),
        ("images", 2, "1:1"),
    ]
    # The prompt history has all that is needed to make each again.
    assert all(
        take["seed"] is not None and take["prompt"] == PROMPT for one in shown["rounds"] for take in one["takes"]
    )


def test_what_failed_is_told_apart_and_made_again_alone(
    replicate: ProviderServer, patient: None, asker: Asker, leftovers: Leftovers
) -> None:
    replicate.plan("error", status=422)
    answer = asker.post("generate-images", prompt=PROMPT, num_images=3)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert len(body["images"]) == 2
    assert body["problem"] == "1 of 3 could not be made."
    session = session_of(answer)
    failed = session.takes.get(status=Take.Status.FAILED)
    assert failed.problem
    made = session.rounds.get()
    paid = sum(replicate.billed.values())
    again = asker.post(f"sessions/{session.pk}/rounds/{made.pk}/retry")
    assert (again.status_code, again.json()["status"]) == (200, "running")
    work_off(made.run_id)
    made.refresh_from_db()
    assert (made.status, made.problem) == (Round.Status.DONE, "")
    assert session.takes.filter(status=Take.Status.READY).count() == 3
    assert sum(replicate.billed.values()) == paid + 1
    assert all(count == 1 for count in replicate.billed.values())
    assert Call.objects.filter(outcome=Call.Outcome.OK).count() == 3
    assert leftovers() == set()


@pytest.mark.parametrize("fault", [{"do": "error", "status": 500}, {"do": "garbage"}, {"do": "rate_limited"}])
def test_a_provider_that_fails_every_time_is_the_contracts_500(
    fault: dict[str, Any], replicate: ProviderServer, patient: None, asker: Asker, leftovers: Leftovers
) -> None:
    for _ in range(200):
        replicate.plan(**fault, path="/predictions")
    answer = asker.post("generate-images", prompt=PROMPT, num_images=1)
    assert (answer.status_code, answer.json()) == (500, {"detail": "Image generation failed"})
    session = GenerationSession.objects.get()
    assert session.status == "failed"
    assert session.takes.filter(status=Take.Status.FAILED).count() == 1
    assert sum(replicate.billed.values()) <= 1
    assert leftovers() == set()
    # The step can be asked for again, and what was there stays.
    replicate.forget_plans()
    made = session.rounds.get()
    assert asker.post(f"sessions/{session.pk}/rounds/{made.pk}/retry").status_code == 200


def test_a_limit_is_kept_before_anybody_is_asked(replicate: ProviderServer, patient: None, asker: Asker) -> None:
    answer = asker.post("generate-images", prompt=PROMPT, num_images=4, cap_usd="0.01")
    assert answer.status_code == 402, answer.content
    assert "limit" in answer.json()["detail"]
    assert (replicate.requests, GenerationSession.objects.count()) == ([], 0)
    first = asker.post("generate-images", prompt=PROMPT, num_images=3, cap_usd="0.01").json()
    path = f"sessions/{first['session_id']}"
    estimate = asker.post(f"{path}/estimate", kind="images", count=1).json()
    assert (estimate["usd"], estimate["spent_usd"], estimate["left_usd"], estimate["fits"]) == (
        0.003,
        0.009,
        0.001,
        False,
    )
    asked = len(replicate.requests)
    assert asker.post(f"{path}/images", num_images=1).status_code == 402
    assert len(replicate.requests) == asked
    assert asker.patch(path, cap_usd=None).json()["cap_usd"] is None
    assert asker.post(f"{path}/images", num_images=1).status_code == 201


def test_a_budget_is_kept_before_anybody_is_asked(replicate: ProviderServer, patient: None, asker: Asker) -> None:
    Budget.objects.create(user=asker.user, limit_usd=Decimal("0.01"))
    answer = asker.post("generate-images", prompt=PROMPT, num_images=4)
    assert (answer.status_code, replicate.requests) == (402, [])
    assert not GenerationSession.objects.exists()


def test_one_step_at_a_time_and_none_out_of_order(replicate: ProviderServer, asker: Asker) -> None:
    own_id = str(uuid.uuid4())
    begun = asker.post("generate-images", prompt=PROMPT, num_images=2, session_id=own_id)
    assert (begun.status_code, set(begun.json())) == (202, {"run_id", "status", "status_url"})
    busy = asker.post("generate-images", prompt=PROMPT, session_id=own_id)
    assert busy.status_code == 409
    other = asker.post("generate-images", prompt="Another one", session_id=own_id)
    assert (other.status_code, "another prompt" in other.json()["detail"]) == (409, True)
    stranger = Asker(UserFactory())
    theft = stranger.post("generate-images", prompt=PROMPT, session_id=own_id)
    assert (theft.status_code, theft.json()) == (404, {"detail": "Session not found"})
    asker.made(begun)
    early = asker.post("generate-clips", session_id=own_id, video_prompt="Pan")
    assert (early.status_code, early.json()) == (400, {"detail": "No approved images"})
    for path, body in (
        ("save-approved-images", {"approved_image_urls": []}),
        ("generate-clips", {"video_prompt": "Pan"}),
    ):
        hidden = stranger.post(path, session_id=own_id, **body)
        assert (hidden.status_code, hidden.json()) == (404, {"detail": "Session not found"})
    wrong = [("num_images", 0), ("num_images", 9), ("aspect_ratio", "2:7"), ("prompt", " "), ("prompt", "x" * 2001)]
    for name, value in wrong:
        body = {"prompt": PROMPT, name: value}
        answer = asker.post("generate-images", **body)
        assert (answer.status_code, isinstance(answer.json()["detail"], list)) == (422, True), (name, value)
    for name, value in (("duration", 0), ("duration", 17), ("num_clips", 0), ("num_clips", 25)):
        body = {"session_id": own_id, "video_prompt": "Pan", name: value}
        assert asker.post("generate-clips", **body).status_code == 422, (name, value)


def test_cancelled_before_and_between_takes_leaves_nothing_and_goes_on_later(
    replicate: ProviderServer, asker: Asker, leftovers: Leftovers
) -> None:
    begun = asker.post("generate-images", prompt=PROMPT, num_images=3)
    made = Round.objects.get()
    path = f"sessions/{made.session_id}/rounds/{made.pk}"
    assert asker.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert asker.post(f"{path}/cancel").status_code == 409
    assert (begun.status_code, replicate.requests) == (202, [])
    assert asker.session(made.session_id)["status"] == "cancelled"

    assert asker.post(f"{path}/retry").status_code == 200
    steps = made.run.steps if made.run else None
    assert steps is not None
    worker.perform(steps.get(name="look").pk)
    worker.perform(steps.filter(name="take").first().pk)
    assert asker.post(f"{path}/cancel").json()["status"] == "cancelled"
    shown = asker.session(made.session_id)
    assert (shown["status"], len(shown["assets"])) == ("choosing_images", 1)
    assert leftovers() == set()
    asker.post(f"{path}/retry")
    work_off(made.run_id)
    shown = asker.session(made.session_id)
    assert (shown["status"], len(shown["assets"])) == ("choosing_images", 3)
    assert sum(replicate.billed.values()) == 3
    assert all(store().exists(key) for key in Asset.objects.filter(shelf="output").values_list("key", flat=True))
