"""Answers that were paid for."""

from __future__ import annotations

import os
import signal
import time

from core.errors import WrongStateError
from core.runs import services
from core.runs.models import Run
from core.testing.providers import ProviderServer
from faults import pipelines
from faults.report import Seen, row
from faults.rig import Rig, wait_for


def start(rig: Rig, provider: ProviderServer, **params: object) -> Run:
    """The whole crew, told to ask this provider, and a run that pays it once."""
    env = {"OPENAI_API_KEY": "test", "OPENAI_BASE_URL": f"{provider.url}/v1", "AI_TRANSLATE": "openai:gpt-6.1-terra"}
    rig.beat()
    rig.starting_worker("default")
    rig.worker("ai", **env)
    return rig.start(pipelines.PAID, broken=str(rig.home / "broken"), **params)


def judge(rig: Rig, seen: Seen, run: Run, provider: ProviderServer) -> None:
    seen.lost, seen.duplicates = rig.lost(run), rig.duplicates(run)
    paid = sum(provider.billed.values())
    seen.expect(paid >= 1, "the provider was never asked")
    seen.extra_bills = max(0, paid - 1)
    seen.notes |= {"requests": len(provider.requests), "billed": paid}


@row(
    "F22",
    injected="the last step fails, then retry",
    expected="earlier files unchanged, nothing paid twice; 2nd retry refused",
)
def retry_after_failure(rig: Rig, seen: Seen) -> None:
    broken = rig.home / "broken"
    broken.touch()
    with ProviderServer() as provider:
        run = start(rig, provider)
        rig.wait_for_run(run, status="failed", seconds=60)
        first = pipelines.Made.model_validate(rig.step(run, "first").result)
        broken.unlink()
        began = time.monotonic()
        services.retry(run.pk)
        try:
            services.retry(run.pk)
        except WrongStateError:
            pass
        else:
            seen.problems.append("a second retry was accepted")
        rig.wait_for_run(run, seconds=30)
        seen.recovery = time.monotonic() - began
        again = pipelines.Made.model_validate(rig.step(run, "first").result)
        seen.expect((first.key, first.sha256) == (again.key, again.sha256), "a file of an earlier step changed")
        counted = rig.executions(run)
        seen.expect(counted == {"first": 1, "ask": 1, "last": 2}, f"executions: {dict(counted)}")
        judge(rig, seen, run, provider)


@row(
    "F13-lost",
    injected="the provider bills, then the connection is cut",
    expected="asked again under the same key, billed once",
)
def answer_lost(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        provider.plan("lost")
        run = start(rig, provider)
        wait_for("billed", lambda: provider.billed, seconds=60)
        began = time.monotonic()
        rig.wait_for_run(run, seconds=90)
        seen.recovery = time.monotonic() - began
        seen.expect(len(provider.requests) >= 2, "the answer was not lost")
        judge(rig, seen, run, provider)


@row(
    "F13-kept",
    injected="kill -9 after the answer, before the result",
    expected="the ledger answers, the provider is not asked again",
)
def killed_after_answer(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        run = start(rig, provider, die_after_answer=True)
        rig.wait_for_step(run, "ask", seconds=30)
        began = time.monotonic()
        rig.wait_taken_over(run, "ask")
        seen.recovery = time.monotonic() - began
        rig.wait_for_run(run, seconds=60)
        seen.expect(len(provider.requests) == 1, f"the provider was asked {len(provider.requests)} times")
        judge(rig, seen, run, provider)


@row(
    "F13-killed", injected="kill -9 while the provider answers", expected="asked again under the same key, billed once"
)
def killed_while_waiting(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        provider.plan("hang_midway")
        run = start(rig, provider)
        step = rig.wait_for_step(run, "ask", seconds=30)
        wait_for("billed", lambda: provider.billed, seconds=30)
        os.kill(rig.pid_of(step), signal.SIGKILL)
        killed = time.monotonic()
        rig.wait_taken_over(run, "ask")
        seen.recovery = time.monotonic() - killed
        rig.wait_for_run(run, seconds=90)
        judge(rig, seen, run, provider)
