"""Scorecards: what reviewers found, by person and language."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts import policies
from accounts.pages.parts import viewer
from core import languages, spreadsheets
from qc.models import ReviewComment
from qc.services.scoring import COUNTED, WEIGHTS, Card, scorecards

LABELS = dict(ReviewComment.Category.choices)
SEVERITIES = list(ReviewComment.Severity.choices)


@login_required
@never_cache
@require_GET
def scores(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    policies.require(user, "qc.scores.see")
    every = scorecards(user)
    tags = sorted({card.language for card in every}, key=languages.name)
    language = request.GET.get("language", "")
    cards = [card for card in every if not language or card.language == language]
    context = {
        "rows": [_row(card) for card in cards],
        "languages": tags,
        "language": language if language in tags else "",
        "severities": [(label, WEIGHTS[ReviewComment.Severity(key)]) for key, label in SEVERITIES],
        "own": not any(card.person != user for card in every),
    }
    return render(request, "qc/scores.html", context)


def _row(card: Card) -> dict[str, Any]:
    return {
        "card": card,
        "severities": [(label, card.of_severity(key)) for key, label in SEVERITIES],
        "categories": [(LABELS[key], card.of_category(key)) for key in COUNTED if card.of_category(key)],
        "months": [
            (month, tally.score) for month, tally in sorted(card.months.items())[-6:] if tally.score is not None
        ],
    }


@login_required
@never_cache
@require_GET
def file(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    policies.require(user, "qc.scores.see")
    head = ["linguist", "language", "works", "cues", "errors", "points", "errors per 100 cues, weighted", "trend"]
    head += [label.lower() for _, label in SEVERITIES] + [LABELS[key].lower() for key in COUNTED]
    rows = [
        [
            str(card.person),
            card.language,
            card.works,
            card.whole.cues,
            card.found,
            card.whole.points,
            "" if card.whole.score is None else card.whole.score,
            "" if card.trend is None else card.trend,
            *(card.of_severity(key) for key, _ in SEVERITIES),
            *(card.of_category(key) for key in COUNTED),
        ]
        for card in scorecards(user, language=request.GET.get("language", "")[:35])
    ]
    return spreadsheets.download("linguist-scores.csv", head, rows)
