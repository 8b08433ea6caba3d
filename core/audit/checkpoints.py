"""Once a day the end of the chain is written, signed, into a file: a database that is set back as a whole is missed too."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from core.audit import hashes
from core.embedded.secret_files import write_private
from core.models import AuditHead


@dataclass(frozen=True)
class Checkpoint:
    name: str
    position: int
    hash: str
    at: str
    signature: str

    def is_genuine(self) -> bool:
        return hashes.is_signed(self.signature, "checkpoint", [self.position, self.hash, self.at])


def folder() -> Path:
    return Path(settings.HOME) / "audit"


def write() -> Path | None:
    """Today's file, written anew when it is there. None while nothing was sealed."""
    head = AuditHead.objects.filter(pk=1).first()
    if head is None:
        return None
    now = timezone.now()
    at = now.isoformat()
    body = {
        "position": head.position,
        "hash": head.hash,
        "at": at,
        "signature": hashes.signed("checkpoint", [head.position, head.hash, at]),
    }
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder() / f"checkpoint-{now:%Y-%m-%d}.json"
    fresh = path.with_suffix(".new")
    write_private(fresh, json.dumps(body))
    fresh.replace(path)
    return path


def newest() -> Checkpoint | None:
    paths = sorted(folder().glob("checkpoint-*.json"))
    return _read(paths[-1]) if paths else None


def _read(path: Path) -> Checkpoint:
    """What cannot be read is no genuine checkpoint, and says so."""
    try:
        body = json.loads(path.read_text())
        return Checkpoint(path.name, int(body["position"]), str(body["hash"]), str(body["at"]), str(body["signature"]))
    except (OSError, ValueError, KeyError, TypeError):
        return Checkpoint(path.name, 0, "", "", "")
