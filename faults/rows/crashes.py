"""Workers that die, sleep or are replaced."""

from __future__ import annotations

import os
import signal
import time

from core.runs import services
from core.runs.models import Run, Step
from core.storage import store
from faults import pipelines
from faults.report import Seen, row
from faults.rig import Rig, wait_for


def until_encoding(rig: Rig, run: Run) -> Step:
    """Waits for the middle of the encode: a third of it is told of, and ffmpeg works."""
    rig.wait_for_step(run, "encode", seconds=30)
    wait_for("a third of the encode", lambda: rig.step(run, "encode").progress >= 0.3, seconds=30)
    wait_for("ffmpeg at work", rig.encoders, seconds=5)
    return rig.step(run, "encode")


def judge_film(rig: Rig, seen: Seen, run: Run) -> None:
    """One output, made once, by the last attempt; the steps before the fault were not done again."""
    rig.wait_for_run(run, seconds=60)
    seen.lost, seen.duplicates = rig.lost(run), rig.duplicates(run)
    step = rig.step(run, "encode")
    made = pipelines.Made.model_validate(step.result)
    seen.expect(rig.executions(run)["prepare"] == 1, "a step before the fault ran again")
    seen.expect(made.by_attempt == step.attempt, "the result is of an earlier attempt")
    seen.expect(step.keys == [made.key], "files of a dead attempt are still noted")
    seen.expect(store().exists(made.key), "the output is not there")
    # What the first step wrote, and the output.
    seen.expect(rig.new_blobs() == 2, f"{rig.new_blobs()} files are stored, not two")


def wait_no_ffmpeg(rig: Rig, seen: Seen) -> None:
    died = time.monotonic()
    wait_for("ffmpeg dead", lambda: not rig.encoders(), seconds=10)
    seen.notes["ffmpeg_gone_after"] = round(time.monotonic() - died, 2)


@row("F1", injected="kill -9 of a pool child mid-ffmpeg", expected="ffmpeg dies too; taken up again; one output")
def child_killed(rig: Rig, seen: Seen) -> None:
    rig.beat()
    rig.starting_worker("default")
    rig.worker("media")
    run = rig.start_film()
    step = until_encoding(rig, run)
    os.kill(rig.pid_of(step), signal.SIGKILL)
    killed = time.monotonic()
    wait_no_ffmpeg(rig, seen)
    rig.wait_taken_over(run, "encode")
    seen.recovery = time.monotonic() - killed
    judge_film(rig, seen, run)


def whole_worker_killed(rig: Rig, seen: Seen, *, pause: float) -> None:
    rig.beat()
    rig.starting_worker("default")
    media = rig.worker("media")
    run = rig.start_film()
    until_encoding(rig, run)
    media.kill()
    killed = time.monotonic()
    wait_no_ffmpeg(rig, seen)
    time.sleep(pause)
    rig.starting_worker("media")
    rig.wait_taken_over(run, "encode")
    seen.recovery = time.monotonic() - killed
    judge_film(rig, seen, run)


@row(
    "F2-at-once",
    injected="kill -9 of a whole worker, restarted at once",
    expected="running again within 60 s of the kill",
)
def worker_restarted_at_once(rig: Rig, seen: Seen) -> None:
    whole_worker_killed(rig, seen, pause=0)


@row(
    "F2-later",
    injected="kill -9 of a whole worker, restarted after 30 s",
    expected="running again within 60 s of the kill",
)
def worker_restarted_later(rig: Rig, seen: Seen) -> None:
    whole_worker_killed(rig, seen, pause=30)


@row("F2-poison", injected="a step that kills its worker every time", expected="failed after 3 crashes, can be retried")
def poison(rig: Rig, seen: Seen) -> None:
    rig.beat()
    rig.starting_worker("default")
    rig.worker("media")
    run = rig.start(pipelines.POISON)
    rig.wait_for_run(run, status="failed", seconds=150)
    seen.expect(rig.executions(run)["poison"] == 3, f"it was tried {rig.executions(run)['poison']} times")
    seen.expect(run.error_code == "worker_lost", f"the reason given is {run.error_code}")
    # The broker must not bring the message back for ever.
    time.sleep(8)
    seen.expect(rig.executions(run)["poison"] == 3, "it was tried again after it had failed")
    services.retry(run.pk)
    rig.wait_for_step(run, "poison", status="failed", attempt=6, seconds=150)


@row(
    "F3",
    injected="SIGSTOP of a worker beyond its lease, then SIGCONT",
    expected="a second finishes; the stale write is refused",
)
def worker_paused(rig: Rig, seen: Seen) -> None:
    rig.beat()
    rig.starting_worker("default")
    first = rig.worker("media")
    end = rig.home / "end"
    end.unlink(missing_ok=True)
    run = rig.start(pipelines.DEAF, end=str(end))
    rig.wait_for_step(run, "work", seconds=20)
    wait_for("work begun", lambda: rig.executions(run)["work"] == 1, seconds=10)
    first.send(signal.SIGSTOP)
    paused = time.monotonic()
    rig.starting_worker("media")
    rig.wait_taken_over(run, "work")
    seen.recovery = time.monotonic() - paused
    rig.wait_for_run(run, seconds=30)
    end.touch()
    first.send(signal.SIGCONT)
    wait_for("the stale write refused", lambda: first.said("step.fenced_off"), seconds=30)
    seen.lost, seen.duplicates = rig.lost(run), rig.duplicates(run)
    step = rig.step(run, "work")
    seen.expect(pipelines.Made.model_validate(step.result).by_attempt == 2, "the stale result was written")
    seen.expect(rig.executions(run)["work"] == 2, f"{rig.executions(run)['work']} attempts, not two")


@row(
    "F23",
    injected="SIGTERM to a worker mid-ffmpeg (rolling deploy)",
    expected="the step is handed back, which is no failure",
    within=30,
)
def deploy(rig: Rig, seen: Seen) -> None:
    rig.beat()
    rig.starting_worker("default")
    media = rig.worker("media")
    run = rig.start_film(30)
    until_encoding(rig, run)
    # A rolling deploy: the new one is there before the old one goes.
    rig.worker("media")
    began = time.monotonic()
    # What `manage.py up` allows before it kills.
    seen.notes["ended_after"] = round(media.end(seconds=10), 2)
    rig.wait_taken_over(run, "encode")
    seen.recovery = time.monotonic() - began
    judge_film(rig, seen, run)
    step = rig.step(run, "encode")
    seen.expect((step.failures, step.attempt) == (0, 2), f"{step.failures} failures in {step.attempt} attempts")
