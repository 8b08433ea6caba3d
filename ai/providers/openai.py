"""OpenAI, and any server that speaks its API: conversation, translation, picture description and embeddings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import openai
from django.conf import settings

from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatRequest
from ai.capabilities.embed import Vectors
from ai.errors import InvalidAnswerError, ProviderBusyError, ProviderRefusedError
from ai.providers.answers import count, dig, parse
from ai.providers.http import TEXT_BYTES, client, failures
from ai.providers.prompted import PromptedDescribe, PromptedSummarize, PromptedTranslate
from ai.wire import Wire

NAME = "OpenAI"
HOME = "https://api.openai.com/v1"
# Models that think first spend these tokens before the answer begins.
THINKING_TOKENS = 4096
EMBEDDING_BYTES = 64 * 2**20
EMBEDDING_BATCH = 256


class OpenAIStream:
    """Reads one streamed completion. `usage` comes with the last chunk."""

    def __init__(self, stream: Any, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire
        self.usage = Usage(provider_ref=stream.response.headers.get("x-request-id", ""))
        self.finish_reason = ""

    def __iter__(self) -> Iterator[str]:
        with failures(NAME, sdk=openai):
            for chunk in self._stream:
                self._count(dig(chunk, "usage"))
                choices = dig(chunk, "choices")
                if not isinstance(choices, list) or not choices:
                    continue
                if dig(choices[0], "delta", "refusal"):
                    raise ProviderRefusedError(f"{NAME}'s model declined to answer this.")
                self.finish_reason = str(dig(choices[0], "finish_reason") or self.finish_reason)
                text = dig(choices[0], "delta", "content")
                if isinstance(text, str) and text:
                    yield text
        if not self.finish_reason:
            raise ProviderBusyError(f"{NAME} broke off its answer. The studio tries again by itself.")
        if self.finish_reason == "content_filter":
            raise ProviderRefusedError(f"{NAME}'s model declined to answer this.")

    def close(self) -> None:
        self._stream.close()

    def _count(self, usage: Any) -> None:
        if usage is not None:
            self.usage = Usage(
                input_tokens=count(dig(usage, "prompt_tokens")),
                output_tokens=count(dig(usage, "completion_tokens")),
                provider_ref=self.usage.provider_ref,
            )
            self._wire.used(self.usage)


class OpenAIChat:
    provider_name = NAME

    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("openai", model)
        self._wire = wire

    def stream(self, request: ChatRequest) -> OpenAIStream:
        turns = [{"role": turn.role, "content": turn.text} for turn in request.turns]
        return self._open(
            turns,
            system=request.system,
            max_tokens=request.max_tokens,
            schema=request.schema,
            temperature=request.temperature,
        )

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
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{image}", "detail": "auto"}}
            for image in images
        ]
        content: Any = [*pictures, {"type": "text", "text": text}] if pictures else text
        stream = self._open([{"role": "user", "content": content}], system=system, max_tokens=max_tokens, schema=schema)
        return _whole(stream, heard=heard), stream.usage

    def _open(
        self,
        turns: list[Any],
        *,
        system: str,
        max_tokens: int,
        schema: dict[str, Any] | None,
        temperature: float | None = None,
    ) -> OpenAIStream:
        options: dict[str, Any] = {}
        # OpenAI's newer models refuse max_tokens; servers that imitate it often know nothing else.
        at_home = not settings.OPENAI_BASE_URL or settings.OPENAI_BASE_URL.rstrip("/") == HOME
        options["max_completion_tokens" if at_home else "max_tokens"] = max_tokens + THINKING_TOKENS
        if temperature is not None:
            options["temperature"] = temperature
        if schema is not None:
            form = {"name": "answer", "schema": schema, "strict": True}
            options["response_format"] = {"type": "json_schema", "json_schema": form}
        # Always streamed: a long answer would otherwise be a long silence, which a time-out cannot tell from a hang.
        with failures(NAME, sdk=openai):
            stream = sdk().chat.completions.create(
                model=self.engine.model,
                messages=[{"role": "system", "content": system}, *turns] if system else turns,
                stream=True,
                stream_options={"include_usage": True},
                extra_headers=self._wire.headers,
                **options,
            )
        self._wire.reference(stream.response.headers.get("x-request-id", ""))
        if not stream.response.headers.get("content-type", "").startswith("text/event-stream"):
            stream.close()
            raise InvalidAnswerError(f"{NAME} answered with something else than a message.")
        return OpenAIStream(stream, self._wire)


class OpenAITranslate(PromptedTranslate):
    def __init__(self, model: str, wire: Wire) -> None:
        super().__init__(OpenAIChat(model, wire))


class OpenAIDescribe(PromptedDescribe):
    def __init__(self, model: str, wire: Wire) -> None:
        super().__init__(OpenAIChat(model, wire))


class OpenAISummarize(PromptedSummarize):
    def __init__(self, model: str, wire: Wire) -> None:
        super().__init__(OpenAIChat(model, wire))


class OpenAIEmbed:
    """Vectors are asked for with the number of dimensions that the studio's index has room for."""

    dimensions = 384

    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("openai", model)
        self._wire = wire

    def passages(self, texts: list[str]) -> tuple[Vectors, Usage]:
        parts: list[Vectors] = []
        tokens = 0
        for start in range(0, len(texts), EMBEDDING_BATCH):
            vectors, used = self._embed(texts[start : start + EMBEDDING_BATCH], part=start // EMBEDDING_BATCH)
            parts.append(vectors)
            tokens += used
            self._wire.used(Usage(input_tokens=tokens))
        empty = np.zeros((0, self.dimensions), np.float32)
        return np.concatenate(parts) if parts else empty, Usage(input_tokens=tokens)

    def query(self, text: str) -> tuple[Vectors, Usage]:
        vectors, tokens = self._embed([text], part=0)
        return vectors[0], Usage(input_tokens=tokens)

    def _embed(self, texts: list[str], *, part: int) -> tuple[Vectors, int]:
        headers = {"Idempotency-Key": f"{self._wire.key}-{part}"} if self._wire.key else {}
        with failures(NAME, sdk=openai):
            raw = sdk(limit=EMBEDDING_BYTES).embeddings.with_raw_response.create(
                model=self.engine.model,
                input=texts,
                dimensions=self.dimensions,
                encoding_format="float",
                extra_headers=headers,
            )
            self._wire.reference(raw.headers.get("x-request-id", ""))
            answer = json_body(raw)
        try:
            rows = sorted(answer["data"], key=lambda row: row["index"])
            vectors = np.array([row["embedding"] for row in rows], np.float32)
            tokens = count(answer.get("usage", {}).get("prompt_tokens"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InvalidAnswerError(f"{NAME}'s answer does not hold vectors.") from error
        norms = np.linalg.norm(vectors, axis=-1, keepdims=True) if vectors.ndim == 2 else np.zeros(1)
        if vectors.shape != (len(texts), self.dimensions) or not np.isfinite(norms).all() or not norms.all():
            raise InvalidAnswerError(f"{NAME}'s answer does not hold one vector for each text.")
        return vectors / norms, tokens


def json_body(raw: Any) -> Any:
    """The body of a raw SDK response as JSON, read by us: the SDK takes an HTML page for a string and says nothing."""
    if "json" not in raw.headers.get("content-type", ""):
        raise InvalidAnswerError(f"{NAME} answered with something else than data.")
    answer = raw.http_response.json()
    if not isinstance(answer, dict):
        raise InvalidAnswerError(f"{NAME}'s answer could not be read.")
    return answer


def sdk(*, limit: int = TEXT_BYTES) -> openai.OpenAI:
    return openai.OpenAI(
        # A server of one's own may want no key; the SDK insists on one.
        api_key=settings.OPENAI_API_KEY or "none",
        base_url=settings.OPENAI_BASE_URL or HOME,
        http_client=client(limit=limit),
        max_retries=0,  # when to try again is decided by the runs, which remember it
    )


def _whole(stream: OpenAIStream, *, heard: Callable[[int], None]) -> str:
    pieces: list[str] = []
    received = 0
    try:
        for piece in stream:
            pieces.append(piece)
            received += len(piece)
            heard(received)
    finally:
        stream.close()
    if stream.finish_reason == "length" or not received:
        raise InvalidAnswerError(f"{NAME}'s answer is not complete.")
    return "".join(pieces)
