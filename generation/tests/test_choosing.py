"""What a person chooses: addresses are read and never fetched, and the storyboard keeps what it was told."""

from __future__ import annotations

import uuid

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from accounts.tests.factories import UserFactory
from core.models import AuditEvent
from core.storage import signing
from core.testing.patience import work_off
from core.testing.providers import ProviderServer
from generation.models import GenerationSession, Take
from generation.services import approving
from generation.tests.asking import Asker
from generation.tests.factories import SessionFactory, take_of
from media_library.queries.links import link

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return UserFactory()


@pytest.fixture
def asker(owner: User) -> Asker:
    return Asker(owner)


@pytest.fixture
def session(owner: User) -> GenerationSession:
    made: GenerationSession = SessionFactory(owner=owner)
    return made


def hostile(server: ProviderServer, own: str, foreign: str) -> list[str]:
    port = server.url.rpartition(":")[2]
    token = own.rpartition("/")[2]
    payload, _, signature = token.partition(".")
    hosts = ["127.1", "localhost", "0177.0.0.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"]
    return [
        f"{server.url}/picture.png",
        *(f"http://{host}:{port}/picture.png" for host in hosts),
        "http://169.254.169.254/latest/meta-data",
        "http://[64:ff9b::a9fe:a9fe]/",
        f"http://user:pass@127.0.0.1:{port}/",
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "//evil.example/picture.png",
        "http://[",
        "",
        foreign,
        f"{own}?x=1",
        f"{own}#x",
        f"{own}/",
        own.replace("http", "ftp", 1),
        f"{server.url}/files/{token}",
        f"{settings.PUBLIC_URL}/files/{payload}.{signature[:-2]}AA",
        f"{settings.PUBLIC_URL}/files/..%2f{token}",
        str(uuid.uuid4()),
    ]


def test_a_foreign_address_refuses_the_whole_choice_and_is_never_fetched(
    asker: Asker, session: GenerationSession
) -> None:
    own, other = take_of(session), take_of(session)
    foreign = take_of(SessionFactory())
    assert own.asset is not None
    assert foreign.asset is not None
    asker.post("save-approved-images", session_id=str(session.pk), approved_image_urls=[str(other.pk)])
    with ProviderServer() as server:
        for address in hostile(server, link(own.asset, inline=True), link(foreign.asset, inline=True)):
            answer = asker.post(
                "save-approved-images",
                session_id=str(session.pk),
                approved_image_urls=[link(own.asset, inline=True), address],
            )
            assert answer.status_code == 422, (address, answer.content)
        assert server.requests == []
    assert list(session.takes.filter(approved=True)) == [other]


def test_a_link_names_its_file_after_it_has_ended_and_as_a_page_writes_it(
    asker: Asker, session: GenerationSession
) -> None:
    first, second, third = take_of(session), take_of(session), take_of(session)
    assert first.asset is not None
    assert second.asset is not None
    ended = link(first.asset, inline=True, expires_in=-10)
    on_page = signing.for_page(link(second.asset))
    answer = asker.post(
        "save-approved-images",
        session_id=str(session.pk),
        approved_image_urls=[ended, on_page, str(third.asset_id), str(first.pk)],
    )
    assert (answer.status_code, answer.json()["approved_count"]) == (200, 3)
    assert approving.key_of(ended) == first.asset.key
    chosen = session.takes.filter(approved=True).order_by("order_index")
    assert list(chosen) == [first, second, third]
    # A clip is no picture.
    clip = take_of(session, "clip")
    refused = asker.post("save-approved-images", session_id=str(session.pk), approved_image_urls=[str(clip.pk)])
    assert refused.status_code == 422


def test_the_order_is_of_all_that_are_approved(asker: Asker, session: GenerationSession) -> None:
    clips = [take_of(session, "clip", approved=True, order_index=place) for place in range(3)]
    path = f"sessions/{session.pk}/order"
    ids = [str(clip.pk) for clip in clips]
    answer = asker.post(path, take_ids=[ids[2], ids[0], ids[1]])
    assert answer.status_code == 200, answer.content
    shown = {one["id"]: one["order_index"] for one in answer.json()["assets"]}
    assert [shown[one] for one in ids] == [1, 2, 0]
    assert asker.post(path, take_ids=ids[:2]).status_code == 409
    assert asker.post(path, take_ids=[str(uuid.uuid4())]).status_code == 422
    assert asker.post(path, take_ids=[]).status_code == 422


def test_a_trim_lies_within_the_clip(asker: Asker, session: GenerationSession) -> None:
    clip = take_of(session, "clip", seconds=8.0)
    path = f"sessions/{session.pk}/takes/{clip.pk}"
    trimmed = asker.patch(path, trim={"start": 1.5, "end": 6})
    assert (trimmed.status_code, trimmed.json()["trim"]) == (200, {"start": 1.5, "end": 6.0})
    for start, end in ((-1, 4), (0, 9), (4, 4), (5, 4), (0, 0.1), ("NaN", 4), ("Infinity", 4)):
        assert asker.patch(path, trim={"start": start, "end": end}).status_code == 422, (start, end)
    assert asker.patch(path, trim=None).json()["trim"] == {"start": None, "end": None}
    # All of a change or nothing.
    both = asker.patch(path, caption="The pier", trim={"start": 0, "end": 99})
    assert (both.status_code, Take.objects.get(pk=clip.pk).caption) == (422, "")
    picture = take_of(session)
    assert asker.patch(f"sessions/{session.pk}/takes/{picture.pk}", trim={"end": 1}).status_code == 409
    assert asker.patch(path, caption="“Quotes”, <b>markup</b>\nand 🚀").json()["caption"].endswith("🚀")
    other = take_of(SessionFactory(owner=asker.user), "clip")
    assert asker.patch(f"sessions/{session.pk}/takes/{other.pk}", caption="x").status_code == 404


def test_one_made_again_takes_the_place_and_the_others_keep_theirs(
    replicate: ProviderServer, patient: None, asker: Asker
) -> None:
    answer = asker.post("generate-images", prompt="A pier", num_images=3)
    assert answer.status_code == 200, answer.content
    first = answer.json()
    ids = [one["id"] for one in first["images"]]
    asker.post("save-approved-images", session_id=first["session_id"], approved_image_urls=[ids[1], ids[0]])
    path = f"sessions/{first['session_id']}/takes"
    asker.patch(f"{path}/{ids[1]}", caption="The pier")
    made = asker.made(asker.post(f"{path}/{ids[1]}/again", prompt="A pier in fog", seed=5))
    new = made.takes.get()
    assert (new.prompt, new.seed, new.approved, new.order_index, new.caption) == (
        "A pier in fog",
        5,
        True,
        0,
        "The pier",
    )
    shown = asker.session(first["session_id"])
    assert [one["id"] for one in shown["assets"]] == [ids[0], ids[2], str(new.pk)]
    takes = {one["id"]: one for one in shown["takes"]}
    assert [one["id"] for one in takes[str(new.pk)]["variants"]] == [ids[1]]
    # And a third; then the first of them is chosen again.
    third = asker.made(asker.post(f"{path}/{new.pk}/again")).takes.get()
    chosen = asker.patch(f"{path}/{ids[1]}", chosen=True)
    assert (chosen.status_code, chosen.json()["approved"], chosen.json()["order_index"]) == (200, True, 0)
    takes = {one["id"]: one for one in asker.session(first["session_id"])["takes"]}
    assert set(takes) == set(ids)
    assert {one["id"] for one in takes[ids[1]]["variants"]} == {str(new.pk), str(third.pk)}
    # One that comes to nothing replaces nothing.
    replicate.plan("error", status=422)
    failed = asker.post(f"{path}/{ids[0]}/again")
    work_off(failed.json()["run_id"])
    shown = asker.session(first["session_id"])
    assert {one["id"] for one in shown["assets"]} == set(ids)
    assert [one["replaces"] for one in shown["takes"] if one["status"] == "failed"] == [ids[0]]


def test_what_is_taken_out_can_be_put_back(asker: Asker, session: GenerationSession) -> None:
    clip = take_of(session, "clip", approved=True, order_index=0)
    path = f"sessions/{session.pk}/takes/{clip.pk}"
    assert asker.patch(path, removed=True).json()["approved"] is False
    shown = asker.session(session.pk)
    assert (shown["assets"], [one["id"] for one in shown["removed"]]) == ([], [str(clip.pk)])
    assert asker.post(f"sessions/{session.pk}/takes/{clip.pk}/again").status_code == 409
    asker.patch(path, removed=False)
    assert [one["id"] for one in asker.session(session.pk)["assets"]] == [str(clip.pk)]
    actions = AuditEvent.objects.filter(action__startswith="generation.take.").values_list("action", flat=True)
    assert set(actions) == {"generation.take.remove", "generation.take.restore"}


def test_presets_are_ones_own_and_have_a_name_each(asker: Asker) -> None:
    made = asker.post("generation-presets", name=" Night  look ", values={"seconds": 4})
    assert (made.status_code, made.json()["name"]) == (201, "Night look")
    assert asker.post("generation-presets", name="Night look").status_code == 409
    stranger = Asker(UserFactory())
    assert stranger.get("generation-presets").json() == {"presets": []}
    path = f"generation-presets/{made.json()['id']}"
    assert stranger.send("DELETE", path).status_code == 404
    assert asker.send("DELETE", path).status_code == 204
    assert asker.post("generation-presets", name="x", values={"a": "b" * 17_000}).status_code == 422


def test_a_list_costs_the_same_however_many_sessions(asker: Asker) -> None:
    counts = []
    for more in (1, 9):
        for _ in range(more):
            made = SessionFactory(owner=asker.user)
            take_of(made)
            take_of(made, "clip")
        with CaptureQueriesContext(connection) as queries:
            assert len(asker.get("sessions/").json()) == min(sum((1, 9)[: len(counts) + 1]), 10)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_models_that_are_configured_are_listed_with_their_price(replicate: ProviderServer, asker: Asker) -> None:
    rows = asker.get("generation-models").json()["models"]
    found = {row["engine"]: row for row in rows}
    assert (found["replicate:flux-schnell"]["price_usd"], found["replicate:flux-schnell"]["default"]) == (0.003, True)
    assert found["local:camera"]["price_usd"] == 0
    assert asker.post("generate-images", prompt="x", model="no-such-model").status_code == 422


def test_a_session_is_deleted_with_what_it_was_making(replicate: ProviderServer, asker: Asker) -> None:
    begun = asker.post("generate-images", prompt="A pier", num_images=2)
    session = GenerationSession.objects.get()
    assert asker.send("DELETE", f"sessions/{session.pk}").status_code == 204
    assert asker.get(f"sessions/{session.pk}").status_code == 404
    run = work_off(begun.json()["run_id"])
    assert (run.status, replicate.requests) == ("cancelled", [])
    # Its id is nobody's any more, and is not given out again.
    assert asker.post("generate-images", prompt="A pier", session_id=str(session.pk)).status_code == 404
