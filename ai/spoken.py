"""Speech that was paid for, as the ledger remembers it: a WAV file in the store."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from uuid import UUID

import structlog

from ai.capabilities.text_to_speech import Speech, Voice
from ai.models import Call
from ai.work import Kept
from core.errors import StorageFullError
from core.storage import store

log = structlog.get_logger(__name__)


def keep(speech: Speech, call_id: UUID) -> Kept:
    key = f"ai/speech/{call_id}"
    try:
        store().put(key, speech.path, content_type="audio/wav")
    except StorageFullError:
        # The sound is there and paid for; only a retry would have to pay again.
        log.warning("ai.answer_not_kept", call=str(call_id))
        return Kept()
    return Kept({"seconds": speech.seconds, "voice": asdict(speech.voice)}, key)


def load(call: Call, into: Path) -> Speech | None:
    if not call.response or not call.response_key or not store().exists(call.response_key):
        return None
    with store().local(call.response_key) as path:
        shutil.copyfile(path, into)
    return Speech(into, call.response["seconds"], Voice(**call.response["voice"]))
