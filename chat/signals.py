"""What others may listen to. Sent inside the transaction that makes the change."""

from __future__ import annotations

from django.dispatch import Signal

answered = Signal()
"""message: an answer that is whole."""
