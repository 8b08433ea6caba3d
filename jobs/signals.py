"""What other apps may listen to. Sent inside the transaction that makes the change."""

from __future__ import annotations

from django.dispatch import Signal

job_created = Signal()
"""job: a job exists with all its outputs."""

source_approved = Signal()
"""job, actor."""

completing = Signal()
"""job, actor: raise a DomainError to refuse."""
