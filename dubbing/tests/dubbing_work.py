"""Dubs of the sample made through the routes, with the worker in the test's own process."""

from __future__ import annotations

import json
import subprocess
import uuid
from pathlib import Path
from typing import Any

import imageio_ffmpeg
from django.test import Client

from accounts.models import User
from core.testing.patience import work_off
from dubbing.models import Dub
from media_library.media.retime import words_of
from media_library.models import Asset
from media_library.services import write_transcript
from media_library.tests.factories import AssetFactory

SAMPLE = Path("tests/data/sample.mp4").resolve()
DUBS = "/api/dubs"
# Where and what the sample says, in its own seconds.
SAID = (
    (1.0, 7.9, "And mister John Dashwood had then leisure to consider how much there might be prudently in his power."),
    (13.5, 16.4, "He was not an ill disposed young man."),
    (18.0, 23.2, "Unless to be rather cold hearted and rather selfish is to be ill disposed."),
)


def cut_of_sample(into: Path, seconds: float) -> Path:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(SAMPLE), "-t", str(seconds)]
    subprocess.run([*command, "-c", "copy", "-movflags", "+faststart", str(into)], check=True, timeout=60)
    return into


def talk(owner: User, path: Path, *, seconds: float, said: Any = SAID, heard: bool = True, **values: Any) -> Asset:
    """A video of the library; where it is `heard`, the library has its words already, said by two people."""
    technical = {"video_codec": "h264", "audio_codec": "aac", "width": 1280, "height": 720, "fps": 25.0}
    asset = AssetFactory(owner=owner, content=path, title="Talk", duration=seconds, technical=technical, **values)
    if heard:
        segments = [
            {
                "start": start,
                "end": end,
                "text": text,
                "words": words_of(text, start, end, language="en"),
                "speaker": f"Reader {number % 2 + 1}",
            }
            for number, (start, end, text) in enumerate(said)
            if end <= seconds
        ]
        write_transcript(asset, language="en", confidence=0.9, engine="local:test", segments=segments)
    return Asset.objects.get(pk=asset.pk)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(client: Client, method: str, path: str, body: Any = None) -> Any:
    return client.generic(method, path, json.dumps(body or {}), content_type="application/json")


def begun(client: Client, video: Asset, **values: Any) -> Dub:
    answer = send(client, "POST", DUBS, {"video_id": str(video.pk), "target_language": "es", **values})
    assert answer.status_code == 201, answer.content
    return Dub.objects.get(pk=answer.json()["id"])


def worked_off(dub: Dub) -> Dub:
    """Everything that is begun, one piece of work after the other."""
    seen: set[uuid.UUID] = set()
    while True:
        dub = Dub.objects.get(pk=dub.pk)
        if dub.run_id is None or dub.run_id in seen:
            return dub
        seen.add(dub.run_id)
        work_off(dub.run_id)


def desk(client: Client, dub: Dub) -> dict[str, Any]:
    answer = client.get(f"{DUBS}/{dub.pk}/desk")
    assert answer.status_code == 200, answer.content
    body: dict[str, Any] = answer.json()
    return body
