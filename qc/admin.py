from __future__ import annotations

from django.contrib import admin

from qc.models import LanguageReview


@admin.register(LanguageReview)
class LanguageReviewAdmin(admin.ModelAdmin[LanguageReview]):
    list_display = ("output", "state", "linguist", "reviewer", "updated_at")
    list_filter = ("state",)
    list_select_related = ("output__job", "linguist", "reviewer")
    search_fields = ("output__job__title", "output__language", "linguist__email", "reviewer__email")
    # The state moves through its workflow only.
    readonly_fields = ("output", "state", "approved_at", "created_at", "updated_at")
    autocomplete_fields = ("linguist", "reviewer")
