"""Right answers in the wire formats of Anthropic and OpenAI, made from the request so that tests can tell them apart."""

from __future__ import annotations

import hashlib
import io
import json
import math
import re
import struct
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

RATE = 24_000


@dataclass(frozen=True)
class Reply:
    """What would be sent if all went well. `chunks` are the pieces as they leave."""

    content_type: str
    chunks: list[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


def anthropic_message(body: dict[str, Any], text: str | None) -> Reply:
    said = _last_text(body.get("messages", []))
    schema = (body.get("output_config") or {}).get("format", {}).get("schema")
    answer = text if text is not None else _answer(said, schema)
    usage = {"input_tokens": len(said) // 4 + 1, "output_tokens": len(answer) // 4 + 1}
    message: dict[str, Any] = {
        "id": "msg_" + _digest(said),
        "type": "message",
        "role": "assistant",
        "model": body.get("model"),
        "stop_reason": "end_turn",
        "stop_sequence": None,
    }
    if not body.get("stream"):
        whole = message | {"content": [{"type": "text", "text": answer}], "usage": usage}
        return Reply("application/json", [json.dumps(whole).encode()])
    events: list[dict[str, Any]] = [
        {
            "type": "message_start",
            "message": message | {"content": [], "stop_reason": None, "usage": usage | {"output_tokens": 1}},
        },
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        *(
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in pieces(answer)
        ),
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn", "stop_sequence": None},
            "usage": {"output_tokens": usage["output_tokens"]},
        },
        {"type": "message_stop"},
    ]
    chunks = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode() for event in events]
    return Reply("text/event-stream; charset=utf-8", chunks)


def openai_completion(body: dict[str, Any], text: str | None) -> Reply:
    said = _last_text(body.get("messages", []))
    schema = ((body.get("response_format") or {}).get("json_schema") or {}).get("schema")
    answer = text if text is not None else _answer(said, schema)
    prompt, written = len(said) // 4 + 1, len(answer) // 4 + 1
    usage = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    base = {"id": "chatcmpl-" + _digest(said), "created": 1_790_000_000, "model": body.get("model")}
    if not body.get("stream"):
        choice = {"index": 0, "message": {"role": "assistant", "content": answer}, "finish_reason": "stop"}
        whole = base | {"object": "chat.completion", "choices": [choice], "usage": usage}
        return Reply("application/json", [json.dumps(whole).encode()])
    deltas: list[tuple[dict[str, Any], str | None]] = [({"role": "assistant", "content": ""}, None)]
    deltas += [({"content": piece}, None) for piece in pieces(answer)]
    deltas.append(({}, "stop"))
    events = [
        base
        | {
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
        }
        for delta, reason in deltas
    ]
    events.append(base | {"object": "chat.completion.chunk", "choices": [], "usage": usage})
    chunks = [f"data: {json.dumps(event)}\n\n".encode() for event in events]
    return Reply("text/event-stream; charset=utf-8", [*chunks, b"data: [DONE]\n\n"])


def embeddings(body: dict[str, Any]) -> Reply:
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    size = int(body.get("dimensions", 1536))
    data = [
        {"object": "embedding", "index": index, "embedding": _vector(text, size)} for index, text in enumerate(texts)
    ]
    usage = {"prompt_tokens": sum(len(text) // 4 + 1 for text in texts), "total_tokens": 1}
    whole = {"object": "list", "data": data, "model": body.get("model"), "usage": usage}
    return Reply("application/json", [json.dumps(whole).encode()])


def transcription(body: bytes, content_type: str, text: str | None) -> Reply:
    """A verbose_json answer: the sentence's words spread evenly over the recording that was sent."""
    duration = _wav_seconds(field_of(body, content_type, "file"))
    sentence = "Good evening, everyone. The train leaves at nine!" if text is None else text
    if field_of(body, content_type, "response_format") == b"diarized_json":
        return _diarized(duration, sentence)
    words = sentence.split()
    step = duration / max(len(words), 1)
    listed = [
        # whisper-1 lists words without their punctuation.
        {"word": word.strip(".,!?¿¡"), "start": round(index * step, 2), "end": round((index + 0.9) * step, 2)}
        for index, word in enumerate(words)
    ]
    segment = {"id": 0, "seek": 0, "start": 0.0, "end": duration, "text": f" {sentence}", "avg_logprob": -0.1}
    whole = {
        "task": "transcribe",
        "language": "english",
        "duration": duration,
        "text": sentence,
        "segments": [segment] if sentence else [],
        "words": listed,
        "usage": {"type": "duration", "seconds": math.ceil(duration)},
    }
    return Reply("application/json", [json.dumps(whole).encode()])


def _diarized(duration: float, text: str) -> Reply:
    """Two speakers, a sentence each in turn, of equal length."""
    sentences = re.findall(r"[^.!?]+[.!?]*", text)
    step = duration / max(len(sentences), 1)
    segments = [
        {
            "type": "transcript.text.segment",
            "id": f"seg_{index}",
            "start": round(index * step, 3),
            "end": round((index + 1) * step, 3),
            "speaker": "AB"[index % 2],
            "text": sentence,
        }
        for index, sentence in enumerate(sentences)
    ]
    usage = {"type": "tokens", "input_tokens": 10, "output_tokens": 10, "total_tokens": 20}
    whole = {"task": "transcribe", "duration": duration, "text": text, "segments": segments, "usage": usage}
    return Reply("application/json", [json.dumps(whole).encode()])


def speech(body: dict[str, Any]) -> Reply:
    """A tone as long as the text would take, with the unknown length in its header that a streaming encoder writes."""
    count = int(len(body["input"]) * 0.06 / float(body.get("speed", 1.0)) * RATE)
    samples = b"".join(struct.pack("<h", int(8000 * math.sin(index / 12))) for index in range(count))
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ", 16, 1, 1, RATE, RATE * 2, 2, 16, b"data", 0xFFFFFFFF),
    )
    sound = header + samples
    return Reply("audio/wav", [sound[start : start + 8192] for start in range(0, len(sound), 8192)])


def pieces(text: str) -> Iterator[str]:
    yield from re.findall(r"\S+\s*|\s+", text)


def _answer(said: str, schema: dict[str, Any] | None) -> str:
    if schema is None:
        return f"You said: {said[:200]}"
    data = _json(said)
    if "lines" in data:
        lines = [{"id": line["id"], "text": f"{line['text']} ({data['target_language']})"} for line in data["lines"]]
        return json.dumps({"lines": lines}, ensure_ascii=False)
    if "max_words" in data:
        return json.dumps(
            {"description": "A woman crosses a bridge.", "tags": ["bridge"], "onscreen_text": ["EXIT"], "faces": 1}
        )
    return json.dumps({name: _example(part) for name, part in schema.get("properties", {}).items()})


def _example(schema: dict[str, Any]) -> Any:
    return {"string": "text", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}}.get(
        schema["type"]
    )


def _last_text(messages: list[dict[str, Any]]) -> str:
    content = messages[-1].get("content", "") if messages else ""
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content if part.get("type") == "text")


def _json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def field_of(body: bytes, content_type: str, name: str) -> bytes:
    """One field of a multipart form."""
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    for part in body.split(b"--" + boundary):
        head, _, data = part.partition(b"\r\n\r\n")
        if f'name="{name}"'.encode() in head:
            return data.removesuffix(b"\r\n")
    return b""


def _wav_seconds(data: bytes) -> float:
    with wave.open(io.BytesIO(data)) as file:
        seconds: float = file.getnframes() / file.getframerate()
        return seconds


def _vector(text: str, size: int) -> list[float]:
    digest = hashlib.sha256(text.encode()).digest()
    return [((digest[index % 32] + index) % 251 - 125) / 125 for index in range(size)]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]
