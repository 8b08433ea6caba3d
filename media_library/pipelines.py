"""The work of the library as data. See docs/adding-a-step.md."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from accounts.models import User
from core.live import pace
from core.runs.models import Run, Step
from core.runs.pipelines import Pipeline, RetryPolicy, StepSpec, register
from media_library import events
from media_library.models import Asset, ClipFile, Transcript, VoiceProfile
from media_library.services import clips, identifying, imports, ingestion, intake, transcripts, voices
from media_library.steps.again import ListenAgain, TellApart
from media_library.steps.clips import CutOut, MakeClipFile
from media_library.steps.describe import Describe
from media_library.steps.fetch import Fetch
from media_library.steps.finding import Chapters, Index
from media_library.steps.intake import Check, Conform, Look
from media_library.steps.listen import TellSpeakers, Transcribe
from media_library.steps.match_voice import CheckSample, FitVoice, ForgetHosted
from media_library.steps.pictures import FindShots, Picture, Render
from media_library.steps.reading import ReadText
from media_library.steps.sound import Draw

K = Asset.Kind
CANCELLED = "The preparation was cancelled. Start it again to use all of this file."


def of(*kinds: str) -> Callable[[Run], Iterable[str]]:
    """The step is for these kinds of asset alone; runs of others do not have it."""

    def items(run: Run) -> Iterable[str]:
        return [""] if Asset.objects.filter(pk=run.subject_id, kind__in=kinds).exists() else []

    return items


class IngestionListener:
    """Carries what happens to the run over to the asset and its sockets."""

    def stage_entered(self, run: Run, stage: str) -> None:
        """The asset's own status says enough."""

    def step_changed(self, run: Run, step: Step) -> None:
        events.asset_progress(run, step)
        if step.is_finished:
            # A step that was left out says why, and so does one that found nothing.
            ingestion.note(run.subject_id, step.name, step.error or str((step.result or {}).get("note", "")))
            if not run.steps.exclude(pk=step.pk).exclude(status__in=Step.FINISHED).exists():
                ingestion.finish(run.subject_id)

    def failed(self, run: Run, step: Step) -> None:
        ingestion.fail(run.subject_id, step.error, step=step.name)

    def cancelled(self, run: Run) -> None:
        ingestion.fail(run.subject_id, CANCELLED)

    def progressed(self, run: Run, step: Step) -> None:
        # Several steps of one file are at work at once.
        if pace.is_due(f"asset:{run.subject_id}"):
            events.asset_progress(run, step)


def _sees_asset(user: User, asset_id: uuid.UUID) -> bool:
    return Asset.objects.visible_to(user).filter(pk=asset_id).exists()


def _ingested(run: Run) -> dict[str, Any]:
    found = Asset.objects.filter(pk=run.subject_id).values("kind", "status", "duration").first()
    return {"asset_id": str(run.subject_id), **(found or {})}


FILM, SOUND, PICTURE = of(K.VIDEO), of(K.VIDEO, K.AUDIO), of(K.IMAGE)
ENGINES = RetryPolicy(failures=3, backoff=timedelta(seconds=5), waits=120)
INGEST = register(
    Pipeline(
        kind=ingestion.KIND,
        listener=IngestionListener(),
        sees=_sees_asset,
        result=_ingested,
        steps=(
            StepSpec("check", Check, queue="media"),
            StepSpec("probe", Look, queue="media", needs=("check",), items=SOUND),
            StepSpec("conform", Conform, queue="media", needs=("probe",), items=SOUND, weight=4),
            StepSpec("picture", Picture, queue="media", needs=("conform",), items=FILM, weight=2),
            StepSpec("waveform", Draw, queue="media", needs=("conform",), items=SOUND),
            StepSpec("shots", FindShots, queue="media", needs=("conform",), items=FILM, weight=3),
            StepSpec("render", Render, queue="media", needs=("check",), items=PICTURE, weight=2),
            StepSpec("read", ReadText, queue="media", needs=("check",), items=of(K.DOCUMENT, K.CAPTION), weight=2),
            StepSpec("transcribe", Transcribe, queue="ai", needs=("conform",), items=SOUND, weight=10, retry=ENGINES),
            # An engine that is not there, or fails for good, leaves its part out: the file can be used without it.
            StepSpec(
                "speakers",
                TellSpeakers,
                queue="ai",
                needs=("transcribe",),
                items=SOUND,
                weight=3,
                retry=ENGINES,
                optional=True,
            ),
            StepSpec(
                "describe",
                Describe,
                queue="ai",
                needs=("picture", "shots", "render"),
                items=of(K.VIDEO, K.IMAGE),
                weight=3,
                retry=ENGINES,
                optional=True,
            ),
            StepSpec(
                "index",
                Index,
                queue="ai",
                needs=("speakers", "describe", "read"),
                weight=2,
                retry=ENGINES,
                optional=True,
            ),
            StepSpec("chapters", Chapters, needs=("shots", "index"), items=SOUND, optional=True),
        ),
    )
)


class ImportListener:
    """Carries what happens to a fetch over to its intake. The asset, once it is there, has a run of its own."""

    def stage_entered(self, run: Run, stage: str) -> None:
        """The run's own status says enough."""

    def step_changed(self, run: Run, step: Step) -> None:
        """So does the step's."""

    def failed(self, run: Run, step: Step) -> None:
        intake.refuse(run.subject_id, problem=step.error)

    def cancelled(self, run: Run) -> None:
        intake.refuse(run.subject_id, problem="This import was cancelled.")

    def progressed(self, run: Run, step: Step) -> None:
        """Whoever waits asks the run."""


IMPORT = register(
    Pipeline(
        kind=imports.KIND,
        listener=ImportListener(),
        steps=(StepSpec("fetch", Fetch, queue="media", retry=RetryPolicy(backoff=timedelta(seconds=5))),),
    )
)


class AgainListener:
    """The transcript changes by itself; the asset's page shows how far it is."""

    def stage_entered(self, run: Run, stage: str) -> None:
        """The run's own status says enough."""

    def step_changed(self, run: Run, step: Step) -> None:
        events.asset_progress(run, step)

    def failed(self, run: Run, step: Step) -> None:
        events.asset_progress(run, step)

    def cancelled(self, run: Run) -> None:
        """What was there stays."""

    def progressed(self, run: Run, step: Step) -> None:
        events.asset_progress(run, step)


def _transcript_of(run: Run) -> dict[str, Any]:
    found = Transcript.objects.filter(asset=run.subject_id).values_list("pk", flat=True).first()
    return {"asset_id": str(run.subject_id), "transcript_id": str(found) if found else None}


LISTEN_AGAIN = register(
    Pipeline(
        kind=transcripts.LISTEN,
        listener=AgainListener(),
        sees=_sees_asset,
        result=_transcript_of,
        steps=(
            StepSpec("transcribe", ListenAgain, queue="ai", weight=5),
            StepSpec("speakers", TellApart, queue="ai", needs=("transcribe",), optional=True),
        ),
    )
)
IDENTIFY = register(
    Pipeline(
        kind=identifying.KIND,
        listener=AgainListener(),
        sees=_sees_asset,
        result=_transcript_of,
        steps=(StepSpec("speakers", TellApart, queue="ai"),),
    )
)


class CutListener(IngestionListener):
    """As ingestion, which begins once the file is there."""

    def step_changed(self, run: Run, step: Step) -> None:
        events.asset_progress(run, step)


CUT = register(
    Pipeline(
        kind=clips.CUT,
        listener=CutListener(),
        steps=(StepSpec("cut", CutOut, queue="media"),),
        sees=_sees_asset,
        result=lambda run: {"asset_id": str(run.subject_id)},
    )
)


class ClipListener:
    """The clip's row is all that is told: whoever waits for it asks the run."""

    def stage_entered(self, run: Run, stage: str) -> None: ...

    def step_changed(self, run: Run, step: Step) -> None: ...

    def failed(self, run: Run, step: Step) -> None: ...

    def cancelled(self, run: Run) -> None: ...

    def progressed(self, run: Run, step: Step) -> None: ...


def clip_made(run: Run) -> dict[str, Any] | None:
    """The request that asked for it is answered at once now, with a link."""
    clip = ClipFile.objects.filter(pk=run.subject_id).first()
    if clip is None:
        return None
    times = {"start_time": clip.start_ms / 1000, "end_time": clip.end_ms / 1000}
    return {"asset_id": str(clip.asset_id), **times, "format": clip.format, "file_size": clip.size}


CLIP = register(
    Pipeline(
        kind=clips.KIND,
        listener=ClipListener(),
        steps=(StepSpec("cut", MakeClipFile, queue="media"),),
        sees=lambda user, subject_id: ClipFile.objects.visible_to(user).filter(pk=subject_id).exists(),
        result=clip_made,
    )
)


class VoiceListener(ClipListener):
    """What goes wrong stands at the profile, for whoever looks at it."""

    def failed(self, run: Run, step: Step) -> None:
        voices.failed(run.subject_id, step.error)


def _sees_voice(user: User, profile_id: uuid.UUID) -> bool:
    return VoiceProfile.objects.visible_to(user).filter(pk=profile_id).exists()


def _voice_matched(run: Run) -> dict[str, Any] | None:
    found = VoiceProfile.objects.filter(pk=run.subject_id).values("status", "similarity", "engine").first()
    return {"profile_id": str(run.subject_id), **found} if found else None


MATCH_VOICE = register(
    Pipeline(
        kind=voices.KIND,
        listener=VoiceListener(),
        sees=_sees_voice,
        result=_voice_matched,
        steps=(
            StepSpec("check", CheckSample, queue="ai", retry=ENGINES),
            StepSpec("match", FitVoice, queue="ai", needs=("check",), weight=8, retry=ENGINES),
        ),
    )
)
FORGET_VOICE = register(
    Pipeline(
        kind=voices.FORGET,
        listener=ClipListener(),
        # A provider may be away for days; what it keeps of a voice must go all the same.
        steps=(
            StepSpec("forget", ForgetHosted, queue="ai", retry=RetryPolicy(failures=20, backoff=timedelta(seconds=30))),
        ),
    )
)
