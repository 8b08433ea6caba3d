"""What the page of versions sends."""

from __future__ import annotations

from typing import Any

from django import forms

LARGEST = 2**31 - 1


def number(*, required: bool = True, least: int = 1) -> forms.IntegerField:
    return forms.IntegerField(min_value=least, max_value=LARGEST, required=required)


class VersionsForm(forms.Form):
    """Which two versions, and what of them."""

    to = number(required=False)
    show = forms.ChoiceField(choices=[(word, word) for word in ("all", "text", "timing")], required=False)
    page = number(required=False)
    versions = number(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        # A word of Python's.
        self.fields["from"] = number(required=False)


class RestoreForm(forms.Form):
    version = number()
    base_version = number()


class CueRestoreForm(RestoreForm):
    change = forms.ChoiceField(choices=[(word, word) for word in ("added", "removed", "modified")])
    cue_index = number(least=0)


class DraftForm(forms.Form):
    draft = forms.UUIDField()
