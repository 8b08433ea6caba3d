"""Conversations, the scripts and cuts that come of them, films that are developed in them, and who is told."""

from chat.models.conversations import Attachment, Conversation, Message, Participant, Star
from chat.models.films import BibleRevision, BoardCard, Choice, Film, FilmSession, StoryMaterial
from chat.models.scripts import (
    ClipProposal,
    Record,
    Render,
    ScriptComment,
    ScriptExample,
    ScriptExport,
    ScriptFeedback,
)
from chat.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "Attachment",
    "BibleRevision",
    "BoardCard",
    "Choice",
    "ClipProposal",
    "Conversation",
    "Film",
    "FilmSession",
    "Message",
    "Participant",
    "Record",
    "Render",
    "ScriptComment",
    "ScriptExample",
    "ScriptExport",
    "ScriptFeedback",
    "Star",
    "StoryMaterial",
    "Webhook",
    "WebhookDelivery",
]
