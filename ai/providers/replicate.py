"""Replicate: pictures by Flux, clips by Runway's Gen-4, and other models under their owner/name.

A prediction is created and then asked after. Its webhook is not used: a studio behind a firewall has no address for it, and asking
loses nothing.
"""

from __future__ import annotations

import base64
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
from django.conf import settings
from replicate.client import Client
from replicate.prediction import Prediction

from ai import prices
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.generate_image import ImageRequest, Picture
from ai.capabilities.generate_video import Clip, VideoRequest
from ai.errors import InvalidAnswerError, ProviderBusyError
from ai.providers import made
from ai.providers.http import CLIP_BYTES, PICTURE_BYTES, TEXT_BYTES, of_status
from ai.providers.orders import Order, accepted_twice, carried_out
from ai.providers.plain import StatusError
from ai.wire import Wire

NAME = "Replicate"
HOME = "https://api.replicate.com"
# Names of the studio's catalogue.
MODELS = {"flux-schnell": "black-forest-labs/flux-schnell", "gen-4-turbo": "runwayml/gen4-turbo"}
STILLS = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (960, 960), "4:3": (1104, 832), "3:4": (832, 1104)}


class ReplicateImage:
    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("replicate", model)
        self._wire = wire

    def generate(self, request: ImageRequest, into: Path, *, progress: Progress = silent) -> tuple[Picture, Usage]:
        wanted: dict[str, Any] = {
            "prompt": request.prompt,
            "aspect_ratio": request.aspect_ratio,
            "num_outputs": 1,
            "output_format": "png",
        }
        if request.seed:
            wanted["seed"] = request.seed
        usage = Usage(images=1)
        with accepted_twice(self._wire):
            order = carried_out(
                *(Predictions(self.engine.model, wanted), self._wire), usage=usage, progress=progress, doing="Painting"
            )
            made.fetch(_only(order.output), into, provider=NAME, limit=PICTURE_BYTES, progress=progress)
            picture = made.picture(into, provider=NAME, aspect_ratio=request.aspect_ratio, seed=request.seed)
        return picture, usage


class ReplicateVideo:
    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("replicate", model)
        self._wire = wire

    def generate(self, request: VideoRequest, into: Path, *, progress: Progress = silent) -> tuple[Clip, Usage]:
        seconds = prices.sold(self.engine, request.seconds)
        wanted: dict[str, Any] = {
            "prompt": request.prompt,
            "image": request.image_url or _inline(request),
            "aspect_ratio": request.aspect_ratio,
            "duration": int(seconds),
        }
        if request.seed:
            wanted["seed"] = request.seed
        usage = Usage(seconds=seconds)
        with accepted_twice(self._wire):
            order = carried_out(
                *(Predictions(self.engine.model, wanted), self._wire), usage=usage, progress=progress, doing="Filming"
            )
            made.fetch(_only(order.output), into, provider=NAME, limit=CLIP_BYTES, progress=progress)
            clip = made.clip(into, provider=NAME)
        return clip, usage


class Predictions:
    name = NAME

    def __init__(self, model: str, wanted: dict[str, Any]) -> None:
        self._model = MODELS.get(model, model)
        self._wanted = wanted

    def place(self, key: str) -> Order:
        client = sdk(key=key)
        # An address with the model's own version is not needed for models that Replicate runs officially, as these are.
        return _order(lambda: client.models.predictions.create(model=self._model, input=self._wanted))

    def look(self, reference: str) -> Order:
        return _order(lambda: sdk().predictions.get(reference))

    def call_off(self, reference: str) -> None:
        _order(lambda: sdk().predictions.cancel(reference))


def _order(ask: Any) -> Order:
    try:
        prediction: Prediction = ask()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidAnswerError(f"{NAME}'s answer could not be read.") from error
    reference, status = prediction.id, prediction.status
    if not reference.isalnum():
        # It becomes part of an address.
        raise InvalidAnswerError(f"{NAME}'s answer names no prediction.", raw=reference)
    if status in {"failed", "canceled", "aborted"}:
        return Order(reference, problem=str(prediction.error or "It was called off there."))
    seen = prediction.progress
    return Order(
        reference, done=status == "succeeded", output=prediction.output, share=seen.percentage if seen else 0.0
    )


def _only(output: Any) -> Any:
    """Some models answer with one address, some with a list of them."""
    return output[0] if isinstance(output, list) and output else output


def _inline(request: VideoRequest) -> str:
    width, height = STILLS.get(request.aspect_ratio, STILLS["16:9"])
    return "data:image/jpeg;base64," + base64.b64encode(made.still(request.image, width=width, height=height)).decode()


def sdk(*, key: str = "") -> Client:
    return Client(
        api_token=settings.REPLICATE_API_TOKEN,
        base_url=settings.REPLICATE_BASE_URL or HOME,
        transport=Bounded(_wire(), seconds=settings.AI_TOTAL_SECONDS),
        headers={"Idempotency-Key": key} if key else {},
    )


@lru_cache(maxsize=1)
def _wire() -> httpx.HTTPTransport:
    """One pool of connections a process."""
    return httpx.HTTPTransport()


class Bounded(httpx.BaseTransport):
    """Answers are read whole, within a size and a time. Errors leave here as the studio's own, which the client's own tenfold
    repetition of requests does not catch."""

    def __init__(self, inner: httpx.BaseTransport, *, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        # The client takes every limit away when it creates a prediction.
        limits = httpx.Timeout(settings.AI_READ_SECONDS, connect=settings.AI_CONNECT_SECONDS)
        request.extensions = {**request.extensions, "timeout": limits.as_dict()}
        until = time.monotonic() + self._seconds
        try:
            answer = self._inner.handle_request(request)
            try:
                body = self._body(answer, until)
            finally:
                answer.close()
        except httpx.TimeoutException as error:
            raise ProviderBusyError(f"{NAME} did not answer in time. The studio tries again by itself.") from error
        except httpx.TransportError as error:
            raise ProviderBusyError(f"The connection to {NAME} was lost. The studio tries again by itself.") from error
        whole = httpx.Response(answer.status_code, headers=answer.headers, content=body, request=request)
        if whole.status_code >= 400:
            raise of_status(NAME, StatusError(whole))
        if "json" not in whole.headers.get("content-type", "") or not isinstance(_json(whole), dict):
            raise InvalidAnswerError(f"{NAME} answered with something else than data.", raw=whole.text)
        return whole

    def _body(self, answer: httpx.Response, until: float) -> bytes:
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise InvalidAnswerError(f"{NAME}'s answer came compressed although that was not asked for.")
        body = bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > TEXT_BYTES:
                raise InvalidAnswerError(f"{NAME}'s answer is larger than this request can have.")
            if time.monotonic() > until:
                raise httpx.ReadTimeout("the answer took too long")
        return bytes(body)


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
