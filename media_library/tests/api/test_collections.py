"""Collections over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import Organization, User
from accounts.tests.factories import ProjectFactory
from media_library.models import Asset, Collection
from media_library.tests.factories import AssetFactory

COLLECTIONS = "/api/library/collections"

People = dict[str, User]
Door = Callable[[str | None], Any]


@pytest.fixture
def film(people: People, house: Organization) -> Asset:
    return AssetFactory(owner=people["production"], organization=house)


@pytest.fixture
def best(api: Door) -> str:
    answer = api("production").post(COLLECTIONS, {"name": "Best of", "description": "What we show first."})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def test_a_collection_is_the_houses(api: Door, best: str, house: Organization) -> None:
    told = api("linguist").get(f"{COLLECTIONS}/{best}").json()
    assert (told["name"], told["organization_id"], told["assets"]) == ("Best of", str(house.pk), 0)
    assert [one["name"] for one in api("client").get(COLLECTIONS).json()["items"]] == ["Best of"]
    assert api("stranger").get(COLLECTIONS).json()["total"] == 0
    assert api("stranger").get(f"{COLLECTIONS}/{best}").json()["error"] == "Collection not found"


def test_two_collections_of_a_house_have_two_names(api: Door, best: str) -> None:
    again = api("reviewer").post(COLLECTIONS, {"name": "best OF"})
    assert (again.status_code, again.json()["error"]) == (409, "A collection with this name already exists")
    other = api("production").post(COLLECTIONS, {"name": "Rest"}).json()["id"]
    assert api("production").patch(f"{COLLECTIONS}/{other}", {"name": "Best of"}).status_code == 409
    assert api("stranger").post(COLLECTIONS, {"name": "Best of"}).status_code == 201


def test_files_are_put_in_and_taken_out_and_stay_what_they_are(
    api: Door, people: People, film: Asset, best: str
) -> None:
    foreign = AssetFactory(owner=people["stranger"])
    door = api("linguist")
    answer = door.post(f"{COLLECTIONS}/{best}/assets", {"ids": [str(film.pk), str(foreign.pk)]}).json()
    assert (answer["done"], answer["failed"]) == (1, 1)
    door.post(f"{COLLECTIONS}/{best}/assets", {"ids": [str(film.pk)]})
    assert door.get(f"{COLLECTIONS}/{best}").json()["assets"] == 1
    assert [one["id"] for one in door.get(f"/api/library/assets?collection_id={best}").json()["items"]] == [
        str(film.pk)
    ]
    assert door.delete(f"{COLLECTIONS}/{best}/assets/{film.pk}").status_code == 204
    assert door.get(f"{COLLECTIONS}/{best}").json()["assets"] == 0
    door.post(f"{COLLECTIONS}/{best}/assets", {"ids": [str(film.pk)]})
    assert door.delete(f"{COLLECTIONS}/{best}").status_code == 204
    assert Asset.objects.filter(pk=film.pk).exists()


def test_a_collection_tells_of_no_file_that_one_does_not_see(
    api: Door, people: People, best: str, house: Organization
) -> None:
    own = AssetFactory(owner=people["production"], organization=house, shelf=Asset.Shelf.INPUT)
    Collection.objects.get(pk=best).assets.add(own)
    assert api("production").get(f"{COLLECTIONS}/{best}").json()["assets"] == 1
    assert api("linguist").get(f"{COLLECTIONS}/{best}").json()["assets"] == 0


def test_customers_look(api: Door, best: str, film: Asset) -> None:
    door = api("client")
    assert door.patch(f"{COLLECTIONS}/{best}", {"name": 7}).status_code == 403
    assert door.delete(f"{COLLECTIONS}/{best}").status_code == 403
    assert door.post(f"{COLLECTIONS}/{best}/assets", {"ids": []}).status_code == 403


def test_a_collection_of_a_project_is_its_peoples(api: Door, people: People) -> None:
    project = ProjectFactory(owner=people["production"], viewer=people["stranger"])
    made = api("production").post(COLLECTIONS, {"name": "Cuts", "project_id": str(project.pk)}).json()
    assert made["project"]["name"] == project.name
    assert api("stranger").get(f"{COLLECTIONS}?project_id={project.pk}").json()["total"] == 1
    assert api("stranger").patch(f"{COLLECTIONS}/{made['id']}", {"name": "Mine"}).status_code == 403
    assert api("stranger").post(COLLECTIONS, {"name": "X", "project_id": str(project.pk)}).status_code == 403


@pytest.mark.parametrize("wanted", [1, 20])
def test_the_list_costs_the_same_however_long(
    wanted: int, api: Door, people: People, count_queries: Callable[[Callable[[], Any]], int]
) -> None:
    for number in range(wanted):
        made = Collection.objects.create(owner=people["production"], name=f"{number}", project=ProjectFactory())
        made.assets.add(AssetFactory(owner=people["production"]))
    door = api("production")
    door.get(COLLECTIONS)
    assert count_queries(lambda: door.get(f"{COLLECTIONS}?size=100")) == 5


@pytest.mark.parametrize("wrong", [{}, {"name": ""}, {"name": 7}, {"name": "x" * 201}, {"name": "x", "project_id": 1}])
def test_wrong_input_makes_nothing(api: Door, wrong: dict[str, Any]) -> None:
    assert api("production").post(COLLECTIONS, wrong).status_code == 400
    assert not Collection.objects.exists()
