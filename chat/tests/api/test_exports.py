"""Scripts and cuts as files, through HTTP."""

from __future__ import annotations

import csv
import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from accounts.models import User
from accounts.tests.factories import UserFactory
from chat.models import Conversation, Participant, Record, ScriptExport
from chat.services import exports
from chat.tests.conversing import signed_in
from chat.tests.factories import ConversationFactory, clip_in, say
from core.storage import holders, store
from core.testing.contract import differences, endpoint
from core.testing.files import body_of
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db

SHAPE = endpoint("platform.chat.export_script")["success"]["shape"]
ROUTE = "/api/chat/export-script"


@pytest.fixture
def conversation() -> Conversation:
    made: Conversation = ConversationFactory(title="Cold open")
    asset = AssetFactory(owner=made.owner, filename="pad.mp4", duration=20.0)
    transcript_of(asset, "The pad was quiet", "and the count sat there", "for almost an hour")
    clip = clip_in(made, asset, start=0.0, end=4.0, text="The pad was quiet and the count sat there", speaker="Ellen")
    Record.objects.create(conversation=made, position=0, heading="Opening", content='=HYPERLINK("x")', duration=2.0)
    Record.objects.create(conversation=made, position=1, clip=clip, duration=4.0)
    return made


def export(user: User, conversation: Conversation, **body: Any) -> Any:
    body = {"conversation_id": str(conversation.pk), **body}
    return signed_in(user).post(ROUTE, body, content_type="application/json")


@pytest.mark.parametrize("kind", exports.FORMATS)
def test_every_format_is_a_file_that_its_link_gives(kind: str, conversation: Conversation) -> None:
    answer = export(conversation.owner, conversation, format=kind)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert not differences(body, SHAPE)
    got = Client().get(body["download_url"])
    content = body_of(got)
    assert (got.status_code, hashlib.sha256(content).hexdigest()) == (200, body["sha256"])
    assert f'filename="cold-open.{exports.FORMATS[kind].extension}"' in got.headers["Content-Disposition"]
    assert "attachment" in got.headers["Content-Disposition"]


def test_without_a_format_it_is_a_pdf_of_the_sections(conversation: Conversation) -> None:
    link = export(conversation.owner, conversation).json()["download_url"]
    content = body_of(Client().get(link))
    read = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    for words in ("Cold open", "Opening", "Ellen", "The pad was quiet", "pad.mp4", "00:00:04:00"):
        assert words in read, words


def test_a_spreadsheet_runs_nothing(conversation: Conversation) -> None:
    link = export(conversation.owner, conversation, format="csv").json()["download_url"]
    content = body_of(Client().get(link))
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    assert rows[1][3] == '\'=HYPERLINK("x")'
    assert rows[2][1] == "clip"
    assert rows[2][5:10] == [
        "pad.mp4",
        "00:00:00:00",
        "00:00:04:00",
        "00:00:00:00",
        "00:00:04:00",
    ]


def test_what_was_answered_is_exported_where_there_is_no_script() -> None:
    made: Conversation = ConversationFactory()
    say(made, "Write something")
    say(made, "An answer of the studio", role="assistant")
    link = export(made.owner, made, format="txt").json()["download_url"]
    content = body_of(Client().get(link)).decode()
    assert "An answer of the studio" in content
    assert "Write something" not in content


def test_refusals(conversation: Conversation) -> None:
    owner = conversation.owner
    answer = export(owner, conversation, format="exe")
    assert (answer.status_code, answer.json()) == (400, {"error": "Unsupported format"})
    empty: Conversation = ConversationFactory(owner=owner)
    answer = export(owner, empty)
    assert (answer.status_code, answer.json()) == (400, {"error": "No messages found in conversation"})
    say(empty, "Hello")
    assert export(owner, empty, format="edl").status_code == 400
    viewer, stranger = UserFactory(), UserFactory()
    Participant.objects.create(conversation=conversation, user=viewer, role="viewer")
    assert export(viewer, conversation).status_code == 403
    answer = export(stranger, conversation)
    assert (answer.status_code, answer.json()) == (404, {"error": "Conversation not found"})
    assert signed_in(viewer).get(f"/api/conversations/{conversation.pk}/exports").status_code == 403


def test_after_a_day_the_link_is_dead_and_the_file_gone(
    conversation: Conversation, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    body = export(conversation.owner, conversation, format="txt").json()
    made = ScriptExport.objects.get()
    assert made.key in {key for holder in holders._holders for key in holder()}
    listed = signed_in(conversation.owner).get(f"/api/conversations/{conversation.pk}/exports").json()["exports"]
    assert [one["sha256"] for one in listed] == [body["sha256"]]
    cache.clear()
    later = timezone.now() + timedelta(hours=24, seconds=5)
    monkeypatch.setattr("core.storage.signing.time.time", later.timestamp)
    assert Client().get(body["download_url"]).status_code == 403
    assert exports.purge() == 0
    ScriptExport.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        assert exports.purge() == 1
    assert not store().exists(made.key)
    assert not ScriptExport.objects.exists()
