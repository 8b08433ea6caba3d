"""What people fill in about voices and consents. The rules are the services'; these check shape."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from core import languages
from core.errors import DomainError
from media_library.models import Asset, Speaker, VoiceProfile
from media_library.pages.persona_forms import area
from media_library.services import voices
from media_library.services.accepting import accept_type

RECORDINGS = (Asset.Kind.VIDEO, Asset.Kind.AUDIO)
MOST_SPEAKERS = 100
STATEMENT = "Yes. A voice like mine may be made from this recording, for works of this studio."
ONE_SAMPLE = "Choose one sample: record or upload it, or pick a recording, or a speaker."


class RecordingField(forms.FileField):
    """A sound or a film that comes with the form."""

    def __init__(self, **options: Any) -> None:
        widget = forms.ClearableFileInput(attrs={"accept": "audio/*,video/*"})
        super().__init__(required=False, widget=widget, **options)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        if file:
            try:
                kind, _ = accept_type(file.name or "recording", file.content_type or "")
            except DomainError as error:
                raise forms.ValidationError(error.message) from error
            if kind not in RECORDINGS:
                raise forms.ValidationError("This is no recording. Choose an audio or video file.")
        return file


class LanguageField(forms.CharField):
    def clean(self, value: Any) -> str:
        try:
            return languages.canonical(super().clean(value).strip())
        except DomainError as error:
            raise forms.ValidationError(error.message) from error


class SpeakerChoice(forms.ModelChoiceField[Speaker]):
    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.shown} in {obj.transcript.asset.name}"


class AgreementForm(forms.Form):
    """What the speaker agreed to. `user` chooses among their own recordings."""

    given_by = forms.CharField(label="Whose voice it is", max_length=255)
    given_at = forms.DateField(
        label="Agreed on", widget=forms.DateInput(attrs={"type": "date"}), initial=timezone.localdate
    )
    statement = forms.CharField(
        label="In these words",
        max_length=voices.LONGEST_STATEMENT,
        initial=STATEMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What the speaker agreed to: for which use, for whom, how long.",
    )
    proof = RecordingField(label="Recorded consent", help_text="If the speaker said it into a microphone.")

    def moment(self) -> datetime.datetime:
        """Today is now; an earlier day is its beginning, in the viewer's zone."""
        day: datetime.date = self.cleaned_data["given_at"]
        if day == timezone.localdate():
            return timezone.now()
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time.min))


class VoiceForm(AgreementForm):
    """A new voice in one go: who it is, from which recording, and that they agreed."""

    name = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    language = LanguageField(max_length=35, initial="en", help_text="A language code such as en, pt-BR or zh.")
    gender = forms.CharField(
        label="Sounds", required=False, max_length=20, help_text="As people would say: low, bright."
    )
    description = area("Description", rows=2)
    recording = RecordingField(
        label="Record or upload",
        help_text="The voice alone, without music: ten seconds at least, half a minute is better.",
    )
    sample = forms.ModelChoiceField(
        label="From the library", queryset=Asset.objects.none(), required=False, empty_label="None"
    )
    speaker = SpeakerChoice(
        label="Speaker of a transcript",
        queryset=Speaker.objects.none(),
        required=False,
        empty_label="None",
        help_text="What this speaker says is taken out of the recording.",
    )
    agreed = forms.BooleanField(
        label="The speaker has read or heard these terms and agreed",
        required=False,
        help_text="Without it the voice is kept, and nothing is made with it before the consent is recorded.",
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("given_by", "given_at", "statement"):
            self.fields[name].required = False
        sample, speaker = self.fields["sample"], self.fields["speaker"]
        assert isinstance(sample, forms.ModelChoiceField)  # noqa: S101  (declared above)
        assert isinstance(speaker, forms.ModelChoiceField)  # noqa: S101  (as above)
        sample.queryset = recordings_of(user)
        speaker.queryset = speakers_for(user)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if len([name for name in ("recording", "sample", "speaker") if said.get(name)]) > 1:
            self.add_error("sample", ONE_SAMPLE)
        if said.get("agreed"):
            for name in ("given_by", "given_at", "statement"):
                if not said.get(name) and name not in self.errors:
                    self.add_error(name, "This field is required.")
        return said


class VoiceChangeForm(forms.Form):
    name = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    gender = forms.CharField(label="Sounds", required=False, max_length=20)
    description = area("Description", rows=2)
    is_public = forms.BooleanField(
        label="Everybody in the studio may use this voice",
        required=False,
        help_text="They hear it and let it speak. The sample and the consent stay between you and the admins.",
    )

    @staticmethod
    def values_of(profile: VoiceProfile) -> dict[str, Any]:
        return {name: getattr(profile, name) for name in ("name", "gender", "description", "is_public")}


def recordings_of(user: User) -> Any:
    return (
        Asset.objects.visible_to(user)
        .originals()
        .live()
        .filter(owner=user, kind__in=RECORDINGS)
        .order_by("-created_at", "pk")
    )


def speakers_for(user: User) -> Any:
    """Of transcripts that the person sees, the newest first."""
    told = Speaker.objects.visible_to(user).filter(segments__isnull=False, transcript__asset__archived_at=None)
    newest = told.order_by("-created_at", "pk").values("pk").distinct()[:MOST_SPEAKERS]
    return (
        Speaker.objects.filter(pk__in=[row["pk"] for row in newest])
        .select_related("transcript__asset")
        .order_by("transcript__asset__filename", "label", "pk")
    )
