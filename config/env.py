"""The environment, typed and checked once, at start. A wrong value stops the start with its name and what is allowed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from core.embedded.secret_files import stored_secret

ROOT = Path(__file__).resolve().parent.parent


class Env:
    """Reads one variable each, by type. An empty string counts as unset, as it does in compose files."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = values

    def text(self, name: str, default: str | None = None) -> str:
        value = self.values.get(name, "").strip()
        if value:
            return value
        if default is None:
            raise ImproperlyConfigured(f"{name} is not set. See docs/operations.md.")
        return default

    def flag(self, name: str, *, default: bool) -> bool:
        value = self.text(name, "on" if default else "off").lower()
        if value in {"1", "on", "true", "yes"}:
            return True
        if value in {"0", "off", "false", "no"}:
            return False
        raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")

    def number(self, name: str, default: int, *, least: int = 0) -> int:
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from error
        if number < least:
            raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}.")
        return number

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(allowed)}, not {value!r}.")
        return value

    def words(self, name: str, default: str = "") -> list[str]:
        return [word.strip() for word in self.text(name, default).split(",") if word.strip()]

    def rate(self, name: str, default: str) -> tuple[int, int]:
        """`5/60`: so many in so many seconds."""
        value = self.text(name, default)
        limit, _, seconds = value.partition("/")
        if not (limit.isdigit() and seconds.isdigit() and int(limit) and int(seconds)):
            raise ImproperlyConfigured(f"{name} must look like 5/60 (so many in so many seconds), not {value!r}.")
        return int(limit), int(seconds)

    def mapping(self, name: str) -> dict[str, str]:
        """A JSON object of texts; empty when unset."""
        try:
            value = json.loads(self.text(name, "{}"))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name} must be a JSON object.") from error
        if not isinstance(value, dict) or not all(isinstance(inner, str) for inner in value.values()):
            raise ImproperlyConfigured(f"{name} must be a JSON object of texts.")
        return value

    def path(self, name: str, default: Path) -> Path:
        return Path(self.text(name, str(default))).expanduser().resolve()

    def secret(self, name: str, home: Path) -> str:
        """The variable, or a generated secret kept in the state directory (0600) so that a restart keeps sessions and links."""
        value = self.values.get(name, "").strip()
        return value or stored_secret(home / "secrets" / name.lower())


env = Env(os.environ)
