"""Conversations over your footage: ask, listen while the answer is written, read again."""

from __future__ import annotations

from typing import Any

from reelwright.streams import Answer
from reelwright.transport import Transport

Json = dict[str, Any]


class Conversations:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def create(self, title: str | None = None, project_id: str | None = None) -> Json:
        body = {"title": title, "project_id": project_id}
        conversation: Json = self.transport.call("POST", "/api/conversations", body=body)["conversation"]
        return conversation

    def list(self, **filters: Any) -> list[Json]:
        rows: list[Json] = self.transport.call("GET", "/api/conversations", query=filters)["conversations"]
        return rows

    def get(self, conversation_id: str) -> Json:
        answer: Json = self.transport.call("GET", f"/api/conversations/{conversation_id}")
        return answer

    def history(self, conversation_id: str, *, before: str | None = None, limit: int | None = None) -> Json:
        """`{messages, clips, records, older, seq}`: the newest messages of the branch that is shown; `before=older` for more."""
        query = {"before": before, "limit": limit}
        answer: Json = self.transport.call("GET", f"/api/conversations/{conversation_id}/thread", query=query)
        return answer

    def ask(self, conversation_id: str, content: str, **options: Any) -> Answer:
        """Asks, and listens: iterate over the answer for its text as it is written.

        Options: model, intent, attachment_ids, repeats_clips. The answer is written to its end whether or not anybody listens.
        """
        # Whatever is said after this number belongs to what is asked now.
        seq = self.history(conversation_id, limit=1)["seq"]
        path = f"/api/conversations/{conversation_id}/messages"
        asked = self.transport.call("POST", path, body={"content": content, **options})
        return Answer(self.transport, conversation_id, asked["message"], asked["answer"], after=seq)

    def stop(self, message_id: str) -> Json:
        """What was written so far stays."""
        message: Json = self.transport.call("POST", f"/api/messages/{message_id}/stop")["message"]
        return message

    def clips(self, conversation_id: str) -> Any:
        """The clips of the cut, in order."""
        return self.transport.call("GET", f"/api/conversations/{conversation_id}/clips")

    def delete(self, conversation_id: str) -> None:
        self.transport.call("DELETE", f"/api/conversations/{conversation_id}")
