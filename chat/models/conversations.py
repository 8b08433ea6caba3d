"""Conversations: who takes part, what was said in which branch, and what was brought along."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Organization, Project, User
from core.runs.models import Run
from media_library.models import Asset, Persona

Row = TypeVar("Row", bound=models.Model)

NEW = "New Conversation"


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def live(self) -> ConversationQuerySet:
        return self.filter(deleted_at=None)

    def mine(self, user: User) -> ConversationQuerySet:
        """Those one began or takes part in: what a list of conversations shows."""
        taking_part = Participant.objects.filter(user=user).order_by().values("conversation")
        return self.live().filter(Q(owner=user) | Q(pk__in=taking_part))

    def visible_to(self, user: User) -> ConversationQuerySet:
        """One's own, those one takes part in, and, for reading, those put into a project that one sees; admins see all."""
        rows = self.live()
        if user.is_platform_admin:
            return rows
        taking_part = Participant.objects.filter(user=user).order_by().values("conversation")
        projects = Project.objects.visible_to(user).order_by().values("pk")
        return rows.filter(Q(owner=user) | Q(pk__in=taking_part) | Q(project__in=projects))


class OfConversationQuerySet(models.QuerySet[Row]):
    """Rows that hang on a conversation, `path` away, are seen with it."""

    path = "conversation"

    def visible_to(self, user: User) -> Self:
        return self.filter(**{f"{self.path}__in": Conversation.objects.visible_to(user)})


class Conversation(models.Model):
    """Messages form a tree; `head` is the last message of the branch that is shown. `organization` is the house whose library is asked.

    `title_by` tells whether a machine or a person gave the title: a person's is never replaced unasked.
    """

    class TitleBy(models.TextChoices):
        NOBODY = ""
        MACHINE = "machine"
        PERSON = "person"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="conversations")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations"
    )
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="conversations")
    title = models.CharField(max_length=255, default=NEW)
    title_by = models.CharField(max_length=10, choices=TitleBy.choices, blank=True, default=TitleBy.NOBODY)
    persona = models.ForeignKey(Persona, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # The name of the catalogue that was asked last; empty for the studio's own choice.
    model = models.CharField(max_length=120, blank=True)
    # Whether clips that this conversation proposed already may be proposed again.
    repeats_clips = models.BooleanField(default=False)
    head = models.ForeignKey("Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # What was last rendered from it.
    video = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = ConversationQuerySet.as_manager()

    class Meta:
        ordering = ("-updated_at", "-id")
        indexes = (
            models.Index(fields=["owner", "-updated_at"], name="conversation_owner"),
            models.Index(fields=["project", "-updated_at"], name="conversation_project"),
        )

    def __str__(self) -> str:
        return self.title


class StarQuerySet(models.QuerySet["Star"]):
    def visible_to(self, user: User) -> StarQuerySet:
        return self.filter(user=user)


class Star(models.Model):
    """A conversation that somebody marked for themselves."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="stars")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="starred_conversations")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StarQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (models.UniqueConstraint(fields=["conversation", "user"], name="one_star_per_person"),)

    def __str__(self) -> str:
        return f"{self.conversation} for {self.user}"


class ParticipantQuerySet(OfConversationQuerySet["Participant"]):
    pass


class Participant(models.Model):
    """Somebody who is not the owner. Has access from the invitation on; `accepted_at` is when they first looked."""

    class Role(models.TextChoices):
        EDITOR = "editor", "Editor"
        VIEWER = "viewer", "Viewer"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="participants")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="participations")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.EDITOR)
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    invited_at = models.DateTimeField(auto_now_add=True)
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        ordering = ("invited_at", "id")
        constraints = (models.UniqueConstraint(fields=["conversation", "user"], name="one_participation_per_person"),)

    def __str__(self) -> str:
        return f"{self.user} in {self.conversation}"


class MessageQuerySet(OfConversationQuerySet["Message"]):
    pass


class Message(models.Model):
    """One turn. Messages with the same `parent` are alternatives of each other; `number` is the order in which they were begun.

    `sources` are the quotes that an answer was given, in its numbering: [{n, asset_id, segment_id, title, speaker, start, end, text}];
    `citations` those it uses. `rejected` says what of the engine's output was thrown away, and why. `engine` is `provider:model`,
    what really ran; `calls` the ledger's rows.
    """

    class Role(models.TextChoices):
        USER = "user"
        ASSISTANT = "assistant"

    class Status(models.TextChoices):
        WAITING = "waiting"
        STREAMING = "streaming"
        COMPLETE = "complete"
        STOPPED = "stopped"
        FAILED = "failed"

    class Intent(models.TextChoices):
        COPY = "copy"
        SCRIPT = "script"
        FIND = "find"
        QUESTION = "question"
        EDIT = "edit"

    UNDER_WAY = (Status.WAITING, Status.STREAMING)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="replies")
    number = models.PositiveIntegerField()
    role = models.CharField(max_length=10, choices=Role.choices)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    content = models.TextField(blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COMPLETE)
    intent = models.CharField(max_length=10, choices=Intent.choices, blank=True)
    # The name that was asked for, and what ran.
    model = models.CharField(max_length=120, blank=True)
    engine = models.CharField(max_length=170, blank=True)
    # Whether its words are found and put together rather than written.
    composed = models.BooleanField(default=False)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    calls: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(default=Decimal(0), max_digits=14, decimal_places=6)
    seconds = models.FloatField(null=True, blank=True)
    sources: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    citations: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    rejected: models.JSONField[Any, Any] = models.JSONField(default=list, blank=True)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ("number", "id")
        constraints = (
            models.UniqueConstraint(fields=["conversation", "number"], name="one_message_per_number"),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(status__in=("waiting", "streaming")),
                name="one_answer_under_way_per_conversation",
            ),
        )

    def __str__(self) -> str:
        return f"{self.role} {self.number}"


class AttachmentQuerySet(OfConversationQuerySet["Attachment"]):
    pass


class Attachment(models.Model):
    """A file brought into a conversation, or picked from the library. Without a message it waits for the one being written."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="attachments")
    original_filename = models.CharField(max_length=255)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ("uploaded_at", "id")

    def __str__(self) -> str:
        return self.original_filename
