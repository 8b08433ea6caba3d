"""Right answers of ElevenLabs: clones that are added, found by a word, spoken with and deleted."""

from __future__ import annotations

import json
import math
import struct
from typing import Any
from urllib.parse import parse_qs, urlsplit

from core.testing.providers import answers
from core.testing.providers.answers import RATE, Reply

FIRST = "clone0"  # was there before anybody asked


class Voices:
    """Of one account. A clone is made for every request to add one, whatever its headers say: nothing there promises otherwise."""

    def __init__(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {FIRST: {"voice_id": FIRST, "name": "Somebody", "labels": {}}}
        self.added = 0

    def answer(self, method: str, target: str, content_type: str, body: bytes) -> Reply | None:
        """None: the path is not of this provider."""
        parts = urlsplit(target)
        path = parts.path
        if method == "POST" and path.endswith("/v1/voices/add"):
            return self._add(content_type, body)
        if method == "GET" and path.endswith("/v2/voices"):
            return self._found(parse_qs(parts.query).get("search", [""])[0])
        if method == "DELETE" and "/v1/voices/" in path:
            known = self.kept.pop(path.rpartition("/")[2], None)
            return _json({"status": "ok"}) if known else _refusal(400, "voice_does_not_exist")
        if method == "POST" and "/v1/text-to-speech/" in path:
            if path.rpartition("/")[2] not in self.kept:
                return _refusal(404, "voice_not_found")
            return _sound(json.loads(body))
        return None

    def _add(self, content_type: str, body: bytes) -> Reply:
        fields = {
            name: answers.field_of(body, content_type, name) for name in ("name", "labels", "description", "files")
        }
        if not fields["name"] or not fields["files"]:
            return Reply("application/json", [json.dumps({"detail": [{"msg": "field required"}]}).encode()], 422)
        self.added += 1
        voice_id = f"clone{self.added:016d}"
        self.kept[voice_id] = {
            "voice_id": voice_id,
            "name": fields["name"].decode(),
            "labels": json.loads(fields["labels"] or b"{}"),
            "description": fields["description"].decode(),
        }
        return _json({"voice_id": voice_id, "requires_verification": False})

    def _found(self, word: str) -> Reply:
        found = [voice for voice in self.kept.values() if word in json.dumps(voice)]
        return _json({"voices": found, "has_more": False, "total_count": len(found)})


def _sound(body: dict[str, Any]) -> Reply:
    """A tone as long as the text would take, as bare samples."""
    count = int(len(body["text"]) * 0.06 / float(body.get("voice_settings", {}).get("speed", 1.0)) * RATE)
    sound = b"".join(struct.pack("<h", int(8000 * math.sin(index / 12))) for index in range(count))
    return Reply("audio/pcm", [sound[start : start + 8192] for start in range(0, len(sound), 8192)])


def _json(body: Any) -> Reply:
    return Reply("application/json", [json.dumps(body).encode()])


def _refusal(status: int, code: str) -> Reply:
    body = {"detail": {"status": code, "message": f"Planned: {code}"}}
    return Reply("application/json", [json.dumps(body).encode()], status)
