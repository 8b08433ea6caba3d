"""Who must not exist in production."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Error, Tags, register
from django.db.models import Q

# Names that belong to nobody (RFC 2606): people of demos and tests.
NOBODYS_DOMAINS = ("example.com", "example.org", "example.net", ".example", ".test", ".invalid", ".localhost")


@register(Tags.database, deploy=True)
def demo_people(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Asked with `--database default` only: the other checks need no database."""
    if not databases or "default" not in databases:
        return []
    wanted = Q()
    for domain in NOBODYS_DOMAINS:
        wanted |= Q(email__iendswith=domain if domain.startswith(".") else f"@{domain}")
    count = get_user_model()._default_manager.filter(wanted, is_active=True).count()  # noqa: SLF001  (the public spelling)
    if not count:
        return []
    return [
        Error(
            f"{count} people with addresses of nobody (such as demo@example.com) can sign in.",
            hint="They come from `make demo`. Deactivate or delete them.",
            id="reelwright.E015",
        )
    ]
