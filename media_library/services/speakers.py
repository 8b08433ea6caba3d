"""Who says what in a transcript: told apart by an engine, named, corrected and merged by people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.db import transaction

from accounts.models import User
from core.errors import DomainError, InvalidFieldError, NotFoundError
from media_library.media import turns
from media_library.models import Segment, Speaker, Transcript, TranscriptEdit
from media_library.queries.transcripts import number_of, speakers_of
from media_library.services import history

Action = TranscriptEdit.Action
NAME_LENGTH = 150


class Diarization(Protocol):
    """What ai.services.diarize answers, as far as it matters here: turns, and what each speaker sounds like."""

    @property
    def turns(self) -> Sequence[turns.Turn]: ...
    @property
    def voices(self) -> Sequence[Sequence[float]]: ...


def spans_of(transcript: Transcript) -> list[tuple[float, float]]:
    """What to ask an engine about: phrases, because a segment may hold two people and a word too little sound to know a voice."""
    rows = transcript.segments.order_by("position").values_list("start", "end", "words")
    return [span for start, end, words in rows for span in turns.phrases(words) or [(start, end)]]


@dataclass(frozen=True)
class SpeakerSummary:
    id: str
    name: str
    segments: int


def summaries(transcript: Transcript) -> list[SpeakerSummary]:
    """Everybody heard, in the order of their labels' numbers."""
    return [
        SpeakerSummary(speaker.label, speaker.shown, getattr(speaker, "said", 0)) for speaker in speakers_of(transcript)
    ]


@transaction.atomic
def assign_speakers(
    transcript: Transcript, diarization: Diarization, *, engine: str = "", actor: User | None = None
) -> list[SpeakerSummary]:
    """Writes who says what: a segment in which the speaker changes is parted there, at a word.

    Speakers whom people named keep their name and label where the same stretches are theirs again. Once people have changed
    the transcript this is an edit, which can be taken back.
    """
    locked = history.hold(transcript)
    edited = actor is not None or locked.revision > 0
    before = history.state_of(locked) if edited else None
    segments = list(locked.segments.order_by("position"))
    ordered, who = _parted(segments, turns.Turns(diarization.turns))
    speakers = _speakers(locked, ordered, who, diarization.voices, engine)
    for segment, number in zip(ordered, who, strict=True):
        segment.speaker = speakers[number] if number is not None else None
    there = [segment for segment in ordered if not segment._state.adding]  # noqa: SLF001  (the documented way to ask)
    history.put_in_order(locked, ordered)
    Segment.objects.bulk_update(there, ["start", "end", "text", "words", "speaker"], batch_size=history.BATCH)
    locked.speakers.exclude(pk__in=[speaker.pk for speaker in speakers.values()]).delete()
    locked.speakers_engine = transcript.speakers_engine = engine[:100]
    locked.save(update_fields=["speakers_engine", "updated_at"])
    if before is not None:
        after = history.state_of(locked)
        summary = f"Told {len(speakers)} speaker{'' if len(speakers) == 1 else 's'} apart"
        history.record(locked, Action.IDENTIFY, actor=actor, summary=summary, before=before, after=after)
        history.index(locked, before, after)
        transcript.revision = locked.revision
    return summaries(locked)


def _parted(segments: Iterable[Segment], voices: turns.Turns) -> tuple[list[Segment], list[int | None]]:
    """All segments in order, those with a change of speaker in pieces, and the speaker's number of each."""
    ordered: list[Segment] = []
    who: list[int | None] = []
    for segment in segments:
        if not segment.words:
            ordered.append(segment)
            who.append(voices.at(segment.start, segment.end))
            continue
        said_by = turns.speakers_of(segment.words, voices)
        pieces = turns.parts(segment.text, segment.words, said_by)
        if len(pieces) == 1:
            ordered.append(segment)
            who.append(turns.majority(said_by, segment.words))
            continue
        ends = segment.end
        words = segment.words
        for text, first, last in pieces:
            piece = segment if first == 0 else Segment(transcript_id=segment.transcript_id, position=0)
            piece.text, piece.words = text, words[first:last]
            piece.start = segment.start if first == 0 else float(words[first]["start"])
            piece.end = ends if last == len(words) else float(words[last - 1]["end"])
            ordered.append(piece)
            who.append(said_by[first])
    return ordered, who


def _speakers(
    transcript: Transcript,
    segments: Sequence[Segment],
    who: Sequence[int | None],
    voices: Sequence[Sequence[float]],
    engine: str,
) -> dict[int, Speaker]:
    """A row for each number, in the order in which they first speak. Named rows are used again for whoever says most of theirs."""
    heard = list(dict.fromkeys(number for number in who if number is not None))
    known = {speaker.pk: speaker for speaker in transcript.speakers.all()}
    shared: dict[tuple[int, Any], float] = {}
    for segment, number in zip(segments, who, strict=True):
        if number is not None and segment.speaker_id in known and known[segment.speaker_id].name:
            pair = (number, segment.speaker_id)
            shared[pair] = shared.get(pair, 0.0) + segment.end - segment.start
    kept: dict[int, Speaker] = {}
    for number, pk in sorted(shared, key=lambda pair: -shared[pair]):
        if number not in kept and known[pk] not in kept.values():
            kept[number] = known[pk]
    # Rows without a name say nothing that is worth keeping: their labels are free again.
    transcript.speakers.exclude(pk__in=[speaker.pk for speaker in kept.values()]).delete()
    taken = {speaker.label for speaker in kept.values()}
    free = (f"speaker_{n}" for n in range(1, len(heard) + len(taken) + 1) if f"speaker_{n}" not in taken)
    found: dict[int, Speaker] = {}
    for number in heard:
        speaker = kept.get(number) or Speaker(transcript=transcript, label=next(free))
        known_voice = number < len(voices) and any(voices[number])
        speaker.voice = list(voices[number]) if known_voice else None
        speaker.voice_engine = engine[:100] if known_voice else ""
        speaker.save()
        found[number] = speaker
    return found


def set_speaker(segment: Segment, *, name: str, actor: User) -> None:
    """This segment alone is said by whom `name` (or a label such as speaker_2) names; somebody new is added."""
    name = clean_name(name)
    with history.changing(
        segment.transcript,
        Action.SPEAKER,
        actor=actor,
        only=Segment.objects.filter(pk=segment.pk),
    ) as change:
        speaker = _named(change.transcript, name) or _newcomer(change.transcript, name)
        if not change.transcript.segments.filter(pk=segment.pk).update(speaker=speaker):
            raise NotFoundError("Segment not found")
        change.summary = f"{speaker.shown} says “{segment.text[:80]}”"


def _named(transcript: Transcript, name: str) -> Speaker | None:
    """By label, by name, or by the label as it is shown, whatever the case."""
    wanted = name.casefold()
    speakers = list(transcript.speakers.all())
    for told in ("label", "name", "shown"):
        found = next((speaker for speaker in speakers if getattr(speaker, told).casefold() == wanted), None)
        if found is not None:
            return found
    return None


def _newcomer(transcript: Transcript, name: str) -> Speaker:
    label = name.casefold()
    if number_of(label) is not None:
        return Speaker.objects.create(transcript=transcript, label=label)
    labels = transcript.speakers.values_list("label", flat=True)
    last = max((number_of(label) or 0 for label in labels), default=0)
    return Speaker.objects.create(transcript=transcript, label=f"speaker_{last + 1}", name=name)


def rename_speaker(speaker: Speaker, *, name: str, actor: User, revision: int | None = None) -> None:
    """Everywhere in the transcript. Somebody else's name there is refused: two who are one are merged."""
    name = clean_name(name)
    with history.changing(
        speaker.transcript, Action.RENAME, actor=actor, revision=revision, only=speaker.segments.all()
    ) as change:
        found = _own(change.transcript, speaker)
        other = _named(change.transcript, name)
        if other is not None and other.pk != found.pk:
            raise InvalidFieldError(f"{other.shown} is somebody else here. Merge the two instead.", field="name")
        change.summary = f"{found.shown} is {name}"
        found.name = name
        found.save(update_fields=["name"])


def merge_speakers(speaker: Speaker, *, into: Speaker, actor: User, revision: int | None = None) -> None:
    """The two are one: all that `speaker` says is said by `into`, and `speaker` is gone."""
    if speaker.pk == into.pk or speaker.transcript_id != into.transcript_id:
        raise DomainError("Choose two different speakers of this transcript.")
    segments = Segment.objects.filter(transcript=speaker.transcript_id)
    with history.changing(speaker.transcript, Action.MERGE, actor=actor, revision=revision, only=segments) as change:
        gone, stays = _own(change.transcript, speaker), _own(change.transcript, into)
        change.summary = f"{gone.shown} and {stays.shown} are one"
        gone.segments.update(speaker=stays)
        if not stays.name and gone.name:
            stays.name = gone.name
            stays.save(update_fields=["name"])
        gone.delete()


def _own(transcript: Transcript, speaker: Speaker) -> Speaker:
    """As the row is now, under the lock."""
    found = transcript.speakers.filter(pk=speaker.pk).first()
    if found is None:
        raise NotFoundError("Speaker not found")
    return found


def clean_name(name: str) -> str:
    """One line without control characters; nothing is no name."""
    cleaned = " ".join("".join(" " if not one.isprintable() else one for one in name).split())
    if not cleaned:
        raise DomainError("Speaker is required")
    if len(cleaned) > NAME_LENGTH:
        raise DomainError(f"A name has {NAME_LENGTH} characters at most.")
    return cleaned
