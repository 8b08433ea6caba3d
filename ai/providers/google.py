"""Google's Gemini API: pictures by Gemini and Imagen, which come with the answer, and clips by Veo, which are waited for."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
from django.conf import settings
from google import genai
from google.genai import errors, types
from PIL import Image

from ai import prices
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.generate_image import ImageRequest, Picture
from ai.capabilities.generate_video import Clip, VideoRequest
from ai.errors import InvalidAnswerError, ProviderError, ProviderRefusedError
from ai.providers import made
from ai.providers.answers import dig
from ai.providers.http import CLIP_BYTES, PICTURE_BYTES, TEXT_BYTES, client, of_status, of_transport
from ai.providers.orders import Order, accepted_twice, carried_out
from ai.providers.plain import StatusError, json_of
from ai.wire import Wire

NAME = "Google"
HOME = "https://generativelanguage.googleapis.com"
VERSION = "v1beta"  # where models that are still previews are
STILLS = {"16:9": (1280, 720), "9:16": (720, 1280)}
OPERATION = re.compile(r"models/[\w.-]+/operations/[\w-]+")
UPRIGHT = frozenset({"9:16", "3:4"})


class GoogleImage:
    """The provider keeps no keys of requests: an answer that is lost on the way is paid for again."""

    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("google", model)
        self._wire = wire

    def generate(self, request: ImageRequest, into: Path, *, progress: Progress = silent) -> tuple[Picture, Usage]:
        progress(0.0, "Painting")
        usage = Usage(images=1)
        if self.engine.model.startswith("imagen"):
            data = self._imagen(request)
        else:
            data = self._gemini(request)
        self._wire.used(usage)
        if not isinstance(data, bytes) or not data:
            raise InvalidAnswerError(f"{NAME}'s answer holds no picture.")
        into.write_bytes(data)
        picture = made.picture(into, provider=NAME, aspect_ratio=request.aspect_ratio, seed=request.seed)
        progress(1.0, "Painting")
        return picture, usage

    def _gemini(self, request: ImageRequest) -> Any:
        contents: list[Any] = [request.prompt]
        if request.reference:
            contents.append(types.Part.from_bytes(data=_jpeg(request.reference), mime_type="image/jpeg"))
        config = types.GenerateContentConfig(
            response_modalities=["IMAGE"],
            image_config=types.ImageConfig(aspect_ratio=request.aspect_ratio),
            seed=request.seed or None,
            automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        )
        with failures():
            answer = sdk(limit=PICTURE_BYTES * 2, key=self._wire.key).models.generate_content(
                model=self.engine.model, contents=contents, config=config
            )
        self._wire.reference(str(dig(answer, "response_id") or ""))
        if reason := dig(answer, "prompt_feedback", "block_reason"):
            raise ProviderRefusedError(f"{NAME}'s model declined to make this ({_word(reason)}).")
        candidates = dig(answer, "candidates") or []
        for part in dig(candidates[0], "content", "parts") or [] if candidates else []:
            if data := dig(part, "inline_data", "data"):
                return data
        reason = _word(dig(candidates[0], "finish_reason")) if candidates else ""
        if reason and reason not in {"STOP", "MAX_TOKENS"}:
            raise ProviderRefusedError(f"{NAME}'s model declined to make this ({reason}).")
        return None

    def _imagen(self, request: ImageRequest) -> Any:
        """The client's own method for Imagen is about to go, and it warns."""
        parameters = {"sampleCount": 1, "aspectRatio": request.aspect_ratio}
        asked = {"instances": [{"prompt": request.prompt}], "parameters": parameters}
        address = f"models/{self.engine.model}:predict"
        with failures():
            predictions = _data("POST", address, asked, key=self._wire.key, limit=PICTURE_BYTES * 2).get("predictions")
            if not predictions:
                raise ProviderRefusedError(f"{NAME}'s model declined to make this.")
            return base64.b64decode(predictions[0]["bytesBase64Encoded"], validate=True)


class GoogleVideo:
    def __init__(self, model: str, wire: Wire) -> None:
        self.engine = Engine("google", model)
        self._wire = wire

    def generate(self, request: VideoRequest, into: Path, *, progress: Progress = silent) -> tuple[Clip, Usage]:
        seconds = prices.sold(self.engine, request.seconds)
        usage = Usage(seconds=seconds)
        with accepted_twice(self._wire):
            order = carried_out(
                Operations(self.engine.model, request, seconds),
                *(self._wire,),
                usage=usage,
                progress=progress,
                doing="Filming",
            )
            _download(order.output, into, progress)
            clip = made.clip(into, provider=NAME)
        return clip, usage


class Operations:
    name = NAME

    def __init__(self, model: str, request: VideoRequest, seconds: float) -> None:
        self._model = model
        self._request = request
        self._seconds = seconds

    def place(self, key: str) -> Order:
        ratio = "9:16" if self._request.aspect_ratio in UPRIGHT else "16:9"
        width, height = STILLS[ratio]
        first = base64.b64encode(made.still(self._request.image, width=width, height=height)).decode()
        image = {"bytesBase64Encoded": first, "mimeType": "image/jpeg"}
        asked = {
            "instances": [{"prompt": self._request.prompt, "image": image}],
            "parameters": {"aspectRatio": ratio, "durationSeconds": int(self._seconds)},
        }
        with failures():
            return _order(_data("POST", f"models/{self._model}:predictLongRunning", asked, key=key))

    def look(self, reference: str) -> Order:
        with failures():
            return _order(_data("GET", reference))

    def call_off(self, reference: str) -> None:
        """The API knows no way; what is made is left there."""


def _order(operation: dict[str, Any]) -> Order:
    reference = str(operation.get("name") or "")
    if not OPERATION.fullmatch(reference):
        # It becomes part of an address.
        raise InvalidAnswerError(f"{NAME}'s answer names no operation.", raw=reference)
    if error := operation.get("error"):
        return Order(reference, problem=str(error.get("message") or "No reason was given."))
    if not operation.get("done"):
        return Order(reference)
    told = operation.get("response", {}).get("generateVideoResponse", {})
    if samples := told.get("generatedSamples"):
        return Order(reference, done=True, output=samples[0].get("video", {}).get("uri"))
    reasons = told.get("raiMediaFilteredReasons") or ["Nothing was made."]
    return Order(reference, problem=str(reasons[0]))


def _data(method: str, path: str, asked: Any = None, *, key: str = "", limit: int = TEXT_BYTES) -> dict[str, Any]:
    """What the client has no method for, or none that works with a key of the Gemini API."""
    headers = {"x-goog-api-key": settings.GEMINI_API_KEY, **({"Idempotency-Key": key} if key else {})}
    answer = client(limit=limit).request(method, f"{home()}/{VERSION}/{path}", json=asked, headers=headers)
    if answer.status_code >= 400:
        raise StatusError(answer)
    found = json_of(answer)
    if not isinstance(found, dict):
        raise InvalidAnswerError(f"{NAME}'s answer could not be read.", raw=answer.text)
    return found


def _download(uri: Any, into: Path, progress: Progress) -> None:
    """Files lie behind the key; where an answer points elsewhere, the key does not go."""
    if not isinstance(uri, str) or not uri.startswith(f"{home()}/"):
        made.fetch(uri, into, provider=NAME, limit=CLIP_BYTES, progress=progress)
        return
    headers = {"x-goog-api-key": settings.GEMINI_API_KEY}
    with failures(), client(limit=CLIP_BYTES).stream("GET", uri, headers=headers) as answer:
        if answer.status_code in {301, 302, 303, 307, 308}:
            elsewhere = answer.headers.get("location", "")
        elif answer.status_code != 200:
            raise StatusError(answer)
        else:
            elsewhere = ""
            with into.open("wb") as file:
                for chunk in answer.iter_bytes():
                    file.write(chunk)
                    progress(0.5, "Fetching")
    if elsewhere:
        made.fetch(elsewhere, into, provider=NAME, limit=CLIP_BYTES, progress=progress)


def home() -> str:
    return (settings.GEMINI_BASE_URL or HOME).rstrip("/")


def sdk(*, limit: int = TEXT_BYTES, key: str = "") -> Any:
    options = types.HttpOptions(
        base_url=home(),
        api_version=VERSION,
        timeout=settings.AI_READ_SECONDS * 1000,
        headers={"Idempotency-Key": key} if key else {},
        httpx_client=client(limit=limit),
    )
    return genai.Client(vertexai=False, api_key=settings.GEMINI_API_KEY, http_options=options)


@contextmanager
def failures() -> Iterator[None]:
    """What the client, the wire and our reading of an answer can raise, as provider errors."""
    try:
        yield
    except ProviderError:
        raise
    except errors.APIError as error:
        if error.code < 400:
            raise InvalidAnswerError(f"{NAME}'s answer could not be read.") from error
        raise of_status(NAME, StatusError(error.response, error.status or "")) from error
    except StatusError as error:
        raise of_status(NAME, error) from error
    except httpx2.TransportError as error:
        raise of_transport(NAME, error) from error
    except (errors.UnknownApiResponseError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise InvalidAnswerError(f"{NAME}'s answer could not be read.") from error


def _word(reason: Any) -> str:
    """The name of a reason, which the client knows as a member of an enumeration or as text."""
    return str(getattr(reason, "name", None) or reason or "")


def _jpeg(path: Path) -> bytes:
    with Image.open(path) as image:
        return made.still(path, width=image.width, height=image.height)
