"""Pipelines that are easy to break. Every execution leaves a line in a file, every published result an audit event.

The first count what was attempted, the second what took effect: that is how lost and doubled work is seen.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from pydantic import BaseModel

from core import audit
from core.runs.errors import StepError
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, StepContext, StepFunction, StepSpec, register
from core.storage import store
from core.testing.providers.making import picture
from media_library.media import errors, ffmpeg

EFFECT = "faults.effect"


class Made(BaseModel):
    by_attempt: int
    key: str = ""
    sha256: str = ""


class Counted(StepFunction[Made]):
    """Notes that it ran, and publishes once."""

    Result = Made

    def inputs(self, ctx: StepContext) -> dict[str, Any]:
        return {"params": ctx.params}

    def run(self, ctx: StepContext) -> Made:
        note_execution(ctx)
        return self.work(ctx)

    def work(self, ctx: StepContext) -> Made:
        return Made(by_attempt=ctx.attempt)

    def publish(self, ctx: StepContext, result: Made) -> None:
        audit.record(EFFECT, ctx.run, actor=None, step=ctx.step.name, attempt=result.by_attempt)


def executions_log() -> Path:
    return Path(settings.HOME) / "executions.log"


def note_execution(ctx: StepContext) -> None:
    # One write of one line in append mode: whole lines, whoever else writes at the same time.
    descriptor = os.open(executions_log(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, f"{ctx.run_id} {ctx.step.name} {ctx.attempt}\n".encode())
    os.close(descriptor)


class Write(Counted):
    """A small file, so that its hash can be compared later."""

    def work(self, ctx: StepContext) -> Made:
        path = ctx.workdir / "words.txt"
        path.write_text(f"made by attempt {ctx.attempt} at {time.time_ns()}")
        return keep(ctx, path, "text/plain")


class Encode(Counted):
    """A real encode that takes as long as its source plays, with little load."""

    def work(self, ctx: StepContext) -> Made:
        output = ctx.workdir / "out.mp4"
        source, seconds = Path(ctx.params["source"]), float(ctx.params["seconds"])
        try:
            encode(source, output, seconds=seconds, progress=ctx.progress, halt=ctx.halt)
        except errors.MediaError as error:
            ctx.check()
            ctx.note(error.log)
            raise StepError(error.message) from error
        return keep(ctx, output, "video/mp4")


def encode(source: Path, output: Path, *, seconds: float, **watch: Any) -> None:
    """At the speed at which it plays, so that it takes the same time on any machine."""
    ffmpeg.run(
        inputs=[ffmpeg.Input(path=source, options=("-re",))],
        options=["-map", "0:v:0", "-c:v", "libx264", "-preset", "ultrafast"],
        output=output,
        muxer="mp4",
        expected_seconds=seconds,
        **watch,
    )


class Sleep(Counted):
    """Takes its time and listens."""

    def work(self, ctx: StepContext) -> Made:
        seconds, began = float(ctx.params["seconds"]), time.monotonic()
        while (gone := time.monotonic() - began) < seconds:
            ctx.progress(gone / seconds)
            time.sleep(0.05)
        return Made(by_attempt=ctx.attempt)


class Deaf(Counted):
    """Takes its time and hears nothing, like a library that cannot be interrupted. A file says when it may end."""

    def work(self, ctx: StepContext) -> Made:
        for _ in range(2400):
            if ctx.attempt > 1 or Path(ctx.params["end"]).exists():
                break
            time.sleep(0.05)
        ctx.halt.clear()  # what a result looks like that comes although it was not wanted any more
        return Made(by_attempt=ctx.attempt)


class Poison(Counted):
    """Takes its worker down with it, as a file does that needs more memory than there is."""

    def work(self, ctx: StepContext) -> Made:  # noqa: ARG002  (every step is called alike)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class Ask(Counted):
    """Pays a provider through the ledger. With `die_after_answer` the first attempt ends between the answer and its result."""

    def work(self, ctx: StepContext) -> Made:
        from ai import services as ai  # noqa: PLC0415  (once Django is set up)
        from ai.capabilities.translate import TranslationRequest  # noqa: PLC0415  (once Django is set up)

        request = TranslationRequest(["Good morning"], "en", "es", {})
        ai.translate(request, use=ai.Use(purpose="faults.ask", run_id=ctx.run_id, key=ctx.key), progress=ctx.progress)
        if ctx.params.get("die_after_answer") and ctx.attempt == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return Made(by_attempt=ctx.attempt)


class Generate(Counted):
    """Has a provider make a picture, or with `video` a clip, and keeps it."""

    def work(self, ctx: StepContext) -> Made:
        from ai import services as ai  # noqa: PLC0415  (once Django is set up)
        from ai.capabilities.generate_image import ImageRequest  # noqa: PLC0415  (once Django is set up)
        from ai.capabilities.generate_video import VideoRequest  # noqa: PLC0415  (once Django is set up)

        use = ai.Use(purpose="faults.generate", run_id=ctx.run_id, key=ctx.key)
        prompt, output = ctx.params.get("prompt", "A lighthouse"), ctx.workdir / "made"
        if not ctx.params.get("video"):
            ai.generate_image(ImageRequest(prompt), output, use=use, progress=ctx.progress)
            return keep(ctx, output, "image/png")
        still = ctx.workdir / "still.png"
        still.write_bytes(picture(320, 180))
        request = VideoRequest(prompt, still, seconds=5.0, aspect_ratio="16:9")
        ai.generate_video(request, output, use=use, progress=ctx.progress)
        return keep(ctx, output, "video/mp4")


class Fragile(Counted):
    """Fails while the file `broken` is there."""

    def work(self, ctx: StepContext) -> Made:
        if Path(ctx.params["broken"]).exists():
            raise StepError("The last step cannot be done yet.", code="broken")
        return Made(by_attempt=ctx.attempt)


def keep(ctx: StepContext, path: Path, content_type: str) -> Made:
    key = ctx.storage_key(path.name)
    stored = store().put(key, path, content_type=content_type)
    return Made(by_attempt=ctx.attempt, key=key, sha256=stored.sha256)


class Silent:
    def stage_entered(self, run: Run, stage: str) -> None: ...
    def step_changed(self, run: Run, step: Step) -> None: ...
    def failed(self, run: Run, step: Step) -> None: ...
    def cancelled(self, run: Run) -> None: ...
    def progressed(self, run: Run, step: Step) -> None: ...


def _pipeline(name: str, *steps: StepSpec) -> str:
    return register(Pipeline(f"faults.{name}", steps, Silent())).kind


FILM = _pipeline(
    "film",
    StepSpec("prepare", Write),
    StepSpec("encode", Encode, queue="media", needs=("prepare",)),
    StepSpec("finish", Counted, needs=("encode",)),
)
SLEEP = _pipeline("sleep", StepSpec("sleep", Sleep, queue="media"))
DEAF = _pipeline("deaf", StepSpec("work", Deaf, queue="media"))
POISON = _pipeline("poison", StepSpec("poison", Poison, queue="media"))
SHORT = _pipeline("short", StepSpec("first", Counted), StepSpec("second", Counted, queue="media", needs=("first",)))
PAID = _pipeline(
    "paid",
    StepSpec("first", Write),
    StepSpec("ask", Ask, queue="ai", needs=("first",)),
    StepSpec("last", Fragile, needs=("ask",)),
)
GENERATED = _pipeline("generated", StepSpec("make", Generate, queue="ai"))

# Measured by bench/pipeline.py.
ENCODES = _pipeline(
    "encodes",
    *(StepSpec(f"encode{n}", Encode, queue="media", needs=(f"encode{n - 1}",) if n else ()) for n in range(5)),
)
TINY = _pipeline(
    "tiny",
    *(StepSpec(f"tiny{n}", Counted, queue="media", needs=(f"tiny{n - 1}",) if n else ()) for n in range(20)),
)
