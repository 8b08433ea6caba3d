"""Films of approved clips: asked for over HTTP, made by real runs, looked at frame by frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import av
import numpy as np
import pytest

from accounts.tests.factories import UserFactory
from ai.models import Call
from core.runs.models import Run
from core.storage import store
from core.storage.holders import strays
from core.testing.contract import differences, endpoint
from core.testing.patience import work_off
from generation.models import GenerationSession, Round, Take
from generation.services import composing, rounds
from generation.services.wishes import Wish
from generation.tests.asking import Asker
from generation.tests.factories import SessionFactory
from generation.tests.filming import filmed, finished, results, stored_asset
from media_library.media import credentials
from media_library.media.loudness import measure
from media_library.media.overlays import Overlay
from media_library.media.probe import probe
from media_library.models import Asset
from media_library.queries import links
from media_library.tests.media.films import numbers
from media_library.tests.working import numbered_film, recording

pytestmark = pytest.mark.django_db

TITLE = Overlay(text="Lift off", start=1.0, duration=1.0)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    return [numbered_film(folder / f"{number}.mp4") for number in range(2)]


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return recording(tmp_path_factory.mktemp("sound") / "music.m4a", seconds=3)


@pytest.fixture(autouse=True)
def before() -> set[str]:
    """What earlier tests left in the store, which keeps its files when the database takes back its rows."""
    return set(strays(grace=-60))


@pytest.fixture
def session(clips: list[Path]) -> GenerationSession:
    return filmed(clips)


def body(session: GenerationSession, **more: Any) -> dict[str, Any]:
    return {"session_id": str(session.pk), **more}


def film_of(session: GenerationSession) -> Asset:
    session.refresh_from_db()
    assert session.final is not None
    return session.final


def shown(asset: Asset) -> list[int]:
    """The numbers that the frames carry."""
    with store().local(asset.key) as path:
        return [number for _, number in numbers(path)]


def lowest_rows(asset: Asset) -> list[Any]:
    """Of each frame the part where titles stand."""
    with store().local(asset.key) as path, av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray")[60:].astype(int) for frame in container.decode(video=0)]


def test_the_document_composes_approved_clips_with_words_over_them(
    before: set[str], session: GenerationSession, patient: None, clips: list[Path]
) -> None:
    asker = Asker(session.owner)
    overlays = [{"text": "Lift off", "start_time": 5, "duration": 1}]
    answer = asker.post("compose-final-video", **body(session, text_overlays=overlays))
    assert answer.status_code == 200, answer.content
    assert differences(answer.json(), endpoint("pipeline.generation.compose")["success"]["shape"]) == []
    film = film_of(session)
    told = asker.session(session.pk)
    assert (told["status"], bool(told["final_video_url"]), bool(told["completed_at"])) == ("completed", True, True)
    assert [one["type"] for one in told["assets"]].count("final_video") == 1
    assert film.key.startswith(f"users/{session.owner_id}/output/final/")
    listed = asker.get("storage/files?folder=output&asset_type=final").json()
    assert [one["key"] for one in listed["files"]] == [film.key]
    # Each frame of the clips, once, in order; only those under the words are other pictures.
    assert shown(film) == [*range(100), *range(100)]
    with av.open(str(clips[0])) as container:
        source = [frame.to_ndarray(format="gray")[60:].astype(int) for frame in container.decode(video=0)] * 2
    changed = [
        number for number, (a, b) in enumerate(zip(lowest_rows(film), source, strict=True)) if np.abs(a - b).max() > 90
    ]
    assert changed == list(range(125, 150))
    assert film.technical["frames_copied"] >= 150
    # It cost nothing, and nothing lies about.
    assert not Call.objects.exists()
    assert asker.get(f"sessions/{session.pk}/costs").json()["breakdown"] == []
    assert set(strays(grace=-60)) <= before


def test_a_film_says_in_itself_and_beside_it_how_it_came_to_be(session: GenerationSession) -> None:
    finished(composing.compose(session, Wish(), actor=session.owner))
    film, asker = film_of(session), Asker(session.owner)
    note = asker.get(f"library/assets/{film.pk}/credentials").json()
    said = note["statement"]
    assert (said["ai_generated"], said["kind"], said["sha256"]) == (True, credentials.TRAINED, film.sha256)
    assert [(one["prompt"], one["seed"], one["cost_usd"]) for one in said["ingredients"]] == [
        ("It lifts off", 7, "0.05")
    ] * 2
    created = note["embedded"]["actions"][0]
    assert note["embedded"]["intact"] is True
    assert (created["action"], created["softwareAgent"]["name"]) == ("c2pa.created", "replicate gen-4-turbo")
    assert created["digitalSourceType"].endswith("/trainedAlgorithmicMedia")
    assert created["when"] == said["made_at"]
    assert asker.post("library/credentials/verify", **note).json() == {"genuine": True}
    note["statement"]["prompt"] = "Another"
    assert asker.post("library/credentials/verify", **note).json() == {"genuine": False}
    assert Asker(UserFactory()).get(f"library/assets/{film.pk}/credentials").status_code == 404


def test_only_what_changed_is_made_again(before: set[str], session: GenerationSession) -> None:
    owner = session.owner
    first = finished(composing.compose(session, Wish(overlays=(TITLE,)), actor=owner))
    assert composing.compose(session, Wish(overlays=(TITLE,)), actor=owner) == first
    moved = replace(TITLE, start=5.5)
    second = finished(composing.compose(session, Wish(overlays=(TITLE, moved)), actor=owner))
    assert [one["reused"] for one in results(second, "piece")] == [True, False]
    assert [one["reused"] for one in results(second, "sound")] == [True]
    assert film_of(session).technical["pieces_reused"] == 1
    # Of the film before only the film is left.
    kept = {key for step in first.run.steps.exclude(name="film") for key in step.keys} if first.run else set()
    assert not kept
    assert set(strays(grace=-60)) <= before


def test_a_film_is_as_long_as_its_trimmed_clips_in_their_order(session: GenerationSession) -> None:
    first, second = session.takes.filter(kind=Take.Kind.CLIP).order_by("order_index")
    Take.objects.filter(pk=first.pk).update(trim_start=1.0, trim_end=3.0, order_index=1)
    Take.objects.filter(pk=second.pk).update(trim_end=1.0, order_index=0)
    finished(composing.compose(session, Wish(), actor=session.owner))
    assert shown(film_of(session)) == [*range(25), *range(25, 75)]


def test_clips_of_other_makers_are_brought_into_one_form_once(clips: list[Path], tmp_path: Path) -> None:
    other = numbered_film(
        tmp_path / "other.mp4",
        "-c:v",
        "libx264",
        "-preset",
        "fast",
        "-pix_fmt",
        "yuv420p",
        "-vf",
        "scale=80:48",
        "-r",
        "30",
        "-an",
    )
    session = filmed([clips[0], other])
    first = finished(composing.compose(session, Wish(), actor=session.owner))
    assert len([one for one in results(first, "form") if one]) == 2
    assert (
        film_of(session).technical | {"width": 160, "height": 96, "fps": 25.0, "frames": 200}
        == film_of(session).technical
    )
    second = finished(composing.compose(session, Wish(overlays=(TITLE,)), actor=session.owner))
    assert all(one["reused"] for one in results(second, "form"))
    assert film_of(session).technical["frames_copied"] >= 140


@pytest.mark.parametrize(
    ("wish", "frames"),
    [
        (Wish(transition="dissolve", transition_seconds=0.4), 190),
        (Wish(transition="dip", label="throughout", captions="burned"), 200),
        (Wish(aspect="9:16", fill="blurred", captions="track", loudness="-23"), 200),
    ],
)
def test_films_have_transitions_captions_labels_and_shapes(session: GenerationSession, wish: Wish, frames: int) -> None:
    session.takes.filter(order_index=0).update(caption="Fire & <smoke>")
    finished(composing.compose(session, wish, actor=session.owner))
    film = film_of(session)
    with store().local(film.key) as path:
        found = probe(path)
        assert found.video is not None
        if wish.captions == "track":
            with av.open(str(path)) as container:
                assert [stream.type for stream in container.streams].count("subtitle") == 1
            assert (found.video.width, found.video.height) == (96, 170)
            assert measure(path).integrated == pytest.approx(-23, abs=1)
    assert film.technical["frames"] == frames
    if wish.label == "throughout":
        assert film.technical["frames_copied"] == 0


@pytest.mark.parametrize(
    "wish", [Wish(), Wish(audio_loops=True), Wish(audio_role="narration"), Wish(duck=False, fade_in=1)]
)
def test_a_sound_shorter_than_the_film_ends_or_goes_on_as_wished(wish: Wish, tmp_path: Path, sound: Path) -> None:
    silent = numbered_film(
        tmp_path / "s.mp4", "-c:v", "libx264", "-preset", "fast", "-pix_fmt", "yuv420p", "-g", "25", "-bf", "0", "-an"
    )
    session = filmed([silent])
    music = stored_asset(session.owner, sound, kind="audio", content_type="audio/mp4", duration=3.0)
    composing.keep(session, replace(wish, audio_id=str(music.pk)), actor=session.owner)
    session.refresh_from_db()
    finished(composing.compose(session, Wish.of(session.composition), actor=session.owner))
    with store().local(film_of(session).key) as path:
        ends, whole = end_of(path), measure(path).integrated
    assert whole > -30
    assert (ends > 0.001) == wish.audio_loops


def end_of(path: Path) -> float:
    """How loud the last half second is, before the film fades."""
    with av.open(str(path)) as container:
        samples = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    return float(np.abs(samples[:, -int(0.75 * 48000) : -int(0.5 * 48000)]).mean())


def test_a_sound_of_ones_own_is_found_by_its_link(session: GenerationSession, sound: Path, patient: None) -> None:
    music = stored_asset(session.owner, sound, kind="audio", content_type="audio/mp4", duration=3.0)
    answer = Asker(session.owner).post("compose-final-video", **body(session, audio_url=links.link(music, inline=True)))
    assert answer.status_code == 200, answer.content
    assert film_of(session).provenance["ingredients"][-1]["asset_id"] == str(music.pk)
    other = stored_asset(UserFactory(), sound, kind="audio", content_type="audio/mp4", duration=3.0)
    answer = Asker(session.owner).post("compose-final-video", **body(session, audio_url=links.link(other)))
    assert answer.status_code == 422


@pytest.fixture
def elsewhere(sound: Path) -> Iterator[tuple[str, list[str]]]:
    """A web server on this machine, and what it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            there = self.path == "/music.m4a"
            self.send_response(200 if there else 404)
            self.end_headers()
            self.wfile.write(sound.read_bytes() if there else b"")

        def log_message(self, *_: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_an_address_elsewhere_is_fetched_through_the_guard_alone(
    before: set[str], session: GenerationSession, elsewhere: tuple[str, list[str]], patient: None, settings: Any
) -> None:
    url, asked = elsewhere
    asker = Asker(session.owner)
    hostile = (
        f"{url}/music.m4a",
        "http://169.254.169.254/x",
        "file:///etc/passwd",
        "http://[::1]/",
        "https://127.1/a",
        "x" * 3000,
    )
    for one in hostile:
        assert asker.post("compose-final-video", **body(session, audio_url=one)).status_code == 422, one
    assert asked == []
    assert not Round.objects.filter(kind=Round.Kind.FILM).exists()
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    gone = asker.post("compose-final-video", **body(session, audio_url=f"{url}/gone"))
    assert (gone.status_code, gone.json()) == (500, {"detail": "Video composition failed"})
    assert asker.session(session.pk)["status"] == "failed"
    assert asker.post("compose-final-video", **body(session, audio_url=f"{url}/music.m4a")).status_code == 200
    assert set(strays(grace=-60)) <= before


def test_a_video_without_sound_is_no_sound(session: GenerationSession, tmp_path: Path, patient: None) -> None:
    silent = numbered_film(tmp_path / "silent.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-an", seconds=1)
    mute = stored_asset(session.owner, silent, kind="video", content_type="video/mp4", duration=1.0)
    made = composing.compose(session, Wish(audio_id=str(mute.pk)), actor=session.owner)
    run = work_off(made.run_id)
    assert (run.status, run.error_code) == (Run.Status.FAILED, "no_audio")
    mute.technical = {"audio_codec": ""}
    mute.save()
    answer = Asker(session.owner).send("PUT", f"sessions/{session.pk}/composition", {"audio_id": str(mute.pk)})
    assert answer.status_code == 422


def test_what_cannot_be_composed_is_said_before_anything_is_made(session: GenerationSession) -> None:
    asker, empty = Asker(session.owner), SessionFactory(owner=session.owner)

    def overlay(**values: Any) -> dict[str, Any]:
        return body(session, text_overlays=[{"text": "A", "start_time": 0, "duration": 1} | values])

    wrong = (
        overlay(start_time=-1),
        overlay(start_time=7.5),
        overlay(duration=0),
        overlay(duration="long"),
        overlay(start_time=True),
        overlay(text="x" * 201),
        overlay(text=""),
        overlay(text=7),
        body(session, text_overlays=[{"text": "A", "start_time": 0, "duration": 1}] * 51),
        body(session, text_overlays="A"),
        body(session, audio_url=7),
        {"session_id": "one"},
        {},
    )
    for one in wrong:
        assert asker.post("compose-final-video", **one).status_code == 422, one
    none = asker.post("compose-final-video", **body(empty))
    assert (none.status_code, none.json()) == (400, {"detail": "No approved clips"})
    stranger = Asker(UserFactory()).post("compose-final-video", **body(session))
    assert (stranger.status_code, stranger.json()) == (404, {"detail": "Session not found"})
    assert not Round.objects.filter(kind=Round.Kind.FILM).exists()
    composing.compose(session, Wish(), actor=session.owner)
    assert asker.post(f"sessions/{session.pk}/compose", transition="dip").status_code == 409


def test_a_film_that_was_cancelled_leaves_nothing_and_can_be_tried_again(
    before: set[str], session: GenerationSession
) -> None:
    made = composing.compose(session, Wish(overlays=(TITLE,)), actor=session.owner)
    work_off(made.run_id, until="film")
    rounds.cancel(Round.objects.get(pk=made.pk), actor=session.owner)
    session.refresh_from_db()
    assert (session.status, session.final) == (GenerationSession.Status.CHOOSING_CLIPS, None)
    assert set(strays(grace=-60)) <= before
    again = rounds.retry(Round.objects.get(pk=made.pk), actor=session.owner)
    finished(again)
    assert film_of(session).technical["frames"] == 200
