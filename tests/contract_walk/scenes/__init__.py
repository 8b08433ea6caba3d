"""The scenes of each part of the contract. Importing a module registers its scenes."""

from tests.contract_walk.scenes import (
    admin,
    clients,
    film_media,
    glossaries,
    invitations,
    library_pages,
    media,
    organizations,
    personas,
    pipeline,
    platform,
    search,
    storage,
    tokens,
    transcripts,
)

__all__ = [
    "admin",
    "clients",
    "film_media",
    "glossaries",
    "invitations",
    "library_pages",
    "media",
    "organizations",
    "personas",
    "pipeline",
    "platform",
    "search",
    "storage",
    "tokens",
    "transcripts",
]
