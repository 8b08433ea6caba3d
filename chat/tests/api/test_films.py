"""Films as projects: titles, the limit of the free tier, episodes, and that they follow their project."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Invitation, Project, ProjectMember
from accounts.services import projects
from accounts.tests.factories import UserFactory
from chat.errors import FilmLimitError
from chat.models import Film, FilmSession
from chat.tests.factories import FilmFactory

pytestmark = pytest.mark.django_db
FILMS = "/api/v1/projects"


def door(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def begin(user: Any, title: str = "Harbour", **fields: Any) -> Any:
    return door(user).post(FILMS, {"title": title, **fields}, content_type="application/json")


def put(user: Any, film: str, **fields: Any) -> Any:
    return door(user).put(f"{FILMS}/{film}", fields, content_type="application/json")


@pytest.fixture
def owner() -> Any:
    return UserFactory(tier="pro")


class TestBeginning:
    def test_a_film_begins_with_a_project_and_a_session(self, owner: Any) -> None:
        answer = begin(owner, "  Harbour ", genre="Thriller", episodeCount=5, projectSettings={"episodeDuration": 40})

        film = Film.objects.get()
        assert answer.status_code == 201, answer.content
        told = answer.json()["project"]
        assert (told["id"], told["title"], told["genre"]) == (str(film.project_id), "Harbour", "Thriller")
        assert told["progress"] == {
            "percentage": 0,
            "currentPhase": "initial",
            "completedSteps": 0,
            "totalSteps": 12,
        }
        assert told["projectSettings"] == {
            "aspectRatio": "16:9",
            "episodeDuration": 40,
            "qualityTier": "professional",
        }
        assert FilmSession.objects.get().conversation.project == film.project

    @pytest.mark.parametrize("title", ["Harbour", " harbour ", "HARBOUR"])
    def test_a_title_is_taken_whatever_its_letters(self, owner: Any, title: str) -> None:
        begin(owner, "Harbour")
        answer = begin(owner, title)

        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "VALIDATION_ERROR")
        assert answer.json()["error"]["details"] == [{"field": "title", "message": "Project title already exists"}]
        assert begin(UserFactory(), title).status_code == 201

    @pytest.mark.parametrize(
        "bad",
        [
            {"title": ""},
            {"title": " "},
            {"title": 7},
            {"title": "x" * 256},
            {"episodeCount": 0},
            {"episodeCount": 51},
            {"projectSettings": {"episodeDuration": 0}},
            {"projectSettings": "wide"},
            {"title": "a\x00b"},
        ],
    )
    def test_what_cannot_be_a_film_is_refused(self, owner: Any, bad: dict[str, Any]) -> None:
        assert begin(owner, **bad).status_code == 400
        assert not Film.objects.exists()


class TestTheFreeTier:
    def test_the_fourth_film_is_refused_and_archiving_makes_room(self) -> None:
        owner = UserFactory()
        made = [begin(owner, f"Film {number}").json()["project"]["id"] for number in range(3)]
        refused = begin(owner, "Film 4")
        assert (refused.status_code, refused.json()["error"]["code"]) == (402, "SUBSCRIPTION_LIMIT")

        assert put(owner, made[0], status="archived").json()["project"]["status"] == "archived"
        assert begin(owner, "Film 4").status_code == 201
        assert put(owner, made[0], status="active").status_code == 402

    def test_restoring_by_another_door_counts_too(self) -> None:
        owner = UserFactory()
        archived = FilmFactory(owner=owner)
        projects.archive(archived.project, actor=owner)
        for number in range(3):
            begin(owner, f"Film {number}")

        with pytest.raises(FilmLimitError):
            projects.restore(archived.project, actor=owner)

        archived.project.refresh_from_db()
        assert archived.project.status == "archived"

    @pytest.mark.django_db(transaction=True)
    def test_of_ten_at_once_one_fits(self) -> None:
        owner = UserFactory()
        for number in range(2):
            begin(owner, f"Film {number}")
        statuses: list[int] = []

        def race(number: int) -> None:
            try:
                statuses.append(begin(owner, f"Race {number}").status_code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=race, args=(number,)) for number in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(statuses) == [201] + [402] * 9
        assert Film.objects.count() == 3

    @pytest.mark.django_db(transaction=True)
    def test_of_two_with_one_title_at_once_one_is_made(self) -> None:
        owner = UserFactory(tier="pro")
        statuses: list[int] = []

        def race() -> None:
            try:
                statuses.append(begin(owner, "Harbour").status_code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=race) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(statuses) == [201, 409, 409, 409]


class TestFollowing:
    def test_a_rename_by_any_door_moves_the_title(self, owner: Any) -> None:
        film, other = FilmFactory(owner=owner, title="Harbour"), FilmFactory(owner=owner, title="Lake")
        projects.update_project(film.project, actor=owner, name="Tide")
        assert begin(owner, "harbour").status_code == 201
        assert begin(owner, "tide").status_code == 409
        answer = put(owner, str(other.project_id), title="TIDE")
        assert (answer.status_code, answer.json()["error"]["message"]) == (409, "Project title already exists")

    def test_a_deleted_project_frees_its_title(self, owner: Any) -> None:
        film = FilmFactory(owner=owner, title="Harbour")
        projects.delete_project(film.project, actor=owner)
        assert begin(owner, "Harbour").status_code == 201
        assert door(owner).get(f"{FILMS}/{film.project_id}").status_code == 404


class TestChanging:
    def test_only_what_is_given_changes(self, owner: Any) -> None:
        film = FilmFactory(owner=owner, title="Harbour", genre="Drama", episode_count=2)
        told = put(owner, str(film.project_id), genre="Horror", projectSettings={"aspectRatio": "4:3"}).json()[
            "project"
        ]
        assert (told["title"], told["genre"], told["episodeCount"]) == ("Harbour", "Horror", 2)
        assert told["projectSettings"] == {"aspectRatio": "4:3", "episodeDuration": 25, "qualityTier": "professional"}

    def test_more_episodes_are_more_to_do_and_fewer_hide_what_was_done(self, owner: Any) -> None:
        done = [
            *("concept-development", "genre-selection", "setting-selection", "character-development"),
            *("character-design", "plot-outline", "storyboard", "episode-1"),
        ]
        film = FilmFactory(owner=owner, episode_count=5, completed_steps=done, current_step="episode-2")
        shorter = put(owner, str(film.project_id), episodeCount=1).json()["project"]["progress"]
        assert (shorter["percentage"], shorter["currentPhase"], shorter["nextSteps"]) == (100, "completed", [])
        longer = put(owner, str(film.project_id), episodeCount=9).json()["project"]["progress"]
        assert (longer["percentage"], longer["currentPhase"]) == (50, "episode-2")

    @pytest.mark.parametrize(("done", "episodes", "percent"), [(1, 1, 13), (3, 5, 25), (3, 33, 8), (23, 33, 58)])
    def test_percentages_are_rounded_half_up(self, owner: Any, done: int, episodes: int, percent: int) -> None:
        from chat.films import steps

        film = FilmFactory(owner=owner, episode_count=episodes, completed_steps=steps.steps_of(episodes)[:done])
        (row,) = door(owner).get(FILMS).json()["projects"]
        assert (row["id"], row["progress"]["percentage"]) == (str(film.project_id), percent)

    def test_a_status_that_cannot_follow_is_refused(self, owner: Any) -> None:
        film = FilmFactory(owner=owner)
        put(owner, str(film.project_id), status="archived")
        assert put(owner, str(film.project_id), status="completed").status_code == 409
        assert put(owner, str(film.project_id), status="lost").status_code == 400


class TestSharing:
    def test_only_the_owner_invites_and_nobody_twice(self, owner: Any) -> None:
        film, helper = FilmFactory(owner=owner), UserFactory()
        ProjectMember.objects.create(project=film.project, user=helper)
        path, body = f"{FILMS}/{film.project_id}/collaborators", {"email": "New@Films.example"}

        assert door(helper).post(path, body, content_type="application/json").status_code == 403
        told = door(owner).post(path, body, content_type="application/json").json()["invitation"]
        assert (told["email"], told["role"], told["status"]) == ("new@films.example", "collaborator", "pending")
        assert door(owner).post(path, body, content_type="application/json").status_code == 409
        assert Invitation.objects.count() == 1

    def test_a_collaborator_writes_and_does_not_archive(self, owner: Any) -> None:
        film, helper, viewer = FilmFactory(owner=owner), UserFactory(), UserFactory()
        ProjectMember.objects.create(project=film.project, user=helper)
        ProjectMember.objects.create(project=film.project, user=viewer, role="viewer")
        assert put(helper, str(film.project_id), genre="Horror").status_code == 200
        assert put(helper, str(film.project_id), status="archived").status_code == 403
        assert put(viewer, str(film.project_id), genre="Horror").status_code == 403
        assert door(viewer).get(f"{FILMS}/{film.project_id}").status_code == 200
        assert put(UserFactory(), str(film.project_id), genre="Horror").status_code == 404


class TestListing:
    @pytest.mark.parametrize("many", [1, 20])
    def test_the_lists_cost_the_same_however_long(self, owner: Any, many: int) -> None:
        for _ in range(many):
            begin(owner, f"Film {_}")
        client = door(owner)
        for path, most in ((FILMS, 7), ("/api/v1/chat/sessions", 7)):
            with CaptureQueriesContext(
                connection,
            ) as queries:
                answer = client.get(path, {"limit": 50}).json()
            assert answer["pagination"]["total"] == many
            assert len(queries) <= most, [one["sql"][:120] for one in queries]

    def test_lists_are_filtered_searched_and_sorted(self, owner: Any) -> None:
        first = FilmFactory(owner=owner, title="Alpha", genre="Horror", completed_steps=["concept-development"])
        second = FilmFactory(owner=owner, title="Beta", genre="Drama")
        Project.objects.filter(pk=second.project_id).update(description="About a 100% harbour", status="on-hold")
        FilmFactory(title="Foreign")

        def titles(**query: Any) -> list[str]:
            return [one["title"] for one in door(owner).get(FILMS, query).json()["projects"]]

        assert titles(sort="title", order="asc") == ["Alpha", "Beta"]
        assert titles(sort="progress") == ["Alpha", "Beta"]
        assert titles(genre="hORROR") == ["Alpha"]
        assert titles(search="100%") == ["Beta"]
        assert titles(status="on-hold") == ["Beta"]
        assert titles(limit=1, page=2, sort="title", order="asc") == ["Beta"]
        assert first.project.name == "Alpha"
        for bad in ({"sort": "size"}, {"order": "up"}, {"page": 0}, {"limit": "many"}, {"status": "lost"}):
            assert door(owner).get(FILMS, bad).status_code == 400
