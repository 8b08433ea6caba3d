"""Pages of transcripts: the list, and one with its reader, speakers, files and history."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from accounts import policies
from accounts.pages.parts import carry_out, found, paged, refusal, viewer, words
from accounts.services import foreign_reads
from core import languages
from core.rest.body import MIB
from media_library import policies as _rules  # noqa: F401  (registers the rules of the library)
from media_library.models import Segment, Speaker, Transcript
from media_library.pages import transcript_shown
from media_library.pages.asset_shown import made_of, proposals
from media_library.pages.player import player_of, start_of
from media_library.pages.transcript_forms import (
    IdentifyForm,
    ImportForm,
    LanguageForm,
    MergeForm,
    NameForm,
    SegmentForm,
)
from media_library.queries import transcripts as queries
from media_library.services import editing, history, identifying, naming, speakers, transcript_files, transcripts

UNKNOWN = "Transcript not found"
CHANGE = "media_library.transcript.change"
PARTS = {
    "words": "media_library/partials/_transcript_words.html",
    "history": "media_library/partials/_transcript_history.html",
    "speakers": "media_library/partials/_transcript_speakers.html",
}
SORTS = (("newest", "Newest"), ("changed", "Last changed"), ("name", "Name"))


def find_transcript(request: HttpRequest, transcript_id: uuid.UUID) -> Transcript:
    rows = Transcript.objects.visible_to(viewer(request)).select_related("asset__project", "asset__run", "edited_by")
    transcript = found(rows, transcript_id, UNKNOWN)
    foreign_reads.note(viewer(request), transcript.asset)
    return transcript


def to_change(request: HttpRequest, transcript_id: uuid.UUID) -> Transcript:
    transcript = find_transcript(request, transcript_id)
    policies.require(viewer(request), CHANGE, transcript)
    return transcript


def way_to(transcript: Transcript, place: str = "") -> str:
    return reverse("media_library:transcript", args=[transcript.pk]) + place


@login_required
@never_cache
@require_GET
def transcript_list(request: HttpRequest) -> HttpResponse:
    user = viewer(request)
    said = {name: request.GET.get(name, "").strip()[:200] for name in ("language", "speaker", "status")}
    sort = request.GET.get("sort", "")
    wanted = queries.Filters(q=words(request), sort=sort if sort in queries.SORTS else "newest", **said)
    spoken = queries.languages_in(user)
    context: dict[str, Any] = {
        "page": paged(request, queries.listed(user, wanted)),
        "q": wanted.q,
        "wanted": wanted,
        "filtered": any(said.values()),
        "kept": [(name, value) for name, value in (*said.items(), ("sort", sort)) if value],
        "languages": sorted(((code, languages.name(code)) for code in spoken), key=lambda pair: pair[1]),
        "people": queries.speakers_in(user),
        "statuses": queries.STATUSES.items(),
        "sorts": SORTS,
    }
    return render(request, "media_library/transcripts.html", context)


@login_required
@never_cache
@require_GET
def transcript(request: HttpRequest, transcript_id: uuid.UUID) -> HttpResponse:
    return page_of(request, find_transcript(request, transcript_id))


def page_of(
    request: HttpRequest, shown: Transcript, *, status: int = 200, forms: dict[str, Any] | None = None
) -> HttpResponse:
    if request.GET.get("part") == "busy":
        return still_busy(request, shown)
    reader = transcript_shown.reader_of(shown, viewer(request))
    context: dict[str, Any] = {"transcript": shown, "asset": shown.asset, "reader": reader}
    part = request.GET.get("part", "")
    if part in PARTS:
        return render(request, PARTS[part], {**context, "history": queries.history_of(shown)})
    context |= {
        "player": player_of(
            shown.asset, made=made_of(shown.asset), transcript=shown, start=start_of(request.GET.get("t"))
        ),
        "proposals": [one for one in proposals(shown.asset) if one.suggestion.kind == "speakers"]
        if reader.may_change
        else [],
        "history": queries.history_of(shown),
        "identify_form": IdentifyForm(),
        "language_form": LanguageForm(initial={"language": shown.language}),
        "import_form": ImportForm(),
        "run": queries.listening(shown),
        "milliseconds": None if shown.asset.duration is None else shown.asset.duration * 1000,
    }
    if reader.may_change:
        context |= segment_being_edited(request, shown)
    return render(request, "media_library/transcript.html", context | (forms or {}), status=status)


def still_busy(request: HttpRequest, shown: Transcript) -> HttpResponse:
    """How far it is; once it is over the page shows itself anew."""
    run = queries.listening(shown)
    context = {"run": run, "transcript": shown}
    response = render(request, "media_library/partials/_transcript_busy.html", context)
    if run is None:
        response.headers["HX-Refresh"] = "true"
    return response


def segment_being_edited(request: HttpRequest, shown: Transcript) -> dict[str, Any]:
    """`?edit=` names the segment whose form stands in the page, for browsers without scripts."""
    try:
        wanted = uuid.UUID(request.GET.get("edit", ""))
    except ValueError:
        return {}
    segment = shown.segments.select_related("speaker").filter(pk=wanted).first()
    if segment is None:
        return {}
    speaker = segment.speaker.shown if segment.speaker else ""
    initial = {"text": segment.text, "speaker": speaker, "revision": shown.revision}
    return {"edited": segment, "segment_form": SegmentForm(initial=initial)}


@login_required
@never_cache
@require_POST
def segment(request: HttpRequest, transcript_id: uuid.UUID, segment_id: uuid.UUID) -> HttpResponse:
    """The words of one segment, and who says them."""
    shown, user = to_change(request, transcript_id), viewer(request)
    rows = Segment.objects.filter(transcript=shown).select_related("speaker")
    edited = found(rows, segment_id, "Segment not found")
    edited.transcript = shown
    form = SegmentForm(request.POST)

    def changing() -> None:
        said, name = form.cleaned_data["text"], form.cleaned_data["speaker"]
        before = edited.speaker.shown if edited.speaker else ""
        if said != edited.text:
            editing.change_segment(edited, text=said, actor=user, revision=form.cleaned_data["revision"])
        if name and name != before:
            speakers.set_speaker(edited, name=name, actor=user)

    if status := refusal(form, changing):
        return page_of(request, shown, status=status, forms={"edited": edited, "segment_form": form})
    messages.success(request, "The text is changed.")
    return redirect(way_to(shown, f"#s-{edited.pk}"))


def find_speaker(shown: Transcript, speaker_id: uuid.UUID) -> Speaker:
    speaker = found(shown.speakers.all(), speaker_id, "Speaker not found")
    speaker.transcript = shown
    return speaker


@login_required
@never_cache
@require_POST
def speaker_rename(request: HttpRequest, transcript_id: uuid.UUID, speaker_id: uuid.UUID) -> HttpResponse:
    shown = to_change(request, transcript_id)
    speaker, form = find_speaker(shown, speaker_id), NameForm(request.POST)
    name = form.data.get("name", "").strip()
    return _changed(
        request,
        shown,
        lambda: speakers.rename_speaker(speaker, name=name, actor=viewer(request)),
        done=f"{speaker.shown} is called {name} everywhere here.",
        place="#speakers",
    )


@login_required
@never_cache
@require_POST
def speaker_merge(request: HttpRequest, transcript_id: uuid.UUID, speaker_id: uuid.UUID) -> HttpResponse:
    shown = to_change(request, transcript_id)
    speaker, form = find_speaker(shown, speaker_id), MergeForm(request.POST, transcript=shown)
    if not form.is_valid():
        messages.error(request, "Choose the speaker who is the same person.")
        return redirect(way_to(shown, "#speakers"))
    into = form.cleaned_data["into"]
    return _changed(
        request,
        shown,
        lambda: speakers.merge_speakers(speaker, into=into, actor=viewer(request)),
        done=f"{speaker.shown} and {into.shown} are one.",
        place="#speakers",
    )


def _changed(
    request: HttpRequest, shown: Transcript, change: Callable[[], object], *, done: str, place: str = ""
) -> HttpResponse:
    return carry_out(request, change, done=done, to=way_to(shown, place))


@login_required
@never_cache
@require_POST
def undo(request: HttpRequest, transcript_id: uuid.UUID) -> HttpResponse:
    shown = to_change(request, transcript_id)
    return _changed(
        request,
        shown,
        lambda: history.undo(shown, actor=viewer(request)),
        done="The last change is taken back.",
        place="#history",
    )


@login_required
@never_cache
@require_POST
def identify(request: HttpRequest, transcript_id: uuid.UUID) -> HttpResponse:
    """Always as a run: a page does not wait for an engine."""
    shown = to_change(request, transcript_id)
    form = IdentifyForm(request.POST)
    if not form.is_valid():
        return page_of(request, shown, status=422, forms={"identify_form": form})
    wanted = form.cleaned_data["speakers"]
    return _changed(
        request,
        shown,
        lambda: identifying.identify_later(shown, by=viewer(request), speakers_wanted=wanted),
        done="The studio listens for who speaks. What was there can be had back.",
        place="#speakers",
    )


@login_required
@never_cache
@require_POST
def suggest_names(request: HttpRequest, transcript_id: uuid.UUID) -> HttpResponse:
    shown = to_change(request, transcript_id)
    if naming.suggest_names(shown, by=viewer(request)) is None:
        messages.info(request, "Nobody says who they are, and no voice here is known.")
    else:
        messages.success(request, "These names are proposed. Take those that are right.")
    return redirect(way_to(shown))


@login_required
@never_cache
@require_POST
def listen(request: HttpRequest, transcript_id: uuid.UUID) -> HttpResponse:
    shown = to_change(request, transcript_id)
    form = LanguageForm(request.POST)
    if not form.is_valid():
        return page_of(request, shown, status=422, forms={"language_form": form})
    return _changed(
        request,
        shown,
        lambda: transcripts.transcribe_again(shown.asset, language=form.cleaned_data["language"], by=viewer(request)),
        done="The studio listens again. What is there now can be had back.",
    )


@login_required
@never_cache
@require_POST
def take_in(request: HttpRequest, transcript_id: uuid.UUID) -> HttpResponse:
    """Captions from a file become the transcript."""
    shown, user = to_change(request, transcript_id), viewer(request)
    form = ImportForm(request.POST, request.FILES)
    made: list[transcript_files.Imported] = []

    def importing() -> None:
        file = form.cleaned_data["file"]
        made.append(
            transcript_files.import_file(
                shown.asset,
                file.read(),
                filename=file.name or "",
                actor=user,
                language=shown.language,
                lenient=form.cleaned_data["lenient"],
            )
        )

    if status := refusal(form, importing):
        return page_of(request, shown, status=status, forms={"import_form": form})
    for note in made[0].notes[:5]:
        messages.warning(request, f"Line {note.line}: {note.message}" if note.line else note.message)
    messages.success(request, f"{made[0].transcript.segments.count()} lines are taken in.")
    return redirect(way_to(shown))


# The file, and room for the form's other fields.
take_in.max_body_bytes = transcript_files.MOST_BYTES + MIB  # type: ignore[attr-defined]  # core.rest.body reads it
