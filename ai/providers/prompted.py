"""Translation, picture description and summaries by a model that follows instructions.

The instructions are fixed files (ai/prompts); everything that varies is one JSON object in the user's turn, so that text
from a film can neither end the data nor become an instruction, and every answer is checked line by line.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from ai import prompts
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.describe_image import Seen
from ai.capabilities.summarize import LONGEST_DESCRIPTION, LONGEST_TAG, LONGEST_TITLE, MOST_TAGS, Summary
from ai.capabilities.translate import TranslationRequest
from ai.errors import InvalidAnswerError
from ai.providers.answers import parse

LONGEST_SIDE = 1024
MOST_FRAMES = 6
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

TRANSLATION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"id": {"type": "integer"}, "text": {"type": "string"}},
                "required": ["id", "text"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["lines"],
    "additionalProperties": False,
}
DESCRIPTION_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "description": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "onscreen_text": {"type": "array", "items": {"type": "string"}},
        "faces": {"type": "integer"},
    },
    "required": ["description", "tags", "onscreen_text", "faces"],
    "additionalProperties": False,
}


SUMMARY_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "description": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}},
    },
    "required": ["title", "description", "tags"],
    "additionalProperties": False,
}


class InstructedModel(Protocol):
    """What translation, description and summaries need of a chat provider."""

    engine: Engine
    provider_name: str

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
        """`images` are base64 JPEGs. `heard` gets the number of characters so far and may raise to stop."""


class PromptedTranslate:
    """Any pair of languages. Lines that hold no word are kept as they are and not sent."""

    def __init__(self, model: InstructedModel) -> None:
        self._model = model
        self.engine = model.engine

    def speaks(self, source: str, target: str) -> bool:  # noqa: ARG002 - the protocol's signature
        return True

    def translate(self, request: TranslationRequest, *, progress: Progress = silent) -> tuple[list[str], Usage]:
        sent = [(number, line) for number, line in enumerate(request.lines) if any(map(str.isalnum, line))]
        if not sent:
            return list(request.lines), Usage()
        size = sum(len(line) for _, line in sent)
        text, usage = self._model.ask(
            system=prompts.load("translate_cues"),
            text=translation_data(request, sent),
            images=(),
            schema=TRANSLATION_SCHEMA,
            # A translation is seldom more than twice as long; JSON and ids add to every line.
            max_tokens=min(size * 2 + 30 * len(sent) + 500, 24_000),
            heard=lambda received: progress(min(received / (size + 20 * len(sent)), 0.99), "Translating"),
        )
        answer = parse(text, TRANSLATION_SCHEMA, provider=self._model.provider_name)
        translated = checked_lines(answer["lines"], sent, provider=self._model.provider_name)
        lines = list(request.lines)
        for (number, _), line in zip(sent, translated, strict=True):
            lines[number] = line
        return lines, usage


def translation_data(request: TranslationRequest, sent: Sequence[tuple[int, str]]) -> str:
    room = dict(enumerate(request.room))
    data = {
        "title": request.title,
        "source_language": request.source,
        "target_language": request.target,
        "glossary": request.glossary,
        "forbidden": request.forbidden,
        "before": request.before,
        "lines": [
            {"id": number, "text": line, **({"max_characters": room[number]} if number in room else {})}
            for number, line in sent
        ],
        "after": request.after,
    }
    return json.dumps({name: value for name, value in data.items() if value}, ensure_ascii=False)


def checked_lines(answer: list[dict[str, Any]], sent: Sequence[tuple[int, str]], *, provider: str) -> list[str]:
    """The texts, if there is exactly one plausible text for each line that was sent, in order."""
    if [line["id"] for line in answer] != [number for number, _ in sent]:
        raise InvalidAnswerError(f"{provider} did not translate line by line.")
    lines = [CONTROL.sub("", line["text"]).strip() for line in answer]
    for (_, source), line in zip(sent, lines, strict=True):
        if not line or len(line) > 4 * len(source) + 80:
            raise InvalidAnswerError(f"{provider} answered with a line that cannot be a translation.")
    return lines


class PromptedDescribe:
    def __init__(self, model: InstructedModel) -> None:
        self._model = model
        self.engine = model.engine

    def languages(self) -> frozenset[str] | None:
        return None

    def describe(
        self, frames: list[Path], *, language: str = "en", context: str = "", max_words: int | None = None
    ) -> tuple[Seen, Usage]:
        data = {"language": language, "max_words": max_words, "context": context[:8000]}
        text, usage = self._model.ask(
            system=prompts.load("describe_shot"),
            text=json.dumps(data, ensure_ascii=False),
            images=[encoded(frame) for frame in spread(frames)],
            schema=DESCRIPTION_SCHEMA,
            max_tokens=1500,
            heard=lambda _received: None,
        )
        answer = parse(text, DESCRIPTION_SCHEMA, provider=self._model.provider_name)
        return checked_description(answer, max_words=max_words, provider=self._model.provider_name), usage


def spread(frames: Sequence[Path]) -> list[Path]:
    """At most MOST_FRAMES frames, evenly over the shot, first and last included."""
    if len(frames) <= MOST_FRAMES:
        return list(frames)
    return [frames[round(index * (len(frames) - 1) / (MOST_FRAMES - 1))] for index in range(MOST_FRAMES)]


def encoded(frame: Path) -> str:
    """A JPEG small enough to send, without the file's metadata."""
    with Image.open(frame) as image:
        small = image.convert("RGB")
        small.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=85)
    return base64.b64encode(buffer.getvalue()).decode()


def checked_description(answer: dict[str, Any], *, max_words: int | None, provider: str) -> Seen:
    description = " ".join(CONTROL.sub(" ", answer["description"]).split())
    words = len(description.split())
    # One word over is a judgement about hyphens; half as many again is an answer to another question.
    if not words or len(description) > 1200 or (max_words and words > max_words * 1.5 + 1):
        raise InvalidAnswerError(f"{provider} answered with a description that cannot be used.")
    return Seen(
        description=description,
        tags=_short(answer["tags"], 40),
        onscreen_text=_short(answer["onscreen_text"], 200),
        faces=min(max(answer["faces"], 0), 100),
    )


class PromptedSummarize:
    def __init__(self, model: InstructedModel) -> None:
        self._model = model
        self.engine = model.engine

    def summarize(self, lines: list[str], *, language: str) -> tuple[Summary, Usage]:
        text, usage = self._model.ask(
            system=prompts.load("summarize_speech"),
            text=json.dumps({"language": language, "lines": lines}, ensure_ascii=False),
            images=(),
            schema=SUMMARY_SCHEMA,
            max_tokens=1500,
            heard=lambda _received: None,
        )
        answer = parse(text, SUMMARY_SCHEMA, provider=self._model.provider_name)
        return checked_summary(answer, provider=self._model.provider_name), usage


def checked_summary(answer: dict[str, Any], *, provider: str) -> Summary:
    title, description = (" ".join(CONTROL.sub(" ", answer[name]).split()) for name in ("title", "description"))
    if not (0 < len(title) <= LONGEST_TITLE and 0 < len(description) <= LONGEST_DESCRIPTION):
        raise InvalidAnswerError(f"{provider} answered with a summary that cannot be used.")
    tags = dict.fromkeys(_short(answer["tags"], LONGEST_TAG))
    return Summary(title=title, description=description, tags=list(tags)[:MOST_TAGS])


def _short(texts: list[str], longest: int) -> list[str]:
    cleaned = (" ".join(CONTROL.sub(" ", text).split()) for text in texts[:20])
    return [text for text in cleaned if 0 < len(text) <= longest]
