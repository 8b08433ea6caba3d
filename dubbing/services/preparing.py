"""What the preparation of a dub writes: the cast, the lines, and their first wording."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import BaseModel

from core import audit
from dubbing import events
from dubbing.models import Dub, DubLine, DubSpeaker
from dubbing.services import casting, dubs
from media_library.media.sentences import groups, laid
from media_library.media.webvtt.cuetext import escape, plain_text
from media_library.media.webvtt.model import Cue
from media_library.models import Speaker

# Characters that a voice says in a second without haste.
USUAL_PACE = 16.0
# A line has a slot.
SHORTEST_SECONDS = 0.05


class Heard(BaseModel):
    """A line of the original. `speaker` is an id of the transcript's, or empty."""

    start: float
    end: float
    text: str
    speaker: str


def lay(
    dub_id: uuid.UUID, *, lines: Sequence[Heard], pitches: Mapping[str, float], language: str, duration: float
) -> None:
    """Called with the run held. A dub that has lines keeps them, with what people made of them."""
    dub = Dub.objects.select_for_update(of=("self",)).get(pk=dub_id)
    dub.source_language = language
    dub.facts = {**dub.facts, "duration": duration}
    dub.save(update_fields=["source_language", "facts", "updated_at"])
    if dub.lines.exists():
        return
    roles = _cast(dubs.find(dub_id), lines, pitches)
    DubLine.objects.bulk_create(
        DubLine(dub=dub, role=roles[one.speaker], number=number, start=one.start, end=one.end, original=one.text)
        for number, one in enumerate(lines)
    )
    audit.record("dubbing.dub.lines", dub, actor=None, lines=len(lines), roles=len(roles))
    events.dub_changed(dub)


def _cast(dub: Dub, lines: Sequence[Heard], pitches: Mapping[str, float]) -> dict[str, DubSpeaker]:
    """By the speaker's id. In the order in which they speak; voices are given out to those first who say most."""
    said: dict[str, float] = {}
    for one in lines:
        said[one.speaker] = said.get(one.speaker, 0.0) + one.end - one.start
    known = Speaker.objects.in_bulk([uuid.UUID(speaker) for speaker in said if speaker])
    roles = {}
    for position, speaker in enumerate(said):
        person = known.get(uuid.UUID(speaker)) if speaker else None
        roles[speaker] = DubSpeaker(
            dub=dub,
            speaker=person,
            name=person.shown if person else f"Speaker {position + 1}",
            position=position,
            pitch=pitches.get(speaker),
        )
    most_first = sorted(roles, key=lambda speaker: -said[speaker])
    voices = casting.proposed(dub, [roles[speaker] for speaker in most_first])
    for role, voice in voices.items():
        role.voice = voice
    DubSpeaker.objects.bulk_create(roles.values())
    return roles


@dataclass(frozen=True)
class Sentence:
    """What is translated at once: one line, or those that a sentence runs over. `room` is how many characters can be said there."""

    text: str
    room: int
    lines: tuple[str, ...]
    cues: tuple[Cue, ...]


def sentences_of(dub: Dub) -> list[Sentence]:
    """Of the lines that nobody has written yet, in order; a sentence never runs over two speakers."""
    rows = list(dub.lines.filter(written_by="").order_by("number"))
    found = []
    for _, run in groupby(rows, key=lambda row: row.role_id):
        own = list(run)
        cues = [Cue.at(row.start, row.end, escape(row.original)) for row in own]
        for group in groups(cues):
            part = slice(group.first, group.first + group.count)
            text = " ".join(group.texts)
            room = round(sum(cue.duration for cue in cues[part]) * USUAL_PACE)
            found.append(Sentence(text, max(room, 1), tuple(str(row.pk) for row in own[part]), tuple(cues[part])))
    return found


def shared_out(sentence: Sentence, told: str, *, language: str) -> dict[str, str]:
    """The translation over the lines of its sentence, as much to each as it has time for. By the id of the line."""
    if len(sentence.lines) == 1:
        return {sentence.lines[0]: _plain([told])}
    cues = laid(sentence.cues, [told], language=language, merge=False)
    texts = [_plain([plain_text(cue.text)]) for cue in cues]
    texts += [""] * (len(sentence.lines) - len(texts))
    return dict(zip(sentence.lines, texts, strict=False))


def _plain(parts: Iterable[str]) -> str:
    return " ".join(" ".join(parts).split())


def write(dub_id: uuid.UUID, texts: Mapping[str, str], *, engine: str, missing: str) -> Dub:
    """The first wording of lines that nobody has written. Where no engine translates they show the source, and wait for a person.

    Answers with the dub, held. Called with the run held.
    """
    Dub.objects.select_for_update(of=("self",)).get(pk=dub_id)
    dub = dubs.find(dub_id)
    fresh = list(dub.lines.filter(written_by=""))
    for line in fresh:
        text = texts.get(str(line.pk), "")
        line.text, line.written_by = (text, "machine") if text else (line.original, "")
    DubLine.objects.bulk_update(fresh, ["text", "written_by"])
    lacking = ["translate"] if missing else []
    if not casting.voices_for(dub):
        lacking.append("speech")
    dub.facts = {
        **dub.facts,
        "translate": engine or dub.facts.get("translate", ""),
        # A local pair words it roughly: people read it before anybody hears it.
        "draft": engine.startswith("local:"),
        "missing": lacking,
        "note": missing,
    }
    dub.save(update_fields=["facts", "updated_at"])
    return dub
