"""The form of a path that is looked up."""

from __future__ import annotations


def routed(path: str) -> str:
    """Below /api a trailing slash makes no difference: one document writes it, others do not, and a redirect would lose a body."""
    return path[:-1] if path.startswith("/api/") and path.endswith("/") and len(path) > len("/api/") else path
