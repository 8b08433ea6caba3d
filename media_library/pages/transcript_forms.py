"""Forms of the transcript page."""

from __future__ import annotations

from django import forms

from core import languages
from core.errors import DomainError
from media_library.models import Speaker, Transcript
from media_library.services.editing import LONGEST_TEXT
from media_library.services.identifying import MOST_SPEAKERS
from media_library.services.speakers import NAME_LENGTH
from media_library.services.transcript_files import IMPORTS


class SegmentForm(forms.Form):
    text = forms.CharField(
        label="What is said", required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )
    speaker = forms.CharField(label="Who says it", required=False, max_length=NAME_LENGTH)
    revision = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)


class NameForm(forms.Form):
    name = forms.CharField(label="Name", max_length=NAME_LENGTH)


class MergeForm(forms.Form):
    into = forms.ModelChoiceField(label="Is the same as", queryset=Speaker.objects.none())

    def __init__(self, *args: object, transcript: Transcript, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["into"].queryset = transcript.speakers.all()  # type: ignore[attr-defined]


class IdentifyForm(forms.Form):
    speakers = forms.IntegerField(
        label="How many people speak",
        required=False,
        min_value=1,
        max_value=MOST_SPEAKERS,
        help_text="Leave it empty to have them counted.",
    )


class LanguageForm(forms.Form):
    language = forms.CharField(
        label="Language",
        required=False,
        max_length=35,
        help_text="A code such as en, es or pt-BR. Empty: found out while listening.",
    )

    def clean_language(self) -> str:
        said = str(self.cleaned_data["language"]).strip()
        try:
            return languages.canonical(said) if said else ""
        except DomainError as error:
            raise forms.ValidationError(error.message) from error


class ImportForm(forms.Form):
    file = forms.FileField(
        label="Captions",
        allow_empty_file=True,
        help_text="SRT, VTT, TTML or ASS. They take the place of what stands here, which an undo brings back.",
        widget=forms.FileInput(attrs={"accept": ",".join(f".{kind}" for kind in IMPORTS)}),
    )
    lenient = forms.BooleanField(label="Leave out what cannot be read", required=False)
