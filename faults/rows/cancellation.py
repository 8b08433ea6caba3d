"""People who change their minds."""

from __future__ import annotations

import time

from core.runs import services
from faults import pipelines
from faults.report import Seen, row
from faults.rig import Rig, wait_for
from faults.rows.crashes import until_encoding


@row(
    "F21", injected="cancel mid-ffmpeg", expected="cancelled and ffmpeg gone within 10 s, nothing published", within=10
)
def cancelled_while_encoding(rig: Rig, seen: Seen) -> None:
    rig.starting_worker("default")
    media = rig.worker("media")
    run = rig.start_film()
    until_encoding(rig, run)
    began = time.monotonic()
    services.cancel(run.pk)
    services.cancel(run.pk)
    rig.wait_for_run(run, status="cancelled", seconds=30)
    wait_for("ffmpeg dead", lambda: not rig.encoders(), seconds=10)
    seen.recovery = time.monotonic() - began
    effects = rig.effects(run)
    seen.expect(effects == {"prepare": 1}, f"published: {dict(effects)}")
    seen.expect(rig.step(run, "encode").keys == [], "files of the cancelled step are still noted")
    # The worker itself is well and takes the next one.
    after = rig.start(pipelines.SHORT)
    rig.wait_for_run(after, seconds=20)
    seen.lost = rig.lost(after)
    seen.expect(media.process.poll() is None, "the worker died of it")
