"""Forms of films: what a film is, and its bible in plain text that people edit."""

from __future__ import annotations

from typing import Any

from django import forms

from chat.models import Film

ASPECTS = [
    ("16:9", "16:9, wide"),
    ("2.39:1", "2.39:1, scope"),
    ("4:3", "4:3"),
    ("1:1", "1:1, square"),
    ("9:16", "9:16, upright"),
]
QUALITIES = [("draft", "Draft"), ("standard", "Standard"), ("professional", "Professional")]


class FilmForm(forms.Form):
    title = forms.CharField(max_length=255)
    description = forms.CharField(max_length=5000, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    genre = forms.CharField(max_length=100, initial="Drama", widget=forms.TextInput(attrs={"list": "genres"}))
    episode_count = forms.IntegerField(label="Episodes", min_value=1, max_value=50, initial=1)
    target_audience = forms.CharField(label="Audience", max_length=100, initial="PG")
    episode_duration = forms.IntegerField(label="Minutes an episode", min_value=1, max_value=600, initial=25)
    aspect_ratio = forms.ChoiceField(label="Picture", choices=ASPECTS, initial="16:9")
    quality_tier = forms.ChoiceField(label="Finish", choices=QUALITIES, initial="professional")

    @classmethod
    def of(cls, film: Film, data: Any = None) -> FilmForm:
        settings = film.settings
        form = cls(
            data,
            initial={
                "title": film.project.name,
                "description": film.project.description,
                "genre": film.genre,
                "episode_count": film.episode_count,
                "target_audience": film.target_audience,
                "episode_duration": settings.get("episodeDuration", 25),
                "aspect_ratio": settings.get("aspectRatio", "16:9"),
                "quality_tier": settings.get("qualityTier", "professional"),
            },
        )
        form.keep("aspect_ratio", settings.get("aspectRatio", ""), ASPECTS)
        form.keep("quality_tier", settings.get("qualityTier", ""), QUALITIES)
        return form

    def keep(self, name: str, value: str, listed: list[tuple[str, str]]) -> None:
        """Programs may have set what is not in the list: it stays a choice."""
        if value and value not in dict(listed):
            self.fields[name] = forms.ChoiceField(label=self.fields[name].label, choices=[*listed, (value, value)])

    def settings(self) -> dict[str, Any]:
        """As a film keeps them."""
        wanted = self.cleaned_data
        return {
            "aspectRatio": wanted["aspect_ratio"],
            "episodeDuration": wanted["episode_duration"],
            "qualityTier": wanted["quality_tier"],
        }
