"""Reading what a signed link answers, from tests that are not async themselves."""

from __future__ import annotations

from typing import Any

from asgiref.sync import async_to_sync
from django.core.signals import request_finished
from django.db import close_old_connections


def body_of(answer: Any) -> bytes:
    """The whole of a streamed answer; the file behind it is closed afterwards."""

    async def read() -> bytes:
        return b"".join([piece async for piece in answer.streaming_content])

    body: bytes = async_to_sync(read)() if answer.streaming else answer.content
    # As Django's test client: the end of a request must not close the connection that the test is using.
    request_finished.disconnect(close_old_connections)
    answer.close()
    request_finished.connect(close_old_connections)
    return body
