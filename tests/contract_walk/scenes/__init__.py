"""The scenes of each part of the contract. Importing a module registers its scenes."""

from tests.contract_walk.scenes import (
    admin,
    clients,
    glossaries,
    invitations,
    organizations,
    personas,
    pipeline,
    platform,
    storage,
    tokens,
)

__all__ = [
    "admin",
    "clients",
    "glossaries",
    "invitations",
    "organizations",
    "personas",
    "pipeline",
    "platform",
    "storage",
    "tokens",
]
