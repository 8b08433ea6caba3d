"""Assets over HTTP: who sees and changes what, and what becomes of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.tests.factories import ProjectFactory
from core.models import AuditEvent
from core.runs import services as runs
from core.runs.models import Run, Step
from core.storage import store
from core.storage.models import Removal
from media_library.models import Asset, ClipFile, Intake
from media_library.tests.factories import AssetFactory, transcript_of

ASSETS = "/api/library/assets"
WORKERS = ["linguist", "reviewer", "production", "project_manager", "house_admin", "admin"]

People = dict[str, User]
Door = Callable[[str | None], Any]


@pytest.fixture
def film(people: People, house: Organization) -> Asset:
    """Of production, in the house."""
    return AssetFactory(owner=people["production"], organization=house, filename="harbour.mp4", content=b"the harbour")


def at(asset: Asset | uuid.UUID, rest: str = "") -> str:
    return f"{ASSETS}/{getattr(asset, 'pk', asset)}{rest}"


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["filename"] for row in answer.json()["items"]]


# Seeing.


def test_the_house_sees_its_files_and_strangers_do_not(api: Door, film: Asset) -> None:
    for role in [*WORKERS, "client"]:
        assert names(api(role).get(ASSETS)) == ["harbour.mp4"], role
        assert api(role).get(at(film)).status_code == 200
    assert names(api("stranger").get(ASSETS)) == []
    assert api("stranger").get(at(film)).json()["error"] == "Asset not found"
    assert api(None).get(ASSETS).status_code == 401


def test_what_stands_on_a_persons_own_shelf_is_theirs_alone(api: Door, people: People, house: Organization) -> None:
    mine = AssetFactory(owner=people["client"], organization=house, shelf=Asset.Shelf.INPUT)
    assert api("client").get(at(mine)).status_code == 200
    assert api("production").get(at(mine)).status_code == 404


def test_made_files_and_old_versions_are_in_no_list(api: Door, film: Asset) -> None:
    made = AssetFactory(owner=film.owner, organization=film.organization, made_from=film, purpose="mezzanine")
    newer = AssetFactory(
        owner=film.owner, organization=film.organization, filename="harbour 2.mp4", previous=film, version=2
    )
    Asset.objects.filter(pk=film.pk).update(is_current=False)
    assert names(api("production").get(ASSETS)) == ["harbour 2.mp4"]
    assert api("production").get(at(made)).status_code == 404
    assert names(api("production").get(at(newer, "/versions"))) == ["harbour 2.mp4", "harbour.mp4"]


@pytest.mark.parametrize("wanted", [1, 20])
def test_the_list_costs_the_same_however_long(
    wanted: int, api: Door, people: People, house: Organization, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    for _ in range(wanted):
        asset = AssetFactory(owner=people["production"], organization=house, project=ProjectFactory())
        AssetFactory(made_from=asset, purpose="poster", kind="image", content_type="image/jpeg", owner=asset.owner)
    door = api("production")
    door.get(ASSETS)
    assert count_queries(lambda: door.get(f"{ASSETS}?size=100")) == 6
    assert count_queries(lambda: door.get(f"{ASSETS}/facets")) == 10


def test_filters_narrow_the_list_down(api: Door, people: People, house: Organization) -> None:
    project = ProjectFactory(owner=people["production"])
    here = {"owner": people["production"], "organization": house}
    talk = AssetFactory(**here, filename="talk.mp4", tags=["Harbour"], language="de", project=project, title="Am Hafen")
    AssetFactory(**here, filename="still.png", kind="image", content_type="image/png", duration=None)
    AssetFactory(**here, filename="broken.mp4", status="failed", problem="No.")
    transcript_of(talk, "Guten Tag").speakers.create(label="speaker_1", name="Ada")
    door = api("production")
    for query, expected in {
        "q=hafen": ["talk.mp4"],
        "q=harb": ["talk.mp4"],
        "kind=image": ["still.png"],
        "kind=image&kind=video&sort=name": ["broken.mp4", "still.png", "talk.mp4"],
        "language=de": ["talk.mp4"],
        "speaker=ada": ["talk.mp4"],
        "tag=Harbour": ["talk.mp4"],
        f"project_id={project.pk}": ["talk.mp4"],
        "status=failed": ["broken.mp4"],
        "archived=true": [],
        "sort=longest&kind=video&status=active": ["talk.mp4"],
    }.items():
        assert names(door.get(f"{ASSETS}?{query}")) == expected, query
    for wrong in ("kind=film", "sort=best", "project_id=x", "page=0", "archived=maybe"):
        assert door.get(f"{ASSETS}?{wrong}").status_code == 400, wrong
    facets = door.get(f"{ASSETS}/facets?kind=image").json()
    assert {one["value"]: one["count"] for one in facets["kind"]} == {"video": 2, "image": 1}
    assert facets["speaker"] == facets["tag"] == []
    facets = door.get(f"{ASSETS}/facets").json()
    assert facets["project"] == [{"value": str(project.pk), "label": project.name, "count": 1}]
    assert [one["value"] for one in facets["speaker"]] == ["Ada"]


# Changing.


@pytest.mark.parametrize("role", WORKERS)
def test_those_who_work_in_the_house_change_its_files(role: str, api: Door, film: Asset) -> None:
    answer = api(role).patch(at(film), {"title": "At the harbour", "tags": ["Sea", "sea"], "description": "Boats."})
    assert answer.status_code == 200, answer.content
    film.refresh_from_db()
    assert (film.title, film.tags, film.written_by_people) == (
        "At the harbour",
        ["Sea"],
        ["description", "tags", "title"],
    )
    assert AuditEvent.objects.filter(action="media_library.asset.change").count() == 1


def test_a_customer_looks_and_changes_nothing(api: Door, film: Asset) -> None:
    door = api("client")
    assert door.patch(at(film), {"title": 7}).status_code == 403
    assert door.post(at(film, "/archive")).status_code == 403
    assert door.delete(at(film)).status_code == 403
    assert door.get(at(film)).json()["may"] == {"change": False, "archive": False, "delete": False}


def test_wrong_input_changes_nothing(api: Door, film: Asset) -> None:
    door = api("production")
    for wrong in ({"title": 7}, {"tags": "x"}, {"tags": ["y" * 51]}, {"tags": ["z"] * 21}, {"project_id": "q"}):
        assert door.patch(at(film), wrong).status_code == 400, wrong
    assert door.patch(at(film), {"project_id": str(uuid.uuid4())}).json()["error"] == "Project not found"
    film.refresh_from_db()
    assert (film.title, film.tags) == ("", [])


def test_a_file_moves_into_a_project_and_out_again(api: Door, people: People, film: Asset) -> None:
    project = ProjectFactory(owner=people["production"])
    made = AssetFactory(owner=film.owner, made_from=film, purpose="mezzanine")
    door = api("production")
    assert door.patch(at(film), {"project_id": str(project.pk)}).json()["project"]["name"] == project.name
    made.refresh_from_db()
    assert made.project == project
    assert door.patch(at(film), {"project_id": None}).json()["project"] is None
    foreign = ProjectFactory(viewer=people["production"])
    assert door.patch(at(film), {"project_id": str(foreign.pk)}).status_code == 403


def test_archiving_takes_it_out_of_the_lists_until_it_is_restored(api: Door, film: Asset) -> None:
    door = api("linguist")
    for _ in range(2):
        assert door.post(at(film, "/archive")).json()["archived_at"]
    assert names(door.get(ASSETS)) == []
    assert names(door.get(f"{ASSETS}?archived=true")) == ["harbour.mp4"]
    assert door.post(at(film, "/restore")).json()["archived_at"] is None
    assert AuditEvent.objects.filter(action="media_library.asset.archive").count() == 1


# Removing for good.


@pytest.mark.django_db(transaction=True)
def test_deleting_removes_every_byte(api: Door, film: Asset) -> None:
    mezzanine = AssetFactory(owner=film.owner, made_from=film, purpose="mezzanine")
    poster = AssetFactory(owner=film.owner, made_from=mezzanine, purpose="poster", kind="image")
    with store().local(film.key) as path:
        store().put("clips/one.mp4", path, content_type="video/mp4")
        store().put("runs/left/by/a/step.json", path, content_type="application/json")
    ClipFile.objects.create(asset=film, start_ms=0, end_ms=1000, format="mp4", key="clips/one.mp4")
    run = runs.start("media_library.ingest", subject_id=film.pk)
    Step.objects.filter(run=run).update(status="done", keys=["runs/left/by/a/step.json"], result={"key": "x"})
    transcript_of(film, "Boats come in.")
    keys = [film.key, mezzanine.key, poster.key, "clips/one.mp4", "runs/left/by/a/step.json"]
    assert all(store().exists(key) for key in keys)
    assert api("house_admin").delete(at(film)).status_code == 204
    assert not any(store().exists(key) for key in keys)
    assert not Asset.objects.exists()
    assert not Removal.objects.exists()
    assert Run.objects.get(pk=run.pk).status == Run.Status.CANCELLED
    assert api("house_admin").get(at(film)).status_code == 404
    assert AuditEvent.objects.filter(action="media_library.asset.delete").count() == 1


@pytest.mark.parametrize("role", ["linguist", "reviewer", "project_manager", "client"])
def test_only_its_owner_and_admins_delete_a_file(role: str, api: Door, film: Asset) -> None:
    assert api(role).delete(at(film)).status_code == 403
    assert Asset.objects.filter(pk=film.pk).exists()


def test_deleting_a_version_puts_the_one_below_in_use_again(api: Door, film: Asset) -> None:
    stack = [film]
    for number in (2, 3):
        Asset.objects.filter(pk=stack[-1].pk).update(is_current=False)
        stack.append(AssetFactory(owner=film.owner, previous=stack[-1], version=number))
    one, two, three = stack
    door = api("production")
    assert door.delete(at(two)).status_code == 204
    assert Asset.objects.get(pk=three.pk).previous_id == one.pk
    assert door.delete(at(three)).status_code == 204
    assert Asset.objects.get(pk=one.pk).is_current
    assert door.delete(at(one)).status_code == 204


def test_all_versions_go_at_once_where_that_is_asked_for(api: Door, film: Asset) -> None:
    Asset.objects.filter(pk=film.pk).update(is_current=False)
    newer = AssetFactory(owner=film.owner, previous=film, version=2)
    assert api("production").delete(at(newer, "?versions=some")).status_code == 400
    assert api("production").delete(at(newer, "?versions=all")).status_code == 204
    assert not Asset.objects.exists()


def test_a_file_that_is_being_cut_stays(api: Door, film: Asset) -> None:
    cut = AssetFactory(owner=film.owner, cut_from=film, cut_start=0, cut_end=1, status="processing")
    cut.run = runs.start("media_library.ingest", subject_id=cut.pk)
    cut.save()
    answer = api("production").delete(at(film))
    assert (answer.status_code, answer.json()["error"]) == (409, "File is in use")


# Doubles, uses, many at once.


def test_doubles_are_found_among_what_one_sees(api: Door, people: People, film: Asset, house: Organization) -> None:
    AssetFactory(owner=people["client"], organization=house, filename="again.mp4", content=b"the harbour")
    AssetFactory(owner=people["stranger"], filename="theirs.mp4", content=b"the harbour")
    assert names(api("production").get(at(film, "/duplicates"))) == ["again.mp4"]


def test_what_a_file_is_used_for_is_told_as_far_as_one_sees_it(api: Door, people: People, film: Asset) -> None:
    cut = AssetFactory(
        owner=people["production"], organization=film.organization, cut_from=film, cut_start=0, cut_end=1
    )
    AssetFactory(owner=people["stranger"], cut_from=film, cut_start=0, cut_end=1)
    items = api("production").get(at(film, "/uses")).json()["items"]
    assert [(item["kind"], item["url"]) for item in items] == [("clip", f"/library/{cut.pk}")]


def test_many_files_are_done_with_one_by_one(api: Door, people: People, film: Asset, house: Organization) -> None:
    theirs = AssetFactory(owner=people["stranger"])
    second = AssetFactory(owner=people["production"], organization=house)
    ids = [str(pk) for pk in (film.pk, theirs.pk, second.pk, film.pk)]
    door = api("production")
    answer = door.post(f"{ASSETS}/bulk", {"action": "archive", "ids": ids}).json()
    assert (answer["done"], answer["failed"]) == (2, 1)
    assert [one["code"] for one in answer["results"]] == [None, "not_found", None]
    assert door.post(f"{ASSETS}/bulk", {"action": "tag", "ids": ids[:1], "tags": ["a"]}).json()["done"] == 1
    answer = door.post(f"{ASSETS}/bulk", {"action": "tag", "ids": ids[:1], "tags": ["b"], "remove_tags": ["A"]})
    assert Asset.objects.get(pk=film.pk).tags == ["b"]
    assert api("client").post(f"{ASSETS}/bulk", {"action": "delete", "ids": ids[:1]}).json()["failed"] == 1
    for wrong in (
        {"action": "explode", "ids": ids},
        {"action": "archive", "ids": []},
        {"action": "archive", "ids": [str(uuid.uuid4()) for _ in range(201)]},
        {"action": "move", "ids": ids},
        {"action": "collect", "ids": ids},
        {"action": "tag", "ids": ids},
    ):
        assert door.post(f"{ASSETS}/bulk", wrong).status_code == 400, wrong


def test_a_new_version_is_announced_where_the_old_one_is(api: Door, film: Asset) -> None:
    body = {"filename": "harbour final.mp4", "content_type": "video/mp4", "size_bytes": 10}
    assert api("client").post(at(film, "/versions"), body).status_code == 403
    answer = api("production").post(at(film, "/versions"), body)
    assert answer.status_code == 201, answer.content
    assert Intake.objects.get(pk=answer.json()["id"]).replaces == film
