"""The same with no provider at all: the studio's own engines, each named as what it is."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.tests.factories import UserFactory
from core.testing.contract import differences, endpoint
from generation.models import Take
from generation.tests.asking import Asker, session_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engines]


def test_pictures_and_clips_without_a_key_name_who_made_them(patient: None, settings: Any) -> None:
    settings.AI_ROUTES = {**settings.AI_ROUTES, "generate_image": "", "generate_video": ""}
    asker = Asker(UserFactory())
    answer = asker.post("generate-images", prompt="A lighthouse above a stormy sea", num_images=2, cap_usd="0")
    assert answer.status_code == 200, answer.content
    assert differences(answer.json(), endpoint("pipeline.generation.images")["success"]["shape"]) == []
    session = session_of(answer)
    pictures = list(session.takes.order_by("index"))
    assert {take.made["engine"] for take in pictures} == {"local:storyboard"}
    first, second = (take.asset for take in pictures)
    assert first is not None
    assert second is not None
    assert first.provenance["kind"] == "algorithmicMedia"
    assert first.sha256 != second.sha256

    ids = [str(pictures[0].pk)]
    asker.post("save-approved-images", session_id=str(session.pk), approved_image_urls=ids)
    clips = asker.post("generate-clips", session_id=str(session.pk), video_prompt="Slow zoom in", duration=1.5)
    assert clips.status_code == 200, clips.content
    assert clips.json()["clips"][0]["duration"] == pytest.approx(1.5, abs=0.1)
    clip = session.takes.get(kind=Take.Kind.CLIP)
    assert (clip.made["engine"], clip.status) == ("local:camera", "ready")
    costs = asker.get(f"sessions/{session.pk}/costs").json()
    assert costs["total_cost"] == 0
    assert [(row["service"], row["cost"]) for row in costs["breakdown"]] == [
        ("local_storyboard", 0),
        ("local_camera", 0),
    ]
    assert costs["breakdown"][0]["details"]["num_images"] == 2
