"""What other apps may listen to. Sent inside the transaction that makes the change."""

from __future__ import annotations

from django.dispatch import Signal

job_created = Signal()
"""job: a job exists with all its outputs."""

source_approved = Signal()
"""job, actor."""

completing = Signal()
"""job, actor: raise a DomainError to refuse."""

returned_to_qc = Signal()
"""job, languages, actor: those of these languages that were approved are worked on again."""

promoting_to_qc = Signal()
"""job, actor: a person takes the source texts over; whoever keeps texts sees to it that there is one."""

closing_job = Signal()
"""job, actor: the job is deleted, and what led to it leads nowhere from now on."""

outputs_changed = Signal()
"""job, added, removed, actor: outputs of the languages `added` are there, those of `removed` are about to go. Raise a DomainError to
refuse, when somebody works on one that is to go."""
