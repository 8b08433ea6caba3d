"""The rows of a conversation on the API."""

from __future__ import annotations

from chat.queries.shapes import attachment_row, clip_shape, message_shape, person, record_shape

__all__ = ["attachment_row", "clip_shape", "message_shape", "person", "record_shape"]
