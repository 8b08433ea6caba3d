"""Voice profiles and the consent without which none of them is used.

A consent starts the match: the sample is checked, a voice is fitted after it, and only then does the profile speak. Taking the
consent back stops all of it and forgets what was fitted.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from core import audit, languages
from core.errors import ConflictError, InvalidFieldError, NotAllowedError, WrongStateError
from core.runs import artefacts
from core.runs import services as runs
from core.runs.models import Run
from core.storage import removal
from media_library import signals
from media_library.models import Asset, Speaker, VoiceConsent, VoiceProfile

KIND = "voice.match"
FORGET = "voice.forget"
LONGEST_STATEMENT = 5000
CONSENT_REQUIRED = "Nobody has recorded that the speaker agreed to this use of their voice."
NO_SAMPLE = "There is no recording to match. Choose a sample first."
REVOKED = "The speaker's consent was taken back."
S = VoiceProfile.Status

# Which wording the speaker is shown; a later one gets a later name, and old consents keep theirs.
TERMS = "2026-11"
TERMS_TEXT = (
    "A voice like mine is fitted after this recording, and this studio lets it say other texts in the works that it makes, in any "
    "language. Such speech is marked as made by a machine. I can take this back at any time: then the voice is deleted here and "
    "at the service that made it, and speaks no more. What was published before is not undone by that."
)


class ConsentRequiredError(NotAllowedError):
    code = "consent_required"
    default_message = CONSENT_REQUIRED


@dataclass(frozen=True)
class Agreement:
    """What a speaker agreed to, as it is brought along with a new profile."""

    given_by: str
    statement: str
    given_at: datetime | None = None
    audio: Asset | None = None
    terms: str = ""


@transaction.atomic
def create_voice(
    *,
    owner: User,
    name: str,
    language: str,
    description: str = "",
    gender: str = "",
    sample: Asset | None = None,
    speaker: Speaker | None = None,
    consent: Agreement | None = None,
) -> VoiceProfile:
    """Private, and not to be used before a consent is recorded. With one the match begins.

    `speaker` is the one of the sample's transcript whose sentences are the sample; everything in the file otherwise.
    """
    if sample is not None and sample.kind not in (Asset.Kind.AUDIO, Asset.Kind.VIDEO):
        raise InvalidFieldError("A sample is a recording: an audio or video file.", field="sample")
    profile = VoiceProfile.objects.create(
        owner=owner,
        name=name.strip(),
        language=languages.canonical(language),
        description=description.strip(),
        gender=gender.strip(),
        sample=sample,
        characteristics={"speaker": str(speaker.pk)} if speaker else {},
    )
    audit.record("media_library.voice.create", profile, actor=owner, name=profile.name)
    if consent is not None:
        record_consent(profile, actor=owner, **vars(consent))
        profile.refresh_from_db()
    return profile


@transaction.atomic
def change_voice(profile: VoiceProfile, *, actor: User, **said: Any) -> VoiceProfile:
    """name, description, gender, is_public. Others use a public voice too, so it takes a consent that is in force."""
    locked = VoiceProfile.objects.select_for_update(of=("self",)).get(pk=profile.pk)
    if said.get("is_public") and not locked.is_public:
        require_consent(locked)
    changed = {name: value for name, value in said.items() if getattr(locked, name) != value}
    for name, value in changed.items():
        setattr(locked, name, value)
    if changed:
        locked.save(update_fields=[*changed, "updated_at"])
        audit.record("media_library.voice.change", locked, actor=actor, fields=sorted(changed))
    return locked


@transaction.atomic
def record_consent(
    profile: VoiceProfile,
    *,
    actor: User,
    given_by: str,
    statement: str,
    given_at: datetime | None = None,
    audio: Asset | None = None,
    terms: str = "",
) -> VoiceConsent:
    """That the speaker agreed, in their words. One is in force at a time; ConflictError while there is one. The match begins."""
    given_by, statement = given_by.strip(), statement.strip()
    if not given_by:
        raise InvalidFieldError("Say whose voice it is.", field="given_by")
    if not statement:
        raise InvalidFieldError("Say in which words the speaker agreed.", field="statement")
    if given_at is not None and given_at > timezone.now():
        raise InvalidFieldError("A consent cannot have been given in the future.", field="given_at")
    if audio is not None and audio.kind not in (Asset.Kind.AUDIO, Asset.Kind.VIDEO):
        raise InvalidFieldError("A recorded consent is an audio or video file.", field="audio")
    locked = VoiceProfile.objects.select_for_update(of=("self",)).select_related("sample").get(pk=profile.pk)
    if locked.consents.filter(revoked_at=None).exists():
        raise ConflictError("A consent is in force already. Revoke it before you record another.")
    evidence = audio or locked.sample
    consent = VoiceConsent.objects.create(
        profile=locked,
        given_by=given_by,
        statement=statement[:LONGEST_STATEMENT],
        given_at=given_at or timezone.now(),
        terms=terms,
        audio=audio,
        audio_sha256=evidence.sha256 if evidence else "",
        recorded_by=actor,
    )
    audit.record("media_library.voice.consent", locked, actor=actor, given_by=given_by, sha256=consent.audio_sha256)
    if locked.sample is not None and locked.sample.deleted_at is None:
        begin_match(locked, actor=actor)
    return consent


@transaction.atomic
def begin_match(profile: VoiceProfile, *, actor: User) -> Run:
    """Fits a voice after the sample. Without a consent in force ConsentRequiredError; WrongStateError while it is being done."""
    require_consent(profile)
    if profile.sample is None or profile.sample.deleted_at is not None:
        raise WrongStateError(NO_SAMPLE)
    run = runs.start(KIND, subject_id=profile.pk, created_by=actor)
    VoiceProfile.objects.filter(pk=profile.pk).update(
        status=S.PENDING, problem="", similarity=None, run=run, updated_at=Now()
    )
    audit.record("media_library.voice.match", profile, actor=actor, run=str(run.pk))
    profile.refresh_from_db()
    return run


@transaction.atomic
def matched(
    profile_id: uuid.UUID, *, engine: str, model_key: str, hosted_voice: str, similarity: float, found: dict[str, Any]
) -> None:
    """The voice is there. Where the consent went meanwhile, nothing of it is kept."""
    profile = VoiceProfile.objects.select_for_update(of=("self",)).filter(pk=profile_id).first()
    if profile is None or not profile.consents.filter(revoked_at=None).exists():
        _forget_hosted(profile_id, engine, hosted_voice)
        removal.remove_later([model_key])
        return
    _forget(profile, without=frozenset({model_key, hosted_voice}))
    profile.engine, profile.model_key, profile.hosted_voice = engine[:100], model_key, hosted_voice
    profile.similarity, profile.status, profile.problem = similarity or None, S.READY, ""
    profile.characteristics = {**_own_words(profile), **found}
    profile.save()
    audit.record("media_library.voice.matched", profile, actor=None, engine=engine, similarity=round(similarity, 3))


def failed(profile_id: uuid.UUID, problem: str) -> None:
    """A voice that was fitted before stays as it is."""
    VoiceProfile.objects.filter(pk=profile_id).update(status=S.FAILED, problem=problem, updated_at=Now())


@transaction.atomic
def revoke_consent(profile: VoiceProfile, *, actor: User, because: str = "") -> VoiceConsent:
    """From now on the voice is used no more, here and where a provider keeps it. The record stays, with who revoked it and why."""
    _stop(profile.pk)
    consent = profile.consents.select_for_update().filter(revoked_at=None).first()
    if consent is None:
        raise WrongStateError("There is no consent in force.")
    VoiceConsent.objects.filter(pk=consent.pk).update(
        revoked_at=Now(), revoked_by=actor, revoked_because=because.strip()
    )
    locked = VoiceProfile.objects.select_for_update(of=("self",)).get(pk=profile.pk)
    _forget(locked)
    locked.engine = locked.model_key = locked.hosted_voice = ""
    locked.similarity, locked.status, locked.problem, locked.is_public = None, S.PENDING, REVOKED, False
    locked.characteristics = _own_words(locked)
    locked.save()
    signals.voice_revoked.send(sender=VoiceProfile, profile=locked, actor=actor)
    audit.record("media_library.voice.revoke", locked, actor=actor, because=because.strip())
    consent.refresh_from_db()
    return consent


def require_consent(profile: VoiceProfile) -> VoiceConsent:
    """The consent in force. Whatever makes a voice speak calls this, whichever door the wish came through."""
    consent = profile.consents.filter(revoked_at=None).first()
    if consent is None:
        raise ConsentRequiredError
    return consent


@transaction.atomic
def delete_voice(profile: VoiceProfile, *, actor: User) -> None:
    """With its consents and what was fitted. The sample stays an asset of its owner's."""
    _stop(profile.pk)
    locked = VoiceProfile.objects.select_for_update(of=("self",)).get(pk=profile.pk)
    audit.record("media_library.voice.delete", locked, actor=actor, name=locked.name)
    _forget(locked)
    locked.delete()


def previews_of(profile_id: uuid.UUID) -> str:
    """Where what was spoken to listen to is kept for a while."""
    return f"voices/{profile_id}/previews/"


def _own_words(profile: VoiceProfile) -> dict[str, Any]:
    """What somebody chose, not what was measured."""
    return {name: value for name, value in profile.characteristics.items() if name == "speaker"}


def _stop(profile_id: uuid.UUID) -> None:
    """Runs before profiles: workers lock them in this order."""
    at_work = Run.objects.filter(kind=KIND, subject_id=profile_id, status__in=(Run.Status.RUNNING, Run.Status.WAITING))
    for run_id in at_work.values_list("pk", flat=True):
        try:
            runs.cancel(run_id)
        except WrongStateError:
            # It ended in the meantime.
            continue


def _forget(profile: VoiceProfile, *, without: frozenset[str] = frozenset()) -> None:
    """What was fitted and spoken goes with the transaction; what a provider keeps goes by a run of its own."""
    if profile.hosted_voice not in without:
        _forget_hosted(profile.pk, profile.engine, profile.hosted_voice)
    if profile.model_key and profile.model_key not in without:
        removal.remove_later({profile.model_key} | artefacts.release({profile.pk}, {profile.model_key}))
    removal.remove_kept(previews_of(profile.pk))


def _forget_hosted(profile_id: uuid.UUID, engine: str, hosted_voice: str) -> None:
    if hosted_voice:
        # A subject of its own: the next voice of this profile may have to be forgotten while this one still is.
        params = {"engine": engine, "hosted_voice": hosted_voice, "profile": str(profile_id)}
        runs.start(FORGET, subject_id=uuid.uuid4(), params=params)
