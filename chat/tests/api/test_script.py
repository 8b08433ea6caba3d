"""Sections and comments through HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification, User
from accounts.tests.factories import UserFactory
from chat.models import ClipProposal, Conversation, Participant, Record, ScriptComment
from chat.services import records
from chat.tests.conversing import signed_in, told
from chat.tests.factories import ConversationFactory, clip_in
from core.runs.models import Run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> dict[str, User]:
    return {name: UserFactory(name=f"{name.title()} Berg") for name in ("owner", "editor", "viewer", "stranger")}


@pytest.fixture
def conversation(people: dict[str, User]) -> Conversation:
    made: Conversation = ConversationFactory(owner=people["owner"])
    for role in ("editor", "viewer"):
        Participant.objects.create(conversation=made, user=people[role], role=role)
    return made


@pytest.fixture
def clip(conversation: Conversation) -> ClipProposal:
    return clip_in(conversation)


def call(user: User, method: str, route: str, body: Any = None) -> Any:
    return getattr(signed_in(user), method)(route, body, content_type="application/json")


def section(conversation: Conversation, content: str, **more: Any) -> Record:
    return records.add(conversation, actor=conversation.owner, content=content, **more)


def contents(user: User, conversation: Conversation) -> list[str]:
    rows = call(user, "get", f"/api/conversations/{conversation.pk}/records").json()["records"]
    assert [row["index"] for row in rows] == list(range(len(rows)))
    return [row["content"] for row in rows]


class TestSections:
    def test_they_are_written_ordered_taken_out_and_put_back(
        self, people: dict[str, User], conversation: Conversation
    ) -> None:
        user = people["editor"]
        route = f"/api/conversations/{conversation.pk}/records"
        one, two = (call(user, "post", route, {"content": text}).json() for text in ("one", "two"))
        call(user, "post", route, {"content": "between", "after": one["id"]})
        assert contents(user, conversation) == ["one", "between", "two"]
        ids = [row["id"] for row in call(user, "get", route).json()["records"]]
        assert call(user, "post", f"{route}/order", {"ids": ids[::-1]}).status_code == 200
        assert contents(user, conversation) == ["two", "between", "one"]
        assert call(user, "post", f"{route}/order", {"ids": ids[:2]}).status_code == 409
        assert call(user, "delete", f"/api/records/{two['id']}").status_code == 204
        assert contents(user, conversation) == ["between", "one"]
        assert call(user, "post", f"/api/records/{two['id']}/restore").status_code == 200
        assert contents(user, conversation) == ["two", "between", "one"]
        assert {event["what"] for event in told(conversation) if event["type"] == "script.changed"} == {"records"}

    def test_a_stale_change_is_refused_with_what_is_there_now(
        self, people: dict[str, User], conversation: Conversation
    ) -> None:
        record = section(conversation, "one")
        route = f"/api/records/{record.pk}"
        assert call(people["owner"], "patch", route, {"content": "theirs", "version": 1}).json()["version"] == 2
        answer = call(people["editor"], "patch", route, {"content": "mine", "version": 1})
        assert answer.status_code == 409
        assert (answer.json()["current_version"], answer.json()["content"]) == (2, "theirs")

    def test_a_change_can_be_taken_back_and_a_gap_is_filled_by_words(
        self, people: dict[str, User], conversation: Conversation
    ) -> None:
        record = section(conversation, "", is_gap=True)
        made = call(people["owner"], "patch", f"/api/records/{record.pk}", {"content": "Ten words " * 5}).json()
        assert made["is_gap"] is False
        assert made["duration"] == pytest.approx(4.0)
        back = call(people["owner"], "post", f"/api/records/{record.pk}/restore").json()
        assert (back["is_gap"], back["content"], back["duration"]) == (True, "", 0)
        assert call(people["owner"], "post", f"/api/records/{record.pk}/restore").status_code == 409

    def test_who_may_not_write_is_refused_before_anything_is_read(
        self, people: dict[str, User], conversation: Conversation
    ) -> None:
        record = section(conversation, "one")
        for name, status in (("viewer", 403), ("stranger", 404)):
            for method, route in (("patch", f"/api/records/{record.pk}"), ("delete", f"/api/records/{record.pk}")):
                assert call(people[name], method, route, {"content": 7}).status_code == status
            route = f"/api/conversations/{conversation.pk}/records"
            assert call(people[name], "post", route, {"content": 7}).status_code == status
        other = clip_in(ConversationFactory())
        answer = call(people["owner"], "patch", f"/api/records/{record.pk}", {"clip_id": str(other.pk)})
        assert (answer.status_code, answer.json()) == (404, {"error": "Clip not found"})

    def test_lists_cost_the_same_however_many(self, people: dict[str, User], conversation: Conversation) -> None:
        def cost() -> int:
            client = signed_in(people["owner"])
            with CaptureQueriesContext(
                connection,
            ) as queries:
                for what in ("records", "comments"):
                    assert client.get(f"/api/conversations/{conversation.pk}/{what}").status_code == 200
            return len(queries)

        def fill() -> None:
            record = section(conversation, "x")
            ScriptComment.objects.create(conversation=conversation, record=record, author=people["viewer"], content="c")

        fill()
        once = cost()
        for _ in range(19):
            fill()
        assert cost() == once


class TestComments:
    def test_what_is_said_of_a_clip_is_listed_oldest_first_with_who_said_it(
        self, people: dict[str, User], conversation: Conversation, clip: ClipProposal
    ) -> None:
        route = f"/api/clips/{conversation.pk}/0/comments"
        assert call(people["owner"], "get", route).json() == {"comments": []}
        for name in ("viewer", "editor"):
            answer = call(people[name], "post", route, {"content": f"says {name}"})
            assert answer.status_code == 200
            assert answer.json()["regeneration_requested"] is False
        found = call(people["owner"], "get", route).json()["comments"]
        assert [(one["content"], one["user"]["name"]) for one in found] == [
            ("says viewer", "Viewer Berg"),
            ("says editor", "Editor Berg"),
        ]
        assert Notification.objects.filter(user=people["owner"], kind="chat.comment").exists()
        assert not Run.objects.exists()

    def test_a_member_has_it_made_again_once(
        self, people: dict[str, User], conversation: Conversation, clip: ClipProposal
    ) -> None:
        route = f"/api/clips/{conversation.pk}/0/comments"
        first = call(people["editor"], "post", route, {"content": "@mv-video shorter please"}).json()
        assert first["regeneration_requested"] is True
        run = Run.objects.get()
        assert (run.kind, run.subject_id, run.params["feedback"]) == ("chat.regenerate", clip.pk, "shorter please")
        assert ScriptComment.objects.get(pk=first["comment_id"]).run == run
        again = call(people["owner"], "post", route, {"content": "@MV-Video longer"}).json()
        assert again["regeneration_requested"] is False
        assert again["reason"]
        assert Run.objects.count() == 1
        assert ScriptComment.objects.count() == 2

    def test_neither_a_viewer_nor_an_address_starts_work(
        self, people: dict[str, User], conversation: Conversation, clip: ClipProposal
    ) -> None:
        record = section(conversation, "one")
        for place in (f"clips/{conversation.pk}/0", f"records/{conversation.pk}/{0}"):
            said = call(people["viewer"], "post", f"/api/{place}/comments", {"content": "@mv-video again"}).json()
            assert said["regeneration_requested"] is False
            assert said["reason"]
            plain = call(
                people["owner"], "post", f"/api/{place}/comments", {"content": "write to me@mv-video.org"}
            ).json()
            assert plain["regeneration_requested"] is False
        assert not Run.objects.exists()
        assert record.comments.count() == 2

    def test_who_is_named_is_told_so(
        self, people: dict[str, User], conversation: Conversation, clip: ClipProposal
    ) -> None:
        call(
            people["owner"], "post", f"/api/clips/{conversation.pk}/0/comments", {"content": "@Editor, is this right?"}
        )
        assert Notification.objects.filter(user=people["editor"], kind="chat.mention").exists()
        assert Notification.objects.filter(user=people["viewer"], kind="chat.comment").exists()

    def test_refusals_in_the_contracts_words(
        self, people: dict[str, User], conversation: Conversation, clip: ClipProposal
    ) -> None:
        for body in ({}, {"content": "  "}):
            answer = call(people["viewer"], "post", f"/api/clips/{conversation.pk}/0/comments", body)
            assert (answer.status_code, answer.json()) == (400, {"error": "Content is required"})
        for kind, words in (("clips", "Clip not found"), ("records", "Record not found")):
            answer = call(people["owner"], "post", f"/api/{kind}/{conversation.pk}/7/comments", {"content": "x"})
            assert (answer.status_code, answer.json()) == (404, {"error": words})
        answer = call(people["stranger"], "get", f"/api/clips/{conversation.pk}/0/comments")
        assert (answer.status_code, answer.json()) == (404, {"error": "Conversation not found"})

    def test_a_comment_is_settled_and_opened_again(
        self, people: dict[str, User], conversation: Conversation, clip: ClipProposal
    ) -> None:
        said = call(people["viewer"], "post", f"/api/clips/{conversation.pk}/0/comments", {"content": "x"}).json()
        route = f"/api/script-comments/{said['comment_id']}"
        assert call(people["editor"], "patch", route, {"resolved": True}).json()["resolved_at"]
        assert call(people["viewer"], "patch", route, {"resolved": False}).json()["resolved_at"] is None
        assert call(people["stranger"], "patch", route, {"resolved": True}).status_code == 404


def test_the_forms_of_the_desk_do_the_same(people: dict[str, User], conversation: Conversation) -> None:
    client = signed_in(people["editor"])
    assert client.post(f"/chat/{conversation.pk}/section", {"heading": "Opening", "content": "one"}).status_code == 302
    record = Record.objects.get()
    changed = {"record": str(record.pk), "version": "1", "heading": "Opening", "content": "two"}
    assert client.post(f"/chat/{conversation.pk}/section", changed).status_code == 302
    assert client.post(f"/chat/{conversation.pk}/section", {**changed, "content": "late"}).status_code == 302
    record.refresh_from_db()
    assert record.content == "two"
    client.post(f"/chat/{conversation.pk}/comment", {"record": str(record.pk), "content": "good"})
    assert record.comments.get().author == people["editor"]
    answer = client.post(f"/chat/{conversation.pk}/export", {"format": "md"})
    assert answer.status_code == 302
    assert "/files/" in answer.headers["Location"]
    viewer = signed_in(people["viewer"])
    assert viewer.post(f"/chat/{conversation.pk}/section", {"content": "x"}).status_code == 403
    assert viewer.post(f"/chat/{conversation.pk}/export", {"format": "md"}).status_code == 403
