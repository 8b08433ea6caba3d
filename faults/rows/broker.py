"""The bell breaks."""

from __future__ import annotations

import signal
import time

from core import embedded
from core.embedded.valkey import Valkey
from faults import pipelines
from faults.report import Seen, row
from faults.rig import Rig

RUNS = 10


def valkey() -> Valkey:
    services = embedded.held()
    if services is None:
        raise RuntimeError("This row stops the broker, so it needs one of its own.")
    return next(service for service in services.all if isinstance(service, Valkey))


def all_finish(rig: Rig, seen: Seen, runs: list[object], *, since: float) -> None:
    for run in runs:
        rig.wait_for_run(run, seconds=90)  # type: ignore[arg-type]
    seen.recovery = time.monotonic() - since
    seen.lost, seen.duplicates = rig.lost(*runs), rig.duplicates(*runs)  # type: ignore[arg-type]


@row(
    "F4-flush",
    injected="FLUSHALL while messages wait",
    expected="all that was accepted finishes within 30 s",
    within=30,
)
def broker_flushed(rig: Rig, seen: Seen) -> None:
    rig.beat()
    workers = [rig.worker("default"), rig.worker("media")]
    for worker in workers:
        worker.send(signal.SIGSTOP)
    runs = [rig.start(pipelines.SHORT) for _ in range(RUNS)]
    with rig.broker() as client:
        seen.notes["waiting"] = client.llen("work:default") + client.llen("work:media")
        client.flushall()
    flushed = time.monotonic()
    for worker in workers:
        worker.send(signal.SIGCONT)
    all_finish(rig, seen, runs, since=flushed)


@row(
    "F4-stop",
    injected="broker stopped for 20 s, then started empty",
    expected="work is accepted meanwhile, all finishes within 30 s",
    within=30,
)
def broker_stopped(rig: Rig, seen: Seen) -> None:
    rig.beat()
    rig.starting_worker("default")
    rig.worker("media")
    runs = [rig.start(pipelines.SHORT) for _ in range(RUNS // 2)]
    with rig.broker() as client:
        client.flushall()
    valkey().stop()
    stopped, slowest = time.monotonic(), 0.0
    try:
        for _ in range(RUNS // 2):
            began = time.monotonic()
            runs.append(rig.start(pipelines.SHORT))
            slowest = max(slowest, time.monotonic() - began)
        time.sleep(max(0.0, 20 - (time.monotonic() - stopped)))
    finally:
        valkey().start()
    back = time.monotonic()
    seen.notes["slowest_start"] = round(slowest, 2)
    seen.expect(slowest < 5, f"a start took {slowest:.1f} s without a broker")
    all_finish(rig, seen, runs, since=back)


@row(
    "F4-hang",
    injected="broker hangs for 20 s (SIGSTOP)",
    expected="starts wait no longer than its time-out, all finishes",
    within=30,
)
def broker_hangs(rig: Rig, seen: Seen) -> None:
    rig.beat()
    rig.starting_worker("default")
    rig.worker("media")
    runs = [rig.start(pipelines.SHORT)]
    rig.wait_for_run(runs[0], seconds=30)
    process = valkey().find()
    assert process is not None
    process.send(signal.SIGSTOP)
    stopped, slowest, total = time.monotonic(), 0.0, 0.0
    try:
        for _ in range(3):
            began = time.monotonic()
            runs.append(rig.start(pipelines.SHORT))
            slowest = max(slowest, time.monotonic() - began)
        total = time.monotonic() - stopped
        time.sleep(max(0.0, 20 - total))
    finally:
        process.send(signal.SIGCONT)
    back = time.monotonic()
    seen.notes["slowest_start"] = round(slowest, 2)
    seen.expect(slowest < 12, f"a start took {slowest:.1f} s")
    seen.expect(total < 20, f"three starts took {total:.1f} s: each waited for the broker")
    all_finish(rig, seen, runs, since=back)
