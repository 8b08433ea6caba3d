"""OpenAI: pictures by the GPT image models, which come with the answer, and clips by the video API, which are waited for.

OpenAI itself ended that API on 24 September 2026: it is for servers of one's own that speak it (OPENAI_BASE_URL).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import openai

from ai import prices
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.generate_image import ImageRequest, Picture
from ai.capabilities.generate_video import Clip, VideoRequest
from ai.errors import InvalidAnswerError
from ai.providers import made
from ai.providers.http import CLIP_BYTES, PICTURE_BYTES, failures
from ai.providers.openai import NAME, json_body, sdk
from ai.providers.orders import Order, accepted_twice, carried_out
from ai.wire import Wire

# The nearest that every GPT image model makes; the edges are cut afterwards.
PICTURE_SIZES = {"16:9": "1536x1024", "4:3": "1536x1024", "1:1": "1024x1024", "9:16": "1024x1536", "3:4": "1024x1536"}
QUALITY = "medium"  # what the list price in ai/prices.py is of
UPRIGHT = frozenset({"9:16", "3:4"})


class OpenAIImage:
    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("openai", model)
        self._wire = wire

    def generate(self, request: ImageRequest, into: Path, *, progress: Progress = silent) -> tuple[Picture, Usage]:
        progress(0.0, "Painting")
        wanted: dict[str, Any] = {
            "model": self.engine.model,
            "prompt": request.prompt,
            "n": 1,
            "size": PICTURE_SIZES.get(request.aspect_ratio, "auto"),
            "quality": QUALITY,
            "output_format": "png",
            "extra_headers": self._wire.headers,
        }
        usage = Usage(images=1)
        with failures(NAME, sdk=openai):
            images = sdk(limit=PICTURE_BYTES * 2).images.with_raw_response
            if request.reference:
                raw = images.edit(image=(request.reference.name, request.reference.read_bytes()), **wanted)
            else:
                raw = images.generate(**wanted)
            self._wire.reference(raw.headers.get("x-request-id", ""))
            answer = json_body(raw)
        self._wire.used(usage)
        pictures = answer.get("data")
        first = pictures[0] if isinstance(pictures, list) and pictures else None
        made.decode(first.get("b64_json") if isinstance(first, dict) else None, into, provider=NAME)
        picture = made.picture(into, provider=NAME, aspect_ratio=request.aspect_ratio, seed=0)
        progress(1.0, "Painting")
        return picture, usage


class OpenAIVideo:
    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("openai", model)
        self._wire = wire

    def generate(self, request: VideoRequest, into: Path, *, progress: Progress = silent) -> tuple[Clip, Usage]:
        seconds = prices.sold(self.engine, request.seconds)
        videos = Videos(self.engine.model, request, seconds)
        usage = Usage(seconds=seconds)
        with accepted_twice(self._wire):
            order = carried_out(videos, self._wire, usage=usage, progress=progress, doing="Filming")
            progress(0.0, "Fetching")
            videos.fetch(order.reference, into)
            clip = made.clip(into, provider=NAME)
        return clip, usage


class Videos:
    name = NAME

    def __init__(self, model: str, request: VideoRequest, seconds: float) -> None:
        self._model = model
        self._request = request
        self._seconds = seconds

    def place(self, key: str) -> Order:
        width, height = (720, 1280) if self._request.aspect_ratio in UPRIGHT else (1280, 720)
        first = made.still(self._request.image, width=width, height=height)
        wanted: dict[str, Any] = {"seconds": str(int(self._seconds)), "size": f"{width}x{height}"}
        with failures(NAME, sdk=openai):
            raw = sdk().videos.with_raw_response.create(
                model=self._model,
                prompt=self._request.prompt,
                input_reference=("first.jpg", first, "image/jpeg"),
                extra_headers={"Idempotency-Key": key} if key else {},
                **wanted,
            )
            return _order(json_body(raw))

    def look(self, reference: str) -> Order:
        with failures(NAME, sdk=openai):
            return _order(json_body(sdk().videos.with_raw_response.retrieve(reference)))

    def call_off(self, reference: str) -> None:
        with failures(NAME, sdk=openai):
            sdk().videos.delete(reference)

    def fetch(self, reference: str, into: Path) -> None:
        with (
            failures(NAME, sdk=openai),
            sdk(limit=CLIP_BYTES).videos.with_streaming_response.download_content(reference) as response,
            into.open("wb") as file,
        ):
            for chunk in response.iter_bytes():
                file.write(chunk)


def _order(answer: dict[str, Any]) -> Order:
    reference, status = answer.get("id"), answer.get("status")
    if not isinstance(reference, str) or not reference.replace("_", "").replace("-", "").isalnum():
        raise InvalidAnswerError(f"{NAME}'s answer names no video.", raw=str(answer))
    if status == "failed":
        told = answer.get("error")
        message = told.get("message") if isinstance(told, dict) else None
        return Order(reference, problem=str(message or "No reason was given."))
    share = answer.get("progress")
    return Order(
        reference,
        done=status == "completed",
        share=min(max(share, 0), 100) / 100 if isinstance(share, int | float) else 0.0,
    )
