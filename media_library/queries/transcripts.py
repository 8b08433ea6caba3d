"""Reads of transcripts: the list with its filters, one with its speakers, and its history."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Count, Exists, F, OuterRef, Prefetch, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce, NullIf

from accounts.models import User
from core.runs.models import Run
from media_library.models import Asset, Segment, Speaker, Transcript, TranscriptEdit

STATUSES = {
    "edited": "Corrected by people",
    "heard": "As heard",
    "imported": "Imported",
    "nameless": "Speakers without names",
}
SORTS = {"newest": ("-created_at", "-pk"), "changed": ("-updated_at", "-pk"), "name": ("name", "pk")}
_LABEL = re.compile(r"speaker_(\d{1,6})")
LAST = 10**6


@dataclass(frozen=True)
class Filters:
    """What is empty leaves nothing out. `q` is words of the asset's name."""

    q: str = ""
    language: str = ""
    speaker: str = ""
    status: str = ""
    sort: str = "newest"


def listed(user: User, wanted: Filters) -> QuerySet[Transcript]:
    """With what a row shows, in one query and one for the speakers."""
    rows = of_library(user)
    for word in wanted.q.split()[:8]:
        rows = rows.filter(Q(asset__title__icontains=word) | Q(asset__filename__icontains=word))
    if wanted.language:
        rows = rows.filter(language=wanted.language)
    if wanted.speaker:
        said = Speaker.objects.filter(transcript=OuterRef("pk"), name__iexact=wanted.speaker)
        rows = rows.filter(Exists(said))
    match wanted.status:
        case "edited":
            rows = rows.filter(revision__gt=0)
        case "heard":
            rows = rows.filter(revision=0, source=Transcript.Source.HEARD)
        case "imported":
            rows = rows.filter(source=Transcript.Source.IMPORTED)
        case "nameless":
            rows = rows.filter(Exists(Speaker.objects.filter(transcript=OuterRef("pk"), name="")))
    named = Prefetch("speakers", Speaker.objects.defer("voice").order_by("label", "pk"))
    return (
        rows.select_related("asset__project", "edited_by")
        .annotate(lines=Count("segments"), name=Coalesce(NullIf("asset__title", Value("")), "asset__filename"))
        .prefetch_related(named)
        .order_by(*SORTS.get(wanted.sort, SORTS["newest"]))
    )


def of_library(user: User) -> QuerySet[Transcript]:
    """Of what is in use: neither archived nor replaced."""
    assets = Asset.objects.visible_to(user).originals().live()
    return Transcript.objects.filter(asset__in=assets)


def languages_in(user: User) -> list[str]:
    found = of_library(user).order_by("language").values_list("language", flat=True).distinct()
    return list(found)


def speakers_in(user: User) -> list[str]:
    """Names that people gave, the most heard first."""
    named = Speaker.objects.filter(transcript__in=of_library(user).order_by()).exclude(name="")
    counted = named.order_by().values("name").annotate(heard=Count("transcript", distinct=True))
    return [row["name"] for row in counted.order_by("-heard", "name")[:100]]


def speakers_of(transcript: Transcript) -> list[Speaker]:
    """Everybody heard, in the order of their labels' numbers; `said` counts segments, `seconds` how long they speak."""
    spoken = transcript.speakers.defer("voice").annotate(
        said=Count("segments"), seconds=Sum(F("segments__end") - F("segments__start"))
    )
    return sorted(spoken, key=lambda speaker: (number_of(speaker.label) or LAST, speaker.label))


def number_of(label: str) -> int | None:
    """`speaker_3` → 3; None for a label of another form."""
    found = _LABEL.fullmatch(label)
    return int(found[1]) if found else None


def history_of(transcript: Transcript) -> list[tuple[TranscriptEdit, bool]]:
    """The newest 200 edits, and whether each was taken back."""
    edits = list(transcript.edits.select_related("author").defer("before").order_by("-number")[:200])
    taken_back = {edit.after.get("undid") for edit in edits if edit.action == TranscriptEdit.Action.UNDO}
    return [(edit, edit.number in taken_back) for edit in edits]


def segments_of(transcript: Transcript) -> QuerySet[Segment]:
    return transcript.segments.select_related("speaker").defer("speaker__voice").order_by("position", "pk")


def listening(transcript: Transcript) -> Run | None:
    """The newest run that listened for it, if it is under way, or failed after the last change."""
    kinds = ("media_library.identify", "media_library.transcribe")
    run = Run.objects.filter(kind__in=kinds, subject_id=transcript.asset_id).first()
    if run is None or run.status in Run.ACTIVE:
        return run
    failed = run.status == Run.Status.FAILED and run.updated_at > transcript.updated_at
    return run if failed else None
