"""Pages of generation: the list, and the one page on which a session goes from words to a film."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies
from accounts.models import User
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from ai import services as ai
from core.errors import DomainError
from core.live.events import last_seq
from core.templatetags.ui import dollars
from generation import events
from generation.models import GenerationSession, Preset, Round
from generation.pages import film_form
from generation.pages.forms import ClipsForm, PicturesForm, SessionForm, SettingsForm
from generation.pages.shown import Shown, shown, stages
from generation.policies import CHANGE, DELETE
from generation.queries import listing
from generation.queries import sessions as reads
from generation.services import costs, estimating, images, presets, sessions
from media_library.queries import links

UNKNOWN = "There is no such session, or you have no access to it."
STATUSES = [("choosing", "Waits for you"), ("working", "At work"), ("completed", "Completed"), ("failed", "Failed")]
S = GenerationSession.Status
GROUPS: dict[str, tuple[str, ...]] = {
    "choosing": (S.CREATED, S.CHOOSING_IMAGES, S.CHOOSING_CLIPS),
    "working": (S.GENERATING_IMAGES, S.GENERATING_CLIPS, S.COMPOSING),
    "completed": (S.COMPLETED,),
    "failed": (S.FAILED, S.CANCELLED),
}
LOCAL_NOTE = (
    "No service for pictures is set up here. Pictures come from your library, found by what your words mean, or are drawn as storyboard "
    "cards; clips are camera moves over them. Each says which it is."
)


def find_session(request: HttpRequest, session_id: uuid.UUID, *, action: str = "") -> GenerationSession:
    session: GenerationSession = found(
        GenerationSession.objects.visible_to(viewer(request)).select_related("owner", "final"), session_id, UNKNOWN
    )
    if action:
        policies.require(viewer(request), action, session)
    return session


def model_choices(kind: str) -> list[tuple[str, str]]:
    """What can be asked for, with its price; the first is what is taken when nobody chooses."""
    rows = [one for one in estimating.models() if one.kind == kind]
    per = {"image": "a picture", "second": "a second"}
    return [
        ("", "What is best here"),
        *((one.name, f"{one.name}, {dollars(one.price_usd)} {per[one.per]}" if one.price_usd else f"{one.name}, free") for one in rows),
    ]  # fmt: skip


def priced(
    session: GenerationSession | None, kind: str, user: User, *, count: int, seconds: float = 8.0, model: str = ""
) -> str:
    """What it would cost, for a button; empty where it costs nothing."""
    try:
        whole = estimating.estimate(session, kind, user=user, count=count, seconds=seconds, model=model)
    except DomainError:
        return ""
    return f"about {dollars(whole.usd)}" if whole.usd else ""


@dataclass(frozen=True)
class ListCard:
    session: GenerationSession
    picture: str
    images: int
    clips: int
    cost: Decimal


def list_cards(page: Any) -> list[ListCard]:
    rows = list(page)
    firsts = listing.first_pictures(rows)
    pictures = links.pictures(firsts.values())
    spent = listing.spent(rows)
    made = []
    for session in rows:
        asset = firsts.get(session.pk)
        still = pictures.get(asset.pk, asset) if asset else None
        made.append(
            ListCard(
                session, links.link(still, inline=True) if still else "", session.images, session.clips,
                spent.get(session.pk, Decimal(0)),
            )
        )  # fmt: skip
    return made


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def session_list(request: HttpRequest) -> HttpResponse:
    user, status, preset = viewer(request), None, chosen_preset(request)
    models = model_choices(Round.Kind.IMAGES)
    form = SessionForm(models=models, initial=preset.values if preset else None)
    if request.method == "POST":
        form = SessionForm(request.POST, models=models)
        made: list[GenerationSession] = []
        status = refusal(form, lambda: made.append(begun(user, form.cleaned_data)))
        if status is None:
            return redirect("generation:session", made[0].pk)
    q, wanted = words(request), request.GET.get("status", "")
    rows = reads.own(user)
    rows = rows.filter(Q(prompt__icontains=q) | Q(title__icontains=q)) if q else rows
    rows = rows.filter(status__in=GROUPS[wanted]) if wanted in GROUPS else rows
    page = paged(request, listing.counted(rows).order_by("-created_at", "-pk"))
    engine = ai.engine_for("generate_image")
    context = {
        "page": page,
        "cards": list_cards(page),
        "form": form,
        "presets": Preset.objects.filter(owner=user).order_by("name", "pk")[:50],
        "chosen_preset": preset.pk if preset else None,
        "estimate": said(priced(None, Round.Kind.IMAGES, user, count=count_of(form["count"].value()))),
        "local_note": LOCAL_NOTE if engine is None or engine.provider == "local" else "",
        "q": q,
        "status": wanted if wanted in GROUPS else "",
        "statuses": STATUSES,
        "total": page.paginator.count or q or wanted,
    }
    return render(request, "generation/sessions.html", context, status=status or 200)


def chosen_preset(request: HttpRequest) -> Preset | None:
    try:
        wanted = uuid.UUID(request.GET.get("preset", ""))
    except ValueError:
        return None
    return Preset.objects.visible_to(viewer(request)).filter(pk=wanted).first()


def begun(user: User, wanted: dict[str, Any]) -> GenerationSession:
    """A session whose first pictures are on their way. Refused as a whole: no session stays without them."""
    session = sessions.begin(
        user, prompt=wanted["prompt"], aspect_ratio=wanted["aspect_ratio"], cap_usd=wanted["cap_usd"]
    )
    try:
        images.make(session, actor=user, count=wanted["count"], model=wanted["model"], seed=wanted["seed"])
    except DomainError:
        sessions.delete(session, actor=user)
        raise
    return session


def count_of(text: object) -> int:
    """How many pictures a form asks for; none where that is no number."""
    written = str(text)
    return min(int(written), images.MOST) if written.isascii() and written.isdigit() and len(written) < 6 else 0


def said(price: str) -> str:
    return f"Costs {price}." if price else "Costs nothing here."


@login_required
@never_cache
@require_GET
def estimate(request: HttpRequest) -> HttpResponse:
    """What the pictures of the form would cost, in a sentence."""
    number = count_of(request.GET.get("count", ""))
    price = priced(None, Round.Kind.IMAGES, viewer(request), count=number, model=request.GET.get("model", "")[:120])
    return HttpResponse(said(price), content_type="text/html; charset=utf-8")


@login_required
@never_cache
@require_GET
def session_page(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    return show(request, find_session(request, session_id))


def show(
    request: HttpRequest,
    session: GenerationSession,
    *,
    images_form: PicturesForm | None = None,
    clips_form: ClipsForm | None = None,
    film: film_form.Filled | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "socket": f"/ws/{session.pk}",
        "after": last_seq(events.stream_of(session.pk)),
        "settings_form": SettingsForm(initial={"title": session.title, "cap_usd": session.cap_usd}),
        **parts(request, session, images_form=images_form, clips_form=clips_form, film=film),
    }
    return render(request, "generation/session.html", context, status=status)


@login_required
@never_cache
@require_GET
def stages_part(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id)
    return render(request, "generation/partials/_stages.html", parts(request, session))


def parts(
    request: HttpRequest,
    session: GenerationSession,
    *,
    images_form: PicturesForm | None = None,
    clips_form: ClipsForm | None = None,
    film: film_form.Filled | None = None,
) -> dict[str, Any]:
    user, seen = viewer(request), shown(session)
    filled = film or film_form.filled(session, user)
    final = film_form.final_shown(session, seen)
    last_clips = seen.newest(Round.Kind.CLIPS)
    seconds = float((last_clips.plan.get("seconds") if last_clips else None) or 5.0)
    picked = len(seen.picked)
    return {
        "session": session,
        "stages": stages(seen, wish_version=filled.version, final=final is not None, stale=bool(final and final.stale)),
        "images": seen.images,
        "clips": seen.clips,
        "images_picked": picked,
        "clips_picked": len(seen.film),
        "pickable_images": any(card.url for card in seen.images),
        "pickable_clips": any(card.url for card in seen.clips),
        "busy": seen.running is not None,
        "film_length": f"{seen.length:.1f} s",
        "images_form": images_form or pictures_form(session),
        "clips_form": clips_form or motions_form(session, seconds),
        "images_estimate": priced(session, Round.Kind.IMAGES, user, count=4),
        "clips_estimate": priced(session, Round.Kind.CLIPS, user, count=max(picked, 1), seconds=seconds),
        "costs": cost_shown(session, seen),
        "history": seen.rounds[:12],
        "final": final,
        **filled.context(),
    }


def pictures_form(session: GenerationSession, data: Any = None) -> PicturesForm:
    initial = {"prompt": session.prompt, "aspect_ratio": session.aspect_ratio}
    return PicturesForm(data, models=model_choices(Round.Kind.IMAGES), initial=initial, auto_id="images_%s")


def motions_form(session: GenerationSession, seconds: float = 5.0, data: Any = None) -> ClipsForm:
    initial = {"video_prompt": session.video_prompt, "seconds": seconds}
    return ClipsForm(data, models=model_choices(Round.Kind.CLIPS), initial=initial, auto_id="clips_%s")


def cost_shown(session: GenerationSession, seen: Shown) -> dict[str, Any]:
    spent: costs.Costs = seen.spent
    rows = [{"label": cost_label(row), "cost": row.cost} for row in spent.rows]
    percent = int(min(spent.exact / session.cap_usd * 100, Decimal(100))) if session.cap_usd else 100
    return {
        "rows": rows,
        "total": spent.total,
        "estimated": spent.estimated,
        "local": any(row.service.startswith("local_") for row in spent.rows),
        "percent": percent,
        "version": f"{spent.exact}-{spent.estimated}-{len(rows)}-{session.cap_usd}-{len(seen.rounds)}-{seen.running is None}",
    }


def cost_label(row: costs.Cost) -> str:
    count = row.details.get("num_images")
    if count is not None:
        return f"{count} picture{'' if count == 1 else 's'}, {row.details['model']}"
    return f"{row.details.get('duration_seconds', 0):g} s of clips, {row.details['model']}"


@login_required
@require_POST
def settings(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id, action=CHANGE)
    form = SettingsForm(request.POST)
    status = refusal(
        form,
        lambda: sessions.change(
            session, actor=viewer(request), title=form.cleaned_data["title"], cap_usd=form.cleaned_data["cap_usd"]
        ),
    )
    if status is None:
        messages.success(request, "The settings are saved.")
    else:
        for problem in [text for texts in form.errors.values() for text in texts]:
            messages.error(request, str(problem))
    return redirect("generation:session", session_id)


@login_required
@require_POST
def delete(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id, action=DELETE)
    if "sure" not in request.POST:
        return ask(
            request,
            Question(
                title=f"Delete “{session}”?",
                follows="The session goes, with its choices. What was made stays in your files.",
                button="Delete the session",
                back=reverse("generation:session", args=[session_id]),
                crumbs=[("Generate", reverse("generation:sessions"))],
                kept=[("sure", "yes")],
                section="generate",
            ),
        )
    return carry_out(
        request,
        lambda: sessions.delete(session, actor=viewer(request)),
        done="The session is deleted.",
        to=reverse("generation:sessions"),
    )


@login_required
@require_POST
def preset_save(request: HttpRequest, session_id: uuid.UUID) -> HttpResponse:
    session = find_session(request, session_id, action=CHANGE)
    name = request.POST.get("name", "").strip()[:120]
    return carry_out(
        request,
        lambda: presets.create(viewer(request), name=name, values=worth_keeping(session)),
        done=f"The preset “{name}” is saved.",
        to=reverse("generation:session", args=[session_id]),
    )


def worth_keeping(session: GenerationSession) -> dict[str, Any]:
    """How this session was made, as the forms of the next one read it."""
    kept: dict[str, Any] = {"aspect_ratio": session.aspect_ratio, "video_prompt": session.video_prompt}
    for made in session.rounds.order_by("created_at", "pk"):
        if made.kind == Round.Kind.IMAGES:
            kept |= {"count": made.plan.get("count", 4), "model": made.plan.get("model", "")}
        elif made.kind == Round.Kind.CLIPS:
            kept |= {"seconds": made.plan.get("seconds"), "clip_model": made.plan.get("model", "")}
    wish = {name: value for name, value in session.composition.items() if name not in {"overlays", "audio_id"}}
    return {**kept, "composition": wish}


@login_required
@require_POST
def preset_delete(request: HttpRequest, preset_id: uuid.UUID) -> HttpResponse:
    preset = found(Preset.objects.filter(owner=viewer(request)), preset_id, "There is no such preset.")
    return carry_out(
        request,
        lambda: presets.delete(preset, actor=viewer(request)),
        done=f"The preset “{preset}” is deleted.",
        to=reverse("generation:sessions"),
    )
