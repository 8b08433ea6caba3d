"""Pictures and clips that a provider makes: asked to wait, broken, answered with rubbish, paid for and lost."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

from core.runs import services
from core.runs.models import Run
from core.testing.providers import ProviderServer
from core.testing.providers.making import picture
from faults import pipelines
from faults.report import Seen, row
from faults.rig import FaultError, Rig, wait_for

ASKED_TO_WAIT = 6.0
RETRY_SECONDS = 120


def start(rig: Rig, provider: ProviderServer, **params: Any) -> Run:
    """The whole crew, told to have Replicate make things, and a run that pays for one."""
    env = {
        "REPLICATE_API_TOKEN": "test",
        "REPLICATE_BASE_URL": provider.url,
        "OUTBOUND_ALLOW": "127.0.0.1",
        "AI_READ_SECONDS": "3",
    }
    rig.beat()
    rig.starting_worker("default")
    rig.worker("ai", **env)
    return rig.start(pipelines.GENERATED, **params)


def judge(rig: Rig, seen: Seen, run: Run, provider: ProviderServer, *, bills: int = 1) -> None:
    """`billed` is the count for each idempotency key, as the provider wrote it down."""
    seen.lost, seen.duplicates = rig.lost(run), rig.duplicates(run)
    paid = provider.billed
    seen.expect(len(paid) == bills, f"{len(paid)} pieces of work were billed, not {bills}")
    seen.extra_bills = sum(paid.values()) - bills
    seen.notes |= {"requests": len(provider.requests), "billed": {key[:12]: count for key, count in paid.items()}}


def creations(provider: ProviderServer) -> int:
    return sum(request.path.endswith("/predictions") for request in provider.requests)


@row(
    "F10-image",
    injected="429 with Retry-After, in seconds and as a date",
    expected="nobody asks before it is over, then billed once",
)
def asked_to_wait(rig: Rig, seen: Seen) -> None:
    early = 0
    with ProviderServer() as provider:
        for as_date in (False, True):
            provider.plan("rate_limited", retry_after=ASKED_TO_WAIT, as_date=as_date, path="/predictions")
        run = start(rig, provider)
        for number in (1, 2):
            wait_for("the answer 429", lambda number=number: len(provider.requests) >= number, seconds=60)  # type: ignore[misc]
            # A date has no fractions of a second.
            until = time.monotonic() + ASKED_TO_WAIT - 1.5
            while time.monotonic() < until:
                early = max(early, len(provider.requests) - number)
                time.sleep(0.1)
        over = time.monotonic()
        rig.wait_for_run(run, seconds=RETRY_SECONDS)
        seen.recovery = time.monotonic() - over
        seen.expect(early == 0, f"{early} requests came while the provider wanted none")
        seen.notes["requests while waiting"] = early
        judge(rig, seen, run, provider)


@row(
    "F11-image",
    injected="500, then a reset, then silence",
    expected="each ends in time, 3 tries, fails there; a retry bills once",
)
def broken(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        for fault in ("error", "reset", "hang"):
            provider.plan(fault, path="/predictions")
        run = start(rig, provider)
        rig.wait_for_run(run, status="failed", seconds=RETRY_SECONDS)
        step = rig.step(run, "make")
        seen.expect(run.failed_step == "make", f"it failed at {run.failed_step!r}")
        seen.expect(step.failures == 3, f"{step.failures} failures were counted")
        seen.expect(not provider.billed, "something was billed for nothing")
        began = time.monotonic()
        services.retry(run.pk)
        rig.wait_for_run(run, seconds=RETRY_SECONDS)
        seen.recovery = time.monotonic() - began
        judge(rig, seen, run, provider)


@row(
    "F12-image",
    injected="bad JSON, HTML, another type, cut short, far too much",
    expected="provider_invalid_response, nothing kept or billed twice",
)
def rubbish(rig: Rig, seen: Seen) -> None:
    whole = picture(320, 180)
    wrong: dict[str, bytes | None] = {
        "garbage": None,
        "html": b"<!doctype html><title>Bad gateway</title>",
        "type": b"%PDF-1.7\n" + b"\x00" * 4096,
        "truncated": whole[: len(whole) // 2],
        "huge": None,
    }
    runs = []
    with ProviderServer() as provider:
        for number, (kind, content) in enumerate(wrong.items()):
            provider.making.content = content
            faulty = {"garbage": ("garbage", "/predictions"), "huge": ("huge", ".png")}.get(kind)
            for _ in range(8 if faulty else 0):
                provider.plan(faulty[0], path=faulty[1])  # type: ignore[index]
            params = {"prompt": kind}
            run = start(rig, provider, **params) if number == 0 else rig.start(pipelines.GENERATED, **params)
            rig.wait_for_run(run, status="failed", seconds=RETRY_SECONDS)
            provider.forget_plans()
            code = rig.step(run, "make").error_code
            seen.expect(code == "provider_invalid_response", f"{kind}: the step says {code!r}")
            runs.append(run)
        seen.expect(rig.new_blobs() == 0, f"{rig.new_blobs()} files were kept")
        seen.expect(not any(rig.effects(run) for run in runs), "something unusable was published")
        paid = provider.billed
        seen.extra_bills = sum(paid.values()) - len(paid)
        seen.expect(len(paid) == len(wrong), f"{len(paid)} pieces of work were billed, not {len(wrong)}")
        seen.notes |= {"requests": len(provider.requests), "billed": {key[:12]: count for key, count in paid.items()}}


@row(
    "F13-image",
    injected="an order is billed, then the connection is cut",
    expected="asked again under the same key, billed once",
)
def order_lost(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        provider.plan("lost", path="/predictions")
        run = start(rig, provider)
        wait_for("billed", lambda: provider.billed, seconds=60)
        began = time.monotonic()
        rig.wait_for_run(run, seconds=RETRY_SECONDS)
        seen.recovery = time.monotonic() - began
        seen.expect(creations(provider) == 2, f"the order was sent {creations(provider)} times")
        seen.expect(len(provider.making.orders) == 1, "there is more than one order")
        judge(rig, seen, run, provider)


@row(
    "F13-video",
    injected="kill -9 while a clip is being waited for",
    expected="another worker asks for that very order, billed once",
)
def killed_while_waiting(rig: Rig, seen: Seen) -> None:
    with ProviderServer() as provider:
        provider.making.patience = 10**6
        run = start(rig, provider, video=True)
        step = rig.wait_for_step(run, "make", seconds=30)
        wait_for("the clip is waited for", lambda: any(o.looks for o in provider.making.orders.values()), seconds=60)
        os.kill(rig.pid_of(step), signal.SIGKILL)
        killed = time.monotonic()
        rig.wait_taken_over(run, "make")
        seen.recovery = time.monotonic() - killed
        provider.making.patience = 1
        rig.wait_for_run(run, seconds=RETRY_SECONDS)
        if creations(provider) != 1:
            raise FaultError(f"the clip was ordered {creations(provider)} times")
        judge(rig, seen, run, provider)
