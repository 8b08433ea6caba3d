"""What is found out about a file and made of it after it came in, step by step, on small real files."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import imageio_ffmpeg
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import User
from ai import services as ai
from ai.errors import EngineMissingError
from core.errors import WrongStateError
from core.live.models import LiveEvent
from core.runs.models import Run, Step
from core.storage import store
from core.testing.providers import ProviderServer
from media_library import pipelines
from media_library.models import Asset, Passage, Suggestion, Transcript
from media_library.services import ingestion
from media_library.tests.factories import AssetFactory, transcript_of
from media_library.tests.working import work

pytestmark = pytest.mark.django_db(transaction=True)
K, P, S = Asset.Kind, Asset.Purpose, Asset.Status
LISTENING = "/audio/transcriptions"
Bring = Callable[..., Asset]


@pytest.fixture
def bring(owner: User) -> Bring:
    """A file that came in and waits to be taken in."""

    def put(path: Path, *, kind: str = K.VIDEO, content_type: str = "video/mp4", **fields: object) -> Asset:
        asset = AssetFactory(
            owner=owner,
            kind=kind,
            filename=path.name,
            content_type=content_type,
            content=path,
            duration=None,
            technical={},
            status=S.PROCESSING,
            **fields,
        )
        ingestion.start(asset, by=owner)
        asset.refresh_from_db()
        return asset

    return put


def taken_in(asset: Asset) -> Asset:
    work(asset.run)
    return Asset.objects.select_related("run", "transcript").get(pk=asset.pk)


def made(asset: Asset, purpose: str) -> Asset:
    return asset.made.get(purpose=purpose)


def step(asset: Asset, name: str) -> Step:
    return Step.objects.get(run=asset.run_id, name=name)


def ffmpeg(into: Path, *options: str) -> Path:
    subprocess.run([imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *options, str(into)], check=True, timeout=120)
    return into


def test_a_film_gets_everything_that_pages_and_search_show_of_it(
    bring: Bring, numbered_film: Path, engines: ProviderServer
) -> None:
    asset = taken_in(bring(numbered_film))
    assert (asset.status, asset.problem, asset.run.status) == (S.ACTIVE, "", Run.Status.COMPLETED)
    assert asset.technical.get("notes", {}) == {}
    assert asset.duration == pytest.approx(4.0, abs=0.1)
    known = asset.technical
    assert (known["video_codec"], known["audio_codec"], known["fps"]) == ("h264", "aac", 25.0)
    assert known["shots"] == []
    assert all(colour.startswith("#") for colour in known["palette"])
    sprite = made(asset, P.SPRITE)
    assert (sprite.technical["count"], sprite.technical["columns"]) == (4, 4)
    for purpose in (P.POSTER, P.SPRITE, P.SPRITE_MAP, P.WAVEFORM):
        assert store().exists(made(asset, purpose).key)
    with store().local(made(asset, P.SPRITE_MAP).key) as path:
        assert "sprite.jpg#xywh=0,0," in path.read_text()
    assert asset.transcript.language == "en"
    assert [segment.text for segment in asset.transcript.segments.all()]
    kinds = set(asset.passages.values_list("kind", flat=True))
    assert kinds == {Passage.Kind.NAME, Passage.Kind.SPEECH, Passage.Kind.PICTURE}
    assert not asset.passages.filter(embedding=None).exists()
    assert not asset.made.filter(purpose=P.MEZZANINE).exists()


def test_what_is_not_the_houses_form_is_conformed_once(
    bring: Bring, numbered_film: Path, engines: ProviderServer, tmp_path: Path
) -> None:
    film = ffmpeg(tmp_path / "far.mkv", "-i", str(numbered_film), "-c", "copy")
    asset = taken_in(bring(film, content_type="video/x-matroska"))
    assert asset.status == S.ACTIVE, asset.problem
    mezzanine = made(asset, P.MEZZANINE)
    assert (mezzanine.content_type, mezzanine.technical["fps"]) == ("video/mp4", 25.0)
    assert store().exists(asset.key)
    ingestion.restart(asset, by=asset.owner)
    asset = taken_in(asset)
    assert made(asset, P.MEZZANINE).key == mezzanine.key


def test_a_film_without_sound_is_not_listened_to(
    bring: Bring, numbered_film: Path, engines: ProviderServer, tmp_path: Path
) -> None:
    asset = taken_in(bring(ffmpeg(tmp_path / "mute.mp4", "-i", str(numbered_film), "-an", "-c:v", "copy")))
    assert asset.status == S.ACTIVE, asset.problem
    assert not Transcript.objects.filter(asset=asset).exists()
    assert not asset.made.filter(purpose=P.WAVEFORM).exists()
    assert step(asset, "transcribe").status == Step.Status.SKIPPED
    assert not any(request.path.endswith(LISTENING) for request in engines.requests)


def test_sound_is_heard_drawn_and_made_playable(bring: Bring, recording: Path, engines: ProviderServer) -> None:
    asset = taken_in(bring(recording, kind=K.AUDIO, content_type="audio/mpeg"))
    assert asset.status == S.ACTIVE, asset.problem
    preview = made(asset, P.PREVIEW)
    assert (preview.kind, preview.content_type) == (K.AUDIO, "audio/mp4")
    assert asset.transcript.segments.exists()
    assert store().exists(made(asset, P.WAVEFORM).key)
    assert not asset.made.filter(purpose=P.POSTER).exists()
    assert not Suggestion.objects.filter(asset=asset).exists()


def test_a_film_file_that_holds_sound_alone_becomes_sound(
    bring: Bring, recording: Path, engines: ProviderServer, tmp_path: Path
) -> None:
    asset = taken_in(bring(ffmpeg(tmp_path / "talk.mp4", "-i", str(recording), "-c:a", "aac")))
    assert (asset.status, asset.kind, asset.problem) == (S.ACTIVE, K.AUDIO, "")
    assert asset.transcript.segments.exists()


def test_a_picture_is_shown_anew_measured_and_described(bring: Bring, engines: ProviderServer, tmp_path: Path) -> None:
    path = tmp_path / "dusk.png"
    Image.linear_gradient("L").resize((640, 360)).convert("RGB").save(path)
    asset = taken_in(bring(path, kind=K.IMAGE, content_type="image/png"))
    assert (asset.status, asset.problem) == (S.ACTIVE, "")
    assert (asset.technical["width"], asset.technical["height"], asset.technical["color_depth"]) == (640, 360, 24)
    assert made(asset, P.PREVIEW).content_type == made(asset, P.POSTER).content_type == "image/webp"
    seen = asset.analysis
    assert seen["description"] == "A woman crosses a bridge."
    assert seen["style"]["colorTone"] == "monochrome"
    assert "widescreen" in seen["suitability"]
    assert (seen["engine"].split(":")[0], seen["measured"]) == ("openai", False)
    proposal = Suggestion.objects.get(asset=asset)
    assert (proposal.kind, proposal.status, proposal.content["description"]) == (
        Suggestion.Kind.PICTURE,
        Suggestion.Status.OPEN,
        seen["description"],
    )
    assert (asset.description, asset.tags) == ("", [])


def test_what_people_decided_about_a_proposal_is_not_asked_again(
    bring: Bring, engines: ProviderServer, tmp_path: Path
) -> None:
    path = tmp_path / "plain.png"
    Image.new("RGB", (320, 200), "navy").save(path)
    asset = taken_in(bring(path, kind=K.IMAGE, content_type="image/png"))
    Suggestion.objects.filter(asset=asset).update(status=Suggestion.Status.DISMISSED)
    Step.objects.filter(run=asset.run_id, name="describe").update(inputs_hash="")
    ingestion.restart(asset, by=asset.owner)
    asset = taken_in(asset)
    assert Suggestion.objects.get(asset=asset).status == Suggestion.Status.DISMISSED


def test_a_file_that_is_not_what_it_says_fails_in_words_and_is_kept(
    bring: Bring, engines: ProviderServer, tmp_path: Path
) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"%PDF-1.7 " + bytes(2000))
    asset = taken_in(bring(path))
    assert asset.status == S.FAILED
    assert asset.problem.startswith("This file is ")
    assert store().exists(asset.key)
    assert asset.run.failed_step == "check"


def test_a_broken_film_fails_and_can_be_tried_again_from_there(
    bring: Bring, numbered_film: Path, engines: ProviderServer, owner: User
) -> None:
    engines.plan("error", status=400, path=LISTENING)
    asset = taken_in(bring(numbered_film))
    assert (asset.status, asset.run.failed_step) == (S.FAILED, "transcribe")
    assert asset.problem.startswith("OpenAI")
    poster = made(asset, P.POSTER).key
    ingestion.restart(asset, by=owner)
    asset.refresh_from_db()
    assert (asset.status, asset.problem) == (S.PROCESSING, "")
    asset = taken_in(asset)
    assert (asset.status, asset.problem) == (S.ACTIVE, "")
    assert (step(asset, "check").attempt, step(asset, "transcribe").attempt) == (1, 2)
    assert made(asset, P.POSTER).key == poster


def test_work_that_is_under_way_is_not_started_twice(bring: Bring, numbered_film: Path, owner: User) -> None:
    asset = bring(numbered_film)
    with pytest.raises(WrongStateError):
        ingestion.start(asset, by=owner)
    with pytest.raises(WrongStateError):
        ingestion.restart(asset, by=owner)
    assert Run.objects.filter(subject_id=asset.pk).count() == 1


def test_an_engine_that_is_not_there_leaves_its_part_out_and_says_so(
    bring: Bring, numbered_film: Path, engines: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(*_args: object, **_options: object) -> None:
        raise EngineMissingError("The engine that looks is not installed.")

    monkeypatch.setattr(ai, "describe", missing)
    asset = taken_in(bring(numbered_film))
    assert (asset.status, asset.problem) == (S.ACTIVE, "")
    assert asset.technical["notes"]["describe"] == "The engine that looks is not installed."
    assert asset.analysis == {}
    assert asset.passages.filter(kind=Passage.Kind.SPEECH).exists()
    monkeypatch.undo()
    ingestion.restart(asset, by=asset.owner)
    asset.refresh_from_db()
    assert asset.status == S.ACTIVE  # it can be used all the time
    asset = taken_in(asset)
    assert "describe" not in asset.technical["notes"]
    assert asset.analysis["description"]


def test_a_file_in_which_nobody_speaks_has_an_empty_transcript_and_a_note(
    bring: Bring, numbered_film: Path, engines: ProviderServer
) -> None:
    engines.plan("ok", path=LISTENING, text="")
    asset = taken_in(bring(numbered_film))
    assert asset.status == S.ACTIVE, asset.problem
    assert not asset.transcript.segments.exists()
    assert asset.technical["notes"]["transcribe"] == "Nobody is heard speaking in this file."
    assert step(asset, "speakers").status == Step.Status.SKIPPED


def test_a_transcript_that_is_there_is_not_heard_again(
    bring: Bring, numbered_film: Path, engines: ProviderServer
) -> None:
    asset = bring(numbered_film)
    there = transcript_of(asset, "Good evening everyone", "The train leaves at nine")
    Transcript.objects.filter(pk=there.pk).update(speakers_engine="local:resemblyzer")
    asset = taken_in(asset)
    lines = asset.transcript.segments.order_by("position").values_list("text", flat=True)
    assert list(lines) == ["Good evening everyone", "The train leaves at nine"]
    assert not any(request.path.endswith(LISTENING) for request in engines.requests)


def test_cancelled_work_stops_and_can_be_started_again(
    bring: Bring, numbered_film: Path, engines: ProviderServer, owner: User
) -> None:
    asset = bring(numbered_film)
    ingestion.cancel(asset, by=owner)
    asset.refresh_from_db()
    assert (asset.status, asset.problem.split(".")[0]) == (S.FAILED, "The preparation was cancelled")
    assert store().exists(asset.key)
    ingestion.restart(asset, by=owner)
    asset = taken_in(asset)
    assert (asset.status, asset.problem) == (S.ACTIVE, "")


def test_sockets_are_told_how_far_it_is_and_when_it_can_be_used(
    bring: Bring, numbered_film: Path, engines: ProviderServer
) -> None:
    asset = taken_in(bring(numbered_film))
    told = [event.payload for event in LiveEvent.objects.filter(stream="library", key=str(asset.pk)).order_by("seq")]
    statuses = [event["status"] for event in told if event["type"] == "asset.status"]
    assert statuses == ["processing", "active"]
    progress = [event["progress"] for event in told if event["type"] == "asset.progress"]
    assert progress == sorted(progress)
    assert {"check", "probe", "picture", "transcribe", "index"} <= {event.get("step") for event in told}


def test_the_run_tells_what_came_of_it_to_whoever_sees_the_file(
    client: Client, bring: Bring, numbered_film: Path, engines: ProviderServer, owner: User
) -> None:
    asset = taken_in(bring(numbered_film))
    client.force_login(owner)
    answer = client.get(f"/api/runs/{asset.run_id}").json()
    assert (answer["kind"], answer["status"]) == (ingestion.KIND, "completed")
    assert answer["result"] == {
        "asset_id": str(asset.pk),
        "kind": "video",
        "status": "active",
        "duration": asset.duration,
    }


def test_waveform_and_shots_are_as_a_job_draws_them(bring: Bring, numbered_film: Path, engines: ProviderServer) -> None:
    asset = taken_in(bring(numbered_film))
    with store().local(made(asset, P.WAVEFORM).key) as path:
        drawn = json.loads(path.read_text())
    assert set(drawn) == {"per_second", "duration", "low", "high"}
    assert len(drawn["low"]) == pytest.approx(4 * drawn["per_second"], abs=3)


def test_a_run_that_ended_leaves_nothing_that_no_row_names(
    bring: Bring, numbered_film: Path, engines: ProviderServer
) -> None:
    asset = taken_in(bring(numbered_film))
    named = {asset.key, *asset.made.values_list("key", flat=True)}
    noted = {key for keys in Step.objects.filter(run=asset.run_id).values_list("keys", flat=True) for key in keys}
    assert noted <= named


def test_progress_of_several_steps_is_told_four_times_a_second_at_most(bring: Bring, numbered_film: Path) -> None:
    asset = bring(numbered_film)
    listener = pipelines.INGEST.listener
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        for name in ("picture", "transcribe"):
            listener.progressed(asset.run, Step(run=asset.run, name=name))
    told = LiveEvent.objects.filter(stream="library", key=str(asset.pk), type="asset.progress")
    assert 3 <= told.count() <= 5


def test_a_long_recording_gets_chapters_where_its_subject_changes(
    bring: Bring, engines: ProviderServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def missing(*_args: object, **_options: object) -> None:
        raise EngineMissingError("The engine for meaning is not installed.")

    monkeypatch.setattr(ai, "embed_passages", missing)
    path = ffmpeg(tmp_path / "talk.mp3", "-f", "lavfi", "-i", "anoisesrc=d=240:a=0.1:r=16000")
    asset = bring(path, kind=K.AUDIO, content_type="audio/mpeg")
    sea = [
        "The harbour master counts the boats.",
        "Boats leave the harbour with the tide.",
        "The tide fills the harbour.",
    ]
    bread = ["The baker kneads the dough.", "Dough rises in the warm oven.", "The oven bakes the baker's bread."]
    there = transcript_of(asset, *(sea * 8), *(bread * 8), seconds=5)
    Transcript.objects.filter(pk=there.pk).update(speakers_engine="local:resemblyzer")
    asset = taken_in(asset)
    assert asset.status == S.ACTIVE, asset.problem
    # Words tell subjects apart where nobody works out what they mean.
    assert asset.technical["notes"] == {"index": "The engine for meaning is not installed."}
    assert asset.passages.filter(kind=Passage.Kind.SPEECH).count() == 48
    assert asset.chapters[0]["start"] == 0.0
    assert any(abs(chapter["start"] - 120) <= 10 for chapter in asset.chapters)


def test_files_that_came_in_before_are_prepared_on_request(numbered_film: Path, owner: User) -> None:
    before = AssetFactory(owner=owner, content=numbered_film)
    archived = AssetFactory(owner=owner, archived_at=timezone.now())
    call_command("prepare_files", stdout=StringIO())
    said = StringIO()
    call_command("prepare_files", stdout=said)
    assert Run.objects.filter(subject_id=before.pk).count() == 1
    assert not Run.objects.filter(subject_id=archived.pk).exists()
    assert said.getvalue() == "0 files are being prepared.\n"
