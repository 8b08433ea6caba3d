"""Forms about languages, the people who have them, and what people can do."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from accounts.models import User
from core import languages
from core.errors import DomainError
from jobs.forms import OFFERED_LANGUAGES
from qc import queries
from qc.models import LanguageReview, LanguageSkill, ReviewComment
from qc.services.assignment import LINGUIST, REVIEWER, Candidate, suggest

R = User.Role


class PeopleForm(forms.Form):
    """Who works on a language and who reviews it. The best for it stand first, each with why."""

    linguist = forms.ChoiceField(required=False)
    reviewer = forms.ChoiceField(required=False)
    due_at = forms.DateTimeField(
        required=False,
        label="Due",
        help_text="In UTC. Empty: as the job.",
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )

    def __init__(self, *args: Any, review: LanguageReview, **more: Any) -> None:
        initial = {
            "linguist": str(review.linguist_id or ""),
            "reviewer": str(review.reviewer_id or ""),
            "due_at": review.due_at,
        }
        super().__init__(*args, **{**more, "initial": initial})
        # Production does both kinds of work where it has to.
        others = list(queries.members(review.output.job.organization_id, R.PRODUCTION).order_by("name", "email"))
        for name, person in ((LINGUIST, review.linguist), (REVIEWER, review.reviewer)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101  (both are made above)
            field.choices = choices(suggest(review.output, name), others, now=person)

    def clean_due_at(self) -> Any:
        due = self.cleaned_data["due_at"]
        if due and "due_at" in self.changed_data and due < timezone.now():
            raise forms.ValidationError("This moment is over.")
        return due


def choices(candidates: list[Candidate], others: list[User], *, now: User | None) -> list[Any]:
    able = [(str(one.user.pk), f"{one.user}: {', '.join(one.reasons)}") for one in candidates if one.level is not None]
    listed = {pk for pk, _ in able}
    rest = [(str(one.pk), str(one)) for one in others if str(one.pk) not in listed]
    if now is not None and str(now.pk) not in listed | {pk for pk, _ in rest}:
        rest.append((str(now.pk), str(now)))
    groups = [("Best first", able)] if able else []
    return [("", "Nobody"), *groups, *([("Production", rest)] if rest else [])]


class WordsForm(forms.Form):
    """What is said along with a move; no field where nothing is asked."""

    words = forms.CharField(max_length=5000, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args: Any, label: str, required: bool, help_text: str = "", **more: Any) -> None:
        super().__init__(*args, **more)
        if not label:
            del self.fields["words"]
            return
        field = self.fields["words"]
        field.label, field.required, field.help_text = label, required, help_text


class CommentForm(forms.Form):
    body = forms.CharField(label="Comment", max_length=5000, widget=forms.Textarea(attrs={"rows": 3}))
    cue = forms.IntegerField(
        label="Cue", required=False, min_value=1, help_text="Its number in the editor. Empty: the language as a whole."
    )
    category = forms.ChoiceField(required=False, choices=[("", "No error"), *ReviewComment.Category.choices])
    severity = forms.ChoiceField(required=False, choices=[("", "Not weighed"), *ReviewComment.Severity.choices])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("category")) != bool(cleaned.get("severity")):
            self.add_error(
                "severity", "An error has a category and a weight; a comment that counts nothing has neither."
            )
        return cleaned


class SkillForm(forms.Form):
    """A row of the page; empty rows say nothing."""

    language = forms.CharField(required=False, max_length=35, widget=forms.TextInput(attrs={"list": "known-languages"}))
    level = forms.TypedChoiceField(
        required=False, coerce=int, choices=LanguageSkill.Level.choices, initial=LanguageSkill.Level.EXPERT
    )
    weekly_minutes = forms.IntegerField(
        label="Minutes of film a week", required=False, min_value=0, max_value=10_080, initial=0
    )

    def clean_language(self) -> str:
        text = str(self.cleaned_data["language"]).strip()
        if not text:
            return ""
        by_name = {languages.name(tag).lower(): tag for tag in OFFERED_LANGUAGES}
        try:
            return languages.canonical(by_name.get(text.lower(), text))
        except DomainError as error:
            raise forms.ValidationError("This is no language: its name, or a tag such as pt-BR.") from error


SkillForms = forms.formset_factory(SkillForm, extra=3, max_num=60)
