"""Conversations, who takes part in them, their projects and files, over HTTP."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client as Http
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import Notification, Project, User
from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from chat.models import Attachment, Conversation, Participant
from chat.tests.factories import ConversationFactory, FilmFactory, clip_in, say, session_of
from core.mail.models import Letter
from core.models import AuditEvent
from core.rest.body import refusal_at
from core.runs.models import Run
from core.testing.files import body_of
from media_library import uses
from media_library.models import Asset
from media_library.services import ingestion
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db


class Person:
    """Somebody of the house in a browser of their own."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.http = Http()
        self.http.force_login(user)

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        more = {} if body is None else {"data": body, "content_type": "application/json"}
        return getattr(self.http, method)(f"/api{path}", **more)

    def get(self, path: str) -> Any:
        return self.ask("get", path)

    def post(self, path: str, body: Any = None) -> Any:
        return self.ask("post", path, {} if body is None else body)

    def put(self, path: str, body: Any) -> Any:
        return self.ask("put", path, body)

    def attach(self, path: str, name: str, content: bytes, content_type: str = "text/plain") -> Any:
        return self.http.post(f"/api{path}", {"file": SimpleUploadedFile(name, content, content_type)})


@pytest.fixture
def house() -> Any:
    return OrganizationFactory()


@pytest.fixture
def owner(house: Any) -> Person:
    return Person(UserFactory(house=house, name="Olga"))


@pytest.fixture
def editor(house: Any) -> Person:
    return Person(UserFactory(house=house, name="Ed"))


@pytest.fixture
def viewer(house: Any) -> Person:
    return Person(UserFactory(house=house, name="Vera"))


@pytest.fixture
def stranger() -> Person:
    return Person(UserFactory(house=OrganizationFactory()))


@pytest.fixture
def conversation(owner: Person, editor: Person, viewer: Person, house: Any) -> Conversation:
    made: Conversation = ConversationFactory(owner=owner.user, organization=house)
    for person, role in ((editor, "editor"), (viewer, "viewer")):
        Participant.objects.create(conversation=made, user=person.user, role=role, invited_by=owner.user)
    return made


@pytest.fixture
def path(conversation: Conversation) -> str:
    return f"/conversations/{conversation.pk}"


def told(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json().get("error")


HIDDEN = (404, "Conversation not found")
DENIED = (403, "Access denied")


def test_a_conversation_asks_the_library_of_its_owners_only_house(owner, house) -> None:
    made = owner.post("/conversations").json()["conversation"]
    assert made["title"] == "New Conversation"
    assert Conversation.objects.get(pk=made["id"]).organization == house


def test_the_list_holds_ones_own_and_those_one_takes_part_in(owner, editor, stranger, conversation) -> None:
    FilmFactory(owner=owner.user)
    session_of(FilmFactory(owner=owner.user))
    for person, role in ((owner, "owner"), (editor, "editor")):
        (row,) = person.get("/conversations").json()["conversations"]
        assert (row["id"], row["role"], row["people_count"]) == (str(conversation.pk), role, 3)
    assert stranger.get("/conversations").json() == {"conversations": []}


def test_a_star_is_ones_own(owner, editor, path) -> None:
    assert editor.put(f"{path}/star", {"starred": True}).json() == {"success": True, "starred": True}
    assert editor.put(f"{path}/star", {"starred": True}).status_code == 200
    assert [row["starred"] for row in editor.get("/conversations").json()["conversations"]] == [True]
    assert [row["starred"] for row in owner.get("/conversations").json()["conversations"]] == [False]
    assert told(owner.put(f"{path}/star", {"starred": "yes"})) == (400, "starred is required")


def test_lists_cost_the_same_however_many_there_are(owner, house) -> None:
    project = ProjectFactory(owner=owner.user)
    talk = ConversationFactory(owner=owner.user, organization=house, project=project)
    ways = (
        "/api/conversations",
        "/api/projects",
        f"/api/projects/{project.pk}",
        f"/api/conversations/{talk.pk}",
        f"/api/conversations/{talk.pk}/participants",
        f"/api/conversations/{talk.pk}/attachments",
        "/chat/recents?q=harbour",
        f"/project/{project.pk}",
        "/projects",
    )

    def costs() -> dict[str, int]:
        found = {}
        for way in ways:
            with CaptureQueriesContext(connection) as asked:
                assert owner.http.get(way).status_code == 200, way
            found[way] = len(asked)
        return found

    def more(count: int) -> None:
        for number in range(count):
            made = ConversationFactory(owner=owner.user, organization=house, project=ProjectFactory(owner=owner.user))
            for one in (made, talk, ConversationFactory(owner=owner.user, project=project)):
                say(one, f"Where is the harbour {number}?")
                Participant.objects.create(conversation=one, user=UserFactory())
                Attachment.objects.create(conversation=one, asset=AssetFactory(), original_filename="a.mp4")

    more(1)
    costs()
    few = costs()
    more(19)
    assert costs() == few


def test_who_reads_writes_and_rules(owner, editor, viewer, stranger, conversation, path) -> None:
    for person, reads, writes, rules in (
        (viewer, 200, DENIED, DENIED),
        (stranger, 404, HIDDEN, HIDDEN),
    ):
        assert person.get(path).status_code == reads
        assert told(person.put(path, {"title": "Mine now"})) == writes
        assert told(person.put(f"{path}/project", {"project_id": None})) == writes
        assert told(person.ask("delete", path)) == rules
    assert told(editor.ask("delete", path)) == DENIED
    assert editor.put(path, {"title": "  Two\n lines\x1b "}).status_code == 200
    conversation.refresh_from_db()
    assert (conversation.title, conversation.title_by) == ("Two lines", "person")
    assert owner.ask("delete", path).json() == {"success": True}
    assert told(owner.get(path)) == told(editor.get(path)) == HIDDEN
    assert AuditEvent.objects.filter(action="chat.conversation.delete", subject_id=str(conversation.pk)).exists()


def test_the_first_look_accepts_the_invitation(editor, owner, conversation, path) -> None:
    def accepted() -> bool:
        return Participant.objects.get(conversation=conversation, user=editor.user).accepted_at is not None

    owner.get(path)
    assert not accepted()
    editor.get(path)
    assert accepted()


def test_only_the_branch_that_is_shown_is_read(owner, conversation, path) -> None:
    first = say(conversation, "Find the harbour.")
    say(conversation, "Here.", role="assistant", engine="local:compose")
    say(conversation, "Find the lake.", parent=None)
    say(conversation, "There.", role="assistant", engine="local:compose", input_tokens=3, output_tokens=4)
    messages = owner.get(path).json()["messages"]
    assert [one["content"] for one in messages] == ["Find the lake.", "There."]
    assert [(one["model"], one["tokens_used"]) for one in messages] == [(None, None), ("local:compose", 7)]
    assert first.content == "Find the harbour."


# Projects.


def test_a_projects_people_read_its_conversations_and_write_in_none(owner, stranger, conversation, path) -> None:
    project = ProjectFactory(owner=owner.user, collaborator=stranger.user)
    assert owner.put(f"{path}/project", {"project_id": str(project.pk)}).json() == {"success": True}
    assert stranger.get(path).status_code == 200
    assert told(stranger.put(path, {"title": "Mine"})) == DENIED
    assert told(stranger.get(f"{path}/participants")) == DENIED
    assert told(stranger.post(f"{path}/leave")) == DENIED
    assert stranger.get("/conversations").json() == {"conversations": []}
    (row,) = stranger.get(f"/projects/{project.pk}").json()["conversations"]
    assert row["id"] == str(conversation.pk)


def test_moving_needs_both_rights(owner, editor, stranger, conversation, path) -> None:
    looked_at = ProjectFactory(viewer=owner.user)
    foreign = ProjectFactory(owner=stranger.user)
    assert told(owner.put(f"{path}/project", {"project_id": str(looked_at.pk)})) == DENIED
    for unknown in (foreign.pk, uuid.uuid4(), "no-id"):
        assert told(owner.put(f"{path}/project", {"project_id": str(unknown)})) == (404, "Project not found")
        assert told(owner.post("/conversations", {"project_id": str(unknown)})) == (404, "Project not found")
    conversation.refresh_from_db()
    assert conversation.project is None
    assert Conversation.objects.filter(owner=owner.user).count() == 1


def test_who_may_not_see_the_project_is_not_told_of_it(owner, editor, conversation) -> None:
    Conversation.objects.update(project=ProjectFactory(owner=owner.user, name="Secret season"))
    (row,) = owner.get("/conversations").json()["conversations"]
    assert row["project"]["name"] == "Secret season"
    (row,) = editor.get("/conversations").json()["conversations"]
    assert (row["project"], row["project_id"]) == (None, None)


def test_archiving_hides_a_project_and_restoring_brings_it_back(owner) -> None:
    made = owner.post("/projects", {"name": " Season ", "color": "#00898d"}).json()["project"]
    way = f"/projects/{made['id']}"
    assert (made["name"], made["color"]) == ("Season", "#00898D")
    assert Project.objects.get(pk=made["id"]).color == "mark-1"

    def listed(query: str = "") -> list[str]:
        return [one["id"] for one in owner.get(f"/projects{query}").json()["projects"]]

    assert owner.ask("delete", way).json() == owner.ask("delete", way).json() == {"success": True}
    assert (listed(), listed("?include_archived=true")) == ([], [made["id"]])
    assert owner.get(way).json()["project"]["is_archived"] is True
    assert owner.put(way, {"is_archived": False}).json() == {"success": True}
    assert listed() == [made["id"]]


def test_conversations_outlive_their_project(owner, editor, conversation) -> None:
    project = ProjectFactory(owner=owner.user, collaborator=editor.user)
    Conversation.objects.update(project=project)
    way = f"/projects/{project.pk}"
    for query in ("", "?permanent=true"):
        assert told(editor.ask("delete", way + query)) == DENIED
    assert owner.ask("delete", f"{way}?permanent=true").json() == {"success": True}
    assert told(owner.get(way)) == (404, "Project not found")
    assert owner.get("/projects?include_archived=true").json() == {"projects": []}
    conversation.refresh_from_db()
    assert (conversation.project_id, conversation.deleted_at) == (None, None)
    assert AuditEvent.objects.filter(action="accounts.project.delete", subject_id=str(project.pk)).exists()


@pytest.mark.parametrize("color", ["red", "#12", "mark-9", "url(http://x)", "#00898d;x"])
def test_a_colour_is_one(color, owner) -> None:
    assert owner.post("/projects", {"name": "Season", "color": color}).status_code == 400


# People.


def test_an_invitation_counts_who_is_new_and_known(owner, house, editor, stranger, conversation, path) -> None:
    fresh = UserFactory(house=house)
    named = [fresh.pk, fresh.pk, editor.user.pk, owner.user.pk, stranger.user.pk, uuid.uuid4(), "no-id"]
    answer = owner.post(f"{path}/invite", {"user_ids": [str(one) for one in named], "role": "viewer"})
    assert answer.json() == {"success": True, "invited_count": 1}
    assert Participant.objects.get(conversation=conversation, user=fresh).role == "viewer"
    assert Person(fresh).get(path).status_code == 200
    assert not Participant.objects.filter(user=stranger.user).exists()
    assert Notification.objects.get(user=fresh).url == f"/chat/{conversation.pk}"
    assert Letter.objects.filter(to=fresh.email).exists()
    assert owner.post(f"{path}/invite", {"user_ids": [str(fresh.pk)]}).json()["invited_count"] == 0


@pytest.mark.parametrize("body", [{}, {"user_ids": []}, {"user_ids": "all"}, {"user_ids": None}])
def test_an_invitation_names_people(body, owner, path) -> None:
    assert told(owner.post(f"{path}/invite", body)) == (400, "user_ids is required")


def test_only_the_owner_invites_and_nobody_becomes_one(owner, editor, viewer, stranger, path) -> None:
    body = {"user_ids": [str(uuid.uuid4())]}
    for person in (editor, viewer):
        assert told(person.post(f"{path}/invite", body)) == (403, "Only conversation owner can invite participants")
    assert told(stranger.post(f"{path}/invite", body)) == HIDDEN
    assert owner.post(f"{path}/invite", {**body, "role": "owner"}).status_code == 400


def test_roles_change_and_people_go(owner, editor, viewer, conversation, path) -> None:
    way = f"{path}/participants/{editor.user.pk}"
    assert told(editor.ask("patch", way, {"role": "viewer"})) == DENIED
    assert owner.ask("patch", way, {"role": "viewer"}).json()["participant"]["role"] == "viewer"
    assert told(editor.put(path, {"title": "Mine"})) == DENIED
    assert owner.ask("patch", way, {"role": "owner"}).status_code == 400
    assert owner.ask("delete", way).json() == {"success": True}
    assert told(editor.get(path)) == HIDDEN
    assert told(owner.ask("delete", way)) == (404, "Participant not found")
    assert viewer.post(f"{path}/leave").json() == {"success": True}
    assert told(viewer.get(path)) == HIDDEN
    assert told(owner.post(f"{path}/leave")) == (403, "Conversation owner cannot leave")


def test_people_of_a_conversation_find_each_other(owner, stranger, conversation) -> None:
    def finds(person: Person, other: Person) -> bool:
        return bool(person.get(f"/users/search?q={other.user.email}").json()["users"])

    assert not finds(stranger, owner)
    Participant.objects.create(conversation=conversation, user=stranger.user)
    assert finds(stranger, owner)
    assert finds(owner, stranger)
    Conversation.objects.update(deleted_at="2026-01-01T00:00:00Z")
    assert not finds(stranger, owner)


# Files.

NOTES = b"The harbour opens at five.\n"


def test_a_file_is_kept_as_it_came_and_read(owner, viewer, stranger, conversation, path) -> None:
    way = f"{path}/attachments"
    made = owner.attach(way, "notes.txt", NOTES).json()["attachment"]
    assert (made["original_filename"], made["file_size"], made["mime_type"]) == ("notes.txt", len(NOTES), "text/plain")
    asset = Asset.objects.get(pk=made["asset_id"])
    assert (asset.shelf, asset.organization) == ("chat", None)
    assert Run.objects.filter(kind=ingestion.KIND, subject_id=asset.pk).exists()
    served = owner.http.get(made["url"].partition("testserver")[2] or made["url"])
    assert body_of(served) == NOTES
    assert served.headers["Content-Disposition"].startswith("attachment")
    # Through the conversation, by those who see it.
    assert viewer.get(f"{way}/{made['id']}/file").status_code == 302
    assert viewer.get(f"/library/assets/{asset.pk}").status_code == 200
    assert told(stranger.get(f"{way}/{made['id']}/file")) == HIDDEN
    assert stranger.get(f"/library/assets/{asset.pk}").status_code == 404


def test_what_waits_is_whose_who_brought_it(owner, editor, conversation, path) -> None:
    way = f"{path}/attachments"
    made = owner.attach(way, "notes.txt", NOTES).json()["attachment"]
    assert len(owner.get(f"{way}?waiting=true").json()["attachments"]) == 1
    assert editor.get(f"{way}?waiting=true").json() == {"attachments": []}
    assert told(editor.ask("delete", f"{way}/{made['id']}")) == DENIED
    assert owner.ask("delete", f"{way}/{made['id']}").json() == {"success": True}
    assert not Asset.objects.filter(pk=made["asset_id"]).exists()
    sent = owner.attach(way, "more.txt", NOTES).json()["attachment"]
    Attachment.objects.update(message=say(conversation, "Read this."))
    assert owner.ask("delete", f"{way}/{sent['id']}").status_code == 409


def test_a_file_of_the_library_is_attached_and_stays_there(owner, viewer, stranger, house, path) -> None:
    way = f"{path}/attachments"
    asset = AssetFactory(owner=owner.user, content=b"film")
    made = owner.post(f"{way}/from-library", {"asset_id": str(asset.pk)}).json()["attachment"]
    again = owner.post(f"{way}/from-library", {"asset_id": str(asset.pk)}).json()["attachment"]
    assert made["id"] == again["id"]
    assert viewer.get(f"{way}/{made['id']}/file").status_code == 302
    assert viewer.get(f"/library/assets/{asset.pk}").status_code == 404
    foreign = AssetFactory(owner=stranger.user)
    for unknown in (foreign.pk, uuid.uuid4(), "no-id"):
        answer = owner.post(f"{way}/from-library", {"asset_id": str(unknown)})
        assert told(answer) == (404, "Asset not found")
    owner.ask("delete", f"{way}/{made['id']}")
    assert Asset.objects.filter(pk=asset.pk).exists()


@pytest.mark.parametrize(
    ("name", "content", "content_type"),
    [
        ("report.pdf", b"<html><script>alert(1)</script></html>", "application/pdf"),
        ("empty.txt", b"", "text/plain"),
        ("page.html", b"<html></html>", "text/html"),
        ("program.exe", b"MZ" + bytes(64), "application/octet-stream"),
        ("picture.jpg", b"GIF89a" + bytes(64), "image/jpeg"),
    ],
)
def test_what_is_not_what_it_says_is_refused_and_not_kept(name, content, content_type, owner, path) -> None:
    assert owner.attach(f"{path}/attachments", name, content, content_type).status_code == 400
    assert not Attachment.objects.exists()
    assert not Asset.objects.exists()


def test_sizes_are_bounded(owner, viewer, path, settings) -> None:
    way = f"{path}/attachments"
    assert told(owner.post(way)) == (400, "No file provided")
    settings.ATTACHMENT_MAX_BYTES = 10
    assert told(owner.attach(way, "notes.txt", NOTES)) == (400, "File too large")
    settings.UPLOAD_DIRECT_MAX_BYTES = 20
    assert told(owner.attach(way, "notes.txt", NOTES)) == (413, "File size exceeds limit")
    assert told(viewer.attach(way, "notes.txt", NOTES)) == DENIED


def test_the_guard_in_front_of_the_server_says_so_too(path) -> None:
    assert refusal_at(f"/api{path}/attachments") == "File size exceeds limit"
    assert refusal_at("/api/nothing/here") == ""


def test_who_takes_files_away_again_can_go_on(owner, path, settings, monkeypatch) -> None:
    from chat.services import attachments

    monkeypatch.setattr(attachments, "MOST_WAITING", 1)
    assert owner.attach(f"{path}/attachments", "a.txt", NOTES).status_code == 200
    assert told(owner.attach(f"{path}/attachments", "b.txt", NOTES)) == (400, "At most 1 files go with one message.")


DATA = Path(__file__).parents[3] / "tests" / "data"
CAPTIONS = b"WEBVTT\n\n00:00.000 --> 00:02.000\nThe harbour.\n"


@pytest.mark.parametrize(
    ("name", "kind", "content_type"),
    [
        ("sample.mp4", "video", "video/mp4"),
        ("talk.wav", "audio", "audio/wav"),
        ("board.png", "image", "image/png"),
        ("notes.md", "document", "text/markdown"),
        ("lines.vtt", "caption", "text/vtt"),
    ],
)
def test_every_kind_that_the_library_reads_is_taken(name, kind, content_type, owner, path) -> None:
    speech = next(iter(sorted((DATA / "speech").glob("*.wav"))))
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "png")
    contents = {
        "video": (DATA / "sample.mp4").read_bytes(),
        "audio": speech.read_bytes(),
        "image": picture.getvalue(),
        "document": NOTES,
        "caption": CAPTIONS,
    }
    made = owner.attach(f"{path}/attachments", name, contents[kind], content_type)
    assert made.status_code == 200, made.content
    assert made.json()["attachment"]["kind"] == kind


def test_a_film_stays_with_its_conversation(owner) -> None:
    session = session_of(FilmFactory(owner=owner.user))
    assert owner.ask("delete", f"/conversations/{session.pk}").status_code == 409
    assert owner.put(f"/conversations/{session.pk}/project", {"project_id": None}).status_code == 409


def test_a_file_tells_in_which_conversations_it_is_quoted(owner, stranger, conversation, path) -> None:
    asset = AssetFactory(owner=owner.user)
    clip_in(conversation, asset)
    clip_in(conversation, asset)
    assert [use.url for use in uses.of(asset, owner.user)] == [f"/chat/{conversation.pk}"]
    owner.post(f"{path}/attachments/from-library", {"asset_id": str(asset.pk)})
    assert [use.url for use in uses.of(asset, owner.user)] == [f"/chat/{conversation.pk}"]
    assert uses.of(asset, stranger.user) == []
