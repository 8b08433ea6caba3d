"""Conversations and what came of them, to look at: they change through the studio's pages and routes only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin.acting import actor
from accounts.models import User
from chat.models import (
    Attachment,
    BibleRevision,
    BoardCard,
    Choice,
    ClipProposal,
    Conversation,
    Film,
    FilmSession,
    Message,
    Participant,
    Record,
    Render,
    ScriptComment,
    ScriptExample,
    ScriptExport,
    ScriptFeedback,
    Star,
    StoryMaterial,
    Webhook,
    WebhookDelivery,
)
from chat.services import feedback, materials
from core.admin import ReadOnly, ThroughServices


@admin.register(Conversation)
class ConversationAdmin(ReadOnly, admin.ModelAdmin[Conversation]):
    list_display = ("title", "owner", "project", "organization", "updated_at", "deleted_at")
    list_select_related = ("owner", "project", "organization")
    search_fields = ("id", "title", "owner__email")
    date_hierarchy = "updated_at"


@admin.register(Star)
class StarAdmin(ReadOnly, admin.ModelAdmin[Star]):
    list_display = ("conversation", "user", "created_at")
    list_select_related = ("conversation", "user")
    search_fields = ("user__email",)


@admin.register(Participant)
class ParticipantAdmin(ReadOnly, admin.ModelAdmin[Participant]):
    list_display = ("conversation", "user", "role", "invited_at", "accepted_at")
    list_filter = ("role",)
    list_select_related = ("conversation", "user")
    search_fields = ("conversation__title", "user__email")
    date_hierarchy = "invited_at"


@admin.register(Message)
class MessageAdmin(ReadOnly, admin.ModelAdmin[Message]):
    list_display = ("conversation", "number", "role", "status", "intent", "engine", "cost", "created_at")
    list_filter = ("role", "status", "intent")
    list_select_related = ("conversation",)
    search_fields = ("id", "conversation__title", "author__email")
    date_hierarchy = "created_at"


@admin.register(Attachment)
class AttachmentAdmin(ReadOnly, admin.ModelAdmin[Attachment]):
    list_display = ("original_filename", "conversation", "uploaded_by", "uploaded_at")
    list_select_related = ("conversation", "uploaded_by")
    search_fields = ("original_filename", "conversation__title")
    date_hierarchy = "uploaded_at"


@admin.register(ClipProposal)
class ClipProposalAdmin(ReadOnly, admin.ModelAdmin[ClipProposal]):
    list_display = ("title", "conversation", "position", "asset", "start", "end", "in_cut", "removed_at")
    list_filter = ("in_cut",)
    list_select_related = ("conversation", "asset")
    search_fields = ("title", "conversation__title")
    date_hierarchy = "created_at"


@admin.register(Record)
class RecordAdmin(ReadOnly, admin.ModelAdmin[Record]):
    list_display = ("__str__", "conversation", "position", "duration", "is_gap", "removed_at")
    list_filter = ("is_gap",)
    list_select_related = ("conversation",)
    search_fields = ("heading", "conversation__title")
    date_hierarchy = "created_at"


@admin.register(ScriptComment)
class ScriptCommentAdmin(ReadOnly, admin.ModelAdmin[ScriptComment]):
    list_display = ("content", "conversation", "author", "regeneration_requested", "created_at")
    list_filter = ("regeneration_requested",)
    list_select_related = ("conversation", "author")
    search_fields = ("content", "conversation__title", "author__email")
    date_hierarchy = "created_at"


@admin.register(Render)
class RenderAdmin(ReadOnly, admin.ModelAdmin[Render]):
    list_display = ("conversation", "status", "duration", "requested_by", "created_at")
    list_filter = ("status",)
    list_select_related = ("conversation", "requested_by")
    search_fields = ("id", "conversation__title")
    date_hierarchy = "created_at"


@admin.register(ScriptExport)
class ScriptExportAdmin(ReadOnly, admin.ModelAdmin[ScriptExport]):
    list_display = ("filename", "conversation", "format", "size", "created_by", "expires_at")
    list_filter = ("format",)
    list_select_related = ("conversation", "created_by")
    search_fields = ("filename", "conversation__title")
    date_hierarchy = "created_at"


@admin.register(ScriptFeedback)
class ScriptFeedbackAdmin(ReadOnly, admin.ModelAdmin[ScriptFeedback]):
    list_display = ("user", "rating", "feedback", "organization", "created_at")
    list_filter = ("rating",)
    list_select_related = ("user", "organization")
    search_fields = ("user__email", "feedback")
    date_hierarchy = "created_at"


@admin.register(ScriptExample)
class ScriptExampleAdmin(ReadOnly, admin.ModelAdmin[ScriptExample]):
    list_display = ("title", "organization", "style", "category", "rating", "ratings", "is_active")
    list_filter = ("is_active", "category")
    list_select_related = ("organization",)
    search_fields = ("title",)
    date_hierarchy = "created_at"
    actions = ("curate", "retire")

    # A name of its own, because the framework ties actions to the permissions that `ReadOnly` refuses.
    def has_curate_permission(self, request: HttpRequest) -> bool:
        return isinstance(request.user, User) and request.user.is_platform_admin

    @admin.action(description="Give to all houses", permissions=["curate"])
    def curate(self, request: HttpRequest, queryset: QuerySet[ScriptExample]) -> None:
        self._each(request, queryset, feedback.curate, "{n} scripts are given to all houses.")

    @admin.action(description="Learn from them no more", permissions=["curate"])
    def retire(self, request: HttpRequest, queryset: QuerySet[ScriptExample]) -> None:
        self._each(request, queryset, feedback.retire, "{n} scripts are no examples any more.")

    def _each(
        self, request: HttpRequest, queryset: QuerySet[ScriptExample], act: Callable[..., object], sentence: str
    ) -> None:
        chosen = list(queryset)
        for example in chosen:
            act(example, actor=request.user)
        messages.success(request, sentence.format(n=len(chosen)))


@admin.register(Film)
class FilmAdmin(ReadOnly, admin.ModelAdmin[Film]):
    list_display = ("project", "owner", "genre", "episode_count", "current_step", "updated_at")
    list_filter = ("genre",)
    list_select_related = ("project", "owner")
    search_fields = ("project__name", "owner__email")
    date_hierarchy = "created_at"


@admin.register(FilmSession)
class FilmSessionAdmin(ReadOnly, admin.ModelAdmin[FilmSession]):
    list_display = ("conversation", "film", "user", "status", "step", "last_activity")
    list_filter = ("status",)
    list_select_related = ("conversation", "film__project", "user")
    search_fields = ("film__project__name", "user__email")
    date_hierarchy = "last_activity"


@admin.register(Choice)
class ChoiceAdmin(ReadOnly, admin.ModelAdmin[Choice]):
    list_display = ("title", "session", "step", "status", "engine", "taken_by", "taken_at")
    list_filter = ("status", "step")
    list_select_related = ("session__film__project", "taken_by")
    search_fields = ("title", "session__film__project__name")
    date_hierarchy = "created_at"


@admin.register(BibleRevision)
class BibleRevisionAdmin(ReadOnly, admin.ModelAdmin[BibleRevision]):
    list_display = ("film", "number", "comment", "author", "created_at")
    list_select_related = ("film__project", "author")
    search_fields = ("film__project__name", "comment")
    date_hierarchy = "created_at"


@admin.register(StoryMaterial)
class StoryMaterialAdmin(ThroughServices, admin.ModelAdmin[StoryMaterial]):
    """The catalogue of story choices. An entry is switched off rather than deleted: one of the studio's own would come back."""

    list_display = ("title", "kind", "organization", "genres", "is_active")
    list_filter = ("kind", "is_active")
    list_select_related = ("organization",)
    search_fields = ("title", "slug")
    fields = ("kind", "organization", "title", "slug", "description", "genres", "details", "is_active")
    prepopulated_fields: ClassVar[dict[str, Sequence[str]]] = {"slug": ("title",)}

    def save_model(self, request: HttpRequest, obj: StoryMaterial, form: Any, change: bool) -> None:  # noqa: ARG002  (the framework's signature)
        materials.save_material(obj, actor=actor(request))

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002  (the framework's signature)
        return False


@admin.register(BoardCard)
class BoardCardAdmin(ReadOnly, admin.ModelAdmin[BoardCard]):
    list_display = ("asset", "film", "column", "position", "added_by")
    list_select_related = ("asset", "film__project", "added_by")
    search_fields = ("film__project__name", "note")
    date_hierarchy = "created_at"


@admin.register(Webhook)
class WebhookAdmin(ReadOnly, admin.ModelAdmin[Webhook]):
    list_display = ("url", "user", "events", "failures", "disabled_at", "ended_at")
    list_select_related = ("user",)
    search_fields = ("url", "user__email")
    date_hierarchy = "created_at"
    exclude = ("secret",)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnly, admin.ModelAdmin[WebhookDelivery]):
    list_display = ("event", "webhook", "subject", "status", "created_at", "delivered_at")
    list_filter = ("event", "status")
    list_select_related = ("webhook__user",)
    search_fields = ("id", "subject", "webhook__url")
    date_hierarchy = "created_at"
