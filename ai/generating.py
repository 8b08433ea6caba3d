"""Pictures and clips, through the ledger. What was made is kept in the store, so that a retry takes it from there."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import structlog

from ai import prices, routing
from ai.capabilities.base import Engine, Progress, Usage, silent
from ai.capabilities.generate_image import GenerateImage, ImageRequest, Picture
from ai.capabilities.generate_video import Clip, GenerateVideo, VideoRequest
from ai.ledger import Use, key_of
from ai.models import Call
from ai.work import Answer, Kept, Work, nothing_configured, perform
from core.errors import StorageFullError
from core.storage import store

log = structlog.get_logger(__name__)

M = TypeVar("M", Picture, Clip)


@dataclass(frozen=True)
class Estimate:
    """What a use would cost, and who would do it."""

    usd: Decimal
    engine: Engine


def estimate(capability: str, usage: Usage, *, model: str = "") -> Estimate:
    """Before anything is asked: the engine that would be asked first, at its list price. `seconds` of a clip are those wished for."""
    routes = routing.routes(capability, model=model)
    if not routes:
        raise nothing_configured(capability)
    engine = routes[0].engine
    if capability == "generate_video":
        usage = replace(usage, seconds=prices.sold(engine, usage.seconds))
    return Estimate(prices.cost(engine, usage), engine)


def generate_image(
    request: ImageRequest, into: Path, *, use: Use, model: str = "", progress: Progress = silent
) -> Answer[Picture]:
    """Writes one picture into `into`, as PNG, JPEG or WebP whatever the name says."""

    def ask(engine: GenerateImage) -> tuple[Picture, Usage]:
        return engine.generate(request, into, progress=progress)

    found = [{"asset_id": one.asset_id, "title": one.title, "score": round(one.score, 4)} for one in request.found]
    asked = {"prompt": request.prompt, "aspect_ratio": request.aspect_ratio, "seed": request.seed, "found": found}
    work = Work(
        capability="generate_image",
        use=use,
        key=key_of(
            *(use, "generate_image", request.prompt, request.aspect_ratio, str(request.seed)),
            *(one.asset_id for one in request.found),
            *(_digest(request.reference), model),
        ),
        estimate=Usage(images=1),
        asked={**asked, "reference": bool(request.reference)},
        ask=ask,
        keep=lambda picture, call_id: _keep(picture, call_id, folder="pictures"),
        load=lambda call: _load(Picture, call, into),
        made_by=lambda picture: picture.by,
    )
    return perform(work, routing.routes("generate_image", model=model))


def generate_video(
    request: VideoRequest, into: Path, *, use: Use, model: str = "", progress: Progress = silent
) -> Answer[Clip]:
    """Writes one clip into `into`, an MP4."""

    def ask(engine: GenerateVideo) -> tuple[Clip, Usage]:
        return engine.generate(request, into, progress=progress)

    routes = routing.routes("generate_video", model=model)
    asked = {"prompt": request.prompt, "seconds": request.seconds, "aspect_ratio": request.aspect_ratio}
    work = Work(
        capability="generate_video",
        use=use,
        key=key_of(
            *(use, "generate_video", request.prompt, f"{request.seconds:.3f}", request.aspect_ratio),
            *(str(request.seed), _digest(request.image), model),
        ),
        estimate=Usage(seconds=max((prices.sold(route.engine, request.seconds) for route in routes), default=0.0)),
        asked={**asked, "seed": request.seed},
        ask=ask,
        keep=lambda clip, call_id: _keep(clip, call_id, folder="clips"),
        load=lambda call: _load(Clip, call, into),
    )
    return perform(work, routes)


def _digest(path: Path | None) -> str:
    if path is None:
        return ""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _keep(made: Picture | Clip, call_id: UUID, *, folder: str) -> Kept:
    key = f"ai/{folder}/{call_id}"
    try:
        store().put(key, made.path, content_type="application/octet-stream")
    except StorageFullError:
        # It is there and paid for; only a retry would have to pay again.
        log.warning("ai.answer_not_kept", call=str(call_id))
        return Kept()
    facts: dict[str, Any] = asdict(made)
    del facts["path"]
    return Kept(facts, key)


def _load(kind: type[M], call: Call, into: Path) -> M | None:
    if not call.response or not call.response_key or not store().exists(call.response_key):
        return None
    with store().local(call.response_key) as path:
        shutil.copyfile(path, into)
    return kind(path=into, **call.response)
