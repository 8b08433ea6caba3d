"""Doors of a session's page: more pictures, the choice between them, clips, and what is done to one take."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.pages.parts import carry_out, refusal, sentence_of, viewer
from core.errors import DomainError, InvalidFieldError
from generation.models import GenerationSession, Round, Take
from generation.pages.sessions import find_session, motions_form, pictures_form, priced, show
from generation.pages.shown import Card, shown
from generation.policies import CHANGE
from generation.services import approving, clips, images, rounds, storyboard

KINDS = {Take.Kind.IMAGE.value, Take.Kind.CLIP.value}
NONE_TICKED = {Take.Kind.IMAGE.value: "Tick at least one picture.", Take.Kind.CLIP.value: "Tick at least one clip."}


def way_back(session_id: uuid.UUID, stage: str) -> str:
    return f"{reverse('generation:session', args=[session_id])}#stage-{stage}"


@login_required
@require_POST
def more_images(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id, action=CHANGE)
    form = pictures_form(session, request.POST)
    names = ("prompt", "count", "aspect_ratio", "model", "seed")
    status = refusal(
        form, lambda: images.make(session, actor=viewer(request), **{name: form.cleaned_data[name] for name in names})
    )
    if status is None:
        return redirect(way_back(session_id, "images"))
    return show(request, session, images_form=form, status=status)


@login_required
@require_POST
def make_clips(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id, action=CHANGE)
    form = motions_form(session, data=request.POST)
    names = ("video_prompt", "seconds", "model")
    status = refusal(
        form, lambda: clips.make(session, actor=viewer(request), **{name: form.cleaned_data[name] for name in names})
    )
    if status is None:
        return redirect(way_back(session_id, "clips"))
    return show(request, session, clips_form=form, status=status)


@login_required
@require_POST
def pick(request: HttpRequest, session_id: uuid.UUID, kind: str) -> HttpResponse:
    """What is ticked is approved, those of the film in the order they have there already."""
    if kind not in KINDS:
        raise Http404
    session = find_session(request, session_id, action=CHANGE)
    ticked = request.POST.getlist("take")
    seen = shown(session)
    before = [str(card.take.pk) for card in (seen.film if kind == Take.Kind.CLIP else seen.picked)]
    kept = [one for one in before if one in ticked]
    chosen = [*kept, *(one for one in ticked if one not in kept)]
    stage = "images" if kind == Take.Kind.IMAGE else "clips"
    following = {"images": "clips", "clips": "titles"}[stage]
    if not chosen:
        messages.error(request, NONE_TICKED[kind])
        return redirect(way_back(session_id, stage))
    count = len(set(chosen))
    return carry_out(
        request,
        lambda: approving.approve(session, kind, chosen, actor=viewer(request)),
        done=f"{count} {'picture' if kind == Take.Kind.IMAGE else 'clip'}{'' if count == 1 else 's'} chosen.",
        to=way_back(session_id, following),
        back=way_back(session_id, stage),
    )


@login_required
@require_POST
def move(request: HttpRequest, session_id: uuid.UUID, take_id: uuid.UUID) -> HttpResponse:
    """One place earlier or later in the film."""
    session = find_session(request, session_id, action=CHANGE)
    order = [card.take.pk for card in shown(session).film]
    back = way_back(session_id, "clips")
    if take_id not in order:
        messages.error(request, "This clip is not in the film.")
        return redirect(back)
    at = order.index(take_id)
    to = min(max(at + (-1 if request.POST.get("by") == "-1" else 1), 0), len(order) - 1)
    order.insert(to, order.pop(at))
    return carry_out(
        request, lambda: storyboard.order(session, order, actor=viewer(request)), done="The order is changed.", to=back
    )


@login_required
@require_POST
def round_act(request: HttpRequest, session_id: uuid.UUID, round_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id, action=CHANGE)
    found = rounds.find(session, round_id)
    again = request.POST.get("act") == "retry"
    change = rounds.retry if again else rounds.cancel
    return carry_out(
        request,
        lambda: change(found, actor=viewer(request)),
        done="It is tried again." if again else "It is being stopped.",
        to=reverse("generation:session", args=[session_id]),
    )


def card_of(session: GenerationSession, take: Take) -> Card | None:
    """As the page of the session shows it, or the one that has replaced it."""
    seen = shown(session)
    for card in [*seen.images, *seen.clips]:
        if card.take.pk == take.pk or any(one.take.pk == take.pk for one in card.variants):
            return card
    return None


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def take(request: HttpRequest, session_id: uuid.UUID, take_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id, action=CHANGE if request.method == "POST" else "")
    found = storyboard.find(session, take_id)
    card = card_of(session, found)
    if card is None:
        return redirect("generation:session", session_id)
    problem, status = "", 200
    if request.method == "POST":
        try:
            said = act(request, session, card.take)
        except DomainError as error:
            problem, status = sentence_of(error), error.status_code
        else:
            messages.success(request, said)
            stage = "images" if card.take.kind == Take.Kind.IMAGE else "clips"
            return redirect(way_back(session_id, stage))
    kind = Round.Kind.IMAGES if card.take.kind == Take.Kind.IMAGE else Round.Kind.CLIPS
    price = priced(session, kind, viewer(request), count=1, seconds=card.take.seconds or 8.0)
    context: dict[str, Any] = {
        "session": session,
        "card": card,
        "take": card.take,
        "problem": problem,
        "estimate": price,
        "longest": f"{card.take.seconds or 0:.2f}",
        "trim_start": f"{card.take.trim_start or 0:.2f}",
        "trim_end": f"{card.take.seconds or 0:.2f}" if card.take.trim_end is None else f"{card.take.trim_end:.2f}",
    }
    return render(request, "generation/take.html", context, status=status)


def act(request: HttpRequest, session: GenerationSession, chosen: Take) -> str:
    """Does what the form asks for. What has happened, in a sentence."""
    actor, wish = viewer(request), request.POST.get("act", "")
    if wish == "again":
        seed = request.POST.get("seed", "").strip()
        if seed and not (seed.isascii() and seed.isdigit()):
            raise InvalidFieldError("A seed is a whole number.", field="seed")
        storyboard.again(chosen, actor=actor, prompt=request.POST.get("prompt", ""), seed=int(seed) if seed else None)
        return "It is being made again."
    if wish == "trim":
        storyboard.trim(chosen, number(request, "start"), number(request, "end"), actor=actor)
        storyboard.caption(chosen, request.POST.get("caption", ""), actor=actor)
        return "Trim and caption are saved."
    if wish == "choose":
        try:
            wanted = uuid.UUID(request.POST.get("variant", ""))
        except ValueError as error:
            raise InvalidFieldError("Choose one of the earlier tries.", field="variant") from error
        storyboard.choose_variant(storyboard.find(session, wanted), actor=actor)
        return "The earlier try is back."
    if wish == "remove":
        storyboard.remove(chosen, actor=actor)
        return "It is left out."
    raise InvalidFieldError("Choose what to do.", field="act")


def number(request: HttpRequest, name: str) -> float | None:
    text = request.POST.get(name, "").strip()
    if not text:
        return None
    try:
        return float(text)
    except ValueError as error:
        raise InvalidFieldError("Write a time in seconds.", field=name) from error
