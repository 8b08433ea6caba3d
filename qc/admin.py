"""Reviews of languages, to look at: state and people change through their workflow only."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from qc.models import (
    CueReview,
    GuestVerdict,
    LanguageReview,
    LanguageSkill,
    ReviewComment,
    ReviewNote,
    ShareLink,
    ShareVisit,
)


@admin.register(LanguageReview)
class LanguageReviewAdmin(ReadOnly, admin.ModelAdmin[LanguageReview]):
    list_display = ("output", "state", "linguist", "reviewer", "updated_at")
    list_filter = ("state", "output__language")
    list_select_related = ("output__job", "linguist", "reviewer")
    search_fields = ("output__job__title", "output__language", "linguist__email", "reviewer__email")
    date_hierarchy = "updated_at"


@admin.register(CueReview)
class CueReviewAdmin(ReadOnly, admin.ModelAdmin[CueReview]):
    list_display = ("review", "kind", "cue_index", "by", "at")
    list_filter = ("kind",)
    list_select_related = ("review__output__job", "by")
    search_fields = ("review__output__job__title", "by__email")


@admin.register(ReviewComment)
class ReviewCommentAdmin(ReadOnly, admin.ModelAdmin[ReviewComment]):
    list_display = ("body", "review", "cue_index", "category", "severity", "author", "created_at")
    list_filter = ("category", "severity")
    list_select_related = ("review__output__job", "author")
    search_fields = ("body", "review__output__job__title", "author__email")
    date_hierarchy = "created_at"


@admin.register(LanguageSkill)
class LanguageSkillAdmin(ReadOnly, admin.ModelAdmin[LanguageSkill]):
    list_display = ("user", "language", "level", "weekly_minutes")
    list_filter = ("level", "language")
    list_select_related = ("user",)
    search_fields = ("user__email", "language")


@admin.register(ReviewNote)
class ReviewNoteAdmin(ReadOnly, admin.ModelAdmin[ReviewNote]):
    list_display = ("body", "job", "timestamp", "language", "author", "guest_name", "resolved", "created_at")
    list_filter = ("resolved", "internal", "asset")
    list_select_related = ("job", "author")
    search_fields = ("body", "job__title", "author__email", "guest_name")
    date_hierarchy = "created_at"


@admin.register(ShareLink)
class ShareLinkAdmin(ReadOnly, admin.ModelAdmin[ShareLink]):
    list_display = ("prefix", "job", "created_by", "created_at", "expires_at", "revoked_at", "view_count")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter), "allow_download", "allow_comments", "allow_approval")
    list_select_related = ("job", "created_by")
    search_fields = ("job__title", "created_by__email", "prefix")
    # Neither what opens the link nor what guards it.
    exclude = ("token_hash", "password")


@admin.register(ShareVisit)
class ShareVisitAdmin(ReadOnly, admin.ModelAdmin[ShareVisit]):
    list_display = ("share", "guest_name", "at")
    list_select_related = ("share",)
    search_fields = ("share__job__title", "guest_name")
    exclude = ("visitor",)
    date_hierarchy = "at"


@admin.register(GuestVerdict)
class GuestVerdictAdmin(ReadOnly, admin.ModelAdmin[GuestVerdict]):
    list_display = ("share", "verdict", "guest_name", "at")
    list_filter = ("verdict",)
    list_select_related = ("share",)
    search_fields = ("share__job__title", "guest_name", "comment")
