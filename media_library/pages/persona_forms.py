"""What people fill in about personas. The rules are the services'; these check shape."""

from __future__ import annotations

from typing import Any

from django import forms

from media_library.models import Persona, VoiceProfile

MOST_WORDS = 200
LONGEST_WORD = 100


def area(label: str, *, rows: int = 3, hint: str = "", limit: int = 5000) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=limit, help_text=hint, widget=forms.Textarea(attrs={"rows": rows})
    )


class LinesField(forms.CharField):
    """One thing a line, or between commas."""

    widget = forms.Textarea

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 3}), **options)

    def clean(self, value: Any) -> list[str]:
        text = super().clean(value) or ""
        lines = [line.strip() for piece in text.splitlines() for line in piece.split(",")]
        kept = list(dict.fromkeys(line for line in lines if line))
        if len(kept) > MOST_WORDS:
            raise forms.ValidationError(f"At most {MOST_WORDS} of them.")
        if long := next((line for line in kept if len(line) > LONGEST_WORD), None):
            raise forms.ValidationError(f"“{long[:30]}…” is longer than {LONGEST_WORD} characters.")
        return kept


class PersonaForm(forms.Form):
    name = forms.CharField(max_length=200, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = area("Who it is", rows=2)
    tone = area("Tone", rows=2, hint="How it sounds: calm, dry, enthusiastic.")
    style_notes = area("Style", hint="What a writer should keep to.", limit=20_000)
    topics = LinesField(label="Topics", help_text="One a line.")
    vocabulary = LinesField(label="Words it likes", help_text="One a line.")
    speaker_name_in_videos = forms.CharField(
        label="Name in videos",
        required=False,
        max_length=150,
        help_text="As transcripts name the speaker, so that what they said is found.",
    )
    avatar_url = forms.URLField(
        label="Picture",
        required=False,
        max_length=500,
        assume_scheme="https",
        help_text="An https address. It is shown from there and never copied.",
    )
    voice = forms.ModelChoiceField(queryset=VoiceProfile.objects.none(), required=False, empty_label="None")

    def __init__(self, *args: Any, voices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["voice"]
        assert isinstance(choice, forms.ModelChoiceField)  # noqa: S101  (declared above)
        choice.queryset = voices

    @staticmethod
    def values_of(persona: Persona) -> dict[str, Any]:
        names = ("name", "description", "tone", "style_notes", "speaker_name_in_videos", "avatar_url", "voice")
        lists = {name: "\n".join(getattr(persona, name)) for name in ("topics", "vocabulary")}
        return {**{name: getattr(persona, name) for name in names}, **lists}

    def clean_avatar_url(self) -> str:
        address: str = self.cleaned_data["avatar_url"]
        if address and not address.lower().startswith("https://"):
            raise forms.ValidationError("The address has to begin with https://.")
        return address

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)
