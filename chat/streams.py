"""Names of live streams."""

from __future__ import annotations


def stream_of(conversation_id: object) -> str:
    """Each conversation has its own, so that a busy one holds nobody else up."""
    return f"chat.{conversation_id}"
