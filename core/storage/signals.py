"""What the store tells whoever announced a file."""

from __future__ import annotations

from django.dispatch import Signal

upload_completed = Signal()
"""`upload` is whole and right. Sent inside the transaction that says so: what a receiver writes is there with it, or not at all."""
