"""Rows of a conversation as pages, programs and sockets read them. Nothing in them is for one reader alone: events hold them too."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from accounts.models import User
from chat.models import Attachment, ClipProposal, Message, Record


def person(user: User | None) -> dict[str, Any] | None:
    return None if user is None else {"id": str(user.pk), "name": user.get_full_name()}


def message_shape(message: Message) -> dict[str, Any]:
    """Reads `author` and `attachments`: prefetch them for lists."""
    answer = message.role == Message.Role.ASSISTANT
    return {
        "id": str(message.pk),
        "conversation_id": str(message.conversation_id),
        "parent_id": str(message.parent_id) if message.parent_id else None,
        "number": message.number,
        "role": message.role,
        "author": person(message.author),
        "content": message.content,
        "status": message.status,
        "intent": message.intent,
        # What was asked for, and what ran.
        "model": message.model or None,
        "engine": message.engine or None,
        "composed": message.composed,
        "input_tokens": message.input_tokens,
        "output_tokens": message.output_tokens,
        "tokens_used": message.input_tokens + message.output_tokens if answer else None,
        "cost": float(message.cost),
        "seconds": message.seconds,
        "sources": message.sources,
        "citations": message.citations,
        "rejected": message.rejected,
        "error": message.error or None,
        "run_id": str(message.run_id) if message.run_id else None,
        "attachments": [attachment_row(one) for one in message.attachments.all()],
        "created_at": message.created_at.isoformat(),
        "finished_at": message.finished_at.isoformat() if message.finished_at else None,
    }


def attachment_row(attachment: Attachment) -> dict[str, Any]:
    asset = attachment.asset
    return {
        "id": str(attachment.pk),
        "asset_id": str(asset.pk),
        "original_filename": attachment.original_filename,
        "kind": asset.kind,
        "mime_type": asset.content_type,
        "file_size": asset.size,
        "url": reverse("chat_api:attachment_file", args=[attachment.conversation_id, attachment.pk]),
    }


def clip_shape(clip: ClipProposal, index: int, user: User | None = None) -> dict[str, Any]:  # noqa: ARG001  (the routes it names ask who is there)
    """`index` is its place among the listed ones. Its pictures are routes, which ask for the reader's own rights."""
    span = urlencode({"start": f"{clip.start:.3f}", "end": f"{clip.end:.3f}"})
    return {
        "id": str(clip.pk),
        "index": index,
        "message_id": str(clip.message_id) if clip.message_id else None,
        "title": clip.title,
        "description": clip.description,
        "video_id": str(clip.asset_id),
        "start_time": clip.start,
        "end_time": clip.end,
        "transcript_text": clip.text,
        "speaker": clip.speaker,
        "in_cut": clip.in_cut,
        "title_card": clip.title_card,
        "transition": clip.transition,
        "version": clip.version,
        "preview_url": f"{reverse('media_library_api:clip_preview', args=[clip.asset_id])}?{span}",
        "thumbnail_url": reverse("media_library_api:video_thumbnail", args=[clip.asset_id]),
    }


def record_shape(record: Record, index: int) -> dict[str, Any]:
    return {
        "id": str(record.pk),
        "index": index,
        "message_id": str(record.message_id) if record.message_id else None,
        "heading": record.heading,
        "content": record.content,
        "duration": record.duration,
        "clip_id": str(record.clip_id) if record.clip_id else None,
        "is_gap": record.is_gap,
        "version": record.version,
    }
