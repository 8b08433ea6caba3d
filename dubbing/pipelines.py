"""What dubs and voice jobs have done for them, as data. See docs/adding-a-step.md."""

from __future__ import annotations
