"""A conversation's script and cut as the values that are written to files."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Literal, cast

from chat.exporting.values import Block, Cut, CutClip, Footage, Timeline, timecode, timeline_of, true_rate
from chat.models import ClipProposal, Conversation, Message, Record
from chat.queries.conversations import branch
from media_library.media.assemble import Transition
from media_library.media.words import Word
from media_library.models import Asset, Transcript
from media_library.services import excerpts

COLUMNS = (
    "No.",
    "Kind",
    "Heading",
    "Text",
    "Speaker",
    "File",
    "Source in",
    "Source out",
    "Cut in",
    "Cut out",
    "Seconds",
)


@dataclass(frozen=True)
class Script:
    """`rows` are the same for a spreadsheet, by the columns above."""

    title: str
    subtitle: str
    language: str
    blocks: list[Block] = field(default_factory=list)
    rows: list[list[Any]] = field(default_factory=list)


def script_of(conversation: Conversation) -> Script:
    """Its sections; without any, the clips that are in the cut; without those, what was answered, or asked."""
    clips = list(conversation.clips.listed().select_related("asset"))
    records = list(conversation.records.listed().select_related("clip__asset"))
    places = _places(conversation, clips)
    language = next((clip.asset.language for clip in clips if clip.asset.language), "")
    blocks: list[Block] = []
    rows: list[list[Any]] = []
    seconds = 0.0
    for record in records:
        clip = record.clip if record.clip is not None and record.clip.removed_at is None else None
        lasts = record.duration if record.content else 0.0
        if record.heading:
            blocks.append(Block("heading", record.heading))
        if record.is_gap and not record.content:
            blocks.append(Block("gap", ""))
            rows.append([len(rows) + 1, "gap", record.heading, "", "", "", "", "", "", "", 0])
        if record.content:
            kind: Literal["gap", "narration"] = "gap" if record.is_gap else "narration"
            blocks.append(Block(kind, record.content, about="" if record.is_gap else f"{lasts:.1f} s"))
            rows.append([len(rows) + 1, kind, record.heading, record.content, "", "", "", "", "", "", round(lasts, 2)])
        if clip is not None:
            lasts += clip.end - clip.start
            blocks.append(_quote(clip))
            rows.append(_row(len(rows) + 1, clip, record.heading, places))
        seconds += lasts
    if not records:
        chosen = [clip for clip in clips if clip.in_cut]
        for clip in chosen:
            blocks += [Block("heading", clip.title), _quote(clip)]
            rows.append(_row(len(rows) + 1, clip, clip.title, places))
        seconds = sum(clip.end - clip.start for clip in chosen)
    if not blocks:
        for message in _said(conversation):
            blocks.append(Block("text", message.content, by=_name(message)))
            rows.append([len(rows) + 1, message.role, "", message.content, _name(message), "", "", "", "", "", ""])
    length = f"{len(records)} sections, {seconds:.1f} s" if records else (f"{seconds:.1f} s" if seconds else "")
    return Script(conversation.title, length, language, blocks, rows)


def cut_of(conversation: Conversation, *, words: bool = False) -> Cut:
    """The clips that are in it. `words` reads the transcripts as well."""
    clips = conversation.clips.listed().filter(in_cut=True).select_related("asset")
    return _cut(conversation, [_cut_clip(clip, words=words) for clip in clips])


def _cut(conversation: Conversation, clips: list[CutClip]) -> Cut:
    """Its transitions last as long as in the film that was rendered last."""
    plan = conversation.renders.order_by("-created_at", "-pk").values_list("plan", flat=True).first() or {}
    seconds = plan.get("transition_seconds")
    return Cut(conversation.title, clips, **({"transition_seconds": float(seconds)} if seconds else {}))


def _cut_clip(clip: ClipProposal, *, words: bool) -> CutClip:
    transcript = Transcript.objects.filter(asset=clip.asset).first() if words else None
    spoken: list[Word] = []
    if transcript is not None:
        for row, speaker in excerpts.rows(transcript, start=clip.start, end=clip.end):
            name = speaker.shown if speaker else ""
            spoken += [
                Word(word["word"], clip.start + word["start"], clip.start + word["end"], name) for word in row["words"]
            ]
    return CutClip(
        title=clip.title,
        footage=_footage(clip.asset),
        start=clip.start,
        end=clip.end,
        text=clip.text,
        speaker=clip.speaker,
        card=clip.title_card,
        transition=cast("Transition", clip.transition),
        words=tuple(spoken),
        language=(transcript.language if transcript else "") or clip.asset.language,
    )


def _footage(asset: Asset) -> Footage:
    facts: dict[str, Any] = asset.technical
    fps = float(facts.get("fps") or 0)
    seen = asset.kind == Asset.Kind.VIDEO
    return Footage(
        id=str(asset.pk),
        filename=asset.filename,
        title=asset.name,
        duration=asset.duration or 0.0,
        fps=Fraction(fps).limit_denominator(1001) if seen and fps else None,
        width=int(facts.get("width") or 0),
        height=int(facts.get("height") or 0),
        has_sound=not seen or bool(facts.get("audio_codec", True)),
    )


def _quote(clip: ClipProposal) -> Block:
    start, end = _times(clip)
    about = f"{clip.asset.filename}, {start} – {end}, {clip.end - clip.start:.1f} s"
    return Block("quote", clip.text or clip.description or clip.title, by=clip.speaker, about=about)


def _times(clip: ClipProposal) -> tuple[str, str]:
    """In frames of its own footage, or in milliseconds where there is no picture."""
    footage = _footage(clip.asset)
    if footage.fps is None:
        return _clock(clip.start), _clock(clip.end)
    rate = true_rate(footage.fps)
    return timecode(round(Fraction(clip.start) * rate), rate), timecode(round(Fraction(clip.end) * rate), rate)


def _clock(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


Places = dict[Any, tuple[str, str]]


def _places(conversation: Conversation, clips: list[ClipProposal]) -> Places:
    """Where each clip of the cut stands in the film."""
    chosen = [clip for clip in clips if clip.in_cut]
    laid: Timeline = timeline_of(_cut(conversation, [_cut_clip(clip, words=False) for clip in chosen]))
    items = [item for item, _ in laid.clips()]
    return {
        clip.pk: (timecode(item.start, laid.rate), timecode(item.end, laid.rate))
        for clip, item in zip(chosen, items, strict=True)
    }


def _row(number: int, clip: ClipProposal, heading: str, places: Places) -> list[Any]:
    seconds = round(clip.end - clip.start, 3)
    into = places.get(clip.pk, ("", ""))
    return [number, "clip", heading, clip.text, clip.speaker, clip.asset.filename, *_times(clip), *into, seconds]


def _said(conversation: Conversation) -> list[Message]:
    shown = [message for message in branch(conversation) if message.content.strip()]
    return [message for message in shown if message.role == Message.Role.ASSISTANT] or shown


def _name(message: Message) -> str:
    return message.author.name if message.author else ""


def is_empty(conversation: Conversation) -> bool:
    """Nothing was said and nothing made: there is nothing to take along."""
    return not (
        conversation.messages.exclude(content="").exists()
        or Record.objects.filter(conversation=conversation).listed().exists()
        or conversation.clips.listed().exists()
    )
