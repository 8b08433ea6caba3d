"""What search looks at, kept in step with what it is about: passages, their words, and their meaning.

Words are written at once, in the caller's transaction. Meaning takes an engine: it is worked out in the background, or by
the step that takes a file in. A passage whose meaning is by another model than today's is found by its words until it is redone.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import structlog
from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from pgvector import HalfVector

from ai import services as ai
from ai.capabilities.base import Progress, silent
from ai.capabilities.embed import Vectors
from ai.errors import InvalidAnswerError
from core.errors import DomainError
from core.runs import outbox
from media_library.models import Asset, Passage, Segment, Transcript
from media_library.models.search import DIMENSIONS
from media_library.search import languages
from media_library.search.text import PLAIN, config_of, readable

log = structlog.get_logger(__name__)

EMBED = "media_library.tasks.embed_asset"
BATCH = 64
# Longer than a batch takes on a slow machine: who has been silent for so long was killed.
CLAIM_SECONDS = 300
# Of a document: about a paragraph, so that what is found is short enough to be read.
CHUNK = 900
Kind = Passage.Kind
FILE_NAME = re.compile(r"\S+\.[A-Za-z0-9]{2,5}(?=\s|$)")
PARTS = (Kind.NAME, Kind.SPEECH, Kind.PICTURE)


def index_asset(
    asset: Asset, *, parts: Collection[str] = PARTS, embed: bool = False, progress: Progress = silent
) -> None:
    """Writes the passages of these parts anew. With `embed` their meaning is worked out before it returns, else soon after.

    What a document says comes through `index_document`.
    """
    with transaction.atomic():
        current = _locked(asset)
        if current is None:
            return
        wanted = [passage for part in PARTS if part in parts for passage in _passages(current, part)]
        _write(current.passages.filter(kind__in=parts).exclude(kind=Kind.DOCUMENT), wanted)
        if not embed:
            _queue(current.pk)
    if embed:
        embed_asset(asset.pk, progress=progress)


def index_document(asset: Asset, texts: Iterable[str], *, language: str = "", embed: bool = False) -> None:
    """What a document says, as paragraphs or pages in order."""
    with transaction.atomic():
        current = _locked(asset)
        if current is None:
            return
        chunks = (chunk for text in texts for chunk in _chunks(text))
        wanted = [
            Passage(
                asset=current, kind=Kind.DOCUMENT, position=position, text=chunk, language=language or current.language
            )
            for position, chunk in enumerate(chunks)
        ]
        _write(current.passages.filter(kind=Kind.DOCUMENT), wanted)
        if not embed:
            _queue(current.pk)
    if embed:
        embed_asset(asset.pk)


def index_segments(segments: Iterable[Segment]) -> None:
    """After these segments changed: their text, times, speaker or order."""
    of_transcripts: dict[uuid.UUID, list[uuid.UUID]] = {}
    for segment in segments:
        of_transcripts.setdefault(segment.transcript_id, []).append(segment.pk)
    for transcript in Transcript.objects.filter(pk__in=of_transcripts).select_related("asset"):
        ids = of_transcripts[transcript.pk]
        with transaction.atomic():
            current = _locked(transcript.asset)
            if current is None:
                continue
            changed = transcript.segments.filter(pk__in=ids).select_related("speaker")
            _write(
                Passage.objects.filter(segment__in=ids),
                [_spoken(current, transcript.language, segment) for segment in changed],
            )
            _queue(current.pk)


def forget(asset: Asset) -> None:
    Passage.objects.filter(asset=asset).delete()


def embed_asset(asset_id: uuid.UUID, *, run_id: uuid.UUID | None = None, progress: Progress = silent) -> int:
    """Works out the meaning of what has none by today's model; how many passages. No transaction while the model works."""
    model = current_model()
    asset = Asset.objects.filter(pk=asset_id, deleted_at=None).only("id", "owner_id", "organization_id").first()
    if asset is None or not model:
        return 0
    use = ai.Use(purpose="search", user_id=asset.owner_id, organization_id=asset.organization_id, run_id=run_id)
    waiting = stale(model).filter(asset=asset_id).order_by("pk")
    total, done, last = waiting.count(), 0, 0
    while rows := list(waiting.filter(pk__gt=last).values_list("pk", "kind", "text")[:BATCH]):
        progress(done / max(total, done + len(rows)), "Working out what it means")
        batch = [(pk, text) for pk, _, text in rows]
        answer = ai.embed_passages([_meant(kind, text) for _, kind, text in rows], use=use)
        if answer.value.shape != (len(batch), DIMENSIONS):
            raise InvalidAnswerError("The model's vectors have another length than those of search.")
        _keep_meaning(batch, answer.value, str(answer.engine))
        done += len(batch)
        last = batch[-1][0]
    return done


def _meant(kind: str, text: str) -> str:
    """What the model is given. A file's name means nothing, and to the model that is near to everything."""
    said = FILE_NAME.sub(" ", text).strip(" \u00b7\n\t") if kind == Kind.NAME else text
    return said or text


def embed_claimed(asset_id: uuid.UUID) -> int:
    """As `embed_asset`, unless another worker is at it. Twice would only cost time."""
    claim = f"search:embedding:{asset_id}"
    if not cache.add(claim, 1, CLAIM_SECONDS):
        return 0

    def still_there(_fraction: float, _message: str) -> None:
        cache.touch(claim, CLAIM_SECONDS)

    try:
        return embed_asset(asset_id, progress=still_there)
    finally:
        cache.delete(claim)


def reindex(*, seconds: float = 45.0) -> int:
    """Embeds anew what has no meaning by today's model, for so long; how many passages. What is asked for again goes on."""
    model = current_model()
    until, done, seen = time.monotonic() + seconds, 0, uuid.UUID(int=0)
    while model and time.monotonic() < until:
        waiting = stale(model).filter(asset__deleted_at=None, asset__gt=seen)
        asset_id = waiting.order_by("asset").values_list("asset", flat=True).first()
        if asset_id is None:
            break
        seen = asset_id
        try:
            done += embed_claimed(asset_id)
        except DomainError as error:
            log.warning("search.embedding_failed", asset=str(asset_id), error=error.message)
            break
    return done


def current_model() -> str:
    """Whose vectors are compared today; empty when no engine is there."""
    engine = ai.engine_for("embed")
    return str(engine) if engine else ""


def stale(model: str) -> QuerySet[Passage]:
    """As two ranges, which an index serves; "is not" none does."""
    return Passage.objects.filter(Q(model__lt=model) | Q(model__gt=model))


def _locked(asset: Asset) -> Asset | None:
    """Two who index the same asset take turns. None once it is gone."""
    return Asset.objects.select_for_update(no_key=True, of=("self",)).filter(pk=asset.pk, deleted_at=None).first()


def _queue(asset_id: uuid.UUID) -> None:
    outbox.ring(EMBED, queue=settings.CELERY_TASK_DEFAULT_QUEUE, asset_id=str(asset_id))


def _passages(asset: Asset, part: str) -> Iterator[Passage]:
    transcript = Transcript.objects.filter(asset=asset).first()
    language = asset.language or (transcript.language if transcript else "")
    match part:
        case Kind.NAME:
            yield Passage(asset=asset, kind=part, language=language, text=_joined(_name_parts(asset)))
        case Kind.SPEECH if transcript:
            for segment in transcript.segments.select_related("speaker").order_by("position"):
                yield _spoken(asset, transcript.language, segment)
        case Kind.PICTURE if shown := _shown(asset):
            # Engines describe pictures in English unless they say otherwise.
            yield Passage(asset=asset, kind=part, language=str(asset.analysis.get("language") or "en"), text=shown)


def _spoken(asset: Asset, language: str, segment: Segment) -> Passage:
    return Passage(
        asset=asset,
        segment=segment,
        kind=Kind.SPEECH,
        position=segment.position,
        start=segment.start,
        end=segment.end,
        language=language,
        speaker=segment.speaker.shown if segment.speaker else "",
        text=segment.text.strip(),
    )


def _name_parts(asset: Asset) -> tuple[str, str, str]:
    """The name with the file's, if it is another; the tags; the description."""
    names = dict.fromkeys((asset.name.strip(), asset.filename.strip()))
    return " \u00b7 ".join(filter(None, names)), ", ".join(asset.tags), asset.description.strip()


def _joined(parts: tuple[str, str, str]) -> str:
    return "\n".join(filter(None, parts))


def _shown(asset: Asset) -> str:
    seen = asset.analysis
    words = [str(word) for key in ("tags", "objects") for word in seen.get(key) or () if isinstance(word, str)]
    return "\n".join(filter(None, (str(seen.get("description") or "").strip(), ", ".join(dict.fromkeys(words)))))


def _chunks(text: str) -> Iterator[str]:
    """Parts that end with a sentence where there is one."""
    rest = re.sub(r"\s+", " ", text.replace("\0", " ")).strip()
    while rest:
        end = len(rest)
        if end > CHUNK:
            stops = [stop.end() for stop in re.finditer(r"[.!?\u2026\u3002]\s", rest[:CHUNK])]
            end = stops[-1] if stops else rest.rfind(" ", 0, CHUNK) + 1 or CHUNK
        yield rest[:end].strip()
        rest = rest[end:]


def _write(existing: QuerySet[Passage], wanted: list[Passage]) -> None:
    """Makes the rows those wanted. What says the same keeps its meaning."""
    rows = {_place(row): row for row in existing.defer("document", "embedding")}
    new, moved, spoken = [], [], []
    for passage in wanted:
        row = rows.pop(_place(passage), None)
        if row is None:
            new.append(passage)
            continue
        told_anew = (row.text, row.language) != (passage.text, passage.language)
        if told_anew:
            spoken.append(row)
        if told_anew or _facts(row) != _facts(passage):
            for name, value in zip(FACTS, _facts(passage), strict=True):
                setattr(row, name, value)
            moved.append(row)
    Passage.objects.filter(pk__in=[row.pk for row in rows.values()]).delete()
    Passage.objects.filter(pk__in=[row.pk for row in spoken]).update(embedding=None, model="")
    Passage.objects.bulk_update(moved, FACTS, batch_size=500)
    Passage.objects.bulk_create(new, batch_size=500)
    write_words([*new, *spoken])
    languages.noted({passage.language for passage in wanted})


FACTS = ["position", "start", "end", "language", "speaker", "text"]


def _facts(passage: Passage) -> tuple[object, ...]:
    return tuple(getattr(passage, name) for name in FACTS)


def _place(passage: Passage) -> tuple[str, object]:
    return passage.kind, passage.segment_id or passage.position


_WEIGHED = " || ".join(
    f"setweight(to_tsvector(config::regconfig, {weight}), '{weight}')"
    f" || setweight(to_tsvector('{PLAIN}', unaccent({weight})), '{weight}')"
    for weight in "abcd"
)
_WRITE_WORDS = f"""
    UPDATE media_library_passage AS passage SET document = {_WEIGHED}
    FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[]) AS said (id, config, a, b, c, d)
    WHERE passage.id = said.id
"""  # noqa: S608  (made of constants)


def write_words(passages: Iterable[Passage]) -> None:
    """Names weigh most, then tags, descriptions and pictures, then what is said."""
    rows = iter(passages)
    while batch := list(islice(rows, 500)):
        columns: list[list[object]] = [[], [], [], [], [], []]
        for passage in batch:
            weighed = {"A": "", "B": "", "C": "", "D": ""}
            match passage.kind:
                case Kind.NAME:
                    weighed |= dict(zip("ABC", _name_parts(passage.asset), strict=True))
                case Kind.PICTURE:
                    weighed["C"] = passage.text
                case _:
                    weighed["D"] = passage.text
            for column, value in zip(
                columns,
                (passage.pk, config_of(passage.language), *(readable(text) for text in weighed.values())),
                strict=True,
            ):
                column.append(value)
        with connection.cursor() as cursor:
            cursor.execute(_WRITE_WORDS, columns)


_KEEP_MEANING = """
    UPDATE media_library_passage AS passage SET embedding = made.vector::halfvec, model = %s, embedded_at = now()
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS made (id, text, vector)
    WHERE passage.id = made.id AND passage.text = made.text
"""


def _keep_meaning(batch: list[tuple[int, str]], vectors: Vectors, model: str) -> None:
    """Of texts that are still the same: who changed one meanwhile has asked for its meaning too."""
    literals = [HalfVector(vector).to_text() for vector in vectors]
    ids, texts = [pk for pk, _ in batch], [text for _, text in batch]
    with connection.cursor() as cursor:
        cursor.execute(_KEEP_MEANING, [model[:100], ids, texts, literals])
