from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import UserFactory
from generation.models import GenerationSession, Preset, Round, Take
from generation.tests.factories import SessionFactory, take_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def mara(client: Browser) -> User:
    user = UserFactory(name="Mara Lindqvist")
    client.force_login(user)
    return user


def chosen(session: GenerationSession, kind: str, count: int) -> list[Take]:
    return [
        take_of(session, kind, approved=True, order_index=number, seconds=4.0 if kind == Take.Kind.CLIP else None)
        for number in range(count)
    ]


def test_a_new_session_begins_with_its_pictures(client: Browser, mara: User) -> None:
    answer = client.post(
        "/generate", {"prompt": "A pier at dawn", "count": "2", "aspect_ratio": "9:16", "cap_usd": "3"}
    )
    session = GenerationSession.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/generate/{session.pk}")
    assert (session.owner, session.aspect_ratio, session.cap_usd) == (mara, "9:16", Decimal(3))
    made = session.rounds.get()
    assert (made.kind, made.takes.count()) == (Round.Kind.IMAGES, 2)
    page = client.get(f"/generate/{session.pk}").content.decode()
    assert "A pier at dawn" in page
    assert f"/generate/{session.pk}/rounds/{made.pk}" in page


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"prompt": ""}, "This field is required"),
        ({"prompt": "A pier", "count": "99"}, "less than or equal to 8"),
        ({"prompt": "A pier", "aspect_ratio": "7:3"}, "not one of the available choices"),
        ({"prompt": "A pier", "seed": "-1"}, "greater than or equal to 0"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_written_stays(
    client: Browser, mara: User, sent: dict[str, str], said: str
) -> None:
    answer = client.post("/generate", {"count": "4", "aspect_ratio": "16:9", **sent})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert said in page
    assert sent["prompt"] in page
    assert not GenerationSession.objects.exists()


def test_a_limit_that_is_too_low_leaves_no_session(client: Browser, mara: User, settings: object) -> None:
    settings.REPLICATE_API_TOKEN = "a-token"
    sent = {"prompt": "A pier", "count": "4", "aspect_ratio": "16:9", "cap_usd": "0.01", "model": "flux-schnell"}
    answer = client.post("/generate", sent)
    assert answer.status_code == 402
    assert "the session" in answer.content.decode()
    assert not GenerationSession.objects.filter(deleted_at=None).exists()


def test_ticked_pictures_are_approved_and_clips_keep_their_order(client: Browser, mara: User) -> None:
    session = SessionFactory(owner=mara)
    first, _, third = (take_of(session) for _ in range(3))
    answer = client.post(f"/generate/{session.pk}/pick/image", {"take": [str(third.pk), str(first.pk)]})
    assert answer["Location"].endswith("#stage-clips")
    approved = session.takes.filter(approved=True).order_by("order_index")
    assert list(approved) == [third, first]
    clips = chosen(session, Take.Kind.CLIP, 2)
    client.post(f"/generate/{session.pk}/move/{clips[1].pk}", {"by": "-1", "take": [str(one.pk) for one in clips]})
    client.post(f"/generate/{session.pk}/pick/clip", {"take": [str(one.pk) for one in clips]})
    order = session.takes.filter(kind=Take.Kind.CLIP, approved=True).order_by("order_index")
    assert list(order) == [clips[1], clips[0]]


def test_nothing_ticked_is_said(client: Browser, mara: User) -> None:
    session = SessionFactory(owner=mara)
    take_of(session)
    page = client.post(f"/generate/{session.pk}/pick/image", follow=True).content.decode()
    assert "Tick at least one picture." in page


def test_a_clip_is_trimmed_and_captioned_on_its_own_page(client: Browser, mara: User) -> None:
    session = SessionFactory(owner=mara)
    (clip,) = chosen(session, Take.Kind.CLIP, 1)
    way = f"/generate/{session.pk}/takes/{clip.pk}"
    client.post(way, {"act": "trim", "start": "0.5", "end": "3.25", "caption": "Dawn."})
    clip.refresh_from_db()
    assert (clip.trim_start, clip.trim_end, clip.caption) == (0.5, 3.25, "Dawn.")
    answer = client.post(way, {"act": "trim", "start": "3", "end": "9"})
    assert answer.status_code == 422
    assert "4.00 seconds" in answer.content.decode()


def test_a_refused_film_keeps_what_was_written(client: Browser, mara: User) -> None:
    session = SessionFactory(owner=mara)
    chosen(session, Take.Kind.CLIP, 1)
    sent = {
        "title-0-text": "“Dawn” & <b>more</b>",
        "title-0-start": "2",
        "title-0-duration": "90",
        "transition": "dissolve",
    }
    answer = client.post(f"/generate/{session.pk}/film", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "“Dawn” &amp; &lt;b&gt;more&lt;/b&gt;" in page
    assert "past the end of the film" in page
    assert '<option value="dissolve" selected>' in page
    more = client.post(f"/generate/{session.pk}/film", {**sent, "more": "1"}).content.decode()
    assert 'id="title-1-text"' in more
    assert not session.rounds.filter(kind=Round.Kind.FILM).exists()


def test_a_film_is_composed_with_what_the_form_says(client: Browser, mara: User) -> None:
    session = SessionFactory(owner=mara)
    chosen(session, Take.Kind.CLIP, 2)
    sent = {
        "title-0-text": "Launch\r\nWindow",
        "title-0-start": "1",
        "title-0-duration": "2",
        "title-0-look": "box",
        "duck": "1",
    }
    answer = client.post(f"/generate/{session.pk}/film", sent)
    assert answer.status_code == 302
    session.refresh_from_db()
    (overlay,) = session.composition["overlays"]
    assert (overlay["text"], overlay["box"], session.composition["duck"]) == ("Launch\nWindow", True, True)
    assert session.rounds.get(kind=Round.Kind.FILM).status == Round.Status.RUNNING
    page = client.get(f"/generate/{session.pk}").content.decode()
    assert "Launch\nWindow" in page


def test_a_preset_is_kept_used_and_deleted(client: Browser, mara: User) -> None:
    session = SessionFactory(owner=mara, aspect_ratio="1:1")
    client.post(f"/generate/{session.pk}/preset", {"name": "Square"})
    preset = Preset.objects.get()
    page = client.get(f"/generate?preset={preset.pk}").content.decode()
    assert '<option value="1:1" selected>' in page
    client.post(f"/generate/presets/{preset.pk}/delete")
    assert not Preset.objects.exists()


def test_deleting_asks_once(client: Browser, mara: User) -> None:
    session = SessionFactory(owner=mara)
    assert "Delete “" in client.post(f"/generate/{session.pk}/delete").content.decode()
    client.post(f"/generate/{session.pk}/delete", {"sure": "yes"})
    assert client.get(f"/generate/{session.pk}").status_code == 404


def test_another_person_finds_nothing(client: Browser, mara: User) -> None:
    session = SessionFactory()
    take = take_of(session)
    for way in ("", "/stages", f"/takes/{take.pk}"):
        assert client.get(f"/generate/{session.pk}{way}").status_code == 404
    assert str(session.pk) not in client.get("/generate").content.decode()


def test_pages_cost_the_same_for_one_and_for_many(client: Browser, mara: User) -> None:
    def cost(way: str) -> int:
        client.get(way)
        with CaptureQueriesContext(
            connection,
        ) as seen:
            assert client.get(way).status_code == 200
        return len(seen)

    session = SessionFactory(owner=mara)
    chosen(session, Take.Kind.IMAGE, 1)
    chosen(session, Take.Kind.CLIP, 1)
    few = cost(f"/generate/{session.pk}"), cost("/generate")
    chosen(session, Take.Kind.IMAGE, 9)
    chosen(session, Take.Kind.CLIP, 9)
    for _ in range(12):
        chosen(SessionFactory(owner=mara), Take.Kind.IMAGE, 2)
    assert (cost(f"/generate/{session.pk}"), cost("/generate")) == few
