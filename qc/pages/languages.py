"""One language of a job: who has it, how far it is, what was said of it, and what can be done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts import policies
from accounts.models import User
from accounts.pages.parts import carry_out, paged, refusal, viewer
from core import languages
from core.errors import DomainError, NotFoundError, WrongStateError
from jobs.models import Job
from jobs.pages.views import find_job
from qc import queries, review_policies, workflows
from qc.events import editor
from qc.models import LanguageReview, ReviewComment
from qc.pages.forms import CommentForm, PeopleForm, WordsForm
from qc.services import assignment, comments

NO_LANGUAGE = "There is no such language in this job, or you have no access to it."


@dataclass(frozen=True)
class Act:
    """A move with a button. `words` is the label of what may be said along, empty when nothing is asked."""

    button: str
    icon: str
    done: str
    words: str = ""
    required: bool = False
    danger: bool = False


ACTS = {
    "start_work": Act("Start the work", "play", "The language is yours to work on."),
    "submit": Act("Submit for review", "send", "Submitted. The reviewer is told.", "Note for the reviewer"),
    "open_review": Act("Open the review", "play", "The review is open."),
    "approve": Act("Approve", "check", "Approved.", "Note for the linguist"),
    "reject": Act("Reject", "x", "Rejected. The linguist is told.", "What has to change", required=True, danger=True),
    "reopen": Act("Open it again", "retry", "Open again. The linguist is told.", "Note for the linguist"),
    "waive": Act("Waive the checks", "shield", "The checks are waived.", "Why it may break the style", required=True),
}
DOING: dict[str, Callable[[LanguageReview, User, str], object]] = {
    "start_work": lambda review, actor, _: workflows.start_work(review, actor=actor),
    "submit": lambda review, actor, words: workflows.submit(review, actor=actor, comment=words),
    "open_review": lambda review, actor, _: workflows.open_review(review, actor=actor),
    "approve": lambda review, actor, words: workflows.approve(review, actor=actor, comment=words),
    "reject": lambda review, actor, words: workflows.reject(review, actor=actor, reason=words),
    "reopen": lambda review, actor, words: workflows.reopen(review, actor=actor, comment=words),
    "waive": lambda review, actor, words: workflows.waive(review, actor=actor, reason=words),
}


def find(request: HttpRequest, job_id: uuid.UUID, lang: str) -> LanguageReview:
    job = find_job(request, job_id)
    visible = queries.detailed(LanguageReview.objects.visible_to(viewer(request)))
    review = visible.filter(output__job=job, output__language__iexact=lang).first()
    if review is None:
        raise NotFoundError(NO_LANGUAGE)
    review.output.job = job
    return review


def way_to(review: LanguageReview) -> str:
    return reverse("qc:language", args=[review.output.job_id, review.output.language])


def crumbs(review: LanguageReview) -> list[tuple[str, str]]:
    job = review.output.job
    return [
        ("Jobs", reverse("jobs:list")),
        (job.title, reverse("jobs:detail", args=[job.pk])),
        (languages.name(review.output.language), way_to(review)),
    ]


def offered(review: LanguageReview, user: User) -> list[tuple[str, Act]]:
    """What has a button here, in the order of the table."""
    verbs = [verb for verb in workflows.allowed_actions(review, user) if verb in ACTS]
    job = review.output.job
    waivable = job.profile_required and not review.waiver and not job.is_read_only and review.state in workflows.OPEN
    if waivable and review_policies.may(user, "waive", review):
        verbs.append("waive")
    return [(verb, ACTS[verb]) for verb in verbs]


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def language(request: HttpRequest, job_id: uuid.UUID, lang: str) -> HttpResponse:
    """POST says something of it."""
    review, user = find(request, job_id, lang), viewer(request)
    review_policies.require(user, "comment", review)
    form, status = CommentForm(), None
    if request.method == "POST":
        form = CommentForm(request.POST)
        status = refusal(form, lambda: _say(review, form.cleaned_data, author=user))
        if status is None:
            messages.success(request, "Said.")
            return redirect(f"{way_to(review)}#comments")
    said = paged(request, queries.comments(review))
    progress = queries.progress([review])[review.pk]
    job = review.output.job
    context: dict[str, Any] = {
        "review": review,
        "job": job,
        "output": review.output,
        "progress": progress,
        "read": len(progress.reviewed),
        "due": review.due_at or job.due_at,
        "acts": offered(review, user),
        "may_assign": review.state in workflows.OPEN
        and not job.is_read_only
        and bool(review_policies.may(user, "assign", review)),
        "editor": editor(review),
        "page": said,
        "form": form,
        "crumbs": crumbs(review)[:-1],
    }
    return render(request, "qc/language.html", context, status=status or 200)


def _say(review: LanguageReview, said: dict[str, Any], *, author: User) -> ReviewComment:
    return comments.add_comment(
        review,
        body=said["body"],
        author=author,
        cue_index=said["cue"] - 1 if said["cue"] else None,
        category=said["category"],
        severity=said["severity"],
    )


@login_required
@never_cache
@require_POST
def settle(request: HttpRequest, job_id: uuid.UUID, lang: str, comment_id: uuid.UUID) -> HttpResponse:
    """Settled, or open again."""
    review, user = find(request, job_id, lang), viewer(request)
    comment = ReviewComment.objects.filter(review=review, pk=comment_id).first()
    if comment is None:
        raise NotFoundError("There is no such comment.")
    comment.review = review
    policies.require(user, "qc.comment.settle", comment)
    resolved = request.POST.get("resolved") == "1"
    return carry_out(
        request,
        lambda: comments.change_comment(comment, actor=user, changes={"resolved": resolved}),
        done="Settled." if resolved else "Open again.",
        to=f"{way_to(review)}#comments",
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, job_id: uuid.UUID, lang: str) -> HttpResponse:
    """Who has the language, who reviews it, until when."""
    review, user = find(request, job_id, lang), viewer(request)
    review_policies.require(user, "assign", review)
    form = PeopleForm(request.POST if request.method == "POST" else None, review=review)
    status = None
    if request.method == "POST":
        status = refusal(form, lambda: _assign(review, form.cleaned_data, actor=user))
        if status is None:
            messages.success(request, f"{languages.name(review.output.language)} is given.")
            return redirect("jobs:detail", job_id=review.output.job_id)
    context = {
        "form": form,
        "heading": f"Who does {languages.name(review.output.language)}",
        "button": "Assign",
        "back": reverse("jobs:detail", args=[review.output.job_id]),
        "crumbs": crumbs(review)[:-1],
        "section": "jobs",
    }
    return render(request, "accounts/form_page.html", context, status=status or 200)


def _assign(review: LanguageReview, wanted: dict[str, Any], *, actor: User) -> None:
    named = {name: wanted[name] for name in ("linguist", "reviewer") if wanted[name]}
    if not named:
        raise DomainError("Nobody is named.")
    found = {str(one.pk): one for one in queries.found_for(review.output.job, actor).filter(pk__in=named.values())}
    if set(named.values()) - set(found):
        raise NotFoundError("Somebody of these is not here any more.")
    chosen = {name: found[pk] for name, pk in named.items()}
    assignment.assign_people(review, actor=actor, due_at=wanted["due_at"], **chosen)


@login_required
@never_cache
@require_POST
def auto_assign(request: HttpRequest, job_id: uuid.UUID) -> HttpResponse:
    job: Job = find_job(request, job_id)
    policies.require(viewer(request), "qc.languages.assign", job)
    outcomes = assignment.assign_by_rule(job, actor=viewer(request))
    for one in outcomes:
        name = languages.name(one.language)
        if one.ok:
            messages.success(request, f"{name}: {one.detail}")
        else:
            messages.error(request, f"{name}: {one.detail}")
    if not outcomes:
        messages.info(request, "Every language has somebody.")
    return redirect("jobs:detail", job_id=job.pk)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def act(request: HttpRequest, job_id: uuid.UUID, lang: str, verb: str) -> HttpResponse:
    """GET asks what is said along; POST does it."""
    if verb not in ACTS:
        raise Http404
    review, user = find(request, job_id, lang), viewer(request)
    review_policies.require(user, verb, review)
    about = ACTS[verb]
    form = WordsForm(request.POST if request.method == "POST" else None, label=about.words, required=about.required)
    status = None
    if request.method == "POST":
        status = refusal(form, lambda: _do(verb, review, user, form.cleaned_data.get("words", "")))
        if status is None:
            messages.success(request, about.done)
            return redirect(editor(review) if verb in {"start_work", "open_review"} else way_to(review))
    context = {
        "form": form,
        "heading": f"{about.button}: {languages.name(review.output.language)} of “{review.output.job}”",
        "button": about.button,
        "back": way_to(review),
        "crumbs": crumbs(review),
        "section": "jobs",
    }
    return render(request, "accounts/form_page.html", context, status=status or 200)


def _do(verb: str, review: LanguageReview, actor: User, words: str) -> None:
    try:
        DOING[verb](review, actor, words)
    except WrongStateError as error:
        if "current_status" not in error.details:
            raise
        now = LanguageReview.State(error.details["current_status"]).label.lower()
        raise WrongStateError(
            f"“{ACTS[verb].button}” is not possible any more: the language is {now} by now."
        ) from error
