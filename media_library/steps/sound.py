"""What a file sounds like at a glance: its waveform."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from core.runs.context import StepContext
from core.storage import store
from media_library.media.waveform import waveform
from media_library.models import Asset
from media_library.steps.base import AssetStep, Stored, as_stored, exists, keep, kept, media_work, put
from media_library.steps.intake import Conformed, Probed

P = Asset.Purpose


def waveform_of(ctx: StepContext, source: Asset, path: Path) -> Stored:
    if (already := kept(source, P.WAVEFORM)) is not None:
        return as_stored(already)
    peaks = ctx.workdir / "waveform.json"
    peaks.write_text(json.dumps(waveform(path, halt=ctx.halt).as_json()))
    return put(ctx, peaks, name="waveform.json", content_type="application/json")


def keep_waveform(source: Asset, stored: Stored) -> None:
    keep(source, P.WAVEFORM, "waveform.json", "application/json", stored)


class Drawn(BaseModel):
    waveform: Stored


class Draw(AssetStep[Drawn]):
    Result = Drawn

    def skip(self, ctx: StepContext) -> str:
        return "" if ctx.result("probe", Probed).audio_codec else "There is no sound."

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"sha256": self.source(ctx).sha256}

    def run(self, ctx: StepContext) -> Drawn:
        ctx.progress(0.0, "Measuring the sound")
        with store().local(ctx.result("conform", Conformed).key) as path, media_work(ctx):
            return Drawn(waveform=waveform_of(ctx, self.source(ctx), path))

    def intact(self, result: Drawn) -> bool:
        return exists(result.waveform)

    def publish(self, ctx: StepContext, result: Drawn) -> None:
        keep_waveform(self.source(ctx), result.waveform)
