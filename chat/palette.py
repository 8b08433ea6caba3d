"""Conversations and films for the command palette."""

from __future__ import annotations

from collections.abc import Iterable

from django.urls import reverse

from accounts.models import User
from chat.queries import conversations as reads
from core.palette import MOST, SHORTEST, Entry, Place, among, source

PAGES = (
    Place("Chat", "chat:home", "chat", "ask talk assistant"),
    Place("Conversations", "chat:recents", "chat", "recent chats threads"),
)
BEGIN = Place("Begin a conversation", "chat:home", "chat", "new chat ask script")


@source("pages")
def pages(_user: User, text: str) -> Iterable[Entry]:
    return among(PAGES, text)


@source("actions")
def actions(_user: User, text: str) -> Iterable[Entry]:
    return among([BEGIN], text)


@source("conversations")
def conversations(user: User, text: str) -> Iterable[Entry]:
    if len(text) < SHORTEST:
        return []
    rows = reads.listed(user).filter(title__icontains=text)[:MOST]
    return [Entry(row.title, reverse("chat:conversation", args=[row.pk]), "chat") for row in rows]
