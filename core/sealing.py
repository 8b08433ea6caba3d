"""Keeping what must be read again and nobody else may read: encrypted with a key that comes from the studio's secret."""

from __future__ import annotations

import base64
import hashlib

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings


def cipher(purpose: str) -> MultiFernet:
    """Each purpose has keys of its own. What an older secret sealed can be opened while that is among the fallbacks."""
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(
        [
            Fernet(base64.urlsafe_b64encode(hashlib.sha256(purpose.encode() + secret.encode()).digest()))
            for secret in secrets
        ]
    )
