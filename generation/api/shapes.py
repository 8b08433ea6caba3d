"""Sessions, takes and rounds as the description of the API has them, and how they are written (generation.queries.shapes)."""

from __future__ import annotations

from typing import Any

from core.rest.schema import Shape
from generation.models import Preset
from generation.queries.shapes import round_shape, session_rows, session_shape, take_shape
from generation.services.estimating import Estimate, Model

__all__ = [
    "ASSET",
    "ESTIMATE",
    "MODEL",
    "PRESET",
    "ROUND",
    "SESSION",
    "TAKE",
    "WHOLE_SESSION",
    "estimate_shape",
    "model_shape",
    "preset_shape",
    "round_shape",
    "session_rows",
    "session_shape",
    "take_shape",
]

VARIANT: Shape = {
    "id": "uuid",
    "url": "nullable url",
    "thumbnail_url": "nullable url",
    "prompt": "string",
    "seed": "int",
}
TAKE: dict[str, Any] = {
    "id": "uuid",
    "type": "string",
    "url": "nullable url",
    "download_url": "nullable url",
    "thumbnail_url": "nullable url",
    "approved": "bool",
    "order_index": "nullable int",
    "created_at": "datetime",
    "round_id": "uuid",
    "index": "int",
    "asset_id": "nullable uuid",
    "prompt": "string",
    "seed": "int",
    "seconds": "nullable float",
    "trim": {"start": "nullable float", "end": "nullable float"},
    "caption": "string",
    "engine": "nullable string",
    "named": "nullable string",
    "status": "string",
    "problem": "nullable string",
    "cost_usd": "float",
    "source_id": "nullable uuid",
    "replaces": "nullable uuid",
    "removed": "bool",
    "variants": [VARIANT],
}
ASSET: Shape = TAKE | {"url": "url"}
ROUND: Shape = {
    "id": "uuid",
    "kind": "string",
    "number": "int",
    "status": "string",
    "problem": "nullable string",
    "prompt": "string",
    "progress": "float",
    "message": "nullable string",
    "run_id": "nullable uuid",
    "estimate_usd": "float",
    "cost_usd": "float",
    "plan": "object",
    "takes": [{"id": "uuid", "index": "int", "prompt": "string", "seed": "int", "status": "string"}],
    "created_at": "datetime",
    "finished_at": "nullable datetime",
}
SESSION: dict[str, Any] = {
    "id": "uuid",
    "status": "string",
    "prompt": "string",
    "video_prompt": "nullable string",
    "final_video_url": "nullable url",
    "created_at": "datetime",
    "completed_at": "nullable datetime",
    "assets": [ASSET],
    "title": "string",
    "aspect_ratio": "string",
    "problem": "nullable string",
    "cap_usd": "nullable float",
    "project_id": "nullable uuid",
    "updated_at": "datetime",
}
WHOLE_SESSION: Shape = SESSION | {"takes": [TAKE], "removed": [TAKE], "rounds": [ROUND], "composition": "object"}
ESTIMATE: Shape = {
    "usd": "float",
    "each_usd": "float",
    "count": "int",
    "engine": "string",
    "spent_usd": "float",
    "cap_usd": "nullable float",
    "left_usd": "nullable float",
    "fits": "bool",
}
MODEL: Shape = {
    "name": "string",
    "kind": "string",
    "engine": "string",
    "price_usd": "float",
    "per": "string",
    "default": "bool",
}
PRESET: Shape = {"id": "uuid", "name": "string", "values": "object", "created_at": "datetime", "updated_at": "datetime"}


def estimate_shape(found: Estimate) -> dict[str, Any]:
    return {
        "usd": float(found.usd),
        "each_usd": float(found.each_usd),
        "count": found.count,
        "engine": found.engine,
        "spent_usd": float(found.spent_usd),
        "cap_usd": None if found.cap_usd is None else float(found.cap_usd),
        "left_usd": None if found.left_usd is None else float(found.left_usd),
        "fits": found.fits,
    }


def model_shape(found: Model) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": found.kind,
        "engine": found.engine,
        "price_usd": float(found.price_usd),
        "per": found.per,
        "default": found.default,
    }


def preset_shape(preset: Preset) -> dict[str, Any]:
    return {
        "id": preset.pk,
        "name": preset.name,
        "values": preset.values,
        "created_at": preset.created_at,
        "updated_at": preset.updated_at,
    }
