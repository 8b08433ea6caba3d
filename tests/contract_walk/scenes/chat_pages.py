"""The chat page: a new conversation, and one to read."""

from __future__ import annotations

from chat.models import Conversation
from chat.models.conversations import NEW
from tests.contract_walk.scene import Twist, scene
from tests.contract_walk.stage import Answer, Stage


def with_a_box_and_nothing_begun(stage: Stage, answer: Answer) -> None:
    page = answer.content.decode()
    assert 'name="content"' in page
    assert stage.world.CANARY not in page
    assert not Conversation.objects.filter(title=NEW).exists()


def an_unknown_project_is_ignored(stage: Stage, _answer: Answer) -> None:
    for project in (stage.world.foreign_ids["project_id"], "00000000-0000-4000-8000-000000000000", "none"):
        assert stage.send("GET", "/chat", query={"project": project}).status_code == 200


def in_order_with_a_box(stage: Stage, answer: Answer) -> None:
    page = answer.content.decode()
    asked, answered = page.index("Write about Harbour story."), page.index("This is Harbour story.")
    assert asked < answered
    assert 'name="content"' in page
    assert stage.world.CANARY not in page


scene(
    "platform.pages.chat",
    who="production",
    shows="What are we making",
    alternatives=(Twist(who=None),),
    checks=(with_a_box_and_nothing_begun, an_unknown_project_is_ignored),
)
scene(
    "platform.pages.chat_conversation",
    who="production",
    shows="Harbour story",
    alternatives=(Twist(who=None),),
    checks=(in_order_with_a_box,),
    errors={
        "Conversation not found": Twist(
            path=lambda stage: {"conversation_id": stage.world.foreign_ids["conversation_id"]}
        ),
    },
)
