"""What people fill in about jobs."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any, cast

from django import forms
from django.conf import settings

from accounts.models import Project, User
from core import languages
from jobs.services import VIDEO_TYPES, NewJob, Requested

# What the list offers. The API takes any tag; a person who needs another one asks production to add it here.
OFFERED_LANGUAGES = (
    "en", "es", "fr", "de", "it", "pt", "pt-BR", "ca", "nl", "da", "sv", "nb", "fi", "pl", "cs", "uk", "ru", "tr",
    "ar", "he", "hi", "zh-Hans", "zh-Hant", "ja", "ko",
)  # fmt: skip
ENDINGS = {ending: kind for kind, ending in VIDEO_TYPES.items()} | {"m4v": "video/mp4"}


def language_choices() -> list[tuple[str, str]]:
    return sorted(((tag, languages.name(tag)) for tag in OFFERED_LANGUAGES), key=lambda choice: choice[1])


class ProjectChoice(forms.ModelChoiceField[Project]):
    """Projects by their client's name and their own."""

    def label_from_instance(self, obj: Project) -> str:
        return f"{obj.client.name}: {obj.name}" if obj.client else obj.name


class NewJobForm(forms.Form):
    """A video, what is wanted of it, and for which of `user`'s projects.

    `content_type` is set once the form is valid: browsers do not know every ending.
    """

    file = forms.FileField(
        label="Video",
        widget=forms.FileInput(attrs={"accept": ",".join([*VIDEO_TYPES, *(f".{ending}" for ending in ENDINGS)])}),
        error_messages={"required": "Choose a video.", "empty": "This file is empty. Export it again."},
    )
    title = forms.CharField(
        required=False, max_length=255, help_text="For one file; left empty, the file's name is used."
    )
    project_id = ProjectChoice(
        Project.objects.none(), label="Project", required=False, empty_label="No project", blank=True
    )
    source_language = forms.ChoiceField(label="Spoken language", choices=language_choices, initial="en")
    languages = forms.MultipleChoiceField(
        label="Translate into", required=False, choices=language_choices, widget=forms.CheckboxSelectMultiple
    )
    captions_vtt = forms.BooleanField(label="Captions", required=False, initial=True)
    audio_description_vtt = forms.BooleanField(label="Description, as text", required=False, initial=True)
    audio_description_mp3 = forms.BooleanField(label="Description, spoken", required=False, initial=True)
    accessible_video_mp4 = forms.BooleanField(label="Described film", required=False, initial=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        projects = Project.objects.visible_to(user).exclude(status=Project.Status.ARCHIVED).select_related("client")
        cast("ProjectChoice", self.fields["project_id"]).queryset = projects

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        ending = PurePosixPath(file.name).suffix.lstrip(".").lower()
        kind = ENDINGS.get(ending, file.content_type or "")
        if kind not in VIDEO_TYPES:
            raise forms.ValidationError("This is not a video the studio reads. Choose MP4, MOV, WebM, MKV or AVI.")
        if file.size > settings.UPLOAD_DIRECT_MAX_BYTES:
            limit = settings.UPLOAD_DIRECT_MAX_BYTES // 2**20
            raise forms.ValidationError(
                f"Without scripts a file may have {limit} MB at most. Switch scripts on for larger ones."
            )
        self.content_type = kind
        return file

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        wanted = ("captions_vtt", "audio_description_vtt", "audio_description_mp3", "accessible_video_mp4")
        if not any(data.get(name) for name in wanted):
            self.add_error("captions_vtt", "Choose at least one thing to make.")
        return data

    def new_job(self) -> NewJob:
        data = self.cleaned_data
        return NewJob(
            filename=data["file"].name,
            title=data["title"],
            source_language=data["source_language"],
            project_id=data["project_id"].pk if data["project_id"] else None,
            requested=Requested(
                captions_vtt=data["captions_vtt"],
                audio_description_vtt=data["audio_description_vtt"],
                audio_description_mp3=data["audio_description_mp3"],
                accessible_video_mp4=data["accessible_video_mp4"],
                languages=tuple(data["languages"]),
            ),
        )


class TrackForm(forms.Form):
    """The whole text of a track, and the version it started from."""

    content = forms.CharField(
        label="Text (WebVTT)", strip=False, widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "true"})
    )
    base_version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
