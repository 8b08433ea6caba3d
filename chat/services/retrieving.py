"""What the footage says about a wish: whole sentences with who says them and when, found as the one who asks."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from django.db.models import Q

from accounts.models import User
from chat.models import Conversation
from chat.services.asking import Wish
from chat.services.sources import DOCUMENT, NAME, PICTURE, SPEECH, Source, Word
from media_library.models import Asset, Passage, Segment
from media_library.search import Filters, Found, Scope, gather, scope_of, understand

# How many quotes each kind of answer is given.
MOST = {"script": 16, "copy": 12, "find": 12, "question": 8, "edit": 8}
DEPTH = 60
MOST_BROUGHT = 6
MOST_OF_AN_ASSET = 8
MOST_WORDS = 110
FEW_WORDS = 12
EVENLY = 6
MOST_LOOKED_AT = 3_000
MOST_TEXT = 900
# Who pauses longer has finished.
PAUSE_SECONDS = 2.0
REACH = 3
OWN_PROJECT = 1.25
BROUGHT = 1.5
USED_SHARE = 0.5

_ENDS = (".", "!", "?", "…", "。", "！", "？", '."', '!"', '?"', ".”", "!”", "?”", ".»", "!»", "?»")
_KINDS = {Passage.Kind.PICTURE: PICTURE, Passage.Kind.DOCUMENT: DOCUMENT, Passage.Kind.NAME: NAME}


@dataclass(frozen=True)
class Used:
    """A range that is not to come again."""

    asset_id: uuid.UUID
    start: float
    end: float


def sources_for(
    wish: Wish, *, user: User, conversation: Conversation, used: Collection[Used] = (), most: int = 0
) -> list[Source]:
    """Numbered from 1, the best first. Only what `user` sees in the conversation's house, and what was brought into the conversation."""
    most = most or MOST[wish.intent]
    filters = understand(wish.words, Filters()).filters
    found: dict[int, Found] = {}
    brought = _brought(conversation)
    if brought:
        # What somebody put on the table is looked at whatever the rest of the library says.
        passages = Passage.objects.filter(asset__in=brought).order_by()
        assets = Asset.objects.filter(pk__in=brought)
        looked_at = gather(user, Scope(assets, passages, few=True), meaning=wish.meaning, words=wish.words, limit=DEPTH)
        known = {one.passage for one in looked_at}
        rest = passages.exclude(pk__in=known).order_by("asset", "position", "pk").values_list("pk", flat=True)
        looked_at += [Found(pk, 0.0, None, by_words=False) for pk in rest[: max(0, MOST_BROUGHT - len(looked_at))]]
        found |= {one.passage: replace(one, score=one.score * BROUGHT) for one in looked_at[: MOST_BROUGHT * 2]}
    scope = scope_of(user, filters, extra=_house(user, conversation))
    for one in gather(user, scope, meaning=_meant(wish), words=wish.words, limit=DEPTH):
        if one.passage not in found or found[one.passage].score < one.score:
            found[one.passage] = one
    return _numbered(_sources(found, conversation=conversation, used=used), most=most)


def source_of(asset: Asset, start: float, end: float, *, n: int, clip_id: uuid.UUID | None = None) -> Source:
    """A range that is known already, with the words that are said in it."""
    rows = Segment.objects.filter(transcript__asset=asset, end__gt=start, start__lt=end)
    segments = list(rows.select_related("speaker").order_by("position", "pk"))
    words = [word for word in _words(segments) if start <= (word.start + word.end) / 2 <= end]
    text = joined(words) if words else asset.description[:MOST_TEXT] or asset.name
    return Source(
        n=n,
        kind=SPEECH,
        asset_id=asset.pk,
        title=asset.name,
        text=text,
        speaker=_speaker(segments),
        start=start,
        end=end,
        words=tuple(words),
        segment_ids=tuple(segment.pk for segment in segments),
        clip_id=clip_id,
    )


def with_words(sources: Iterable[Source]) -> list[Source]:
    """Speech that was kept without its words, read again from the transcripts as they are now."""
    sources = list(sources)
    wanted = [source for source in sources if source.kind == SPEECH and not source.words]
    ids = {pk for source in wanted for pk in source.segment_ids}
    rows = Segment.objects.filter(pk__in=ids).select_related("speaker", "transcript")
    segments = {segment.pk: segment for segment in rows}
    read: list[Source] = []
    for source in sources:
        if source not in wanted:
            read.append(source)
            continue
        own = [segments[pk] for pk in source.segment_ids if pk in segments]
        own = [one for one in own if one.transcript.asset_id == source.asset_id]
        words = _words(sorted(own, key=lambda one: one.position))
        if source.clip_id and source.start is not None and source.end is not None:
            words = [word for word in words if source.start <= (word.start + word.end) / 2 <= source.end]
        read.append(replace(source, words=tuple(words)))
    return read


def joined(words: Sequence[Word]) -> str:
    """Languages that put no space between words have none here either."""
    if not words:
        return ""
    unspaced = sum(not word.text.isascii() and len(word.text) <= 2 for word in words) * 3 > len(words) * 2
    text = ("" if unspaced and not any(" " in word.text for word in words) else " ").join(word.text for word in words)
    return " ".join(text.split())


def _meant(wish: Wish) -> str:
    return wish.text[:300] if wish.intent == "question" else wish.meaning


def _brought(conversation: Conversation) -> list[uuid.UUID]:
    rows = conversation.attachments.filter(asset__deleted_at=None).order_by("-uploaded_at", "-pk")
    return list(rows.values_list("asset", flat=True)[:50])


def _house(user: User, conversation: Conversation) -> Q:
    """Of all that one sees: nothing of another house than the conversation's, and for an admin not everybody's."""
    near = Q(project=conversation.project_id) if conversation.project_id else Q(pk__in=[])
    if user.is_platform_admin:
        houses = [conversation.organization_id] if conversation.organization_id else list(user.roles_by_house)
        return near | Q(owner=user) | Q(organization__in=houses)
    if conversation.organization_id:
        return near | Q(organization=conversation.organization_id) | Q(organization=None)
    return Q()


def _sources(found: dict[int, Found], *, conversation: Conversation, used: Collection[Used]) -> list[Source]:
    rows = Passage.objects.filter(pk__in=found).select_related("asset", "segment__speaker")
    passages = [one for one in rows.defer("document", "embedding") if one.asset.deleted_at is None]
    ranked = sorted(passages, key=lambda one: (-_score(one, found[one.pk], conversation), one.pk))
    ranked = _named_to_spoken(ranked, found)
    around = _around([one for one in ranked if one.segment is not None])
    quotes: list[Source] = []
    for passage in ranked:
        one = found[passage.pk]
        score = _score(passage, one, conversation)
        if passage.segment is not None:
            segments = _whole(passage.segment, around)
            quote = _quote(passage.asset, segments, language=passage.language, score=score, found=one)
            quotes.append(_with_room(quote, segments, around))
        elif passage.kind in _KINDS:
            quotes.append(_other(passage, score=score, found=one))
    return [quote for quote in _merged(quotes) if not _is_used(quote, used)]


def _named_to_spoken(ranked: list[Passage], found: dict[int, Found]) -> list[Passage]:
    """A recording that is found by its name is quoted by what is said there, or by places evenly over all of it."""
    named = {one.asset_id: one for one in ranked if one.kind == Passage.Kind.NAME}
    said: dict[uuid.UUID, list[Passage]] = defaultdict(list)
    rows = Passage.objects.filter(asset__in=named, segment__isnull=False).select_related("asset", "segment__speaker")
    for one in rows.defer("document", "embedding").order_by("asset", "position", "pk")[:MOST_LOOKED_AT]:
        said[one.asset_id].append(one)
    spoken = {one.asset_id for one in ranked if one.segment_id}
    result: list[Passage] = []
    for one in ranked:
        passages = said.get(one.asset_id, [])
        if one.kind != Passage.Kind.NAME or not passages:
            result.append(one)
        elif found[one.pk].by_words or one.asset_id not in spoken:
            for place in range(0, len(passages), max(1, len(passages) // EVENLY)):
                passage = passages[place]
                if passage.pk not in found:
                    found[passage.pk] = replace(found[one.pk], passage=passage.pk)
                    result.append(passage)
    return result


def _score(passage: Passage, found: Found, conversation: Conversation) -> float:
    own = conversation.project_id is not None and passage.asset.project_id == conversation.project_id
    return found.score * (OWN_PROJECT if own else 1.0)


def _around(passages: list[Passage]) -> dict[tuple[uuid.UUID, int], Segment]:
    places: dict[uuid.UUID, set[int]] = defaultdict(set)
    for passage in passages:
        if passage.segment is not None:
            at = passage.segment.position
            places[passage.segment.transcript_id].update(range(max(0, at - REACH), at + REACH + 1))
    wanted = Q(pk__in=[])
    for transcript, positions in places.items():
        wanted |= Q(transcript=transcript, position__in=positions)
    rows = Segment.objects.filter(wanted).select_related("speaker")
    return {(segment.transcript_id, segment.position): segment for segment in rows}


def _whole(segment: Segment, around: dict[tuple[uuid.UUID, int], Segment]) -> list[Segment]:
    """From where the sentence begins to where it ends, and a neighbour more where that is very short."""
    chosen = [segment]

    def neighbour(step: int) -> Segment | None:
        edge = chosen[0] if step < 0 else chosen[-1]
        other = around.get((segment.transcript_id, edge.position + step))
        if other is None or other.speaker_id != segment.speaker_id:
            return None
        first, second = (other, edge) if step < 0 else (edge, other)
        return other if second.start - first.end <= PAUSE_SECONDS else None

    while (before := neighbour(-1)) and not before.text.rstrip().endswith(_ENDS) and _fits(chosen, before):
        chosen.insert(0, before)
    while not chosen[-1].text.rstrip().endswith(_ENDS) and (after := neighbour(1)) and _fits(chosen, after):
        chosen.append(after)
    if _count(chosen) < FEW_WORDS and (after := neighbour(1)) and _fits(chosen, after):
        chosen.append(after)
    return chosen


def _fits(chosen: list[Segment], more: Segment) -> bool:
    return _count([*chosen, more]) <= MOST_WORDS


def _count(segments: list[Segment]) -> int:
    return sum(len(one.words) or len(one.text.split()) for one in segments)


def _quote(asset: Asset, segments: list[Segment], *, language: str, score: float, found: Found) -> Source:
    words = tuple(_words(segments))
    return Source(
        n=0,
        kind=SPEECH,
        asset_id=asset.pk,
        title=asset.name,
        text=joined(words),
        speaker=_speaker(segments),
        start=words[0].start if words else segments[0].start,
        end=max((word.end for word in words), default=segments[-1].end),
        language=language,
        words=words,
        segment_ids=tuple(segment.pk for segment in segments),
        order=int(asset.created_at.timestamp()),
        score=score,
        similarity=found.similarity,
        by_words=found.by_words,
    )


def _with_room(quote: Source, segments: Sequence[Segment], around: dict[tuple[uuid.UUID, int], Segment]) -> Source:
    first, last = segments[0], segments[-1]
    before = around.get((first.transcript_id, first.position - 1))
    after = around.get((last.transcript_id, last.position + 1))
    free_from = (before.end if before else None) if first.position else 0.0
    return replace(quote, free_from=free_from, free_until=after.start if after else None)


def _other(passage: Passage, *, score: float, found: Found) -> Source:
    return Source(
        n=0,
        kind=_KINDS[Passage.Kind(passage.kind)],
        asset_id=passage.asset_id,
        title=passage.asset.name,
        text=" ".join(passage.text.split())[:MOST_TEXT],
        start=passage.start,
        end=passage.end,
        language=passage.language,
        order=int(passage.asset.created_at.timestamp()),
        score=score,
        similarity=found.similarity,
        by_words=found.by_words,
    )


def _words(segments: Iterable[Segment]) -> list[Word]:
    """A segment whose words have no times of their own is one piece: each of its words spans it."""
    words: list[Word] = []
    for segment in segments:
        if segment.words:
            words += [
                Word(str(one["word"]).strip(), float(one["start"]), float(one["end"]), segment.pk)
                for one in segment.words
                if str(one.get("word", "")).strip()
            ]
        else:
            words += [Word(one, segment.start, segment.end, segment.pk) for one in segment.text.split()]
    return words


def _speaker(segments: Sequence[Segment]) -> str:
    names = [segment.speaker.shown for segment in segments if segment.speaker]
    return max(set(names), key=names.count) if names else ""


def _merged(quotes: list[Source]) -> list[Source]:
    """Overlapping quotes of one asset are one, at the place of the better; a name beside a quote of its asset says nothing new."""
    kept: list[Source] = []
    of_asset: dict[uuid.UUID, int] = defaultdict(int)
    for quote in quotes:
        twin = next((place for place, other in enumerate(kept) if _overlap(quote, other)), None)
        if twin is not None:
            kept[twin] = _joined_quotes(kept[twin], quote)
        elif of_asset[quote.asset_id] < MOST_OF_AN_ASSET and not (quote.kind == NAME and of_asset[quote.asset_id]):
            kept.append(quote)
            of_asset[quote.asset_id] += 1
    return kept


def _overlap(one: Source, other: Source) -> bool:
    return one.kind == other.kind == SPEECH and bool(set(one.segment_ids) & set(other.segment_ids))


def _joined_quotes(one: Source, other: Source) -> Source:
    if set(other.segment_ids) <= set(one.segment_ids):
        return one
    words = tuple(dict.fromkeys(sorted((*one.words, *other.words), key=lambda word: (word.start, word.end))))
    if len(words) > MOST_WORDS:
        return one
    ids = tuple(dict.fromkeys(word.segment_id for word in words if word.segment_id))
    first, last = sorted((one, other), key=lambda quote: quote.start or 0.0)
    return replace(
        one,
        words=words,
        text=joined(words),
        segment_ids=ids,
        start=words[0].start,
        end=max(word.end for word in words),
        free_from=first.free_from,
        free_until=last.free_until,
    )


def _is_used(quote: Source, used: Collection[Used]) -> bool:
    """Half of it was shown already."""
    if quote.kind != SPEECH or quote.start is None or quote.end is None or quote.end <= quote.start:
        return False
    shown = [
        min(quote.end, one.end) - max(quote.start, one.start)
        for one in used
        if one.asset_id == quote.asset_id and one.start < quote.end and one.end > quote.start
    ]
    return sum(shown) > (quote.end - quote.start) * USED_SHARE


def _numbered(quotes: list[Source], *, most: int) -> list[Source]:
    return [quote.numbered(number) for number, quote in enumerate(quotes[:most], 1)]


def sentences(source: Source) -> list[dict[str, str]]:
    """The sentences of a quote with the words they span, counted from 1: what a range is chosen by."""
    if not source.words:
        return []
    ends = [at for at, word in enumerate(source.words, 1) if word.text.endswith(_ENDS)]
    if not ends or ends[-1] != len(source.words):
        ends.append(len(source.words))
    return [
        {"words": f"{first + 1}-{last}", "text": joined(source.words[first:last])}
        for first, last in pairwise([0, *ends])
    ]


def quoted(source: Source) -> dict[str, Any]:
    """As an engine is told of it. No id stands in it."""
    quote: dict[str, Any] = {"n": source.n, "kind": source.kind, "title": source.title}
    if source.speaker:
        quote["speaker"] = source.speaker
    if source.language:
        quote["language"] = source.language
    if source.start is not None and source.end is not None:
        quote |= {"start": round(source.start, 1), "end": round(source.end, 1)}
    quote["text"] = source.text
    if source.words:
        quote["sentences"] = sentences(source)
    quote["rank"] = {
        "order": source.order,
        "score": round(source.score, 5),
        "similarity": None if source.similarity is None else round(source.similarity, 4),
        "by_words": source.by_words,
    }
    return quote


def told(material: dict[str, Any]) -> dict[str, Any]:
    """Without what only engines of our own read, and without saying the words of a quote twice."""
    told = {name: value for name, value in material.items() if name not in {"topic", "task"} and value != []}
    told["sources"] = [
        {
            name: value
            for name, value in quote.items()
            if name != "rank" and not (name == "text" and "sentences" in quote)
        }
        for quote in material["sources"]
    ]
    return told
