"""What the person at the terminal is told when a service or the studio cannot start."""

from __future__ import annotations


class EmbeddedError(Exception):
    """A sentence to act on. Not a `DomainError`: it happens before Django and no request ever sees it."""
