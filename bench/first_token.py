"""From the provider's first word on the wire to the browser's socket: what the studio adds, with a real server and a real database.

The engine is a server that speaks the provider's protocol and notes when its first word leaves; the worker's steps run in this process.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bench import talking
from bench.measure import Row, at_most
from bench.studio import studio

if TYPE_CHECKING:
    from chat.models import Conversation
    from core.testing.providers import ProviderServer

NAME = "first_token"
GOAL = at_most(50, "ms")
ANSWERS = 30
# Words of a hosted model come about so fast.
PROVIDER_SECONDS = 0.03
TEXT = "The harbour was quiet at dawn, and nobody had cast off yet. " * 2


def rows(*, quick: bool) -> Iterator[Row]:
    with studio() as (_, environment):
        from django.conf import settings

        from core.testing.providers import ProviderServer
        from core.testing.server import serving

        conversation, (owner,) = talking.conversation_of(1)
        with ProviderServer() as provider, serving(env=talking.server_environment(environment)) as server:
            settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", f"{provider.url}/v1"
            settings.AI_ROUTES = {**settings.AI_ROUTES, "chat": "openai:gpt-4o"}
            listener = Listener(talking.address(server.port, conversation), talking.token_of(owner))
            took = [measured(conversation, provider, listener) for _ in range(6 if quick else ANSWERS)]
            listener.over.set()
    # The first answers open connections and load what they need.
    took = took[2:]
    yield Row("first_token median", ours=statistics.median(took) * 1000, unit="ms")
    yield Row("first_token worst", ours=max(took) * 1000, unit="ms", goal=at_most(250, "ms"))


class Listener(threading.Thread):
    """A browser's socket. Notes when the first piece of each answer came, and all of its text."""

    def __init__(self, address: str, token: str) -> None:
        super().__init__(daemon=True)
        self.address, self.token = address, token
        self.first: dict[str, float] = {}
        self.texts: dict[str, str] = {}
        self.ended = threading.Event()
        self.over = threading.Event()
        self.ready = threading.Event()
        self.start()
        assert self.ready.wait(20), "the socket did not open"

    def run(self) -> None:
        from websockets.sync.client import connect

        with connect(self.address, additional_headers={"Authorization": f"Bearer {self.token}"}) as socket:
            self.ready.set()
            while not self.over.is_set():
                try:
                    event = talking.read(socket.recv(timeout=0.5))
                except TimeoutError:
                    continue
                if event["type"] == "answer.piece":
                    self.first.setdefault(event["message_id"], time.monotonic())
                    self.texts[event["message_id"]] = self.texts.get(event["message_id"], "") + event["text"]
                elif event["type"] == "answer.done":
                    self.ended.set()


def measured(conversation: Conversation, provider: ProviderServer, listener: Listener) -> float:
    from chat.services import answers
    from core.runs.models import Run
    from core.testing.patience import work_off

    provider.plan("paced", text=TEXT, interval=PROVIDER_SECONDS)
    left = len(provider.paced_at)
    listener.ended.clear()
    _, answer = answers.ask(conversation, author=conversation.owner, content="Say something about the harbour")
    assert answer.run is not None
    run = work_off(answer.run.pk)
    assert run.status == Run.Status.COMPLETED, run.error
    assert listener.ended.wait(10), "the end did not reach the socket"
    assert listener.texts[str(answer.pk)] == TEXT, "the pieces are not the text"
    # The first event of the protocol names the role; the second holds the first word.
    return listener.first[str(answer.pk)] - provider.paced_at[left + 1]
