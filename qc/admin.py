"""Reviews of languages, to look at: state and people change through their workflow only."""

from __future__ import annotations

from django.contrib import admin

from core.admin import ReadOnly
from qc.models import LanguageReview


@admin.register(LanguageReview)
class LanguageReviewAdmin(ReadOnly, admin.ModelAdmin[LanguageReview]):
    list_display = ("output", "state", "linguist", "reviewer", "updated_at")
    list_filter = ("state", "output__language")
    list_select_related = ("output__job", "linguist", "reviewer")
    search_fields = ("output__job__title", "output__language", "linguist__email", "reviewer__email")
    date_hierarchy = "updated_at"
