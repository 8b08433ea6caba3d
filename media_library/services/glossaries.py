"""Glossaries: take files in as versions, put one in force, archive, and learn what the terms mean."""

from __future__ import annotations

import hashlib
import re
import uuid
from datetime import timedelta

import numpy as np
import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Client, Organization, User
from ai import services as ai
from core import audit
from core.errors import ConflictError, DomainError, NotFoundError, WrongStateError
from core.runs import outbox
from media_library.glossary_files.reading import GlossaryFile, read
from media_library.models import Glossary, GlossaryTerm, GlossaryVersion

log = structlog.get_logger(__name__)

EMBED = "media_library.tasks.embed_glossary_version"
# Longer than a batch takes on a slow machine: who has been silent for so long was killed.
CLAIM = timedelta(minutes=5)
BATCH = 128
CONTROL = re.compile(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
Status = GlossaryVersion.Embedding


def create_glossary(
    *,
    name: str,
    data: bytes,
    filename: str,
    actor: User,
    client: Client | None = None,
    organization: Organization | None = None,
    description: str = "",
) -> Glossary:
    """With the file as version 1, in force. `organization` is for glossaries of no client."""
    file = read(data, filename=filename)
    try:
        with transaction.atomic():
            if client is not None and not Client.objects.live().select_for_update(no_key=True).filter(pk=client.pk):
                raise NotFoundError("Client not found")
            glossary = Glossary.objects.create(
                organization=client.organization if client else organization,
                client=client,
                owner=actor,
                name=name.strip(),
                description=description.strip(),
            )
            audit.record("media_library.glossary.create", glossary, actor=actor, name=glossary.name)
            _add(glossary, file, data=data, filename=filename, actor=actor, is_active=True)
    except IntegrityError as error:
        raise ConflictError("Glossary name already exists") from error
    return glossary


def add_version(glossary: Glossary, *, data: bytes, filename: str, actor: User) -> GlossaryVersion:
    """The next version, not in force yet."""
    file = read(data, filename=filename)
    with transaction.atomic():
        return _add(_locked(glossary), file, data=data, filename=filename, actor=actor)


@transaction.atomic
def activate(glossary: Glossary, *, version_id: uuid.UUID, actor: User) -> GlossaryVersion:
    """Exactly this version is in force afterwards."""
    version = glossary.versions.filter(pk=version_id).first()
    if version is None:
        raise NotFoundError("Glossary version not found")
    locked = _locked(glossary)
    if locked.versions.filter(pk=version.pk, is_active=True).exists():
        return version
    # First off, then on: at no moment may two be in force.
    locked.versions.filter(is_active=True).update(is_active=False)
    locked.versions.filter(pk=version.pk).update(is_active=True)
    locked.save(update_fields=["updated_at"])
    version.is_active = True
    audit.record("media_library.glossary.activate", locked, actor=actor, version=version.number)
    return version


@transaction.atomic
def archive_glossary(glossary: Glossary, *, actor: User) -> None:
    """Out of the lists; its versions stay, and its name is free. Twice is once."""
    locked = Glossary.objects.select_for_update().get(pk=glossary.pk)
    if locked.archived_at is not None:
        return
    locked.archived_at = timezone.now()
    locked.save(update_fields=["archived_at", "updated_at"])
    audit.record("media_library.glossary.archive", locked, actor=actor, name=locked.name)


@transaction.atomic
def reembed(version: GlossaryVersion, *, actor: User) -> GlossaryVersion:
    """The meaning of every term is worked out again in the background, also while that is being done already."""
    _locked(version.glossary)
    version.embedding_status = Status.QUEUED
    version.embedding_claim = None
    version.save(update_fields=["embedding_status", "embedding_claim"])
    audit.record("media_library.glossary.reembed", version.glossary, actor=actor, version=version.number)
    _queue(version)
    return version


def embed_version(version_id: uuid.UUID) -> bool:
    """Makes the vectors of a version that waits for them. False when there was nothing to do, or somebody else does it."""
    claim = uuid.uuid4()
    claimed = (
        _due()
        .filter(pk=version_id)
        .update(embedding_status=Status.RUNNING, embedding_claim=claim, embedding_claimed_at=Now())
    )
    if not claimed:
        return False
    version = GlossaryVersion.objects.select_related("glossary").get(pk=version_id)
    try:
        engine = _embed_terms(version, claim)
    except DomainError as error:
        log.warning("glossary.embedding_failed", version=str(version_id), error=error.message)
        _finish(version_id, claim, Status.FAILED)
        return False
    return engine is not None and _finish(version_id, claim, Status.READY, engine=engine)


def embed_forgotten() -> int:
    """Versions whose message was lost, or whose worker was killed."""
    waiting = list(_due().order_by("created_at", "pk").values_list("pk", flat=True)[:20])
    return sum(embed_version(pk) for pk in waiting)


def _locked(glossary: Glossary) -> Glossary:
    locked = Glossary.objects.select_for_update().get(pk=glossary.pk)
    if locked.archived_at is not None:
        raise WrongStateError("Glossary is archived")
    return locked


def _add(
    glossary: Glossary, file: GlossaryFile, *, data: bytes, filename: str, actor: User, is_active: bool = False
) -> GlossaryVersion:
    newest: int | None = glossary.versions.aggregate(newest=Max("number"))["newest"]
    version = GlossaryVersion.objects.create(
        glossary=glossary,
        number=(newest or 0) + 1,
        is_active=is_active,
        filename=CONTROL.sub("", filename.replace("\\", "/").rsplit("/", 1)[-1])[-255:] or "glossary",
        sha256=hashlib.sha256(data).hexdigest(),
        languages=file.languages,
        term_count=len(file.terms),
        created_by=actor,
    )
    GlossaryTerm.objects.bulk_create(
        (
            GlossaryTerm(
                version=version,
                position=position,
                source_term=term.source,
                translations=term.translations,
                notes=term.notes,
                forbidden=term.forbidden,
                case_sensitive=term.case_sensitive,
                words="\n".join([term.source, *term.translations.values(), term.notes]),
            )
            for position, term in enumerate(file.terms, 1)
        ),
        batch_size=1000,
    )
    glossary.save(update_fields=["updated_at"])
    audit.record(
        "media_library.glossary.add_version", glossary, actor=actor, version=version.number, terms=version.term_count
    )
    _queue(version)
    return version


def _queue(version: GlossaryVersion) -> None:
    outbox.ring(EMBED, queue=settings.CELERY_TASK_DEFAULT_QUEUE, version_id=str(version.pk))


def _due() -> QuerySet[GlossaryVersion]:
    lost = Q(embedding_status=Status.RUNNING, embedding_claimed_at__lt=Now() - CLAIM)
    return GlossaryVersion.objects.filter(Q(embedding_status=Status.QUEUED) | lost)


def _embed_terms(version: GlossaryVersion, claim: uuid.UUID) -> str | None:
    """The engine that did it; None when the claim went to somebody else meanwhile. No transaction while the model works."""
    use = ai.Use(
        purpose="glossary",
        user_id=version.created_by_id,
        organization_id=version.glossary.organization_id,
        # Not the version's alone: asked for again, the vectors are made again, maybe by another model.
        key=f"glossary:{claim}",
    )
    engine = ""
    terms = list(version.terms.only("id", "source_term").order_by("position", "pk"))
    for start in range(0, len(terms), BATCH):
        batch = terms[start : start + BATCH]
        answer = ai.embed_passages([term.source_term for term in batch], use=use)
        for term, vector in zip(batch, answer.value, strict=True):
            term.embedding = np.asarray(vector, np.float32).tobytes()
        with transaction.atomic():
            kept = GlossaryVersion.objects.filter(pk=version.pk, embedding_claim=claim)
            if not kept.update(embedding_claimed_at=Now()):
                return None
            GlossaryTerm.objects.bulk_update(batch, ["embedding"])
        engine = str(answer.engine)
    return engine


def _finish(version_id: uuid.UUID, claim: uuid.UUID, status: str, *, engine: str = "") -> bool:
    outcome = {"embedding_status": status, "embedding_claim": None, "embedding_engine": engine[:100]}
    return bool(GlossaryVersion.objects.filter(pk=version_id, embedding_claim=claim).update(**outcome))
