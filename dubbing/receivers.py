"""What dubs and voice jobs make of what happens elsewhere."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from core.errors import WrongStateError
from dubbing.services import casting, dubs, processing
from media_library.models import Asset, VoiceProfile
from media_library.services.assets import IN_USE
from media_library.signals import closing_asset, voice_revoked


@receiver(closing_asset)
def hold_what_a_job_reads(*, asset: Asset, **_: Any) -> None:
    if processing.reads(asset):
        raise WrongStateError(IN_USE)
    dubs.let_go_of_video(asset)


@receiver(voice_revoked)
def mark_what_was_said(*, profile: VoiceProfile, **_: Any) -> None:
    processing.revoked(profile)
    casting.revoked(profile)
