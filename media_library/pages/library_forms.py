"""What people fill in about files of the library. The rules are the services'; these check shape."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Project
from media_library.models import Collection


class UploadForm(forms.Form):
    """One file in one piece. With scripts the same form sends many, each in parts."""

    file = forms.FileField(allow_empty_file=True)
    project = forms.ModelChoiceField(queryset=Project.objects.none(), required=False, empty_label="No project")
    collection = forms.ModelChoiceField(queryset=Collection.objects.none(), required=False, empty_label="No collection")

    def __init__(
        self, *args: Any, projects: QuerySet[Project], collections: QuerySet[Collection], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "project", projects)
        choose(self, "collection", collections)


def choose(form: forms.Form, name: str, rows: QuerySet[Any]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101  (declared in the form)
    field.queryset = rows


class ImportForm(forms.Form):
    url = forms.URLField(
        label="Address",
        max_length=2000,
        assume_scheme="https",
        help_text="A public or signed address of one file. The studio fetches it.",
        widget=forms.URLInput(attrs={"placeholder": "https://", "autocomplete": "off"}),
    )


class DetailsForm(forms.Form):
    """What people say of a file."""

    title = forms.CharField(required=False, max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 3}))
    tags = forms.CharField(
        required=False,
        max_length=1200,
        help_text="With commas between.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_tags(self) -> list[str]:
        return split_tags(self.cleaned_data["tags"])


def split_tags(text: str) -> list[str]:
    return [tag.strip() for tag in text.split(",") if tag.strip()]


class PlaceForm(forms.Form):
    project = forms.ModelChoiceField(queryset=Project.objects.none(), required=False, empty_label="No project")

    def __init__(self, *args: Any, projects: QuerySet[Project], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choose(self, "project", projects)


class VersionForm(forms.Form):
    file = forms.FileField(
        allow_empty_file=True,
        help_text=f"Of the same kind, at most {settings.UPLOAD_DIRECT_MAX_BYTES // 2**20} MB without scripts.",
    )


class CollectionForm(forms.Form):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))
    project = forms.ModelChoiceField(queryset=Project.objects.none(), required=False, empty_label="No project")

    def __init__(self, *args: Any, projects: QuerySet[Project] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if projects is None:
            del self.fields["project"]
        else:
            choose(self, "project", projects)


class ClipForm(forms.Form):
    """Times in seconds, or as 00:01:02.5. `formats` are those that the asset can be cut to."""

    start = forms.CharField(label="From", max_length=20)
    end = forms.CharField(label="To", max_length=20)
    format = forms.ChoiceField()

    def __init__(self, *args: Any, formats: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["format"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101  (declared above)
        choice.choices = [(one, one.upper()) for one in formats]

    def clean_start(self) -> float:
        return seconds(self.cleaned_data["start"])

    def clean_end(self) -> float:
        return seconds(self.cleaned_data["end"])


def seconds(text: str) -> float:
    """`62.5`, `1:02.5` and `00:01:02,500` are the same moment."""
    parts = text.strip().replace(",", ".").split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not 1 <= len(numbers) <= 3 or not all(0 <= number < 1e6 for number in numbers):
        raise forms.ValidationError("Write a time as seconds or as hours:minutes:seconds.")
    total = 0.0
    for number in numbers:
        total = total * 60 + number
    return total
