"""Right answers of those who make pictures and clips: Replicate's predictions, OpenAI's images and videos, Google's Gemini API."""

from __future__ import annotations

import base64
import io
import json
import re
import tempfile
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

from core.testing.providers.answers import Reply, field_of

FPS = 12
SIDES = {"16:9": (320, 180), "9:16": (180, 320), "1:1": (240, 240), "4:3": (320, 240), "3:4": (240, 320)}
PREDICTION = re.compile(r"/v1/predictions/(\w+)(/cancel)?$")
VIDEO = re.compile(r"/v1/videos/(\w+)(/content)?$")
MODEL = re.compile(r"/v1beta/models/([\w.-]+):(generateContent|predict|predictLongRunning)$")


@dataclass
class Ordered:
    """`looks` is how often somebody asked how it stands."""

    id: str
    kind: str  # image or video
    model: str
    wanted: dict[str, Any]
    looks: int = 0
    status: str = "starting"


@dataclass
class Making:
    """Of one account. An order is done when it was looked at `patience` times; `problem` makes every order come to nothing;
    `content` is handed out instead of what was made."""

    base: str
    patience: int = 1
    problem: str = ""
    content: bytes | None = None
    orders: dict[str, Ordered] = field(default_factory=dict)
    called_off: list[str] = field(default_factory=list)

    def answer(self, method: str, target: str, content_type: str, body: bytes) -> Reply | None:
        """None: the path is of no such provider."""
        path = target.partition("?")[0]
        if method == "GET" and path.startswith("/made/"):
            return self._file(path.removeprefix("/made/").partition(".")[0])
        if found := PREDICTION.search(path):
            return self._prediction(found[1], cancel=bool(found[2]))
        if method == "POST" and path.endswith("/predictions"):
            model = path.removeprefix("/v1/models/").removesuffix("/predictions")
            wanted = json.loads(body)["input"]
            order = self._ordered("video" if "duration" in wanted else "image", model, wanted)
            return _json(self._as_prediction(order), 201)
        if "/v1/images/" in path:
            return self._images(path, content_type, body)
        if "/v1/videos" in path:
            return self._videos(method, path, content_type, body)
        if "/v1beta/" in path:
            return self._google(path, body)
        return None

    def _ordered(self, kind: str, model: str, wanted: dict[str, Any]) -> Ordered:
        order = Ordered(f"order{len(self.orders) + 1}", kind, model, wanted)
        self.orders[order.id] = order
        return order

    def _looked_at(self, reference: str) -> Ordered | None:
        order = self.orders.get(reference)
        if order:
            order.looks += 1
            if order.status == "starting" and order.looks >= self.patience:
                order.status = "failed" if self.problem else "succeeded"
        return order

    def _call_off(self, reference: str) -> None:
        self.called_off.append(reference)
        self.orders[reference].status = "canceled"

    def _file(self, reference: str) -> Reply:
        order = self.orders.get(reference)
        if order is None:
            return _json({"detail": "Not found"}, 404)
        made = self.content if self.content is not None else self._made(order)
        pieces = [made[start : start + 4096] for start in range(0, len(made), 4096)]
        return Reply("image/png" if order.kind == "image" else "video/mp4", pieces)

    def _made(self, order: Ordered) -> bytes:
        ratio = str(order.wanted.get("aspect_ratio", "16:9"))
        if order.kind == "image":
            return picture(*SIDES.get(ratio, SIDES["16:9"]))
        return clip(*SIDES.get(ratio, SIDES["16:9"]), float(order.wanted["duration"]))

    def sample(self, seconds: float) -> bytes:
        return clip(*SIDES["9:16"], seconds)

    # Replicate

    def _prediction(self, reference: str, *, cancel: bool) -> Reply:
        if cancel and reference in self.orders:
            self._call_off(reference)
        order = self._looked_at(reference)
        return _json(self._as_prediction(order)) if order else _json({"detail": "Not found"}, 404)

    def _as_prediction(self, order: Ordered) -> dict[str, Any]:
        address = f"{self.base}/made/{order.id}.{'png' if order.kind == 'image' else 'mp4'}"
        output = [address] if order.kind == "image" else address
        return {
            "id": order.id,
            "model": order.model,
            "version": "hidden",
            "input": order.wanted,
            "status": order.status,
            "output": output if order.status == "succeeded" else None,
            "error": self.problem or None,
            "logs": "",
            "created_at": "2026-11-22T05:00:00.000Z",
            "urls": {"get": f"{self.base}/v1/predictions/{order.id}"},
        }

    # OpenAI

    def _images(self, path: str, content_type: str, body: bytes) -> Reply:
        size = field_of(body, content_type, "size").decode() if path.endswith("/edits") else json.loads(body)["size"]
        width, height = (int(side) // 4 for side in size.split("x"))
        made = self.content if self.content is not None else picture(width, height)
        usage = {"input_tokens": 10, "output_tokens": 1000, "total_tokens": 1010}
        data = [{"b64_json": base64.b64encode(made).decode()}]
        return _json({"created": 1_790_000_000, "data": data, "output_format": "png", "usage": usage})

    def _videos(self, method: str, path: str, content_type: str, body: bytes) -> Reply:
        if method == "POST":
            names = ("model", "prompt", "seconds", "size")
            wanted: dict[str, Any] = {name: field_of(body, content_type, name).decode() for name in names}
            width, height = wanted["size"].split("x")
            wanted |= {"duration": wanted["seconds"], "aspect_ratio": "16:9" if int(width) > int(height) else "9:16"}
            return _json(self._as_video(self._ordered("video", wanted["model"], wanted)))
        found = VIDEO.search(path)
        if found is None or found[1] not in self.orders:
            return _json({"error": {"code": "not_found", "message": "No such video"}}, 404)
        if found[2]:
            return self._file(found[1])
        if method == "DELETE":
            self._call_off(found[1])
            return _json({"id": found[1], "deleted": True, "object": "video.deleted"})
        self._looked_at(found[1])
        return _json(self._as_video(self.orders[found[1]]))

    def _as_video(self, order: Ordered) -> dict[str, Any]:
        names = {"starting": "queued", "succeeded": "completed"}
        return {
            "id": order.id,
            "object": "video",
            "model": order.model,
            "status": names.get(order.status, "failed"),
            "progress": 100 if order.status == "succeeded" else 0,
            "seconds": order.wanted["seconds"],
            "size": order.wanted["size"],
            "created_at": 1_790_000_000,
            "error": {"code": "failed", "message": self.problem} if order.status == "failed" else None,
        }

    # Google

    def _google(self, path: str, body: bytes) -> Reply | None:
        if path.endswith(":download"):
            return self._file(path.rpartition("/")[2].removesuffix(":download"))
        if "/operations/" in path:
            return self._operation(path.rpartition("/")[2])
        found = MODEL.search(path)
        if found is None:
            return None
        asked = json.loads(body)
        if found[2] == "predictLongRunning":
            told = asked["parameters"]
            wanted = {"duration": told["durationSeconds"], "aspect_ratio": told["aspectRatio"]}
            order = self._ordered("video", found[1], wanted)
            return _json({"name": f"models/{order.model}/operations/{order.id}"})
        if found[2] == "predict":
            made = self.content if self.content is not None else picture(*SIDES[asked["parameters"]["aspectRatio"]])
            return _json({"predictions": [{"bytesBase64Encoded": base64.b64encode(made).decode()}]})
        ratio = asked["generationConfig"]["imageConfig"]["aspectRatio"]
        made = self.content if self.content is not None else picture(*SIDES[ratio])
        part = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(made).decode()}}
        candidate = {"content": {"role": "model", "parts": [part]}, "finishReason": "STOP", "index": 0}
        return _json({"candidates": [candidate], "responseId": "resp1", "modelVersion": found[1]})

    def _operation(self, reference: str) -> Reply:
        order = self._looked_at(reference)
        if order is None:
            return _json({"error": {"code": 404, "message": "Not found", "status": "NOT_FOUND"}}, 404)
        whole: dict[str, Any] = {"name": f"models/{order.model}/operations/{order.id}"}
        if order.status == "failed":
            whole |= {"done": True, "error": {"code": 13, "message": self.problem}}
        elif order.status == "succeeded":
            uri = f"{self.base}/v1beta/files/{order.id}:download?alt=media"
            samples = [{"video": {"uri": uri, "mimeType": "video/mp4"}}]
            whole |= {"done": True, "response": {"generateVideoResponse": {"generatedSamples": samples}}}
        return _json(whole)


@lru_cache(maxsize=8)
def picture(width: int, height: int) -> bytes:
    """A slope of colours, as PNG."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)
    pixels[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, None]
    made = io.BytesIO()
    Image.fromarray(pixels).save(made, "PNG")
    return made.getvalue()


@lru_cache(maxsize=8)
def clip(width: int, height: int, seconds: float) -> bytes:
    """A bar that moves across, as MP4 whose index comes first, so that a cut one can still be opened."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        _film(path, width, height, seconds)
        return path.read_bytes()


def _film(path: Path, width: int, height: int, seconds: float) -> None:
    # To put the index first it opens its own file again.
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "crf": "35"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * FPS)):
            pixels = np.full((height, width, 3), 40, np.uint8)
            left = number * 4 % width
            pixels[:, left : left + 8] = 220
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode(None))


def _json(body: dict[str, Any], status: int = 200) -> Reply:
    return Reply("application/json", [json.dumps(body).encode()], status)
