"""An answer without any hosted model, from the question to clips and sections; then single places made again."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import User
from accounts.tests.factories import UserFactory
from chat.models import ClipProposal, Conversation, Message, Record, ScriptExample
from chat.services import feedback, regenerating
from chat.tests.conversing import asked, signed_in, work
from chat.tests.factories import ConversationFactory, footage
from core.errors import WrongStateError
from core.models import AuditEvent
from core.runs.models import Run
from core.testing.patience import done_at_once, work_off
from media_library.models import Asset

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("meaningful")]

LINES = (
    "My name is Anna and I was born above the harbour of this town.",
    "Every morning the harbour was full of boats when I was a child.",
    "Then the storm came over the harbour and we lost eleven boats in a night.",
    "The harbour wall was built by hand and it took us nine years.",
    "I hope that tomorrow the harbour will be full of boats again.",
)


@pytest.fixture
def owner(settings: Any) -> User:
    settings.AI_ROUTES = dict.fromkeys(settings.AI_ROUTES, "")
    return UserFactory()


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return ConversationFactory(owner=owner, title_by="")


@pytest.fixture
def film(owner: User) -> Asset:
    return footage(owner, *LINES, title="Harbour talk", speaker="Anna")


def test_a_conversation_becomes_a_script_a_cut_and_another_cut(
    owner: User, conversation: Conversation, film: Asset
) -> None:
    client = signed_in(owner)
    answer = work(asked(client, conversation, "Write a script about the harbour and the storm"))
    assert (answer.status, answer.intent, answer.engine, answer.composed) == (
        Message.Status.COMPLETE,
        "script",
        "local:compose",
        True,
    )
    assert answer.content.startswith("> *Put together by the studio's own engine.")
    assert answer.cost == 0
    clips = list(conversation.clips.listed())
    assert len(clips) >= 3
    # Quotes are the transcript's own words, whole sentences of it.
    assert {clip.text for clip in clips} <= set(LINES)
    assert all(clip.in_cut and clip.asset == film and clip.speaker == "Anna" for clip in clips)
    records = list(conversation.records.listed())
    assert [record.clip for record in records if record.clip] == clips
    assert any(record.is_gap for record in records)
    assert {one["n"] for one in answer.citations} >= {clip.source_n for clip in clips}
    assert Conversation.objects.get(pk=conversation.pk).title == "Harbour and the storm"

    answer = work(asked(client, conversation, "Put clip 3 first"))
    assert answer.intent == "edit"
    assert [clip.pk for clip in conversation.clips.listed()][:2] == [clips[2].pk, clips[0].pk]
    # Sections follow their clips.
    assert next(record.clip_id for record in conversation.records.listed() if record.clip_id) == clips[2].pk

    # Another script quotes what was not shown yet, unless it is asked for the same, and takes the place of the first.
    work(asked(client, conversation, "Write a script with the same clips about the harbour"))
    assert Record.objects.filter(conversation=conversation, removed_at=None).exclude(message=answer).exists()
    assert not Record.objects.filter(pk__in=[record.pk for record in records], removed_at=None).exists()
    assert not ClipProposal.objects.filter(pk__in=[clip.pk for clip in clips], in_cut=True).exists()
    answer = work(asked(client, conversation, "Find every moment about the harbour"))
    assert not conversation.clips.filter(message=answer).exists()


def test_a_clip_is_made_again_by_what_was_said_of_it_and_never_the_same(
    owner: User, conversation: Conversation, film: Asset, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = signed_in(owner)
    work(asked(client, conversation, "Find the moment about the storm"))
    clip = conversation.clips.get()
    way = f"/api/clips/{conversation.pk}/0"
    comment = client.post(
        f"{way}/comments", {"content": "@mv-video show the wall instead"}, content_type="application/json"
    )
    assert comment.json()["regeneration_requested"] is True
    run = Run.objects.get(kind=regenerating.KIND)
    assert run.params["feedback"] == "show the wall instead"
    again = client.post(f"{way}/regenerate", {}, content_type="application/json")
    assert (again.status_code, again.json()) == (409, {"error": "This is being worked on already."})
    work_off(run.pk)
    before, clip = clip, ClipProposal.objects.get(pk=clip.pk)
    assert clip.text == LINES[3]
    assert clip.before[0]["text"] == before.text

    monkeypatch.setattr("chat.api.regenerate.when_done", done_at_once)
    seen = {before.text, clip.text}
    for _ in range(3):
        answer = client.post(f"{way}/regenerate", {"feedback": "harbour"}, content_type="application/json")
        made = answer.json()
        assert (answer.status_code, made["new_clip"]["video_id"]) == (200, str(film.pk)), made
        assert made["processing_time"] >= 0
        assert made["new_clip"]["transcript_text"] not in seen
        seen.add(made["new_clip"]["transcript_text"])
    answer = client.post(f"{way}/regenerate", {"feedback": "harbour"}, content_type="application/json")
    assert (answer.status_code, answer.json()) == (409, {"error": regenerating.NOTHING_ELSE})
    assert AuditEvent.objects.filter(action="chat.clip.regenerate").count() == 5


def test_one_section_is_made_again(owner: User, conversation: Conversation, film: Asset) -> None:
    record = Record.objects.create(
        conversation=conversation, position=0, content="One thing is said. Then another. And a third thing.", duration=4
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("chat.api.regenerate.when_done", done_at_once)
        answer = signed_in(owner).post(
            f"/api/records/{conversation.pk}/0/regenerate", {"feedback": "shorter"}, content_type="application/json"
        )
    assert answer.status_code == 200, answer.json()
    updated = answer.json()["updated_record"]
    assert updated["content"] == "One thing is said."
    record.refresh_from_db()
    assert (record.content, record.duration) == (updated["content"], updated["duration"])
    assert record.version == 2
    regenerating.begin(record, feedback="", actor=owner)
    with pytest.raises(WrongStateError):
        regenerating.begin(record, feedback="", actor=owner)


def test_ratings_make_examples_of_a_house_and_an_admin_gives_them_to_all(owner: User) -> None:
    script = "# The harbour\n\n## Morning\nNobody had gone out."
    client, colleague = signed_in(owner), UserFactory()
    for rating in (2, 5):
        client.post(
            "/api/script-feedback", {"script_content": script, "rating": rating}, content_type="application/json"
        )
    example = ScriptExample.objects.get()
    # A person's last rating counts.
    assert (example.rating, example.ratings, example.title) == (5.0, 1, "The harbour")
    assert signed_in(colleague).get("/api/script-examples").json() == {"examples": []}
    admin = UserFactory(role=User.Role.ADMIN)

    feedback.curate(example, actor=admin)
    given = signed_in(colleague).get("/api/script-examples").json()["examples"]
    assert [one["title"] for one in given] == ["The harbour"]
