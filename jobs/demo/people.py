"""The demo's house and its people, one for each role. They exist only after `make demo`."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings

from accounts.models import Organization, User
from accounts.services import ensure_person

HOUSE = "Demo House"
PEOPLE = {
    User.Role.ADMIN: ("admin@example.com", "Ada Adler"),
    User.Role.PROJECT_MANAGER: ("manager@example.com", "Mara Lindqvist"),
    User.Role.PRODUCTION: ("production@example.com", "Piet Janssen"),
    User.Role.REVIEWER: ("reviewer@example.com", "Rosa Quintana"),
    User.Role.LINGUIST: ("linguist@example.com", "Lucía Ferrer"),
    User.Role.CLIENT: ("demo@example.com", "Dana Demir"),
}


def password() -> str:
    """One password for all of them, made once for this state directory."""
    path: Path = settings.HOME / "secrets" / "demo_password"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(f"reel-{secrets.token_hex(4)}-{secrets.token_hex(4)}")
    return path.read_text().strip()


def settle() -> dict[str, User]:
    """The people by role, made when they are not there."""
    house, _ = Organization.objects.get_or_create(slug="demo-house", defaults={"name": HOUSE})
    word = password()
    return {
        role: ensure_person(email=email, name=name, role=role, password=word, organization=house)
        for role, (email, name) in PEOPLE.items()
    }
