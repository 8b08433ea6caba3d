"""Routes whose answer is a file, unless the caller asks for a link to it."""

from __future__ import annotations

from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.request import Request


class SoundUnlessAskedOtherwise(DefaultContentNegotiation):
    """The view looks at `Accept` itself: a preview is a sound."""

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:  # noqa: ARG002  (the framework's signature)
        return renderers[0], renderers[0].media_type
