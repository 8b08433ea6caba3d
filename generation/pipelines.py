"""What generation sessions have done for them, as data. See docs/adding-a-step.md."""

from __future__ import annotations
