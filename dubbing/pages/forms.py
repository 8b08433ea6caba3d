"""What people fill in about dubs."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import Any, cast

from django import forms
from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Project, User
from ai import services as ai
from core import languages
from dubbing.services.dubs import BACKGROUNDS, Options
from jobs.forms import ENDINGS, OFFERED_LANGUAGES, ProjectChoice, language_choices, projects_of
from jobs.services import VIDEO_TYPES
from media_library.media import fitting
from media_library.models import Asset
from media_library.queries import assets

MOST_VIDEOS = 100
WORDS_OF_BACKGROUNDS = {
    "duck": "Under the dub, quieter while somebody speaks",
    "bed": "Between the lines only",
    "none": "Not at all",
}
LOUDNESS_CHOICES = (
    ("source", "As loud as the original"),
    ("-14", "−14 LUFS, for the web"),
    ("-23", "−23 LUFS, for broadcast"),
)


def videos_of(user: User) -> QuerySet[Asset]:
    """What can be dubbed: current videos in the library, with sound as far as is known."""
    wanted = assets.Filters(kinds=(Asset.Kind.VIDEO,), shelves=(Asset.Shelf.LIBRARY,))
    return assets.listed(user, wanted).exclude(status=Asset.Status.FAILED).exclude(technical__audio_codec="")


class VideoChoice(forms.ModelChoiceField[Asset]):
    def label_from_instance(self, obj: Asset) -> str:
        length = f"{int(obj.duration) // 60}:{int(obj.duration) % 60:02}" if obj.duration else ""
        language = languages.name(obj.language) if obj.language else ""
        return ", ".join(part for part in (obj.name, length, language) if part)


def possible(source: str) -> list[tuple[str, str]]:
    """The languages that a dub may be in, each with what this studio can do of it here."""
    missing = {one.language: one for one in ai.missing_languages(targets=OFFERED_LANGUAGES, source=source or None)}
    voices = Counter(languages.primary(one.voice.language) for one in ai.voices())
    found = []
    for tag, name in language_choices():
        if source and languages.primary(tag) == languages.primary(source):
            continue
        count = voices[languages.primary(tag)]
        lacks = missing.get(languages.canonical(tag))
        words = [
            f"{count} voice{'' if count == 1 else 's'}" if count else "",
            "no voice here" if lacks and lacks.speak else "",
        ]
        words.append("a person translates" if lacks and lacks.translate else "")
        told = ", ".join(word for word in words if word)
        found.append((tag, f"{name} ({told})" if told else name))
    return found


class OptionsForm(forms.Form):
    """How a dub is put together."""

    background = forms.ChoiceField(
        label="The original's sound",
        choices=[(one, WORDS_OF_BACKGROUNDS[one]) for one in BACKGROUNDS],
        help_text="Music and noise stay; the original voices are lowered with them.",
    )
    duck_db = forms.FloatField(
        label="How much quieter, in decibels",
        min_value=3,
        max_value=60,
        help_text="The more, the less of the original voice is heard.",
        widget=forms.NumberInput(attrs={"step": "1"}),
    )
    fastest = forms.FloatField(
        label="A voice may be played faster by",
        min_value=1,
        max_value=fitting.BLOCKS,
        help_text=f"1.2 sounds hurried; above {fitting.BLOCKS} nobody follows, so that longer lines wait for shorter words.",
        widget=forms.NumberInput(attrs={"step": "0.05"}),
    )
    loudness = forms.ChoiceField(label="Loudness of the film", choices=LOUDNESS_CHOICES)
    auto_film = forms.BooleanField(label="Make the film as soon as all lines are spoken", required=False)

    @staticmethod
    def initial_of(options: dict[str, Any]) -> dict[str, Any]:
        known = Options.of(options)
        return {name: getattr(known, name) for name in ("background", "duck_db", "fastest", "loudness", "auto_film")}

    def options(self) -> Options:
        return Options(**{name: self.cleaned_data[name] for name in OptionsForm.base_fields})


class ChangeForm(OptionsForm):
    title = forms.CharField(label="Title", max_length=255)
    field_order = ("title", "background", "duck_db", "fastest", "loudness", "auto_film")


class NewDubForm(OptionsForm):
    """A video of the library or from this computer, and the language it is to be heard in."""

    video = VideoChoice(
        Asset.objects.none(),
        label="Video",
        required=False,
        empty_label="Choose from the library",
        help_text="With sound, because what is said in it is what is dubbed.",
    )
    file = forms.FileField(
        label="Or a video from this computer",
        required=False,
        widget=forms.FileInput(attrs={"accept": ",".join([*VIDEO_TYPES, *(f".{ending}" for ending in ENDINGS)])}),
        error_messages={"empty": "This file is empty. Export it again."},
    )
    language = forms.ChoiceField(label="Dub into")
    title = forms.CharField(
        label="Title", max_length=255, required=False, help_text="Left empty, the video's name and the language."
    )
    project = ProjectChoice(Project.objects.none(), label="Project", required=False, empty_label="No project")
    content_type = ""

    def __init__(self, *args: Any, user: User, video: Asset | None = None, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {})
        kwargs["initial"] = {**OptionsForm.initial_of({}), "video": video, "language": "es", **kwargs["initial"]}
        super().__init__(*args, **kwargs)
        offered = videos_of(user)
        field = cast("VideoChoice", self.fields["video"])
        field.queryset = offered
        shown = list(offered[:MOST_VIDEOS])
        if video is not None and video not in shown:
            shown.insert(0, video)
        # More than a person reads are not written out; any other is brought along by its own page.
        field.choices = [("", field.empty_label or ""), *((one.pk, field.label_from_instance(one)) for one in shown)]
        self.source = video.language if video is not None else ""
        cast("forms.ChoiceField", self.fields["language"]).choices = possible(self.source)
        limit = settings.UPLOAD_DIRECT_MAX_BYTES // 2**20
        self.fields["file"].help_text = f"Up to {limit} MB here; bring larger ones into the library first."
        cast("ProjectChoice", self.fields["project"]).queryset = projects_of(user)

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if not file:
            return None
        ending = PurePosixPath(file.name).suffix.lstrip(".").lower()
        self.content_type = ENDINGS.get(ending, file.content_type or "")
        if self.content_type not in VIDEO_TYPES:
            raise forms.ValidationError("This is not a video the studio reads. Choose MP4, MOV, WebM, MKV or AVI.")
        if file.size > settings.UPLOAD_DIRECT_MAX_BYTES:
            raise forms.ValidationError(f"This file is too large. {self.fields['file'].help_text}")
        return file

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if not self.errors and not data.get("video") and not data.get("file"):
            self.add_error("video", "Choose a video, or a file from this computer.")
        return data
