"""Anthropic: conversation, translation and picture description, through its own SDK."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import anthropic
from django.conf import settings

from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatRequest
from ai.errors import InvalidAnswerError, ProviderBusyError, ProviderRefusedError
from ai.providers.answers import count, dig, parse
from ai.providers.http import client, failures
from ai.providers.prompted import PromptedDescribe, PromptedSummarize, PromptedTranslate
from ai.wire import Wire

NAME = "Anthropic"
# Models that think first spend these tokens before the answer begins.
THINKING_TOKENS = 4096


class AnthropicStream:
    """Reads one streamed message. `usage` is what the provider has reported so far."""

    def __init__(self, stream: Any, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire
        self.usage = Usage(provider_ref=stream.response.headers.get("request-id", ""))
        self.stop_reason = ""

    def __iter__(self) -> Iterator[str]:
        ended = False
        with failures(NAME, sdk=anthropic):
            for event in self._stream:
                kind = dig(event, "type")
                if kind == "message_start":
                    self._count(dig(event, "message", "usage"))
                elif kind == "content_block_delta" and dig(event, "delta", "type") == "text_delta":
                    text = dig(event, "delta", "text")
                    if not isinstance(text, str):
                        raise InvalidAnswerError(f"{NAME}'s answer could not be read.")
                    yield text
                elif kind == "message_delta":
                    self._count(dig(event, "usage"))
                    self.stop_reason = str(dig(event, "delta", "stop_reason") or self.stop_reason)
                elif kind == "message_stop":
                    ended = True
        if not ended:
            raise ProviderBusyError(f"{NAME} broke off its answer. The studio tries again by itself.")
        if self.stop_reason == "refusal":
            raise ProviderRefusedError(f"{NAME}'s model declined to answer this.")

    def close(self) -> None:
        self._stream.close()

    def _count(self, usage: Any) -> None:
        """The last report of a stream holds the totals; cached prompt tokens are counted as if they were new."""
        prompt = sum(
            count(dig(usage, name))
            for name in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")
        )
        self.usage = Usage(
            input_tokens=prompt or self.usage.input_tokens,
            output_tokens=count(dig(usage, "output_tokens")) or self.usage.output_tokens,
            provider_ref=self.usage.provider_ref,
        )
        self._wire.used(self.usage)


class AnthropicChat:
    provider_name = NAME

    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("anthropic", model)
        self._wire = wire

    def stream(self, request: ChatRequest) -> AnthropicStream:
        messages = [{"role": turn.role, "content": turn.text} for turn in request.turns]
        # `temperature` is not sent: models since Claude Opus 4.7 refuse sampling parameters.
        return self._open(messages, system=request.system, max_tokens=request.max_tokens, schema=request.schema)

    def complete(self, request: ChatRequest) -> tuple[str, Usage]:
        stream = self.stream(request)
        text = _whole(stream, heard=lambda _received: None)
        if request.schema is not None:
            parse(text, request.schema, provider=NAME)
        return text, stream.usage

    def ask(
        self,
        *,
        system: str,
        text: str,
        images: Sequence[str],
        schema: dict[str, Any],
        max_tokens: int,
        heard: Callable[[int], None],
    ) -> tuple[str, Usage]:
        pictures = [
            {"type": "image", "source": {"type": "base64", "media_type": "image/jpeg", "data": image}}
            for image in images
        ]
        messages = [{"role": "user", "content": [*pictures, {"type": "text", "text": text}]}]
        stream = self._open(messages, system=system, max_tokens=max_tokens, schema=schema)
        return _whole(stream, heard=heard), stream.usage

    def _open(
        self, messages: list[Any], *, system: str, max_tokens: int, schema: dict[str, Any] | None
    ) -> AnthropicStream:
        # Always streamed: a long answer would otherwise be a long silence, which a time-out cannot tell from a hang.
        options: dict[str, Any] = {"system": system} if system else {}
        if schema is not None:
            options["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
        with failures(NAME, sdk=anthropic):
            stream = _sdk().messages.create(
                model=self.engine.model,
                max_tokens=max_tokens + THINKING_TOKENS,
                messages=messages,
                stream=True,
                extra_headers=self._wire.headers,
                **options,
            )
        self._wire.reference(stream.response.headers.get("request-id", ""))
        if not stream.response.headers.get("content-type", "").startswith("text/event-stream"):
            stream.close()
            raise InvalidAnswerError(f"{NAME} answered with something else than a message.")
        return AnthropicStream(stream, self._wire)


class AnthropicTranslate(PromptedTranslate):
    def __init__(self, model: str, wire: Wire) -> None:
        super().__init__(AnthropicChat(model, wire))


class AnthropicDescribe(PromptedDescribe):
    def __init__(self, model: str, wire: Wire) -> None:
        super().__init__(AnthropicChat(model, wire))


class AnthropicSummarize(PromptedSummarize):
    def __init__(self, model: str, wire: Wire) -> None:
        super().__init__(AnthropicChat(model, wire))


def _whole(stream: AnthropicStream, *, heard: Callable[[int], None]) -> str:
    pieces: list[str] = []
    received = 0
    try:
        for piece in stream:
            pieces.append(piece)
            received += len(piece)
            heard(received)
    finally:
        stream.close()
    if stream.stop_reason == "max_tokens" or not received:
        raise InvalidAnswerError(f"{NAME}'s answer is not complete.")
    return "".join(pieces)


def _sdk() -> anthropic.Anthropic:
    return anthropic.Anthropic(
        api_key=settings.ANTHROPIC_API_KEY,
        base_url=settings.ANTHROPIC_BASE_URL or "https://api.anthropic.com",
        http_client=client(),
        max_retries=0,  # when to try again is decided by the runs, which remember it
    )
