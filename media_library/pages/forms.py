"""What people fill in about glossaries. The rules are the services'; these check shape."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Client
from media_library.glossary_files.reading import MOST_BYTES

ACCEPTED = ".xlsx,.csv,.tbx"
HINT = (
    "An .xlsx, .csv or .tbx file of 5 MB at most. The first row has the headings: source term, language codes, notes."
)


def file_field(label: str = "File") -> forms.FileField:
    return forms.FileField(
        label=label,
        allow_empty_file=True,
        help_text=HINT,
        widget=forms.FileInput(attrs={"accept": ACCEPTED}),
    )


class FileForm(forms.Form):
    file = file_field()

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("A glossary's file may have 5 MB at most.")
        return file


class GlossaryForm(FileForm):
    """`clients` are those whom the viewer keeps glossaries for."""

    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    client = forms.ModelChoiceField(queryset=Client.objects.none(), required=False, empty_label="None")
    description = forms.CharField(required=False, max_length=5000, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, clients: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["client"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  (declared above)
        choice.queryset = clients
        if clients.exists():
            choice.required, choice.empty_label = True, "Choose a client"
