"""Files and texts, to look at: they come from their services, so that the store and the versions agree with the rows."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db import models

from core.admin import ReadOnly
from media_library.models import (
    Asset,
    ClipFile,
    Collection,
    Glossary,
    GlossaryTerm,
    GlossaryVersion,
    Intake,
    Passage,
    Persona,
    Pronunciation,
    Segment,
    Speaker,
    Suggestion,
    Track,
    TrackDraft,
    TrackVersion,
    Transcript,
    TranscriptEdit,
    VoiceConsent,
    VoiceProfile,
)


@admin.register(Asset)
class AssetAdmin(ReadOnly, admin.ModelAdmin[Asset]):
    list_display = (
        "filename",
        "title",
        "kind",
        "purpose",
        "status",
        "shelf",
        "owner",
        "organization",
        "size",
        "duration",
        "created_at",
    )
    list_filter = (
        "kind",
        "purpose",
        "status",
        "shelf",
        "origin",
        ("archived_at", admin.EmptyFieldListFilter),
        ("deleted_at", admin.EmptyFieldListFilter),
        ("organization", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("owner", "organization")
    search_fields = ("id", "filename", "title", "sha256", "owner__email")
    date_hierarchy = "created_at"


class SegmentInline(ReadOnly, admin.TabularInline[Segment, Transcript]):
    model = Segment
    fields = ("position", "start", "end", "text")
    extra = 0


@admin.register(Transcript)
class TranscriptAdmin(ReadOnly, admin.ModelAdmin[Transcript]):
    list_display = ("asset", "language", "confidence", "engine", "updated_at")
    list_filter = ("language", "engine")
    list_select_related = ("asset",)
    search_fields = ("asset__filename",)
    inlines = (SegmentInline,)


@admin.register(Segment)
class SegmentAdmin(ReadOnly, admin.ModelAdmin[Segment]):
    list_display = ("text", "transcript", "start", "end")
    list_select_related = ("transcript__asset",)
    search_fields = ("text",)


class VersionInline(ReadOnly, admin.TabularInline[TrackVersion, Track]):
    model = TrackVersion
    fields = ("number", "author", "engine", "comment", "created_at")
    readonly_fields = ("created_at",)
    extra = 0


@admin.register(Track)
class TrackAdmin(ReadOnly, admin.ModelAdmin[Track]):
    list_display = ("asset", "kind", "language", "version", "updated_at")
    list_filter = ("kind", "language")
    list_select_related = ("asset",)
    search_fields = ("asset__filename",)
    inlines = (VersionInline,)


@admin.register(TrackVersion)
class TrackVersionAdmin(ReadOnly, admin.ModelAdmin[TrackVersion]):
    list_display = ("track", "number", "author", "engine", "created_at")
    list_select_related = ("track__asset", "author")
    list_filter = ("engine",)
    search_fields = ("track__asset__filename", "content")


@admin.register(TrackDraft)
class TrackDraftAdmin(ReadOnly, admin.ModelAdmin[TrackDraft]):
    list_display = ("track", "author", "base_version", "created_at")
    list_select_related = ("track__asset", "author")
    search_fields = ("author__email",)


class GlossaryVersionInline(ReadOnly, admin.TabularInline[GlossaryVersion, Glossary]):
    model = GlossaryVersion
    fields = ("number", "is_active", "filename", "term_count", "embedding_status", "created_by", "created_at")
    readonly_fields = ("created_at",)
    extra = 0


@admin.register(Glossary)
class GlossaryAdmin(ReadOnly, admin.ModelAdmin[Glossary]):
    list_display = ("name", "client", "organization", "owner", "archived_at", "updated_at")
    list_filter = (("organization", admin.RelatedOnlyFieldListFilter), ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("client", "organization", "owner")
    search_fields = ("id", "name", "client__name")
    inlines = (GlossaryVersionInline,)


@admin.register(GlossaryVersion)
class GlossaryVersionAdmin(ReadOnly, admin.ModelAdmin[GlossaryVersion]):
    list_display = (
        "glossary",
        "number",
        "is_active",
        "term_count",
        "embedding_status",
        "embedding_engine",
        "created_at",
    )
    list_filter = ("is_active", "embedding_status", "embedding_engine")
    list_select_related = ("glossary",)
    search_fields = ("glossary__name", "filename", "sha256")


@admin.register(GlossaryTerm)
class GlossaryTermAdmin(ReadOnly, admin.ModelAdmin[GlossaryTerm]):
    list_display = ("source_term", "version", "position", "forbidden", "case_sensitive")
    list_filter = ("forbidden", "case_sensitive")
    list_select_related = ("version__glossary",)
    search_fields = ("words",)


@admin.register(Intake)
class IntakeAdmin(ReadOnly, admin.ModelAdmin[Intake]):
    list_display = ("filename", "owner", "shelf", "status", "size", "created_at")
    list_filter = ("status", "shelf")
    list_select_related = ("owner",)
    search_fields = ("id", "filename", "owner__email")
    date_hierarchy = "created_at"
    # What is in a signed address is the address' secret.
    exclude = ("source_url",)


@admin.register(Collection)
class CollectionAdmin(ReadOnly, admin.ModelAdmin[Collection]):
    list_display = ("name", "project", "organization", "owner", "updated_at")
    list_filter = (("organization", admin.RelatedOnlyFieldListFilter),)
    list_select_related = ("project", "organization", "owner")
    search_fields = ("id", "name", "owner__email")
    exclude = ("assets",)


@admin.register(ClipFile)
class ClipFileAdmin(ReadOnly, admin.ModelAdmin[ClipFile]):
    list_display = ("asset", "start_ms", "end_ms", "format", "method", "size", "used_at")
    list_filter = ("format",)
    list_select_related = ("asset",)
    search_fields = ("id", "asset__filename", "asset__title")


@admin.register(Suggestion)
class SuggestionAdmin(ReadOnly, admin.ModelAdmin[Suggestion]):
    list_display = ("asset", "kind", "status", "engine", "measured", "decided_by", "created_at")
    list_filter = ("kind", "status", "engine")
    list_select_related = ("asset", "decided_by")
    search_fields = ("asset__filename", "asset__title")


@admin.register(Speaker)
class SpeakerAdmin(ReadOnly, admin.ModelAdmin[Speaker]):
    list_display = ("shown", "label", "transcript", "voice_engine")
    list_select_related = ("transcript__asset",)
    search_fields = ("name", "label")
    # How a voice sounds identifies its owner.
    exclude = ("voice",)


@admin.register(TranscriptEdit)
class TranscriptEditAdmin(ReadOnly, admin.ModelAdmin[TranscriptEdit]):
    list_display = ("transcript", "number", "action", "summary", "author", "created_at")
    list_filter = ("action",)
    list_select_related = ("transcript__asset", "author")
    search_fields = ("transcript__asset__filename", "author__email")


@admin.register(Passage)
class PassageAdmin(ReadOnly, admin.ModelAdmin[Passage]):
    list_display = ("text", "asset", "kind", "language", "start", "model")
    list_filter = ("kind", "language", "model")
    list_select_related = ("asset",)
    search_fields = ("text",)
    exclude = ("document", "embedding")
    show_full_result_count = False


@admin.register(Pronunciation)
class PronunciationAdmin(ReadOnly, admin.ModelAdmin[Pronunciation]):
    list_display = ("term", "respelling", "language", "voice", "client", "organization", "owner")
    list_filter = ("language",)
    list_select_related = ("client", "organization", "owner")
    search_fields = ("term", "respelling", "owner__email")


@admin.register(Persona)
class PersonaAdmin(ReadOnly, admin.ModelAdmin[Persona]):
    formfield_overrides: ClassVar[dict[Any, Any]] = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("name", "organization", "owner", "is_active", "updated_at")
    list_filter = ("is_active", ("organization", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("organization", "owner")
    search_fields = ("id", "name", "owner__email")


class ConsentInline(ReadOnly, admin.TabularInline[VoiceConsent, VoiceProfile]):
    model = VoiceConsent
    fields = ("given_by", "given_at", "statement", "recorded_by", "revoked_at", "revoked_by", "revoked_because")
    extra = 0


@admin.register(VoiceProfile)
class VoiceProfileAdmin(ReadOnly, admin.ModelAdmin[VoiceProfile]):
    list_display = ("name", "language", "owner", "status", "is_public", "updated_at")
    list_filter = ("status", "is_public", "language")
    list_select_related = ("owner",)
    search_fields = ("id", "name", "owner__email")
    inlines = (ConsentInline,)


@admin.register(VoiceConsent)
class VoiceConsentAdmin(ReadOnly, admin.ModelAdmin[VoiceConsent]):
    list_display = ("profile", "given_by", "given_at", "recorded_by", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("profile", "recorded_by")
    search_fields = ("profile__name", "given_by")
