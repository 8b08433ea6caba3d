"""Forms of generation: what pictures and clips are made of. What a film is put together from is read by `services.composing`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms

ASPECTS = [
    ("16:9", "16:9, wide"),
    ("9:16", "9:16, upright"),
    ("1:1", "1:1, square"),
    ("4:3", "4:3"),
    ("3:4", "3:4, portrait"),
]
MOST_AT_ONCE = 8
LONGEST_PROMPT = 2000


class PicturesForm(forms.Form):
    """More pictures for a session, or the first of a new one."""

    prompt = forms.CharField(
        label="What the pictures show",
        max_length=LONGEST_PROMPT,
        widget=forms.Textarea(
            attrs={"rows": 3, "placeholder": "A launch pad before sunrise, sodium lights, no people"}
        ),
    )
    count = forms.IntegerField(label="Pictures", min_value=1, max_value=MOST_AT_ONCE, initial=4)
    aspect_ratio = forms.ChoiceField(label="Shape", choices=ASPECTS, initial="16:9")
    model = forms.ChoiceField(label="Made by", required=False)
    seed = forms.IntegerField(
        label="Seed", required=False, min_value=0, max_value=2**31 - 1, help_text="The same seed makes the same again."
    )

    def __init__(self, *args: Any, models: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"] = forms.ChoiceField(label="Made by", required=False, choices=models)


class SessionForm(PicturesForm):
    cap_usd = forms.DecimalField(
        label="May cost at most, $",
        required=False,
        min_value=Decimal(0),
        max_digits=10,
        decimal_places=2,
        help_text="Nothing is ordered once it would pass this.",
    )


class ClipsForm(forms.Form):
    video_prompt = forms.CharField(
        label="How the picture moves",
        max_length=LONGEST_PROMPT,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Slow push in, then drift left"}),
    )
    seconds = forms.FloatField(label="Seconds a clip", min_value=1, max_value=16, initial=5)
    model = forms.ChoiceField(label="Made by", required=False)

    def __init__(self, *args: Any, models: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["model"] = forms.ChoiceField(label="Made by", required=False, choices=models)


class SettingsForm(forms.Form):
    title = forms.CharField(max_length=255, required=False)
    cap_usd = forms.DecimalField(
        label="May cost at most, $", required=False, min_value=Decimal(0), max_digits=10, decimal_places=2
    )
