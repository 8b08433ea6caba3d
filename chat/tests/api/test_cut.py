"""The cut of a conversation over HTTP: its clips, and the film that is made of them."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Http
from django.test.utils import CaptureQueriesContext

from accounts.models import Notification, User
from accounts.tests.factories import ProjectFactory, UserFactory
from chat.models import ClipProposal, Conversation, Participant, Render
from chat.services import rendering
from chat.tests.factories import ConversationFactory, clip_in
from core.live.models import LiveEvent
from core.models import AuditEvent
from core.runs.models import Run, Step
from core.storage import store
from media_library.media.probe import probe
from media_library.models import Asset
from media_library.tests import working
from media_library.tests.factories import AssetFactory, transcript_of
from media_library.tests.media.films import numbers

pytestmark = pytest.mark.django_db

NOBODY = uuid.UUID(int=7)
FORBIDDEN = (403, "Access denied")
WRONG = {"error": "Invalid time range"}


@pytest.fixture(scope="module")
def film_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return working.numbered_film(tmp_path_factory.mktemp("film") / "numbered.mp4")


@pytest.fixture
def mara() -> User:
    return UserFactory(name="Mara")


@pytest.fixture
def conversation(mara: User) -> Conversation:
    return ConversationFactory(owner=mara)


@pytest.fixture
def footage(mara: User, film_file: Path) -> Asset:
    """Says "one two three four" in the first two seconds and "five six seven eight" in the next."""
    asset = AssetFactory(owner=mara, content=film_file, filename="Numbered.mp4", duration=4.0)
    transcript = transcript_of(asset, "one two three four", "five six seven eight")
    ana = transcript.speakers.create(label="speaker_1", name="Ana")
    transcript.segments.filter(position=1).update(speaker=ana)
    return asset


def ask(user: User | None, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    http = Http(headers=headers)
    if user is not None:
        http.force_login(user)
    more = {} if body is None else {"data": body, "content_type": "application/json"}
    answer = getattr(http, method)(f"/api{path}", **more)
    return answer.status_code, answer.json() if answer.content else None


def refused(user: User, method: str, path: str, body: Any = None) -> tuple[int, str]:
    status, answer = ask(user, method, path, body)
    return status, answer["error"]


# Clips.


def test_a_nudged_clip_says_what_its_new_range_says(
    mara: User, conversation: Conversation, footage: Asset, django_capture_on_commit_callbacks: Any
) -> None:
    clip = clip_in(conversation, footage, start=0.0, end=1.0, text="one two")
    with django_capture_on_commit_callbacks(execute=True):
        status, body = ask(mara, "patch", f"/clips/{clip.pk}", {"start_time": 1.0, "end_time": 3.0, "version": 1})
    assert (status, body["transcript_text"], body["version"]) == (200, "three four five six", 2)
    assert (body["start_time"], body["end_time"], body["index"]) == (1.0, 3.0, 0)
    assert AuditEvent.objects.filter(action="chat.clip.change", subject_id=str(clip.pk)).exists()
    assert LiveEvent.objects.filter(stream=f"chat.{conversation.pk}", payload__type="script.changed").exists()
    # Somebody who saw the first version changes nothing any more.
    status, body = ask(mara, "patch", f"/clips/{clip.pk}", {"start_time": 2.0, "version": 1})
    assert (status, body["version"]) == (409, 2)
    # Only "five six seven eight" is said by Ana.
    status, body = ask(mara, "patch", f"/clips/{clip.pk}", {"start_time": 2.0, "end_time": 4.0})
    assert (body["transcript_text"], body["speaker"]) == ("five six seven eight", "Ana")


def test_a_range_that_is_none_is_refused(mara: User, conversation: Conversation, footage: Asset) -> None:
    clip = clip_in(conversation, footage, start=0.0, end=1.0)
    for start, end in ((-1, 1), (2, 1), (1, 1), (0, 99)):
        wrong = ask(mara, "patch", f"/clips/{clip.pk}", {"start_time": start, "end_time": end})
        assert wrong == (400, WRONG)
    clip.refresh_from_db()
    assert (clip.start, clip.end, clip.version) == (0.0, 1.0, 1)


def test_changes_are_taken_back_one_by_one(mara: User, conversation: Conversation, footage: Asset) -> None:
    clip = clip_in(conversation, footage, start=0.0, end=1.0, text="one two", title="First")
    path = f"/clips/{clip.pk}"
    ask(mara, "patch", path, {"title": "Second", "title_card": "  A   card ", "transition": "dissolve"})
    other = AssetFactory(owner=mara, duration=8.0)
    status, body = ask(mara, "patch", path, {"video_id": str(other.pk), "start_time": 5, "end_time": 7})
    assert (status, body["video_id"], body["transcript_text"]) == (200, str(other.pk), "")
    assert body["title_card"] == "A card"
    _, body = ask(mara, "post", f"{path}/restore", {})
    assert (body["video_id"], body["title"], body["transition"]) == (str(footage.pk), "Second", "dissolve")
    _, body = ask(mara, "post", f"{path}/restore", {})
    assert (body["title"], body["title_card"], body["transcript_text"]) == ("First", "", "one two")
    assert ask(mara, "post", f"{path}/restore", {})[0] == 409
    assert ask(mara, "delete", path) == (204, None)
    assert ask(mara, "patch", path, {"title": "Gone"}) == (404, {"error": "Clip not found"})
    assert ask(mara, "post", f"{path}/restore", {})[1]["title"] == "First"


def test_an_order_keeps_every_clip(mara: User, conversation: Conversation, footage: Asset) -> None:
    clips = [clip_in(conversation, footage, title=str(number)) for number in range(4)]
    ids = [str(clip.pk) for clip in clips]
    path = f"/conversations/{conversation.pk}/clips"
    status, body = ask(mara, "post", f"{path}/order", {"ids": ids[::-1]})
    assert (status, [(one["title"], one["index"]) for one in body["clips"]]) == (
        200,
        [("3", 0), ("2", 1), ("1", 2), ("0", 3)],
    )
    foreign = clip_in(ConversationFactory())
    assert ask(mara, "post", f"{path}/order", {"ids": [*ids[:3], str(foreign.pk)]})[0] == 404
    assert ask(mara, "post", f"{path}/order", {"ids": ids[:3]})[0] == 409
    assert ask(mara, "post", f"{path}/order", {"ids": [*ids[:3], ids[0]]})[0] == 400
    status, body = ask(mara, "post", path, {"video_id": str(footage.pk), "start_time": 0, "end_time": 1, "index": 1})
    assert (status, body["index"], body["title"]) == (201, 1, "one two")
    assert [one["title"] for one in ask(mara, "get", path)[1]["clips"]] == ["3", "one two", "2", "1", "0"]


def test_clips_cost_the_same_however_many(mara: User, conversation: Conversation, footage: Asset) -> None:
    counts = []
    for _ in range(2):
        clip_in(conversation, footage)
        with CaptureQueriesContext(connection) as queries:
            assert ask(mara, "get", f"/conversations/{conversation.pk}/clips")[0] == 200
        counts.append(len(queries))
        for _ in range(19):
            clip_in(conversation, footage)
    assert counts[0] == counts[1]


def test_who_looks_on_changes_no_clip_and_a_stranger_sees_none(
    mara: User, conversation: Conversation, footage: Asset
) -> None:
    clip, viewer, stranger = clip_in(conversation, footage), UserFactory(), UserFactory()
    Participant.objects.create(conversation=conversation, user=viewer, role="viewer")
    base = f"/conversations/{conversation.pk}"
    for method, path, body in (
        ("patch", f"/clips/{clip.pk}", {"title": "X"}),
        ("delete", f"/clips/{clip.pk}", None),
        ("post", f"/clips/{clip.pk}/restore", {}),
        ("post", f"{base}/clips", {}),
        ("post", f"{base}/clips/order", {"ids": []}),
        ("post", f"{base}/renders", {}),
    ):
        assert refused(viewer, method, path, body) == FORBIDDEN
        assert ask(stranger, method, path, body)[0] == 404
    # An editor who does not see the footage cannot look further into it than was quoted.
    Participant.objects.filter(user=viewer).update(role="editor")
    assert ask(viewer, "patch", f"/clips/{clip.pk}", {"end_time": 3.5}) == (404, {"error": "Video not found"})
    assert ask(viewer, "patch", f"/clips/{clip.pk}", {"title": "Mine too"})[0] == 200
    foreign = AssetFactory()
    body = {"video_id": str(foreign.pk), "start_time": 0, "end_time": 1}
    assert ask(mara, "post", f"{base}/clips", body) == (404, {"error": "Video not found"})
    assert ask(mara, "patch", f"/clips/{clip.pk}", body) == (404, {"error": "Video not found"})


# Films.


def sent(footage: Asset, *ranges: tuple[Any, Any], **more: Any) -> list[dict[str, Any]]:
    return [
        {"title": f"Part {number}", "start_time": start, "end_time": end, "video_id": str(footage.pk), **more}
        for number, (start, end) in enumerate(ranges, 1)
    ]


def create(user: User, conversation: Conversation, clips: list[dict[str, Any]], **more: Any) -> tuple[int, Any]:
    body = json.dumps({"conversation_id": str(conversation.pk), "clips": clips, **more})
    return ask(user, "post", "/chat/create-video", body)


def made(render: Render) -> Asset:
    run = working.work(render.run)
    assert run.status == Run.Status.COMPLETED, list(run.steps.values_list("name", "item", "status", "error", "log"))
    render.refresh_from_db()
    assert render.asset is not None
    return render.asset


def test_the_clips_become_one_film_that_the_conversation_shows(
    mara: User, conversation: Conversation, footage: Asset, django_capture_on_commit_callbacks: Any
) -> None:
    conversation.project = ProjectFactory(owner=mara)
    conversation.save()
    clips = sent(footage, (0.36, 1.72), (2.0, 3.0), (1.04, 1.4))
    status, body = create(mara, conversation, clips)
    assert (status, set(body)) == (202, {"run_id", "status", "status_url"})
    render = Render.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        film = made(render)
    with store().local(film.key) as path:
        assert [number for _, number in numbers(path)] == [*range(9, 43), *range(50, 75), *range(26, 35)]
        found = probe(path)
    assert found.audio is not None
    assert found.video is not None
    assert abs(found.audio.duration - found.video.duration) <= 0.021
    assert film.duration == pytest.approx(68 / 25)
    assert (film.purpose, film.origin, film.title, film.project, film.owner) == (
        "",
        "generated",
        conversation.title,
        conversation.project,
        mara,
    )
    assert [one["title"] for one in film.chapters] == ["Part 1", "Part 2", "Part 3"]
    assert film.chapters[1]["start"] == pytest.approx(34 / 25, abs=0.001)
    # What is said in it stands where it is said now.
    said = [(segment.text, segment.start) for segment in film.transcript.segments.order_by("position")]
    assert said[0][0] == "two three"
    assert ("five six", pytest.approx(34 / 25, abs=0.002)) in said
    conversation.refresh_from_db()
    assert conversation.video == film
    assert Notification.objects.filter(user=mara, kind="chat.film").count() == 1
    events = LiveEvent.objects.filter(stream=f"chat.{conversation.pk}", payload__type="render")
    assert events.order_by("seq").last().payload["status"] == "ready"
    assert AuditEvent.objects.filter(action="chat.film.render", subject_id=str(render.pk)).exists()
    # The same again is the same film, answered at once as the document has it.
    status, body = create(mara, conversation, clips)
    assert (status, body["clips_created"], body["total_duration"]) == (200, 3, 2.72)
    assert body["success"] is True
    assert body["video_url"].startswith("http")
    assert Render.objects.count() == 1
    run = ask(mara, "get", f"/runs/{render.run_id}")[1]
    assert (run["status"], run["result"]["video_id"]) == ("completed", str(film.pk))


def test_only_clips_that_changed_are_cut_again(mara: User, conversation: Conversation, footage: Asset) -> None:
    clips = [clip_in(conversation, footage, start=at, end=at + 0.6, title=f"{at}") for at in (0.1, 1.1, 2.1)]
    path = f"/conversations/{conversation.pk}/renders"
    assert ask(mara, "post", path, {})[0] == 201
    first = made(Render.objects.get())
    ask(mara, "patch", f"/clips/{clips[1].pk}", {"end_time": 1.9})
    ids = [str(clips[number].pk) for number in (2, 1, 0)]
    ask(mara, "post", f"/conversations/{conversation.pk}/clips/order", {"ids": ids})
    status, body = ask(mara, "post", path, {"loudness": "-14"})
    assert (status, body["status"]) == (201, "rendering")
    render = Render.objects.get(pk=body["id"])
    film = made(render)
    steps = Step.objects.filter(run=render.run, name="piece").order_by("item")
    assert [step.result["reused"] for step in steps] == [True, False, True]
    with store().local(film.key) as file:
        assert [number for _, number in numbers(file)] == [*range(53, 68), *range(28, 48), *range(3, 18)]
    assert film.pk != first.pk
    # The parts of the earlier film are not kept any more; the film is.
    kept = Step.objects.filter(run__kind=rendering.KIND, name__in=rendering.PARTS).exclude(keys=[])
    assert set(kept.values_list("run", flat=True)) == {render.run_id}
    assert store().exists(first.key)
    listed = ask(mara, "get", path)[1]["renders"]
    assert [one["video_id"] for one in listed] == [str(film.pk), str(first.pk)]
    assert all(one["video_url"] for one in listed)


def test_titles_transitions_music_and_captions_come_out_as_chosen(
    mara: User, conversation: Conversation, footage: Asset
) -> None:
    clip_in(conversation, footage, start=0.0, end=2.0, title="Opening", title_card="Hafen im Morgengrauen")
    clip_in(conversation, footage, start=2.0, end=4.0, title="Second", transition="dissolve")
    clip_in(conversation, footage, start=0.0, end=1.0, in_cut=False)
    path = f"/conversations/{conversation.pk}/renders"
    choices = {
        "transition_seconds": 0.4,
        "music_id": str(footage.pk),
        "loudness": "-23",
        "captions": "track",
        "aspect": "1:1",
        "fill": "blurred",
    }
    assert ask(mara, "post", path, choices)[0] == 201
    render = Render.objects.get()
    film = made(render)
    assert film.duration == pytest.approx(3.0 + 4.0 - 0.4)
    with store().local(film.key) as file:
        found = probe(file)
    assert found.video is not None
    assert (found.video.width, found.video.height) == (96, 96)
    assert len(found.subtitles) == 1
    mixed = Step.objects.get(run=render.run, name="sound").result
    assert mixed["ducked"] == [[3.0, 6.6]]
    # The same cut with captions in the picture: all of it is encoded, and no track is there.
    assert ask(mara, "post", path, {"captions": "burned"})[0] == 201
    burned = made(Render.objects.exclude(pk=render.pk).get())
    with store().local(burned.key) as file:
        assert probe(file).subtitles == ()
    assert burned.technical["frames_copied"] == 0


def test_a_film_that_fails_says_why_and_goes_on_where_it_stopped(
    mara: User, conversation: Conversation, footage: Asset
) -> None:
    broken = AssetFactory(owner=mara, content=b"not a film", duration=4.0)
    create(mara, conversation, [*sent(footage, (0, 1)), *sent(broken, (0, 1))])
    render = Render.objects.get()
    assert working.work(render.run).status == Run.Status.FAILED
    render.refresh_from_db()
    assert render.status == "failed"
    assert render.error
    assert Notification.objects.filter(user=mara, kind="chat.film", urgent=True).exists()
    with store().local(footage.key) as path:
        store().put(broken.key, path, content_type="video/mp4")
    status, body = ask(mara, "post", f"/renders/{render.pk}/retry", {})
    assert (status, body["status"]) == (200, "rendering")
    assert made(render).duration == pytest.approx(2.0)
    assert ask(mara, "post", f"/renders/{render.pk}/retry", {})[0] == 409


def test_a_cancelled_film_is_not_made(mara: User, conversation: Conversation, footage: Asset) -> None:
    create(mara, conversation, sent(footage, (0, 1)))
    render = Render.objects.get()
    status, body = ask(mara, "post", f"/renders/{render.pk}/cancel", {})
    assert (status, body["status"]) == (200, "cancelled")
    assert ask(mara, "post", f"/renders/{render.pk}/cancel", {})[0] == 409
    working.work(render.run)
    conversation.refresh_from_db()
    assert conversation.video is None


def test_two_films_at_once_and_no_third(mara: User, conversation: Conversation, footage: Asset) -> None:
    for end in (1, 2):
        assert create(mara, conversation, sent(footage, (0, end)))[0] == 202
    # One of them again is no third.
    assert create(mara, conversation, sent(footage, (0, 2)))[0] == 202
    status, body = create(mara, conversation, sent(footage, (0, 3)))
    assert (status, body) == (429, {"error": rendering.TOO_MANY})
    other = UserFactory()
    Participant.objects.create(conversation=conversation, user=other, role="editor")
    seen = AssetFactory(owner=other, duration=4.0)
    assert create(other, conversation, sent(seen, (0, 3)))[0] == 202


BAD_RANGES: list[tuple[Any, Any]] = [
    (float("nan"), 1.0),
    (0.0, float("nan")),
    (0.0, float("inf")),
    (-float("inf"), 1.0),
    (-1.0, 1.0),
    (2.0, 1.0),
    (1.0, 1.0),
    (0.0, 4.5),
    ("0", 1.0),
    (None, 1.0),
    (True, 2.0),
    (0, 10**400),
]


def test_no_film_is_made_of_a_range_that_is_none(mara: User, conversation: Conversation, footage: Asset) -> None:
    for start, end in BAD_RANGES:
        assert create(mara, conversation, sent(footage, (0, 1), (start, end))) == (400, WRONG), (start, end)
    assert not Render.objects.exists()
    assert not Run.objects.exists()


def test_ranges_beyond_what_a_number_holds_are_refused(mara: User, conversation: Conversation, footage: Asset) -> None:
    text = json.dumps({"conversation_id": str(conversation.pk), "clips": sent(footage, (0, 1.0625))}).replace(
        "1.0625", "1e309"
    )
    assert ask(mara, "post", "/chat/create-video", text) == (400, WRONG)


def test_a_film_has_fifty_clips_and_an_hour_at_most(mara: User, conversation: Conversation) -> None:
    long = AssetFactory(owner=mara, duration=4000.0)
    assert create(mara, conversation, sent(long, *[(0, 1)] * 51)) == (400, WRONG)
    status, body = create(mara, conversation, sent(long, (0, 2000), (0, 1601)))
    assert (status, body["error"]) == (400, "Invalid time range")
    assert create(mara, conversation, sent(long, *[(0, 1)] * 50))[0] == 202


def test_nothing_is_made_of_what_the_caller_does_not_see(
    mara: User, conversation: Conversation, footage: Asset
) -> None:
    foreign, mine = AssetFactory(duration=4.0), ConversationFactory()
    assert create(mara, conversation, []) == (400, {"error": "No clips provided"})
    assert create(mara, conversation, sent(foreign, (0, 1))) == (404, {"error": "Video not found"})
    clips = sent(footage, (0, 1))
    for wrong in (str(NOBODY), "no id", 7, None):
        assert create(mara, conversation, [{**clips[0], "video_id": wrong}]) == (404, {"error": "Video not found"})
    assert create(mara, mine, clips) == (404, {"error": "Conversation not found"})
    assert create(mara, conversation, clips, music_id=str(foreign.pk)) == (404, {"error": "Music not found"})
    assert ask(None, "post", "/chat/create-video", {}) == (401, {"error": "Not logged in"})
    viewer = UserFactory()
    Participant.objects.create(conversation=conversation, user=viewer, role="viewer")
    body = {"conversation_id": str(conversation.pk)}
    assert refused(viewer, "post", "/chat/create-video", body) == FORBIDDEN
    # A clip that somebody else put into the cut is no way to their footage.
    clip_in(conversation, foreign)
    assert ask(mara, "post", f"/conversations/{conversation.pk}/renders", {}) == (404, {"error": "Video not found"})
    assert not Render.objects.exists()
    render = Render.objects.create(conversation=conversation, plan={"clips": []}, digest="0" * 64)
    assert ask(UserFactory(), "get", f"/renders/{render.pk}") == (404, {"error": "Film not found"})


def test_a_choice_that_is_none_is_refused(mara: User, conversation: Conversation, footage: Asset) -> None:
    clips = sent(footage, (0, 1))
    wrong: list[dict[str, Any]] = [
        {"transition_seconds": 99},
        {"transition_seconds": float("nan")},
        {"music_level": float("inf")},
        {"loudness": "-1"},
        {"captions": "all"},
        {"aspect": "4:3"},
        {"music_id": "x"},
        {"fill": "pink"},
    ]
    for choice in wrong:
        assert create(mara, conversation, clips, **choice)[0] == 400, choice
    assert create(mara, conversation, sent(footage, (0, 1), transition="spin"))[0] == 400
    assert not Render.objects.exists()


def test_alternatives_are_other_footage_about_the_same(mara: User, conversation: Conversation, footage: Asset) -> None:
    clip = clip_in(conversation, footage)
    status, body = ask(mara, "get", f"/clips/{clip.pk}/alternatives?q=nothing")
    assert (status, body) == (200, {"alternatives": []})
    assert ClipProposal.objects.count() == 1
