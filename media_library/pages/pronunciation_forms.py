"""What people fill in about how words are said. The rules are the services'; these check shape."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.models import Client
from media_library.services.pronunciations import LONGEST_RESPELLING, LONGEST_TERM, MOST_BYTES

PLAIN = {"autocomplete": "off"}
TABLE_HINT = (
    "A .csv file of 1 MB at most. The first row has the headings: term, respelling, language, voice, case sensitive."
)


class PronunciationForm(forms.Form):
    term = forms.CharField(max_length=LONGEST_TERM, widget=forms.TextInput(attrs=PLAIN), help_text="As it is written.")
    respelling = forms.CharField(
        label="Said as",
        max_length=LONGEST_RESPELLING,
        widget=forms.TextInput(attrs=PLAIN),
        help_text="In letters that a voice says right: W C A G.",
    )
    language = forms.CharField(
        required=False,
        max_length=35,
        widget=forms.TextInput(attrs=PLAIN),
        help_text="A code such as es; empty for all.",
    )
    voice = forms.CharField(
        required=False, max_length=80, widget=forms.TextInput(attrs=PLAIN), help_text="Such as Kore; empty for all."
    )
    case_sensitive = forms.BooleanField(label="Only with these capitals", required=False)


class PlacedForm(forms.Form):
    """`clients` are those whose words the viewer keeps."""

    client = forms.ModelChoiceField(queryset=Client.objects.none(), required=False, empty_label="Everybody’s")

    def __init__(self, *args: Any, clients: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["client"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  (declared above)
        choice.queryset = clients


class NewPronunciationForm(PronunciationForm, PlacedForm):
    field_order = ("term", "respelling", "language", "voice", "client", "case_sensitive")


class TableForm(PlacedForm):
    file = forms.FileField(
        label="Table", allow_empty_file=True, help_text=TABLE_HINT, widget=forms.FileInput(attrs={"accept": ".csv"})
    )

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError("A table of pronunciations may have 1 MB at most.")
        return file
