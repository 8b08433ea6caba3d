"""The chat page in Chromium: two people, an answer that is read along, stopped and found again after a reload, and what is hostile."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from playwright.sync_api import Dialog, Page, Request, expect

from accounts.models import Organization, User
from chat.models import Conversation, Message
from chat.tests import conversing
from chat.tests.factories import clip_in, say
from core.testing.providers import ProviderServer
from media_library import services as library
from media_library.models import Asset
from media_library.services import indexing
from media_library.tests.factories import transcript_of
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = [pytest.mark.browser, pytest.mark.engines]

OpenPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]
R = User.Role
SAID = (
    "We had held at T minus nine for almost an hour.",
    "Nobody in the room was talking.",
    "You could hear the liquid oxygen venting.",
    "And the count just sat there.",
    "Then the launch director said resume.",
    "So technically we launched on two.",
)
SCRIPT = """# The hold

The hold lasted almost an hour [1].

## Silence

[[clip 1 "The count sat there"]] — the longest pause

**Nobody** in the room was talking, and then it went on, second by second, as slowly as it had stopped before.
"""
HOSTILE = """# <img src=x onerror=alert(1)>

![pixel](https://evil.example/pixel.png) [click](javascript:alert(1)) <script>alert(2)</script> [[1]](https://evil.example/)

<iframe src="https://evil.example/"></iframe> **bold** `</code><svg onload=alert(3)>` ![a][b]

[b]: https://evil.example/b.png
"""


@pytest.fixture
def house(transactional_db: None) -> Organization:
    return scenes.house()


@pytest.fixture
def mara(house: Organization) -> User:
    return scenes.person(R.PRODUCTION, name="Mara Lindqvist", house=house)


@pytest.fixture
def tomas(house: Organization) -> User:
    return scenes.person(R.PRODUCTION, email="tomas@studio.example", name="Tomás Ferreira", house=house)


@pytest.fixture
def countdown(mara: User, house: Organization, video: Path) -> Asset:
    """A film of the library in which the lines above are said, two seconds each."""
    key = f"library/{uuid.uuid4()}"
    size, digest = scenes.stored(key, video, content_type="video/mp4")
    asset = library.add_original(
        owner=mara, organization=house, kind=Asset.Kind.VIDEO, key=key, filename="countdown.mp4",
        content_type="video/mp4", size=size, sha256=digest,
    )  # fmt: skip
    library.note_technical(asset, duration=scenes.SECONDS, fps=25.0, width=640, height=360)
    Asset.objects.filter(pk=asset.pk).update(title="The countdown", language="en", status=Asset.Status.ACTIVE)
    asset.refresh_from_db()
    transcript_of(asset, *SAID)
    indexing.index_asset(asset, embed=False)
    return asset


@pytest.fixture
def provider(settings: Any) -> Iterator[ProviderServer]:
    """An engine on the wire that writes what a test plans, as fast as it says."""
    with ProviderServer() as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "a-key", f"{server.url}/v1"
        settings.AI_ROUTES = {**settings.AI_ROUTES, "chat": "openai:gpt-4o"}
        yield server


class Worker:
    """Answers in a thread of its own, so that the pages can be looked at meanwhile."""

    def __init__(self, answer: Message) -> None:
        self.answer = answer
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        try:
            conversing.work(self.answer)
        finally:
            connection.close()

    def done(self) -> Message:
        self.thread.join(60)
        assert not self.thread.is_alive()
        return Message.objects.get(pk=self.answer.pk)


def under_way(seconds: float = 15) -> Message:
    """The answer that was just asked for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = Message.objects.filter(status__in=Message.UNDER_WAY).first()
        if found is not None:
            return found
        time.sleep(0.05)
    pytest.fail("Nothing was asked")


def write(page: Page, text: str) -> None:
    page.get_by_label("Message", exact=True).fill(text)
    page.get_by_label("Message", exact=True).press("Enter")


@pytest.mark.timeout(300)
def test_two_people_and_an_answer_that_nothing_interrupts(
    open_page: OpenPage, provider: ProviderServer, mara: User, tomas: User, countdown: Asset
) -> None:
    one = open_page("/chat", user=mara)
    expect(one.get_by_role("button", name="Write a one-minute script from “The countdown”.")).to_be_visible()
    an_answer_is_read_along_and_survives_a_reload(one, provider)
    two = tomas_is_invited_and_seen(one, open_page, tomas)
    what_one_asks_the_other_stops(one, two, provider)
    a_message_is_edited_into_a_branch(one, two, provider)
    a_quote_is_played_and_its_clip_nudged(one)
    picture(one, "chat-two-people-dark")


def an_answer_is_read_along_and_survives_a_reload(one: Page, provider: ProviderServer) -> None:
    provider.plan("paced", text=SCRIPT, interval=0.25)
    write(one, "Write a script about the hold at T minus nine and the count")
    one.wait_for_url(re.compile(r"/chat/[0-9a-f-]{36}"))
    expect(one.get_by_text("Looking through the footage…")).to_be_visible()
    worker = Worker(under_way())
    coming = one.locator('[data-status="streaming"]')
    expect(coming.get_by_role("heading", name="The hold")).to_be_visible(timeout=20_000)
    seen = coming.locator("[data-text]").inner_text()
    one.reload()
    expect(coming.get_by_role("heading", name="The hold")).to_be_visible()
    assert coming.locator("[data-text]").inner_text().startswith(seen.split("\n")[0])
    answer = worker.done()
    assert answer.status == Message.Status.COMPLETE, answer.error
    expect(coming).to_have_count(0)
    said = one.locator('[data-role="assistant"]')
    expect(said.locator("[data-text]")).to_contain_text("second by second, as slowly as it had stopped before.")
    expect(said.locator("strong")).to_have_text("Nobody")
    expect(said.locator("[data-clip]")).to_have_count(1)
    expect(said.locator(".msg__foot")).to_contain_text("gpt-4o by OpenAI")
    expect(said.locator(".msg__foot")).to_contain_text("tokens")


def tomas_is_invited_and_seen(one: Page, open_page: OpenPage, tomas: User) -> Page:
    one.get_by_role("button", name="People in this conversation").click()
    one.get_by_label("Invite somebody").fill("Tom")
    one.get_by_role("button", name="Invite Tomás Ferreira").click()
    expect(one.locator("#people-list")).to_contain_text("Tomás Ferreira")
    one.keyboard.press("Escape")
    two = open_page(f"/chat/{Conversation.objects.get().pk}", user=tomas)
    expect(one.get_by_role("img", name="Tomás Ferreira, here now")).to_be_visible(timeout=10_000)
    two.get_by_label("Message", exact=True).press_sequentially("Shorter")
    expect(one.locator("[data-typing]")).to_have_text("Tomás Ferreira is writing…")
    return two


def what_one_asks_the_other_stops(one: Page, two: Page, provider: ProviderServer) -> None:
    provider.plan("paced", text="It goes on and on. " * 60, interval=0.2)
    two.get_by_label("Message", exact=True).press("Enter")
    expect(one.locator('[data-role="user"]').last).to_contain_text("Shorter")
    worker = Worker(under_way())
    expect(one.locator('[data-status="streaming"]')).to_contain_text("It goes on and on.", timeout=20_000)
    one.locator("body").press("Escape")
    expect(one.get_by_text("Stopped here. What came is kept.")).to_be_visible()
    expect(two.get_by_text("Stopped here. What came is kept.")).to_be_visible()
    answer = worker.done()
    assert answer.status == Message.Status.STOPPED
    assert "It goes on" in answer.content


def a_message_is_edited_into_a_branch(one: Page, two: Page, provider: ProviderServer) -> None:
    provider.plan("ok", text="The other way round.")
    two.get_by_label("Message", exact=True).press("ArrowUp")
    expect(two.get_by_label("Message", exact=True)).to_have_value("Shorter")
    write(two, "Longer")
    Worker(under_way()).done()
    for page in (one, two):
        expect(page.get_by_text("The other way round.")).to_be_visible()
        expect(page.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    one.get_by_role("button", name="Version before").click()
    for page in (one, two):
        expect(page.get_by_text("Stopped here. What came is kept.")).to_be_visible()
        expect(page.get_by_text("The other way round.")).to_have_count(0)


def a_quote_is_played_and_its_clip_nudged(one: Page) -> None:
    cite = one.locator("[data-text] button[data-cite]").first
    start = float(cite.get_attribute("data-start") or "nan")
    cite.click()
    expect(one.locator(".inline-player video")).to_be_visible()
    until(one, f"document.querySelector('.inline-player video')?.currentTime >= {start}")
    one.get_by_role("button", name="Close", exact=True).click()
    expect(one.locator(".inline-player")).to_have_count(0)

    clip = Conversation.objects.get().clips.get()
    end = clip.end
    card = one.locator(f'chat-thread .msg [data-clip="{clip.pk}"]')
    card.get_by_role("group", name="out point").press("Shift+ArrowLeft")
    card.get_by_role("button", name="In the cut").click()
    expect(card.get_by_role("button", name="Add to the cut")).to_be_visible()
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and clip.in_cut:
        clip.refresh_from_db()
    assert not clip.in_cut
    assert clip.end == pytest.approx(end - 1)
    expect(one.get_by_text("Somebody else changed this clip")).to_have_count(0)


@pytest.mark.timeout(120)
def test_a_hostile_answer_asks_nothing_of_anybody(
    open_page: OpenPage, provider: ProviderServer, mara: User, countdown: Asset
) -> None:
    conversation = Conversation.objects.create(owner=mara, title=HOSTILE[:80])
    say(conversation, HOSTILE)
    say(conversation, HOSTILE, role="assistant", engine="openai:gpt-4o")
    page = open_page("/chat", user=mara)
    foreign: list[str] = []
    dialogs: list[str] = []

    def look(request: Request) -> None:
        if "//127.0.0.1:" not in request.url and not request.url.startswith(("data:", "blob:")):
            foreign.append(request.url)

    def opened(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("request", look)
    page.on("dialog", opened)
    page.goto(f"/chat/{conversation.pk}")
    provider.plan("paced", text=HOSTILE, interval=0.1)
    write(page, HOSTILE)
    answer = Worker(under_way()).done()
    assert answer.status == Message.Status.COMPLETE, answer.error
    expect(page.locator('[data-role="assistant"]')).to_have_count(2)
    expect(page.locator('[aria-busy="true"][data-message]')).to_have_count(0)
    assert page.locator("[data-text] :is(img, script, iframe, svg, style, object)").count() == 0
    links = page.locator("[data-text] a").evaluate_all("links => links.map((link) => link.href)")
    assert all(link.startswith("https://") for link in links), links
    assert (foreign, dialogs) == ([], [])


@pytest.mark.timeout(120)
def test_the_page_reads_and_sends_without_scripts(open_page: OpenPage, mara: User, countdown: Asset) -> None:
    page = open_page("/chat", user=mara, scripts=False)
    page.get_by_label("Message", exact=True).fill("What is said about the count?")
    page.get_by_role("button", name="Send").click()
    expect(page.locator('[data-role="user"]')).to_contain_text("What is said about the count?")
    answer = under_way()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_text("Stopped here. What came is kept.")).to_be_visible()
    page.get_by_role("button", name="Retry").click()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("group", name="Version 2 of 2")).to_be_visible()
    page.get_by_role("button", name="Version before").click()
    expect(page.locator(f"#m-{answer.pk}")).to_be_visible()


@pytest.mark.timeout(180)
def test_axe_finds_nothing_in_both_themes_and_widths(
    open_page: OpenPage, axe: Axe, mara: User, tomas: User, countdown: Asset
) -> None:
    conversation = Conversation.objects.create(owner=mara, title="Cold open, episode 2")
    conversation.participants.create(user=tomas, role="viewer")
    quote = {"n": 1, "asset_id": str(countdown.pk), "title": "The countdown", "start": 0.0, "end": 2.0, "text": SAID[0]}
    say(conversation, "Write a script about the hold.")
    answer = say(
        conversation, SCRIPT, role="assistant", engine="openai:gpt-4o", input_tokens=900, output_tokens=120,
        seconds=4.2, sources=[quote], citations=[quote], rejected=[{"what": "citation", "count": 1}],
    )  # fmt: skip
    clip_in(conversation, countdown, message=answer)
    say(conversation, "And shorter.")
    say(conversation, "It", role="assistant", status=Message.Status.FAILED, error="The engine is busy.")
    for theme, width in (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360)):
        for path, name in (("/chat", "home"), (f"/chat/{conversation.pk}", "thread")):
            page = open_page(path, user=mara, theme=theme, width=width)
            expect(page.get_by_label("Message", exact=True)).to_be_visible()
            until(page, "!document.querySelector('[data-with-script][hidden]')")
            assert axe(page) == []
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            picture(page, f"chat-{name}-{theme}-{width}")
    page.get_by_role("button", name="More about this conversation").click()
    page.get_by_role("button", name="Keys").click()
    assert axe(page) == []
    looking_on = open_page(f"/chat/{conversation.pk}", user=tomas)
    expect(looking_on.get_by_text("You look on in this conversation.")).to_be_visible()
    assert axe(looking_on) == []
