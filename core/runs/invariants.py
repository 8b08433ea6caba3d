"""What must hold at any moment, whatever was killed. `manage.py check_invariants` prints what does not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta

from django.db.models import Count, F, Max, Min, Q
from django.db.models.functions import Now

from core.audit import chain
from core.live.models import LiveEvent, LiveStream
from core.runs import artefacts, pipelines, scratch, sweep
from core.runs.models import OutboxMessage, Run, Step
from core.storage import holders, store

# Three sweeps: what one of them should have mended by then.
GRACE = timedelta(seconds=15)


Check = Callable[[], Iterable[str]]
_of_files: list[Check] = []


def register(check: Check) -> Check:
    """An app's own check of its files: looked at where everything is."""
    _of_files.append(check)
    return check


def violations(*, everything: bool = False) -> list[str]:
    """One sentence each; none when all is well. `everything` also compares the whole store with the rows."""
    checks: tuple[Check, ...] = (_leases, _bells, _runs, _ready_steps, _events, _files, _scratch, _trail)
    if everything:
        checks += (*_of_files, _strays)
    return [sentence for check in checks for sentence in check()]


def _leases() -> Iterator[str]:
    running = Step.objects.filter(status=Step.Status.RUNNING)
    for step in running.filter(Q(lease=None) | Q(lease_expires_at=None) | Q(lease_expires_at__lt=Now() - GRACE)):
        yield f"step {step.pk} ({step}) is running without a live lease"
    for step in Step.objects.exclude(status=Step.Status.RUNNING).exclude(lease=None):
        yield f"step {step.pk} ({step}) is {step.status} and still has a lease"


def _bells() -> Iterator[str]:
    longest = timedelta(seconds=sweep.RING_AGAIN[-1]) + GRACE
    queued = Step.objects.filter(status=Step.Status.QUEUED)
    for step in queued.filter(Q(rung_at=None) | Q(rung_at__lt=Now() - longest)):
        yield f"step {step.pk} ({step}) is queued and nobody rang for it"
    for step in Step.objects.filter(status=Step.Status.WAITING, run_after__lt=Now() - GRACE):
        yield f"step {step.pk} ({step}) should have been woken"
    stale = OutboxMessage.objects.filter(sent_at=None, created_at__lt=Now() - GRACE).count()
    if stale:
        yield f"{stale} messages were never sent"


def _runs() -> Iterator[str]:
    status = Run.Status
    moving = Q(steps__status__in=[Step.Status.QUEUED, Step.Status.RUNNING])
    timed = Q(steps__status=Step.Status.WAITING, steps__run_after__isnull=False)
    unfinished = ~Q(steps__status__in=Step.FINISHED)
    gate = Q(steps__status=Step.Status.WAITING, steps__run_after=None)
    runs = Run.objects.annotate(
        moving=Count("steps", filter=moving | timed),
        held=Count("steps", filter=Q(steps__status=Step.Status.RUNNING)),
        unfinished=Count("steps", filter=unfinished),
        gates=Count("steps", filter=gate),
        failed=Count("steps", filter=Q(steps__status=Step.Status.FAILED)),
    )
    for run in runs.filter(status=status.RUNNING, moving=0):
        yield f"run {run.pk} is running and none of its steps moves"
    for run in runs.filter(status=status.CANCELLING, held=0):
        yield f"run {run.pk} is being cancelled and no worker holds a step of it"
    for run in runs.filter(status=status.WAITING, gates=0):
        yield f"run {run.pk} waits for a person and has no gate"
    for run in runs.filter(status=status.FAILED, failed=0):
        yield f"run {run.pk} failed and none of its steps did"
    for run in runs.filter(status=status.COMPLETED, unfinished__gt=0):
        yield f"run {run.pk} is completed and has unfinished steps"
    for run in runs.filter(status__in=[status.CANCELLED, status.FAILED], moving__gt=0):
        yield f"run {run.pk} is {run.status} and a step of it still moves"
    for run in runs.filter(status__in=[status.CANCELLED, status.FAILED, status.COMPLETED], finished_at=None):
        yield f"run {run.pk} is {run.status} and has no end"


def _ready_steps() -> Iterator[str]:
    for run in Run.objects.filter(status__in=[Run.Status.RUNNING, Run.Status.WAITING]).prefetch_related("steps"):
        pipeline, steps = pipelines.get(run.kind), list(run.steps.all())
        for step in steps:
            if step.status == Step.Status.PENDING and pipeline.ready(step, steps):
                yield f"step {step.pk} ({step}) is ready and was not queued"


def _events() -> Iterator[str]:
    spans = (
        LiveEvent.objects.values("stream").annotate(first=Min("seq"), last=Max("seq"), events=Count("pk")).order_by()
    )
    for span in spans.exclude(events=F("last") - F("first") + 1):
        yield f"the events of {span['stream']} have holes"
    for stream in LiveStream.objects.annotate(last=Max("events__seq")).exclude(last=None).exclude(last=F("last_seq")):
        yield f"the last event of {stream.name} is {stream.last}, not {stream.last_seq}"


def _files() -> Iterator[str]:
    named = Step.objects.filter(status=Step.Status.DONE).exclude(keys=[]).exclude(result=None)
    for step in named.only("keys", "result", "name", "item").iterator(chunk_size=500):
        kept = artefacts.names(step.result)
        for key in step.keys:
            if key in kept and not store().exists(key):
                yield f"the result of step {step.pk} ({step}) names {key}, which does not exist"


def _scratch() -> Iterator[str]:
    for path in scratch.orphans():
        yield f"{path} was left by a worker that is gone"


def _trail() -> Iterator[str]:
    if broken := chain.verify().broken:
        yield f"the audit trail is broken: {broken}"


@holders.register
def _of_steps() -> Iterator[str]:
    for keys in Step.objects.exclude(keys=[]).values_list("keys", flat=True).iterator():
        yield from keys


def _strays() -> Iterator[str]:
    for name in holders.strays():
        yield f"{name} is stored and nothing names it"
