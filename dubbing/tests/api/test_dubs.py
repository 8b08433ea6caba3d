"""Dubs over HTTP: what is refused, what becomes stale, and what holds when two people change one thing at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.models import AuditEvent
from core.runs.models import Run
from dubbing.models import Dub, DubLine, DubSpeaker
from dubbing.queries.sayings import Sayings
from dubbing.services import dubs
from dubbing.tests.dubbing_work import DUBS, desk, send, signed_in
from dubbing.tests.factories import DubFactory, line_in, role_in
from media_library.models import VoiceConsent, VoiceProfile
from media_library.tests.factories import AssetFactory, VoiceProfileFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return UserFactory(name="Mara")


@pytest.fixture
def client(owner: User) -> Client:
    return signed_in(owner)


@pytest.fixture
def dub(owner: User) -> Dub:
    made = DubFactory(owner=owner, video=AssetFactory(owner=owner, duration=600.0), facts={"duration": 600.0})
    for name in ("Anna", "Ben"):
        role_in(made, name, voice="espeak-es")
    return made


def spoken(dub: Dub, role: DubSpeaker, **values: Any) -> DubLine:
    """As the studio leaves a line that it has spoken, but for the sound itself."""
    line = line_in(dub, role, written_by="machine", **values)
    line.spoken_of = Sayings(dubs.find(dub.pk)).digest(line, role)
    line.placed_start, line.placed_end, line.rate, line.natural = line.start, line.end, 1.0, 2.0
    line.sound = {
        "key": f"dubs/{line.pk}.wav",
        "sha256": "0" * 64,
        "slot": [line.start, line.end, 1.4],
        "verdict": "fits",
    }
    line.save()
    return line


def states(client: Client, dub: Dub) -> list[str]:
    return [line["state"] for line in desk(client, dub)["lines"]]


def test_a_video_without_sound_or_in_that_language_and_what_is_no_video_are_refused_in_a_sentence(
    client: Client, owner: User
) -> None:
    silent = AssetFactory(owner=owner, technical={"video_codec": "h264", "audio_codec": ""})
    spanish = AssetFactory(owner=owner, language="es-MX")
    picture = AssetFactory(owner=owner, kind="image")
    broken = AssetFactory(owner=owner, status="failed")
    wanted = {silent: dubs.NO_SOUND, spanish: dubs.same_language("es"), picture: dubs.NO_VIDEO, broken: dubs.NOT_USABLE}
    for video, sentence in wanted.items():
        answer = send(client, "POST", DUBS, {"video_id": str(video.pk), "target_language": "es"})
        assert (answer.status_code, answer.json()) == (400, {"error": sentence})
    video = AssetFactory(owner=owner)
    for body in (
        {"video_id": str(video.pk), "target_language": "klingonese-and-more"},
        {"video_id": str(video.pk)},
        {"target_language": "es"},
        {"video_id": str(video.pk), "target_language": "es", "options": {"background": "loud"}},
        {"video_id": str(video.pk), "target_language": "es", "options": {"fastest": 9}},
    ):
        assert send(client, "POST", DUBS, body).status_code == 400, body
    theirs = AssetFactory()
    for video_id in (str(theirs.pk), "7", 7, ["x"]):
        answer = send(client, "POST", DUBS, {"video_id": video_id, "target_language": "es"})
        assert (answer.status_code, answer.json()) == (404, {"error": "Video not found"})
    assert not Dub.objects.exists()


@pytest.mark.parametrize("path", ["", "/desk", "/export?format=json"])
def test_a_stranger_sees_no_dub(dub: Dub, path: str) -> None:
    answer = signed_in(UserFactory()).get(f"{DUBS}/{dub.pk}{path}")
    assert (answer.status_code, answer.json()) == (404, {"error": "Dub not found"})


def test_the_desk_costs_the_same_however_many_lines_it_has(client: Client, dub: Dub) -> None:
    roles = list(dub.cast.all())
    counts = []
    for lines in (2, 60):
        while dub.lines.count() < lines:
            spoken(dub, roles[dub.lines.count() % 2])
        desk(client, dub)
        with CaptureQueriesContext(connection) as asked:
            shown = desk(client, dub)
        assert len(shown["lines"]) == lines
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_list_costs_the_same_however_many_dubs_there_are(client: Client, owner: User) -> None:
    counts = []
    for many in (1, 20):
        while Dub.objects.count() < many:
            DubFactory(owner=owner)
        client.get(DUBS)
        with CaptureQueriesContext(connection) as asked:
            body = client.get(DUBS).json()
        assert body["total"] == many
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_change_of_voice_makes_the_lines_of_that_role_stale_and_no_others(client: Client, dub: Dub) -> None:
    anna, ben = dub.cast.all()
    for number in range(4):
        spoken(dub, (anna, ben)[number % 2])
    assert states(client, dub) == ["fits"] * 4
    answer = send(client, "PATCH", f"{DUBS}/{dub.pk}/cast/{ben.pk}", {"speed": 1.1})
    assert answer.status_code == 200
    assert answer.json()["role"]["stale"] == 2
    assert states(client, dub) == ["fits", "stale", "fits", "stale"]
    send(client, "PATCH", f"{DUBS}/{dub.pk}/cast/{ben.pk}", {"speed": 1.0})
    assert states(client, dub) == ["fits"] * 4
    for body, status in (({"voice": "hal9000"}, 400), ({"speed": 9}, 400), ({"voice": "af_heart"}, 400)):
        assert send(client, "PATCH", f"{DUBS}/{dub.pk}/cast/{ben.pk}", body).status_code == status


def test_a_wording_that_comes_too_late_is_refused_and_kept(client: Client, dub: Dub) -> None:
    line = spoken(dub, dub.cast.all()[0])
    way = f"{DUBS}/{dub.pk}/lines/{line.pk}"
    version = desk(client, dub)["lines"][0]["version"]
    first = send(client, "PATCH", way, {"text": "Hola a todos.", "based_on": version})
    assert (first.status_code, first.json()["line"]["state"]) == (200, "stale")
    late = send(client, "PATCH", way, {"text": "Saludos.", "based_on": version})
    assert late.status_code == 409
    line.refresh_from_db()
    assert (line.text, line.suggestion, line.written_by) == ("Hola a todos.", "Saludos.", "person")
    taken = send(client, "PATCH", way, {"suggestion": True})
    assert taken.json()["line"]["text"] == "Saludos."
    assert AuditEvent.objects.filter(action="dubbing.line.change").count() == 2


def test_lines_are_split_merged_moved_muted_and_given_to_another(client: Client, dub: Dub) -> None:
    anna, ben = dub.cast.all()
    line = spoken(dub, anna, start=0.0, end=4.0, original="One two three four.", text="Uno dos tres cuatro.")
    after = spoken(dub, anna, start=6.0, end=8.0)
    way = f"{DUBS}/{dub.pk}/lines/{line.pk}"
    parts = send(client, "POST", f"{way}/split", {"at": 2.0}).json()["lines"]
    assert [part["text"] for part in parts] == ["Uno dos", "tres cuatro."]
    assert [row["number"] for row in desk(client, dub)["lines"]] == [0, 1, 2]
    merged = send(client, "POST", f"{way}/merge").json()["line"]
    assert (merged["text"], merged["start"], merged["end"]) == ("Uno dos tres cuatro.", 0.0, 4.0)
    # Somebody else's line is not joined, and a line stays between its neighbours and inside the film.
    send(client, "PATCH", f"{DUBS}/{dub.pk}/lines/{after.pk}", {"role_id": str(ben.pk)})
    assert send(client, "POST", f"{way}/merge").status_code == 409
    for body in ({"start": 7.0, "end": 9.0}, {"start": 3.0, "end": 3.1}, {"start": 0.0, "end": 10**5}, {"start": -1}):
        assert send(client, "PATCH", way, body).status_code == 400, body
    moved = send(client, "PATCH", way, {"start": 0.5, "end": 5.0}).json()["line"]
    assert (moved["start"], moved["end"], moved["state"]) == (0.5, 5.0, "stale")
    assert send(client, "PATCH", way, {"muted": True}).json()["line"]["state"] == "muted"
    assert send(client, "POST", f"{way}/speak").status_code == 409
    for at in (0.0, 99.0, "x", None):
        assert send(client, "POST", f"{way}/split", {"at": at}).status_code == 400


def test_a_line_too_long_is_offered_a_shorter_wording_by_rule_which_says_so(client: Client, dub: Dub) -> None:
    text = "Bueno, realmente (como dije) llegamos muy tarde a casa aquella noche de invierno."
    line = line_in(dub, dub.cast.first(), written_by="machine", text=text, start=0.0, end=2.0)
    answer = send(client, "POST", f"{DUBS}/{dub.pk}/lines/{line.pk}/suggest").json()
    assert answer["engine"] == "rule"
    assert "left out" in answer["how"]
    assert len(answer["suggestion"]) < len(text)
    assert answer["line"]["text"] == text
    short = line_in(dub, dub.cast.first(), written_by="machine", text="Hola.", start=10.0, end=10.2)
    answer = send(client, "POST", f"{DUBS}/{dub.pk}/lines/{short.pk}/suggest").json()
    assert (answer["suggestion"], "by hand" in answer["how"]) == ("", True)


def test_a_voice_whose_consent_is_taken_back_speaks_no_more(client: Client, dub: Dub, owner: User) -> None:
    anna, ben = dub.cast.all()
    profile = VoiceProfileFactory(owner=owner, status=VoiceProfile.Status.READY, model_key="voices/x", language="es")
    consent = VoiceConsent.objects.create(
        profile=profile, given_by="Ana", given_at=timezone.now(), statement="Yes.", recorded_by=owner
    )
    DubSpeaker.objects.filter(pk=anna.pk).update(profile=profile, voice="")
    anna = DubSpeaker.objects.select_related("profile").get(pk=anna.pk)
    spoken(dub, anna)
    spoken(dub, ben)
    assert states(client, dub) == ["fits", "fits"]
    consent.revoked_at = timezone.now()
    consent.save()
    shown = desk(client, dub)
    assert [line["state"] for line in shown["lines"]] == ["voiceless", "fits"]
    assert profile.name in shown["cast"][0]["problem"]
    refused = send(client, "POST", f"{DUBS}/{dub.pk}/film")
    assert (refused.status_code, "without a voice" in refused.json()["error"]) == (409, True)
    answer = send(client, "PATCH", f"{DUBS}/{dub.pk}/cast/{ben.pk}", {"profile_id": str(profile.pk)})
    assert answer.status_code == 403


def test_lines_that_nobody_translates_wait_for_a_person_and_are_no_failure(client: Client, dub: Dub) -> None:
    line = line_in(dub, dub.cast.first(), text="Good morning.", written_by="")
    shown = desk(client, dub)
    assert (shown["lines"][0]["state"], shown["report"]["waiting"]) == ("waiting", 1)
    refused = send(client, "POST", f"{DUBS}/{dub.pk}/speak")
    assert (refused.status_code, "a person" in refused.json()["error"]) == (409, True)
    written = send(client, "PATCH", f"{DUBS}/{dub.pk}/lines/{line.pk}", {"text": "Buenos días."}).json()
    assert written["line"]["state"] == "unspoken"


def test_a_video_with_a_dub_stays_and_goes_once_the_dub_is_deleted(client: Client, dub: Dub) -> None:
    line_in(dub, dub.cast.first())
    way = f"/api/library/assets/{dub.video_id}"
    refused = client.delete(f"{way}?permanent=true")
    assert refused.status_code == 409, refused.content
    assert client.delete(f"{DUBS}/{dub.pk}").status_code == 204
    assert client.get(f"{DUBS}/{dub.pk}").status_code == 404
    assert client.delete(f"{way}?permanent=true").status_code in {200, 204}
    assert not Dub.objects.filter(pk=dub.pk).exists()


def test_work_is_cancelled_and_tried_again_and_nothing_else_begins_meanwhile(client: Client, dub: Dub) -> None:
    line = line_in(dub, dub.cast.first(), written_by="person")
    assert send(client, "POST", f"{DUBS}/{dub.pk}/cancel").status_code == 409
    assert send(client, "POST", f"{DUBS}/{dub.pk}/speak").json()["status"] == "speaking"
    for path in ("speak", "film", f"lines/{line.pk}/speak"):
        assert send(client, "POST", f"{DUBS}/{dub.pk}/{path}").status_code == 409
    # What is being spoken may be written meanwhile.
    assert send(client, "PATCH", f"{DUBS}/{dub.pk}/lines/{line.pk}", {"text": "Hola."}).status_code == 200
    assert send(client, "POST", f"{DUBS}/{dub.pk}/cancel").json()["status"] == "cancelled"
    assert send(client, "POST", f"{DUBS}/{dub.pk}/retry").json()["status"] == "speaking"
    assert client.delete(f"{DUBS}/{dub.pk}").status_code == 204
    assert set(Run.objects.filter(subject_id=dub.pk).values_list("status", flat=True)) == {"cancelled"}


@pytest.mark.django_db(transaction=True)
def test_of_many_who_begin_at_once_one_does(owner: User, dub: Dub) -> None:
    line_in(dub, dub.cast.first(), written_by="person")
    start, answers = threading.Barrier(6), []

    def begin() -> None:
        client = signed_in(owner)
        start.wait(timeout=30)
        answers.append(send(client, "POST", f"{DUBS}/{dub.pk}/speak").status_code)
        connections.close_all()

    threads = [threading.Thread(target=begin) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]
    assert Run.objects.filter(subject_id=dub.pk, kind="dub.speak").count() == 1
