"""What people fill in about jobs."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from pathlib import PurePosixPath
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Client, Project, User
from core import languages
from jobs.models import Brief, Job
from jobs.services import VIDEO_TYPES, NewJob, Requested

# What the list offers. The API takes any tag; a person who needs another one asks production to add it here.
OFFERED_LANGUAGES = (
    "en", "es", "fr", "de", "it", "pt", "pt-BR", "ca", "nl", "da", "sv", "nb", "fi", "pl", "cs", "uk", "ru", "tr",
    "ar", "he", "hi", "zh-Hans", "zh-Hant", "ja", "ko",
)  # fmt: skip
ENDINGS = {ending: kind for kind, ending in VIDEO_TYPES.items()} | {"m4v": "video/mp4"}


OUTPUTS = ("captions_vtt", "audio_description_vtt", "audio_description_mp3", "accessible_video_mp4")
END_OF_DAY = time(23, 59, 59)


def end_of(day: date | None) -> datetime | None:
    return datetime.combine(day, END_OF_DAY, tzinfo=UTC) if day else None


def language_choices() -> list[tuple[str, str]]:
    return sorted(((tag, languages.name(tag)) for tag in OFFERED_LANGUAGES), key=lambda choice: choice[1])


def projects_of(user: User) -> QuerySet[Project]:
    return Project.objects.visible_to(user).exclude(status=Project.Status.ARCHIVED).select_related("client")


class ProjectChoice(forms.ModelChoiceField[Project]):
    """Projects by their client's name and their own."""

    def label_from_instance(self, obj: Project) -> str:
        return f"{obj.client.name}: {obj.name}" if obj.client else obj.name


class OutputsForm(forms.Form):
    """What is to be made, from which language and into which."""

    source_language = forms.ChoiceField(label="Spoken language", choices=language_choices, initial="en")
    languages = forms.MultipleChoiceField(
        label="Translate into", required=False, choices=language_choices, widget=forms.CheckboxSelectMultiple
    )
    captions_vtt = forms.BooleanField(label="Captions", required=False, initial=True)
    audio_description_vtt = forms.BooleanField(label="Description, as text", required=False, initial=True)
    audio_description_mp3 = forms.BooleanField(label="Description, spoken", required=False, initial=True)
    accessible_video_mp4 = forms.BooleanField(label="Described film", required=False, initial=True)

    def offer(self, brief: Brief) -> None:
        """What the brief asks for can be chosen, also where the list does not have it."""
        known = dict.fromkeys([*brief.languages, brief.source_language or "en"])
        if more := [(tag, languages.name(tag)) for tag in known if tag not in OFFERED_LANGUAGES]:
            for name in ("languages", "source_language"):
                cast("forms.ChoiceField", self.fields[name]).choices = [*language_choices(), *more]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not any(data.get(name) for name in OUTPUTS):
            self.add_error("captions_vtt", "Choose at least one thing to make.")
        return data

    def outputs(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OUTPUTS}


class VideoForm(forms.Form):
    """A video that comes in one piece. `content_type` is set once the form is valid: browsers do not know every ending."""

    file = forms.FileField(
        label="Video",
        widget=forms.FileInput(attrs={"accept": ",".join([*VIDEO_TYPES, *(f".{ending}" for ending in ENDINGS)])}),
        error_messages={"required": "Choose a video.", "empty": "This file is empty. Export it again."},
    )
    content_type = ""

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


class OrderForm(OutputsForm):
    """What is wanted of a video, and for which of `user`'s projects."""

    title = forms.CharField(
        required=False, max_length=255, help_text="For one file; left empty, the file's name is used."
    )
    project_id = ProjectChoice(
        Project.objects.none(), label="Project", required=False, empty_label="No project", blank=True
    )
    brief_id = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast("ProjectChoice", self.fields["project_id"]).queryset = projects_of(user)

    def new_job(self, filename: str) -> NewJob:
        data = self.cleaned_data
        return NewJob(
            filename=filename,
            title=data["title"],
            source_language=data["source_language"],
            project_id=data["project_id"].pk if data["project_id"] else None,
            brief_id=data["brief_id"],
            requested=Requested(**self.outputs(), languages=tuple(data["languages"])),
        )


class NewJobForm(VideoForm, OrderForm):
    """The same with the video itself."""


class BriefForm(OutputsForm):
    """What somebody asks for. `user` sees the clients and projects to choose from."""

    title = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    description = forms.CharField(
        label="What is to be done",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="For whom, in which tone, what to watch for, where the film will be shown.",
    )
    client = forms.ModelChoiceField(Client.objects.none(), required=False, empty_label="No client")
    project = ProjectChoice(Project.objects.none(), required=False, empty_label="No project")
    due_date = forms.DateField(
        label="Due",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="By the end of this day (UTC).",
    )
    priority = forms.TypedChoiceField(coerce=int, choices=Job.Priority.choices, initial=Job.Priority.NORMAL)

    def __init__(self, *args: Any, user: User, brief: Brief | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clients = Client.objects.visible_to(user).order_by("name", "pk")
        cast("forms.ModelChoiceField[Client]", self.fields["client"]).queryset = clients
        cast("ProjectChoice", self.fields["project"]).queryset = projects_of(user)
        if brief is not None:
            self.offer(brief)

    def clean_due_date(self) -> datetime | None:
        return end_of(self.cleaned_data["due_date"])


class TrackForm(forms.Form):
    """The whole text of a track, and the version it started from."""

    content = forms.CharField(
        label="Text (WebVTT)", strip=False, widget=forms.Textarea(attrs={"rows": 28, "spellcheck": "true"})
    )
    base_version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class JobForm(OutputsForm):
    """What a job is called, and what it is to deliver. `open_outputs` False leaves out what cannot change any more."""

    title = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    notes = forms.CharField(required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}))
    due_at = forms.DateField(
        label="Due",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text="By the end of this day (UTC).",
    )
    priority = forms.TypedChoiceField(coerce=int, choices=Job.Priority.choices)
    field_order = ("title", "notes", "due_at", "priority")

    def __init__(self, data: Any = None, *, job: Job, open_outputs: bool) -> None:
        tags = [output.language for output in job.outputs.all() if not output.is_source]
        fields = ("title", "notes", "due_at", "priority", *OUTPUTS)
        initial = {name: getattr(job, name) for name in fields}
        super().__init__(data, initial={**initial, "languages": tags})
        self.due_before = job.due_at
        # What is spoken in the video does not change; it would be another job.
        del self.fields["source_language"]
        self.open_outputs = open_outputs
        if not open_outputs:
            for name in ("languages", *OUTPUTS):
                del self.fields[name]
            return
        more = [(tag, languages.name(tag)) for tag in tags if tag not in OFFERED_LANGUAGES]
        offered = [choice for choice in [*language_choices(), *more] if choice[0] != job.source_language]
        cast("forms.MultipleChoiceField", self.fields["languages"]).choices = offered

    def clean(self) -> dict[str, Any]:
        return super().clean() if self.open_outputs else self.cleaned_data

    def clean_due_at(self) -> datetime | None:
        day = self.cleaned_data["due_at"]
        if day is None:
            return None
        # The same day is no change: a program may have said an hour of it.
        same = self.due_before is not None and self.due_before.astimezone(UTC).date() == day
        return self.due_before if same else end_of(day)

    def changes(self) -> dict[str, Any]:
        """What `services.update_job` takes."""
        data = dict(self.cleaned_data)
        return {**data, "tags": data.pop("languages")} if self.open_outputs else data


class CloneForm(VideoForm):
    """The same order for another video."""

    title = forms.CharField(max_length=255, widget=forms.TextInput(attrs={"autocomplete": "off"}))
    field_order = ("title", "file")
