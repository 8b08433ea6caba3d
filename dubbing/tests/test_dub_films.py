"""The films of a dub whose lines are spoken: made through the routes by real programs, and taken along."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.tests.factories import UserFactory
from core.storage import store
from core.testing.files import body_of
from dubbing.models import Dub
from dubbing.queries.sayings import Sayings
from dubbing.services import dubs
from dubbing.tests.dubbing_work import DUBS, cut_of_sample, desk, send, signed_in, talk, worked_off
from dubbing.tests.factories import DubFactory, line_in, role_in
from media_library.media.probe import probe
from media_library.media.voice_fit import seconds_of
from media_library.models import Asset, Transcript

pytestmark = pytest.mark.django_db(transaction=True)

VOICE = Path("tests/data/voices/cards-002.wav").resolve()


def spoken_dub(path: Path) -> Dub:
    """One line of eight seconds of the sample, as the studio leaves it once it is spoken."""
    owner = UserFactory()
    video = talk(owner, cut_of_sample(path / "talk.mp4", 8.0), seconds=8.0)
    dub: Dub = DubFactory(owner=owner, video=video, title="Charla", facts={"duration": 8.0}, status=Dub.Status.READY)
    role = role_in(dub, voice="espeak-es")
    line = line_in(dub, role, start=1.0, end=1.0 + seconds_of(VOICE), written_by="person", engine="local:espeak")
    stored = store().put(f"dubs/{line.pk}.wav", VOICE, content_type="audio/wav")
    line.spoken_of = Sayings(dubs.find(dub.pk)).digest(line, role)
    line.placed_start, line.placed_end, line.rate, line.natural = line.start, line.end, 1.0, line.end - line.start
    place = [round(line.start, 3), round(line.end, 3), 1.4]
    line.sound = {"key": f"dubs/{line.pk}.wav", "sha256": stored.sha256, "slot": place, "verdict": "fits"}
    line.save()
    return dub


def file_at(client: Client, answer: Any) -> bytes:
    assert answer.status_code == 302
    return body_of(client.get(answer["Location"]))


def packets(path: Path) -> list[bytes]:
    import av

    with av.open(str(path)) as container:
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_the_films_hold_the_picture_as_it_was_and_say_that_a_machine_speaks(tmp_path: Path) -> None:
    dub = spoken_dub(tmp_path)
    client = signed_in(dub.owner)
    assert send(client, "POST", f"{DUBS}/{dub.pk}/film").status_code == 200
    dub = worked_off(dub)
    assert dub.status == Dub.Status.READY, dub.problem
    shown = desk(client, dub)
    assert all(shown["dub"]["films"].values())
    assert not shown["out_of_date"]
    for output, tracks in (("film", 1), ("multitrack", 2)):
        asset: Asset = getattr(dub, output)
        assert (asset.origin, asset.owner_id) == (Asset.Origin.GENERATED, dub.owner_id)
        assert asset.provenance["synthetic_speech"] is True
        with store().local(asset.key) as made, store().local(dub.video.key) as source:
            found = probe(made)
            assert len(found.audio_tracks) == tracks
            assert b"AI-generated voice" in made.read_bytes()
            assert packets(made) == packets(source)
    assert Transcript.objects.get(asset=dub.film).language == "es"

    # The same again is a version of the same film; a line that changes makes it old.
    first = dub.film_id
    assert send(client, "POST", f"{DUBS}/{dub.pk}/film").status_code == 200
    dub = worked_off(dub)
    assert dub.film is not None
    assert (dub.film.previous_id, dub.film.version) == (first, 2)
    line = dub.lines.get()
    send(client, "PATCH", f"{DUBS}/{dub.pk}/lines/{line.pk}", {"muted": True})
    assert desk(client, dub)["out_of_date"]
    send(client, "PATCH", f"{DUBS}/{dub.pk}/lines/{line.pk}", {"muted": False})

    exported = {kind: client.get(f"{DUBS}/{dub.pk}/export?format={kind}") for kind in ("vtt", "srt", "csv", "json")}
    assert exported["vtt"].content.startswith(b"WEBVTT")
    assert b"-->" in exported["srt"].content
    assert "Buenos" in exported["csv"].content.decode("utf-8-sig")
    assert json.loads(exported["json"].content)["synthetic_speech"] is True
    assert file_at(client, client.get(f"{DUBS}/{dub.pk}/export?format=wav"))[:4] == b"RIFF"
    assert client.get(f"{DUBS}/{dub.pk}/export?format=mp4").status_code == 302
    package = zipfile.ZipFile(io.BytesIO(file_at(client, client.get(f"{DUBS}/{dub.pk}/export?format=zip"))))
    assert {"manifest.json", "SHA256SUMS", "lines/0001.wav", "Charla.mp4"} <= set(package.namelist())
    assert client.get(f"{DUBS}/{dub.pk}/export?format=exe").status_code == 400


def test_a_film_that_is_cancelled_leaves_nothing_and_can_be_made_again(tmp_path: Path) -> None:
    dub = spoken_dub(tmp_path)
    client = signed_in(dub.owner)
    send(client, "POST", f"{DUBS}/{dub.pk}/film")
    assert send(client, "POST", f"{DUBS}/{dub.pk}/cancel").json()["status"] == "cancelled"
    assert worked_off(dub).film is None
    assert send(client, "POST", f"{DUBS}/{dub.pk}/retry").json()["status"] == "mixing"
    dub = worked_off(dub)
    assert dub.status == Dub.Status.READY, dub.problem
    assert dub.film is not None
