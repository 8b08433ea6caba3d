"""Files and texts, to look at: they come from their services, so that the store and the versions agree with the rows."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from media_library.models import (
    Asset,
    Glossary,
    GlossaryTerm,
    GlossaryVersion,
    Segment,
    Track,
    TrackDraft,
    TrackVersion,
    Transcript,
)


@admin.register(Asset)
class AssetAdmin(ReadOnly, admin.ModelAdmin[Asset]):
    list_display = (
        "filename",
        "kind",
        "purpose",
        "language",
        "owner",
        "organization",
        "size",
        "duration",
        "created_at",
    )
    list_filter = ("kind", "purpose", ("organization", admin.RelatedOnlyFieldListFilter))
    list_select_related = ("owner", "organization")
    search_fields = ("id", "filename", "sha256", "owner__email")
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
