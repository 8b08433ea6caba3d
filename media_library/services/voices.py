"""Voice profiles and the consent without which none of them is used."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from core import audit, languages
from core.errors import ConflictError, InvalidFieldError, NotAllowedError, WrongStateError
from media_library.models import Asset, VoiceConsent, VoiceProfile

LONGEST_STATEMENT = 5000
CONSENT_REQUIRED = "Nobody has recorded that the speaker agreed to this use of their voice."


class ConsentRequiredError(NotAllowedError):
    code = "consent_required"
    default_message = CONSENT_REQUIRED


@transaction.atomic
def create_voice(
    *,
    owner: User,
    name: str,
    language: str,
    description: str = "",
    gender: str = "",
    sample: Asset | None = None,
) -> VoiceProfile:
    """Private, and not to be used before a consent is recorded."""
    if sample is not None and sample.kind not in (Asset.Kind.AUDIO, Asset.Kind.VIDEO):
        raise InvalidFieldError("A sample is a recording: an audio or video file.", field="sample")
    profile = VoiceProfile.objects.create(
        owner=owner,
        name=name.strip(),
        language=languages.canonical(language),
        description=description.strip(),
        gender=gender,
        sample=sample,
    )
    audit.record("media_library.voice.create", profile, actor=owner, name=profile.name)
    return profile


@transaction.atomic
def record_consent(
    profile: VoiceProfile,
    *,
    actor: User,
    given_by: str,
    statement: str,
    given_at: datetime | None = None,
    audio: Asset | None = None,
) -> VoiceConsent:
    """That the speaker agreed, in their words. One is in force at a time; ConflictError while there is one."""
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
        audio=audio,
        audio_sha256=evidence.sha256 if evidence else "",
        recorded_by=actor,
    )
    audit.record("media_library.voice.consent", locked, actor=actor, given_by=given_by, sha256=consent.audio_sha256)
    return consent


@transaction.atomic
def revoke_consent(profile: VoiceProfile, *, actor: User, because: str = "") -> VoiceConsent:
    """From now on the voice is used no more. The record stays, with who revoked it and why."""
    consent = profile.consents.select_for_update().filter(revoked_at=None).first()
    if consent is None:
        raise WrongStateError("There is no consent in force.")
    VoiceConsent.objects.filter(pk=consent.pk).update(
        revoked_at=Now(), revoked_by=actor, revoked_because=because.strip()
    )
    audit.record("media_library.voice.revoke", profile, actor=actor, because=because.strip())
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
    """With its consents. The sample stays an asset of its owner's."""
    audit.record("media_library.voice.delete", profile, actor=actor, name=profile.name)
    profile.delete()
