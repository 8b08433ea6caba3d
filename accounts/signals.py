"""What other apps may listen to. Sent inside the transaction that makes the change, with the row locked."""

from __future__ import annotations

from django.dispatch import Signal

closing_client = Signal()
"""client, actor: raise a DomainError to refuse."""

closing_project = Signal()
"""project, actor: raise a DomainError to refuse."""

project_changed = Signal()
"""project, actor, verb: other words, or another state by that move of its workflow (or `delete`). Raise a DomainError to refuse."""
