"""Dubs and voice jobs, to look at: they change through the studio's pages and routes only."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from dubbing.models import Dub, DubLine, DubSpeaker, ProcessingJob, VoiceClone


@admin.register(Dub)
class DubAdmin(ReadOnly, admin.ModelAdmin[Dub]):
    list_display = ("title", "owner", "source_language", "target_language", "status", "created_at")
    list_filter = ("status", "target_language")
    list_select_related = ("owner",)
    search_fields = ("id", "title", "owner__email")
    date_hierarchy = "created_at"


@admin.register(DubSpeaker)
class DubSpeakerAdmin(ReadOnly, admin.ModelAdmin[DubSpeaker]):
    list_display = ("dub", "name", "voice", "profile", "speed")
    list_select_related = ("dub", "profile")
    search_fields = ("dub__title", "name")


@admin.register(DubLine)
class DubLineAdmin(ReadOnly, admin.ModelAdmin[DubLine]):
    list_display = ("dub", "number", "start", "end", "written_by", "rate", "engine")
    list_select_related = ("dub",)
    search_fields = ("dub__title", "text", "original")


@admin.register(ProcessingJob)
class ProcessingJobAdmin(ReadOnly, admin.ModelAdmin[ProcessingJob]):
    list_display = ("id", "job_type", "status", "progress", "owner", "created_at", "updated_at")
    list_filter = ("job_type", "status")
    list_select_related = ("owner",)
    search_fields = ("id", "owner__email")
    date_hierarchy = "created_at"


@admin.register(VoiceClone)
class VoiceCloneAdmin(ReadOnly, admin.ModelAdmin[VoiceClone]):
    list_display = ("__str__", "profile", "target_language", "engine", "similarity", "revoked_at", "created_at")
    list_filter = ("target_language", "engine")
    list_select_related = ("profile",)
    search_fields = ("id", "text_content", "profile__name")
    date_hierarchy = "created_at"
