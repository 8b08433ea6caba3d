from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from core import mail
from core.mail import outgoing, tasks
from core.mail.models import Letter
from core.runs.models import OutboxMessage
from core.testing.smtp import MailServer, closed_port

pytestmark = pytest.mark.django_db(transaction=True)

ADA = "ada@example.com"


@pytest.fixture(autouse=True)
def templates(settings: Any, tmp_path: Path) -> None:
    """A letter of this test's own, beside the studio's."""
    folder = tmp_path / "templates" / "mail"
    folder.mkdir(parents=True)
    (folder / "greeting.txt").write_text("Hello {{ name }}\n\nOpen {{ public_url }}/{{ word }} please, {{ name }}.\n")
    (folder / "greeting.html").write_text("<p>Hello {{ name }}, <a href='{{ public_url }}/{{ word }}'>open</a></p>")
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [folder.parent, *settings.TEMPLATES[0]["DIRS"]]}]


@pytest.fixture
def wire(settings: Any) -> Any:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.EMAIL_PORT = closed_port()
    return settings


@pytest.fixture
def server(wire: Any) -> Iterator[MailServer]:
    with MailServer() as running:
        wire.EMAIL_PORT = running.port
        yield running


def greet(to: str = ADA, name: str = "Ada", word: str = "a-secret-word") -> Letter:
    mail.post(to=to, template="greeting", name=name, word=word)
    return Letter.objects.latest("created_at")


def make_due(letter: Letter) -> None:
    Letter.objects.filter(pk=letter.pk).update(next_attempt_at=timezone.now())


def test_a_letter_exists_exactly_when_what_it_tells_of_has_happened(server: MailServer) -> None:
    with contextlib.suppress(RuntimeError), transaction.atomic():
        greet()
        raise RuntimeError
    assert (Letter.objects.count(), OutboxMessage.objects.count()) == (0, 0)
    with transaction.atomic():
        greet()
        # Another worker, on a connection of its own, sees nothing to send before the commit.
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(in_a_connection_of_its_own, outgoing.send_due).result() == 0
    assert OutboxMessage.objects.get().task == "core.mail.tasks.send"
    assert outgoing.send_due() == 1
    assert server.box.recipients == [ADA]


def test_a_letter_says_the_same_in_text_and_html_and_has_the_studio_for_a_sender(server: MailServer) -> None:
    letter = greet(name="Ada O'Neill & <b>Co</b>")
    tasks.send()
    (received,) = server.box.letters
    text, html = received.get_body(["plain"]).get_content(), received.get_body(["html"]).get_content()
    assert received["Subject"] == "Hello Ada O'Neill & <b>Co</b>"
    assert received["To"] == ADA
    assert received["From"] == "Reelwright <studio@localhost>"
    assert received["Auto-Submitted"] == "auto-generated"
    assert str(letter.pk) in received["Message-ID"]
    assert "/a-secret-word please, Ada O'Neill & <b>Co</b>." in text
    assert "Hello Ada O&#x27;Neill &amp; &lt;b&gt;Co&lt;/b&gt;" in html


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\u2028", "\v", "\x85"])
def test_a_line_break_in_a_name_never_becomes_a_header(server: MailServer, line_break: str) -> None:
    greet(name=f"Ada{line_break}Bcc: everybody@example.com{line_break}{line_break}Buy this")
    assert outgoing.send_due() == 1
    (received,) = server.box.letters
    assert received["Bcc"] is None
    assert received["Subject"].startswith("Hello Ada")
    assert server.box.recipients == [ADA]


def test_an_address_with_a_line_break_is_given_up_and_keeps_no_other_letter_back(server: MailServer) -> None:
    broken = greet(to="ada@example.com\nBcc: everybody@example.com")
    good = greet(to="bob@example.com")
    assert outgoing.send_due() == 1
    broken.refresh_from_db()
    good.refresh_from_db()
    assert broken.given_up_at
    assert broken.text == broken.html == ""
    assert good.sent_at
    assert server.box.recipients == ["bob@example.com"]


def test_the_text_is_emptied_once_the_letter_has_gone_out(server: MailServer) -> None:
    letter = greet()
    assert "a-secret-word" in letter.text
    outgoing.send_due()
    letter.refresh_from_db()
    assert letter.sent_at
    assert (letter.text, letter.html, letter.error) == ("", "", "")


def test_a_mail_server_that_is_away_costs_nothing_and_gets_the_letter_later_exactly_once(wire: Any) -> None:
    began = time.monotonic()
    letter = greet()
    assert time.monotonic() - began < 2
    assert outgoing.send_due() == 0
    letter.refresh_from_db()
    assert letter.error
    assert letter.text
    assert (letter.attempts, letter.sent_at, letter.given_up_at) == (1, None, None)
    assert letter.next_attempt_at > timezone.now()
    with MailServer(wire.EMAIL_PORT) as server:
        assert outgoing.send_due() == 0
        make_due(letter)
        assert [outgoing.send_due(), outgoing.send_due()] == [1, 0]
        assert server.box.recipients == [ADA]


def test_a_mail_server_that_is_away_is_asked_once_a_turn_and_not_for_every_letter(wire: Any) -> None:
    for number in range(5):
        greet(to=f"person{number}@example.com")
    outgoing.send_due()
    assert sorted(Letter.objects.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]


def test_pauses_between_attempts_grow(wire: Any) -> None:
    letter = greet()
    pauses = []
    for _ in range(8):
        make_due(letter)
        asked = timezone.now()
        outgoing.send_due()
        letter.refresh_from_db()
        pauses.append(round((letter.next_attempt_at - asked).total_seconds() / 5) * 5)
    assert pauses == [10, 30, 60, 300, 900, 3600, 3600, 3600]


def test_two_workers_never_send_one_letter_twice(server: MailServer) -> None:
    server.box.seconds_to_take = 0.05
    for number in range(12):
        greet(to=f"person{number}@example.com")
    begin = threading.Barrier(4)

    def work() -> int:
        begin.wait()
        return outgoing.send_due()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: in_a_connection_of_its_own(work), range(4)))
    assert sum(counts) == 12
    assert sorted(server.box.recipients) == sorted(f"person{number}@example.com" for number in range(12))


def test_a_worker_that_dies_with_a_letter_leaves_it_due_again(server: MailServer) -> None:
    letter = greet()
    assert outgoing._claim() == letter
    assert outgoing.send_due() == 0
    letter.refresh_from_db()
    assert letter.next_attempt_at > timezone.now() + outgoing.LEASE - timedelta(seconds=30)
    make_due(letter)
    assert outgoing.send_due() == 1


def test_the_lease_outlasts_the_slowest_mail_server(settings: Any) -> None:
    replies = len(["banner", "EHLO", "STARTTLS", "TLS", "EHLO", "AUTH", "AUTH", "AUTH", "MAIL", "RCPT", "DATA", "."])
    assert outgoing.LEASE.total_seconds() > replies * settings.EMAIL_TIMEOUT


def test_a_refused_recipient_is_given_up_at_once_with_the_servers_reason(server: MailServer) -> None:
    server.box.refuse = {ADA: "550 5.1.1 No such person here"}
    letter, other = greet(), greet(to="bob@example.com")
    assert outgoing.send_due() == 1
    letter.refresh_from_db()
    other.refresh_from_db()
    assert letter.given_up_at
    assert letter.error == "550 5.1.1 No such person here"
    assert letter.text == letter.html == ""
    assert other.sent_at
    make_due(letter)
    assert outgoing.send_due() == 0


def test_a_refused_text_is_given_up_at_once(server: MailServer) -> None:
    server.box.refuse_data = "554 5.7.1 This looks like an advertisement"
    letter = greet()
    outgoing.send_due()
    letter.refresh_from_db()
    assert letter.given_up_at
    assert letter.error == "554 5.7.1 This looks like an advertisement"


def test_a_recipient_that_is_refused_for_now_is_tried_again(server: MailServer) -> None:
    server.box.refuse = {ADA: "451 4.7.1 Come back in a minute"}
    letter, other = greet(), greet(to="bob@example.com")
    assert outgoing.send_due() == 1
    letter.refresh_from_db()
    other.refresh_from_db()
    assert (letter.given_up_at, bool(letter.text), bool(other.sent_at)) == (None, True, True)
    server.box.refuse = {}
    make_due(letter)
    assert outgoing.send_due() == 1


def test_a_refused_sender_is_our_set_up_and_is_tried_again(server: MailServer) -> None:
    server.box.refuse_sender = "550 5.7.1 Not your address"
    letter = greet()
    outgoing.send_due()
    letter.refresh_from_db()
    assert letter.given_up_at is None
    assert letter.error == "550 5.7.1 Not your address"


def test_a_letter_sent_again_after_a_lost_answer_has_the_same_message_id(server: MailServer) -> None:
    server.box.hang_up_after_data = True
    letter = greet()
    assert outgoing.send_due() == 0
    server.box.hang_up_after_data = False
    make_due(letter)
    assert outgoing.send_due() == 1
    first, second = server.box.letters
    assert first["Message-ID"] == second["Message-ID"]


def test_a_letter_is_given_up_after_a_day_and_an_admin_can_send_it_again(wire: Any) -> None:
    letter = greet()
    Letter.objects.filter(pk=letter.pk).update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    outgoing.send_due()
    letter.refresh_from_db()
    assert letter.given_up_at
    assert letter.text
    with MailServer(wire.EMAIL_PORT) as server:
        make_due(letter)
        assert outgoing.send_due() == 0
        assert outgoing.send_again(Letter.objects.all()) == 1
        assert outgoing.send_due() == 1
        assert outgoing.send_again(Letter.objects.all()) == 0
        assert server.box.recipients == [ADA]


def test_old_letters_are_forgotten(server: MailServer) -> None:
    now = timezone.now()
    kept, old, waiting, given_up = greet(), greet(), greet(), greet()
    letters = Letter.objects.all()
    letters.filter(pk=kept.pk).update(sent_at=now)
    letters.filter(pk=old.pk).update(sent_at=now, created_at=now - timedelta(days=91))
    letters.filter(pk=waiting.pk).update(created_at=now - timedelta(days=91))
    letters.filter(pk=given_up.pk).update(given_up_at=now - timedelta(days=8))
    tasks.trim()
    assert {letter.pk for letter in letters} == {kept.pk, waiting.pk, given_up.pk}
    assert set(letters.exclude(text="")) == {kept, waiting}


def test_every_letter_of_the_studio_has_a_text_and_a_page() -> None:
    folder = Path(__file__).resolve().parents[3] / "templates" / "mail"
    texts = {path.stem for path in folder.glob("*.txt")}
    pages = {path.stem for path in folder.glob("*.html") if not path.stem.startswith("_")} - {"base"}
    assert texts == pages


def in_a_connection_of_its_own(work: Any) -> Any:
    try:
        return work()
    finally:
        connection.close()
