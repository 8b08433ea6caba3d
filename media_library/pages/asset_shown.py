"""What the page of one asset shows, as plain values for its template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core import languages
from core.errors import NotFoundError
from core.live.events import percent
from core.runs.models import Run, Step
from core.storage import for_page, store
from core.storage.base import FileMissingError
from media_library.media import formats
from media_library.media.spoken_lines import captions_of
from media_library.models import Asset, ClipFile, Passage, Suggestion, Track, Transcript
from media_library.pages.cards import step_words
from media_library.queries import links
from media_library.services import newest_versions, suggestions, transcript_files

MOST_TEXT = 64 * 2**10
MOST_PASSAGES = 200
CLIPS_SHOWN = 8
TEXTS = frozenset(
    {"text/plain", "text/markdown", "text/vtt", "application/x-subrip", "application/ttml+xml", "text/x-ssa"}
)


def made_of(asset: Asset) -> dict[str, Asset]:
    """What the studio made of it whatever the language, by purpose."""
    return {made.purpose: made for made in asset.made.filter(language="", deleted_at=None)}


@dataclass(frozen=True)
class Doing:
    """One step of the preparation. `kind` is done, now, fail or empty for what has not begun."""

    name: str
    kind: str
    message: str
    seconds: float | None
    percent: int


KINDS = {
    Step.Status.DONE: "done",
    Step.Status.SKIPPED: "done",
    Step.Status.RUNNING: "now",
    Step.Status.FAILED: "fail",
    Step.Status.CANCELLED: "fail",
}


def preparation(asset: Asset) -> dict[str, Any]:
    """How far the studio is with it, step by step."""
    run = asset.run
    if run is None:
        return {"steps": [], "percent": 0, "active": False, "failed": False, "doing": ""}
    steps = [
        Doing(
            name=step_words(step.name),
            kind=KINDS.get(Step.Status(step.status), ""),
            message=step.error if step.status == Step.Status.FAILED else step.message,
            seconds=step.took.total_seconds() if step.took else None,
            percent=percent(step.progress),
        )
        for step in run.steps.order_by("position", "item", "id")
    ]
    now = next((step for step in steps if step.kind == "now"), None)
    return {
        "steps": steps,
        "percent": percent(run.progress),
        "active": run.status in Run.ACTIVE,
        "failed": run.status in {Run.Status.FAILED, Run.Status.CANCELLED},
        "doing": f"{now.name}: {now.message}"
        if now and now.message
        else now.name
        if now
        else "Waits for a free worker",
    }


def technical(asset: Asset) -> list[tuple[str, str]]:
    """What was measured of the file, in words."""
    known: dict[str, Any] = asset.technical
    found = []
    if known.get("width") and known.get("height"):
        picture = f"{known['width']} × {known['height']}"
        found.append(("Picture", ", ".join(filter(None, (picture, str(known.get("video_codec") or ""))))))
    if known.get("fps"):
        found.append(("Frames a second", f"{known['fps']:.6g}"))
    if known.get("audio_codec"):
        sound = [str(known["audio_codec"])]
        sound += [f"{known['channels']} channels"] if known.get("channels") else []
        sound += [f"{known['sample_rate'] / 1000:g} kHz"] if known.get("sample_rate") else []
        found.append(("Sound", ", ".join(sound)))
    if known.get("shots"):
        found.append(("Shots", str(len(known["shots"]) + 1)))
    for key, name in (("pages", "Pages"), ("words", "Words"), ("cues", "Cues")):
        if known.get(key):
            found.append((name, f"{known[key]}"))
    if asset.language:
        found.append(("Language", languages.name(asset.language)))
    return [
        *found,
        ("Type", asset.content_type),
        ("File", asset.filename),
        ("SHA-256", asset.sha256 or "not known yet"),
    ]


def palette(asset: Asset) -> list[str]:
    """Colours as #rrggbb, the commonest first."""
    known = asset.technical.get("palette") or asset.analysis.get("palette") or []
    colours = [one.get("color") or one.get("hex") or "" if isinstance(one, dict) else str(one) for one in known]
    return [colour for colour in colours if colour.startswith("#") and len(colour) == 7][:8]


@dataclass(frozen=True)
class Proposal:
    """A suggestion with its parts, each to be taken or left."""

    suggestion: Suggestion
    parts: list[tuple[str, str, str]]

    @property
    def title(self) -> str:
        return {"metadata": "Title, description and tags", "picture": "What it shows", "speakers": "Who speaks"}[
            self.suggestion.kind
        ]


PART_NAMES = {"title": "Title", "description": "Description", "tags": "Tags", "objects": "Shows"}


def proposals(asset: Asset) -> list[Proposal]:
    return [Proposal(one, parts_of(one)) for one in asset.suggestions.filter(status=Suggestion.Status.OPEN)]


def parts_of(suggestion: Suggestion) -> list[tuple[str, str, str]]:
    """(key, name, words) of everything that can be accepted."""
    content = suggestion.content
    if suggestion.kind == Suggestion.Kind.SPEAKERS:
        return [
            (
                str(row["label"]),
                str(row["label"]).replace("_", " ").capitalize(),
                " – ".join(filter(None, (str(row["name"]), str(row.get("because") or "")))),
            )
            for row in suggestions.speaker_rows(content)
        ]
    return [(name, PART_NAMES[name], in_words(content[name])) for name in suggestions.names_of(suggestion)]


def in_words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


@dataclass(frozen=True)
class Clip:
    file: ClipFile
    url: str
    making: bool
    problem: str

    @property
    def start(self) -> int:
        return self.file.start_ms

    @property
    def end(self) -> int:
        return self.file.end_ms


def clips(asset: Asset) -> list[Clip]:
    """Ranges that were cut lately, newest first."""
    files = asset.clip_files.select_related("run").order_by("-created_at", "-id")[:CLIPS_SHOWN]
    return [clip_shown(file) for file in files]


def clip_shown(file: ClipFile) -> Clip:
    run = file.run
    ended = run is not None and run.status in {Run.Status.FAILED, Run.Status.CANCELLED}
    url = for_page(links.clip_link(file)) if file.key else ""
    return Clip(file, url, making=not file.key and not ended, problem=run.error if run is not None and ended else "")


def text_of(asset: Asset, made: dict[str, Asset]) -> str:
    """What can be read of a document or a caption file: the file where it is text, else what was found in it."""
    if asset.kind not in {Asset.Kind.DOCUMENT, Asset.Kind.CAPTION}:
        return ""
    readable = asset if asset.content_type in TEXTS else made.get(Asset.Purpose.PREVIEW)
    if readable is None:
        passages = asset.passages.filter(kind=Passage.Kind.DOCUMENT).order_by("position", "id")
        return "\n\n".join(passages.values_list("text", flat=True)[:MOST_PASSAGES])
    try:
        with store().local(readable.key) as path, path.open("rb") as file:
            return file.read(MOST_TEXT).decode("utf-8", errors="replace")
    except FileMissingError:
        return ""


def captions_text(asset: Asset, language: str) -> str:
    """The newest captions in this language, else what was heard in it."""
    track = (
        asset.tracks.filter(kind=Track.Kind.CAPTIONS, language=language, version__gt=0).order_by("-updated_at").first()
    )
    if track is not None:
        return newest_versions([track])[track.pk].content
    transcript = Transcript.objects.filter(asset=asset, language=language).first()
    if transcript is None:
        raise NotFoundError("There are no captions in this language.")
    document = captions_of(
        transcript_files.lines_in(transcript),
        language=language,
        names=False,
        fps=asset.technical.get("fps") or None,
        shots=asset.technical.get("shots") or (),
        duration=asset.duration,
    )
    return formats.write(document, "vtt", language=language, title=asset.name).decode()
