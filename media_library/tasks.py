"""The workers' door to the library."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from media_library.services import clips, glossaries, indexing, intake


@shared_task
def embed_glossary_version(*, version_id: str, **_: object) -> None:
    glossaries.embed_version(UUID(version_id))


@shared_task
def embed_forgotten_glossaries(**_: object) -> None:
    glossaries.embed_forgotten()


@shared_task
def embed_asset(*, asset_id: str, **_: object) -> None:
    indexing.embed_claimed(UUID(asset_id))


@shared_task
def reindex_search(**_: object) -> None:
    indexing.reindex()


@shared_task
def purge_clip_files(**_: object) -> None:
    clips.purge()


@shared_task
def forget_intakes(**_: object) -> None:
    intake.forget()
