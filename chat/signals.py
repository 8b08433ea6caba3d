"""What others may listen to. Sent inside the transaction that makes the change."""

from __future__ import annotations

from django.dispatch import Signal

film_completed = Signal()
"""film, actor: its project was marked completed, by whatever door."""

answered = Signal()
"""message: an answer that is whole."""
