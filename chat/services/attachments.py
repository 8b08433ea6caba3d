"""Files brought into a conversation, or picked from the library. They wait for the message that is being written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from chat.models import Attachment, ClipProposal, Conversation
from core import audit
from core.errors import DomainError, NotAllowedError, WrongStateError
from core.storage.spooling import spooled
from media_library.models import Asset
from media_library.services import assets, intake

TOO_LARGE = "File too large"
SENT = "This was sent with a message and belongs to it."
# Of one person, in one conversation, that wait for a message.
MOST_WAITING = 20


def attach_file(conversation: Conversation, file: UploadedFile[Any], *, actor: User) -> Attachment:
    """Stored as it came, once name, announcement and bytes agree; its words are found out in a run."""
    if (file.size or 0) > settings.ATTACHMENT_MAX_BYTES:
        raise DomainError(TOO_LARGE)
    _require_place(conversation, actor)
    name = file.name or "file"
    with spooled(file) as path:
        return _keep(conversation, path, name=name, content_type=file.content_type or "", actor=actor)


def _keep(conversation: Conversation, path: Path, *, name: str, content_type: str, actor: User) -> Attachment:
    asset = intake.take_in(path, owner=actor, filename=name, content_type=content_type, shelf=Asset.Shelf.CHAT)
    with transaction.atomic():
        return _attach(conversation, asset, name=name, actor=actor)


@transaction.atomic
def attach_asset(conversation: Conversation, asset: Asset, *, actor: User) -> Attachment:
    """From the library, as the actor sees it. Twice is once, until it is sent."""
    Conversation.objects.select_for_update(no_key=True, of=("self",)).get(pk=conversation.pk)
    waiting = Attachment.objects.filter(conversation=conversation, asset=asset, message=None, uploaded_by=actor)
    there = waiting.select_related("asset").first()
    if there is not None:
        return there
    _require_place(conversation, actor)
    return _attach(conversation, asset, name=asset.name, actor=actor)


def _attach(conversation: Conversation, asset: Asset, *, name: str, actor: User) -> Attachment:
    made = Attachment.objects.create(
        conversation=conversation, asset=asset, original_filename=name[:255], uploaded_by=actor
    )
    audit.record("chat.attachment.add", conversation, actor=actor, asset=str(asset.pk), filename=made.original_filename)
    return made


def _require_place(conversation: Conversation, actor: User) -> None:
    waiting = Attachment.objects.filter(conversation=conversation, message=None, uploaded_by=actor)
    if waiting.count() >= MOST_WAITING:
        raise DomainError(f"At most {MOST_WAITING} files go with one message.")


@transaction.atomic
def remove(attachment: Attachment, *, actor: User) -> None:
    """Before it is sent, by whoever brought it. The file goes too, unless the library or something else has it."""
    locked = (
        Attachment.objects.select_for_update(of=("self",)).select_related("asset", "conversation").get(pk=attachment.pk)
    )
    if locked.uploaded_by_id != actor.pk:
        raise NotAllowedError(reason="Whoever brought a file takes it away again.")
    if locked.message_id is not None:
        raise WrongStateError(SENT)
    asset, conversation = locked.asset, locked.conversation
    locked.delete()
    audit.record("chat.attachment.remove", conversation, actor=actor, asset=str(asset.pk))
    used = Attachment.objects.filter(asset=asset).exists() or ClipProposal.objects.filter(asset=asset).exists()
    if asset.shelf == Asset.Shelf.CHAT and asset.owner_id == actor.pk and not used:
        assets.delete_all([asset], actor=actor)
