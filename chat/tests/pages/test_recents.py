"""The list of conversations, and the page of a project with its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client as Http

from accounts.models import Project, User
from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from chat.models import Conversation, Participant, Star
from chat.tests.factories import ConversationFactory, say

pytestmark = pytest.mark.django_db
HOSTILE = "<img src=x onerror=alert(1)>{{ 7|add:7 }}</title><script>alert(2)</script>"


@pytest.fixture
def person() -> User:
    made: User = UserFactory(house=OrganizationFactory())
    return made


@pytest.fixture
def browser(person: User) -> Http:
    http = Http()
    http.force_login(person)
    return http


def page(browser: Http, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_titles_and_words_said_are_found_and_quoted(browser, person) -> None:
    by_title = ConversationFactory(owner=person, title="Harbour at night")
    by_word = ConversationFactory(owner=person, title="Lake")
    say(by_word, "Before. The harbour master speaks. After.")
    ConversationFactory(owner=person, title="Mountains 100%")
    found = page(browser, "/chat/recents?q=HARBOUR")
    assert "Harbour at night" in found
    assert "<mark>harbour</mark> master speaks" in found
    assert "Mountains" not in found
    assert "Lake" not in page(browser, "/chat/recents?q=%25")
    assert str(by_title.pk) in found
    assert "No conversation fits" in page(browser, "/chat/recents?q=desert")


def test_an_empty_list_leads_on(browser) -> None:
    assert "Begin a conversation" in page(browser, "/chat/recents")


def test_stars_narrow_the_list_and_stay_ones_own(browser, person) -> None:
    starred, other = (ConversationFactory(owner=person, title=title) for title in ("Harbour", "Lake"))
    answer = browser.post(f"/chat/{starred.pk}/star", {"starred": "true", "back": "/chat/recents?page=1"})
    assert answer.headers["Location"] == "/chat/recents?page=1"
    assert "Lake" not in page(browser, "/chat/recents?show=starred")
    for hostile in ("//evil.example", "https://evil.example", "javascript:alert(1)"):
        answer = browser.post(f"/chat/{starred.pk}/star", {"starred": "false", "back": hostile})
        assert answer.headers["Location"] == "/chat/recents"
    assert not Star.objects.exists()
    assert other.title == "Lake"


def test_only_ones_own_are_deleted_and_only_when_sure(browser, person) -> None:
    mine = [ConversationFactory(owner=person) for _ in range(2)]
    shared = ConversationFactory()
    Participant.objects.create(conversation=shared, user=person, role="editor")
    body = {"id": [str(one.pk) for one in (*mine, shared)]}
    assert "Delete 2 conversations?" in browser.post("/chat/recents/delete", body).content.decode()
    assert Conversation.objects.live().count() == 3
    assert browser.post("/chat/recents/delete", {**body, "sure": "true"}).status_code == 302
    assert list(Conversation.objects.live()) == [shared]


def test_hostile_titles_are_text_on_every_page(browser, person) -> None:
    project = ProjectFactory(owner=person, name=HOSTILE, color="#112233")
    talk = ConversationFactory(owner=person, title=HOSTILE, project=project)
    say(talk, f"harbour {HOSTILE}")
    for path in ("/chat/recents?q=harbour", "/chat/recents", f"/project/{project.pk}", "/projects", f"/chat/{talk.pk}"):
        shown = page(browser, path)
        assert "&lt;img src=x onerror=alert(1)&gt;" in shown, path
        assert "<img src=x" not in shown, path
        assert "<script>alert" not in shown, path
    answer = browser.get("/api/conversations")
    assert answer.headers["Content-Type"].startswith("application/json")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_projects_two_pages_lead_to_each_other(browser, person) -> None:
    project = ProjectFactory(owner=person, name="Season", description="A year on the coast.")
    ConversationFactory(owner=person, project=project, title="Opening")
    talks = page(browser, f"/project/{project.pk}")
    for words in (
        "Season",
        "A year on the coast.",
        "Opening",
        f"/projects/{project.pk}",
        f"/chat?project={project.pk}",
    ):
        assert words in talks
    assert f'href="/project/{project.pk}"' in page(browser, f"/projects/{project.pk}")
    assert f'href="/project/{project.pk}"' in page(browser, "/projects")


def test_a_colour_is_chosen_and_kept(browser, person) -> None:
    browser.post("/projects", {"name": "Season", "color": "mark-3"})
    project = Project.objects.get()
    edit = f"/projects/{project.pk}/edit"
    assert "mark--3" in page(browser, f"/project/{project.pk}")
    browser.post(edit, {"name": "Season", "status": "active"})
    project.refresh_from_db()
    assert project.color == "mark-3"
    assert browser.post(edit, {"name": "Season", "status": "active", "color": "red"}).status_code == 422


def test_what_a_stranger_asks_for_is_not_there(browser) -> None:
    assert browser.get(f"/project/{ProjectFactory().pk}").status_code == 404
    other: Any = ConversationFactory()
    assert browser.post(f"/chat/{other.pk}/star", {"starred": "true"}).status_code == 404
