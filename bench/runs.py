"""Measures for bench/pipeline.py, on services and workers of its own: `python -m bench.runs ROUNDS` prints one line of JSON."""

from __future__ import annotations

import json
import statistics
import sys
import time

from bench.measure import alternate
from faults.ground import own_ground

SECONDS = 2
ENCODES = 5
TINY = 20


def main() -> None:
    rounds = int(sys.argv[1])
    with own_ground() as rig:
        from core.runs.models import Run
        from faults import pipelines

        rig.beat()
        rig.worker("media")
        source = rig.film(SECONDS)

        def through_the_pipeline() -> list[int]:
            run = rig.start(pipelines.ENCODES, source=str(source), seconds=SECONDS)
            rig.wait_for_run(run, seconds=60)
            return [sizes(run)] * ENCODES

        def sizes(run: Run) -> int:
            from core.storage import store

            found = {store().size(pipelines.Made.model_validate(step.result).key) for step in run.steps.all()}
            assert len(found) == 1, found
            return found.pop()

        def alone() -> list[int]:
            made = []
            for number in range(ENCODES):
                output = rig.home / f"alone-{number}.mp4"
                pipelines.encode(source, output, seconds=SECONDS, progress=lambda *_: None)
                made.append(output.stat().st_size)
            return made

        def tiny() -> float:
            run = rig.start(pipelines.TINY)
            began = time.perf_counter()
            rig.wait_for_run(run, seconds=60)
            return (time.perf_counter() - began) / TINY * 1000

        tiny()
        ours, engines = alternate(through_the_pipeline, alone, rounds=rounds, warm_up=False)
        assert ours.value == engines.value, (ours.value, engines.value)
        step_ms = statistics.median(tiny() for _ in range(rounds))
    print(json.dumps({"run": ours.wall, "engines": engines.wall, "step_ms": step_ms}))


if __name__ == "__main__":
    main()
