"""Weights of the local engines: `require` finds them, `manage.py models` fetches them."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from ai.errors import EngineMissingError
from ai.weights.manifest import find, installed


def require(name: str) -> Path:
    """The folder of a model on this machine."""
    model = find(name)
    if not installed(model, settings.MODELS_ROOT):
        raise EngineMissingError(
            f"The model {name}, which {model.purpose}, is not on this machine. Fetch it with: manage.py models {name}"
        )
    return Path(settings.MODELS_ROOT) / name
