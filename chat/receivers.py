"""What subscribers over HTTP are told of: films done, files prepared, answers ready."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Project
from accounts.signals import project_changed
from chat.models import Message, Webhook
from chat.services import webhooks
from chat.signals import answered
from media_library.models import Asset
from media_library.signals import asset_settled

E = Webhook.Event


@receiver(project_changed)
def tell_of_a_completed_project(*, project: Project, verb: str = "", **_: Any) -> None:
    if verb == "complete":
        # Completed, gone back to and completed again is told twice.
        webhooks.announce(E.PROJECT_COMPLETED, project.pk, subject=f"{project.pk} {timezone.now().isoformat()}")


@receiver(asset_settled)
def tell_of_a_prepared_file(*, asset: Asset, **_: Any) -> None:
    webhooks.announce(E.MEDIA_PROCESSED, asset.pk, subject=f"{asset.pk} {asset.status}")


@receiver(answered)
def tell_of_an_answer(*, message: Message, **_: Any) -> None:
    webhooks.announce(E.AI_RESPONSE_READY, message.pk, subject=str(message.pk))
