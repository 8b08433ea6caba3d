"""Telling apart who speaks, when a person asks for it: at once for what is short, as a run for what is long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.cache import cache
from django.db import transaction

from accounts.models import User
from ai import services as ai
from ai.capabilities.base import Progress, silent
from core import audit
from core.errors import WrongStateError
from core.runs import services as runs
from core.runs.models import Run
from core.storage import store
from core.storage.base import FileMissingError
from media_library.models import Transcript
from media_library.queries.links import playable
from media_library.services import naming, speakers
from media_library.services.speakers import SpeakerSummary

KIND = "media_library.identify"
MOST_SPEAKERS = 20
# A request may hold its worker for about as long as it takes to hear so much; what is longer is a run.
SHORT_SECONDS = 300.0
CLAIM_SECONDS = 600
BUSY = "The speakers of this transcript are being told apart already."


def is_short(transcript: Transcript) -> bool:
    return (transcript.asset.duration or 0.0) <= SHORT_SECONDS


def identify(
    transcript: Transcript,
    *,
    by: User | None,
    speakers_wanted: int | None = None,
    use: ai.Use | None = None,
    progress: Progress = silent,
) -> list[SpeakerSummary]:
    """Listens to the voices, writes who says what, and proposes names. No transaction is open while the engine works."""
    asset = transcript.asset
    spans = speakers.spans_of(transcript)
    if not spans:
        raise WrongStateError("Nothing is said in this transcript.")
    paid = use or ai.Use(
        purpose="media_library.identify_speakers",
        user_id=by.pk if by else asset.owner_id,
        organization_id=asset.organization_id,
    )
    with _alone(transcript), _sound_of(transcript) as path:
        answer = ai.diarize(path, speakers=speakers_wanted, spans=spans, use=paid, progress=progress)
    found = speakers.assign_speakers(transcript, answer.value, engine=str(answer.engine), actor=by)
    naming.suggest_names(transcript, by=by)
    return found


@contextmanager
def _alone(transcript: Transcript) -> Iterator[None]:
    """Twice at once would cost twice and write one over the other."""
    claim = f"transcripts:identify:{transcript.pk}"
    if not cache.add(claim, 1, CLAIM_SECONDS):
        raise WrongStateError(BUSY)
    try:
        yield
    finally:
        cache.delete(claim)


@contextmanager
def _sound_of(transcript: Transcript) -> Iterator[Path]:
    try:
        with store().local(playable(transcript.asset).key) as path:
            yield path
    except FileMissingError as error:
        raise WrongStateError("The file of this transcript is gone from the store.") from error


@transaction.atomic
def identify_later(transcript: Transcript, *, by: User, speakers_wanted: int | None = None) -> Run:
    """The same as a run, for what is long. Refused while one is under way."""
    run = runs.start(KIND, subject_id=transcript.asset_id, params={"speakers": speakers_wanted}, created_by=by)
    audit.record("media_library.transcript.identify_start", transcript, actor=by, run=str(run.pk))
    return run
