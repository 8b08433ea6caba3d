"""The bible as forms: one text for each section that is words, a row of fields for each place, person and episode."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from chat.films import acts_text

ROWS_TO_ADD = 1
MOST_ROWS = 60


def text(label: str, *, rows: int = 2, hint: str = "", most: int = 4000) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, max_length=most, help_text=hint, widget=forms.Textarea(attrs={"rows": rows})
    )


def line(label: str, most: int = 600) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=most)


class WordsForm(forms.Form):
    logline = text("Logline", most=1000)
    themes = text("Themes", rows=3, hint="One a line.")
    genre = line("Genre", 100)
    tone = line("Tone")
    look = text("Look", rows=3)
    structure = line("Structure of the outline", 120)
    conflict = text("Conflict", rows=3)
    acts = text("Acts", rows=10, hint="A line “# Act one”, below it “- Beat: what happens” for every beat.", most=40000)
    approach = line("Approach of the storyboard", 120)
    notes = text("Notes for the storyboard", rows=4, hint="One a line.", most=40000)

    @classmethod
    def of(cls, content: Mapping[str, Any]) -> WordsForm:
        outline, storyboard = content["outline"], content["storyboard"]
        plain = {name: content[name] for name in ("logline", "genre", "tone", "look")}
        return cls(
            initial={
                **plain,
                "themes": "\n".join(content["themes"]),
                "structure": outline["structure"],
                "conflict": outline["conflict"],
                "acts": acts_text.written(outline["acts"]),
                "approach": storyboard["approach"],
                "notes": "\n".join(storyboard["notes"]),
            }
        )

    def sections(self) -> dict[str, Any]:
        said = self.cleaned_data
        return {
            **{name: said[name] for name in ("logline", "genre", "tone", "look")},
            "themes": lines(said["themes"]),
            "outline": {
                "structure": said["structure"],
                "conflict": said["conflict"],
                "acts": acts_text.read(said["acts"]),
            },
            "storyboard": {"approach": said["approach"], "notes": lines(said["notes"])},
        }


class PlaceForm(forms.Form):
    name = line("Name", 120)
    period = line("When", 120)
    description = text("Description", rows=3)


class PersonForm(forms.Form):
    name = line("Name", 120)
    role = line("Role")
    want = line("Wants")
    need = line("Needs")
    flaw = line("Flaw")
    look = text("Look")


class EpisodeForm(forms.Form):
    number = forms.IntegerField(label="Number", min_value=1, max_value=50, required=False)
    title = line("Title", 120)
    logline = text("Logline", most=600)
    acts = text("Acts", rows=6, most=40000)
    cliffhanger = line("Cliffhanger")


def form_set(form: type[forms.Form]) -> type[forms.BaseFormSet[Any]]:
    return forms.formset_factory(form, extra=ROWS_TO_ADD, max_num=MOST_ROWS, validate_max=True)


PLACES, PEOPLE, EPISODES = form_set(PlaceForm), form_set(PersonForm), form_set(EpisodeForm)


class BibleForms:
    """All of them together, from what the bible holds or from what somebody sent. An emptied row takes its entry out."""

    def __init__(self, content: Mapping[str, Any], data: Any = None) -> None:
        episodes = [{**one, "acts": acts_text.written(one["acts"])} for one in content["episodes"]]
        self.words = WordsForm(data) if data is not None else WordsForm.of(content)
        self.places = PLACES(data, initial=content["settings"], prefix="places")
        self.people = PEOPLE(data, initial=content["characters"], prefix="people")
        self.episodes = EPISODES(data, initial=episodes, prefix="episodes")

    @property
    def rows(self) -> list[tuple[str, forms.BaseFormSet[Any]]]:
        return [("Places", self.places), ("Characters", self.people), ("Episodes", self.episodes)]

    def is_valid(self) -> bool:
        return all([self.words.is_valid(), *(rows.is_valid() for _, rows in self.rows)])

    def sections(self) -> dict[str, Any]:
        numbered = [one for one in filled(self.episodes) if one.get("number")]
        return {
            **self.words.sections(),
            "settings": filled(self.places),
            "characters": filled(self.people),
            "episodes": [{**one, "acts": acts_text.read(one["acts"])} for one in numbered],
        }


def filled(rows: forms.BaseFormSet[Any]) -> list[dict[str, Any]]:
    return [form.cleaned_data for form in rows if any(form.cleaned_data.values())]


def lines(words: str) -> list[str]:
    return [one.strip() for one in words.splitlines() if one.strip()]
