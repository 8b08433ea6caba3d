from __future__ import annotations

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ai import ledger, redaction, services
from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatRequest, Turn
from ai.capabilities.translate import TranslationRequest
from ai.ledger import Use
from ai.models import Call
from ai.tests.factories import CallFactory
from ai.work import Kept, Work, perform
from core.storage import store

SECRETS = {
    "sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123": redaction.KEY,
    "rwk_3f9a0c1d2e3b4a5f6c7d8e9f0a1b2c3d": redaction.KEY,
    "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw": redaction.KEY,
    "AKIAIOSFODNN7EXAMPLE": redaction.KEY,
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----": redaction.KEY,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N": redaction.TOKEN,
    "Bearer 0123456789abcdef0123": redaction.TOKEN,
    "https://films.example/take?token=0123456789abcdef": redaction.HIDDEN,
    "postgresql://reel:hunter22@db.example/reel": redaction.HIDDEN,
    "ana.souza+film@studio.example": redaction.EMAIL,
}


@pytest.mark.parametrize(("secret", "mark"), SECRETS.items())
def test_secrets_and_addresses_are_taken_out_of_any_depth_of_a_request(secret: str, mark: str) -> None:
    kept = redaction.kept({"turns": [{"text": f"Look: {secret} there."}], "system": secret})
    text = json.dumps(kept)
    assert mark in text
    assert not any(part in text for part in (secret, "hunter22", "0123456789abcdef", "MIIE", "ana.souza"))
    assert redaction.marks_in(kept) == [mark]


@pytest.mark.parametrize(
    "text", ["A talk at 10:30 about tokens: none.", "Score 3-2, see p. 12", "user@", "the secret of the sea"]
)
def test_what_people_say_stays_as_it_is(text: str) -> None:
    assert redaction.clean(text) == text


def test_what_stands_under_a_secret_name_goes_whatever_it_looks_like() -> None:
    kept = redaction.kept({"Authorization": "x", "api_key": "short", "options": {"password": "p"}, "max_tokens": 20})
    assert kept == {
        "Authorization": "[hidden]",
        "api_key": "[hidden]",
        "options": {"password": "[hidden]"},
        "max_tokens": 20,
    }


def test_a_request_of_megabytes_is_kept_in_part_and_says_how_much_is_missing() -> None:
    kept = redaction.kept({"system": "word " * 1_000_000, "turns": ["x" * 100] * 100_000})
    text = json.dumps(kept, ensure_ascii=False)
    assert len(text) < redaction.MOST_KEPT + 1000
    assert "characters left out" in text
    deep: dict[str, Any] = {}
    inner = deep
    for _ in range(2000):
        inner["a"] = {}
        inner = inner["a"]
    assert "…" in json.dumps(redaction.kept(deep), ensure_ascii=False)


def test_half_a_key_at_the_cut_is_not_kept() -> None:
    key = "sk-ant-api03-" + "a1b2c3d4" * 8
    for shift in range(0, 90, 7):
        kept = redaction.kept(
            {"text": "word " * ((redaction.MOST_KEPT + 4000) // 5 - 8) + "w" * shift + " " + key + " end" * 99}
        )
        assert "a1b2c3d4" not in json.dumps(kept)


@pytest.mark.django_db(transaction=True)
def test_a_call_keeps_what_was_asked_without_its_secrets_and_no_bytes() -> None:
    request = TranslationRequest(lines=["Write to ana@studio.example."], source="en", target="en", title="Harbour")
    work = Work(
        capability="translate",
        use=Use("a test", endpoint="/api/chat"),
        key="",
        estimate=Usage(),
        ask=lambda _engine: (["ok"], Usage(input_tokens=3)),
        keep=lambda _lines, _call: Kept(),
        load=lambda _call: None,
        asked={"lines": request.lines, "file": b"\x00\x01", "path": Path("/secret/place")},
    )

    class One:
        engine = Engine("local", "echo")
        hosted = False

        def build(self, _wire: Any) -> None: ...

    perform(work, [One()])  # type: ignore[list-item]  # what perform asks of a route
    call = Call.objects.get()
    assert call.request == {"lines": ["Write to [e-mail]."], "file": "[bytes]", "path": "[PosixPath]"}
    assert call.endpoint == "/api/chat"


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("provider")
def test_every_way_of_asking_leaves_what_was_asked_in_the_log() -> None:
    request = ChatRequest([Turn("user", "First"), Turn("user", "Mail ana@studio.example")], system="Be brief.")
    services.chat_complete(request, use=Use("a test", conversation_id=uuid.UUID(int=7)))
    with services.chat_stream(request, use=Use("a test")) as answer:
        list(answer)
    services.translate(TranslationRequest(["Hello"], "en", "de"), use=Use("a test"), model="gpt-4o")
    asked = [call.request for call in Call.objects.order_by("created_at")]
    newest = {"role": "user", "text": "Mail [e-mail]"}
    assert [one["turns_newest_first"][0] for one in asked[:2]] == [newest, newest]
    assert (asked[0]["system"], asked[2]["lines"]) == ("Be brief.", ["Hello"])
    assert Call.objects.filter(conversation_id=uuid.UUID(int=7)).exists()


@pytest.mark.django_db(transaction=True)
def test_contents_are_emptied_after_their_time_and_the_figures_stay(tmp_path: Path) -> None:
    file = tmp_path / "spoken.wav"
    file.write_bytes(b"RIFF")
    store().put("ai/speech/old", file, content_type="audio/wav")
    old = CallFactory(
        key="a",
        response_key="ai/speech/old",
        request={"text": "old"},
        response={"text": "yes"},
        cost="0.5",
        input_tokens=7,
        finished_at=timezone.now() - timedelta(days=91),
    )
    new = CallFactory(key="b", request={"text": "new"}, response={"text": "no"}, finished_at=timezone.now())
    assert ledger.forget_contents(timedelta(days=90)) == 1
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.request, old.response, old.key, old.input_tokens, float(old.cost)) == (None, None, "", 7, 0.5)
    assert (new.request, new.response, new.key) == ({"text": "new"}, {"text": "no"}, "b")
    assert not store().exists("ai/speech/old")
    assert ledger.forget_contents(timedelta(days=90)) == 0
