"""A new user's library: files dropped, cut off and gone on with, found by what was meant, played from the word, clipped, corrected."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from accounts.models import User
from core.runs import sweep, worker
from core.runs.models import Run, Step
from media_library.models import Asset, Intake
from media_library.services import collections
from media_library.tests.factories import AssetFactory, transcript_of
from tests.journeys import scenes
from tests.journeys.looking import picture
from tests.journeys.test_transcripts import select, word

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
DATA = Path(__file__).parents[1] / "data"
SAMPLE = DATA / "sample.mp4"
DROP = """
([files, target]) => {
  const transfer = new DataTransfer();
  for (const { name, type, data, zeros, modified } of files) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes, new Uint8Array(zeros)], name, { type, lastModified: modified }));
  }
  const where = document.querySelector(target);
  for (const kind of ["dragenter", "dragover", "drop"]) {
    where.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: transfer }));
  }
}
"""
# A box that films may carry and players skip: an upload of some length, of a film that is quickly listened to.
ZEROS = 24_000_000
PADDED = (ZEROS + 8).to_bytes(4, "big") + b"free" + bytes(ZEROS)
TEXT = b"Shot list of the second day.\n" * 20
TYPES = {".mp4": "video/mp4", ".jpg": "image/jpeg", ".txt": "text/plain"}


@pytest.fixture
def mara(site: object) -> User:
    return scenes.person(User.Role.PRODUCTION)


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """A film, a picture and a text, with a time of change that browsers and file systems write alike."""
    made = []
    for source, name in ((SAMPLE, "dashwood.mp4"), (DATA / "pictures/rocket.jpg", "rocket.jpg"), (None, "notes.txt")):
        path = tmp_path / name
        path.write_bytes(source.read_bytes() + (PADDED if source == SAMPLE else b"") if source else TEXT)
        os.utime(path, (1_700_000_000, 1_700_000_000))
        made.append(path)
    return made


def drop(page: Page, files: list[Path]) -> None:
    """As from a file manager, onto the middle of the page."""
    told = [
        {
            "name": path.name,
            "type": TYPES[path.suffix],
            "data": base64.b64encode(path.read_bytes().removesuffix(bytes(ZEROS))).decode(),
            "zeros": ZEROS if path.read_bytes().endswith(bytes(ZEROS)) else 0,
            "modified": int(path.stat().st_mtime * 1000),
        }
        for path in files
    ]
    page.evaluate(DROP, [told, "main"])


def slow(page: Page, *, bytes_a_second: int) -> None:
    network = page.context.new_cdp_session(page)
    network.send("Network.enable")
    line = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": bytes_a_second}
    network.send("Network.emulateNetworkConditions", line)


def cut_line_after(page: Page, *, pieces: int) -> None:
    """Pieces of a megabyte; those of the film after the first `pieces` never arrive."""
    page.evaluate("document.querySelector('library-uploads').dataset.chunk = String(2 ** 20)")

    def pass_on(route: Route) -> None:
        if route.request.method != "PATCH" or int(route.request.headers["upload-offset"]) < pieces * 2**20:
            route.continue_()

    page.route("**/uploads/**", pass_on)


def work(*, most: int = 300) -> None:
    """Does what workers would: all steps that are queued, until nothing moves."""
    for _ in range(most):
        sweep.wake()
        step = Step.objects.filter(status=Step.Status.QUEUED).order_by("run__created_at", "position").first()
        if step is None:
            return
        worker.perform(step.pk)
    pytest.fail("The work does not end.")


def work_one(name: str) -> None:
    step = Step.objects.filter(status=Step.Status.QUEUED, name=name).first()
    assert step is not None, name
    worker.perform(step.pk)


def row(page: Page, name: str) -> Any:
    return page.locator(".tray__file", has_text=name)


def card(page: Page, name: str) -> Any:
    return page.locator(".asset", has_text=name)


def accept_leaving(page: Page) -> None:
    page.on("dialog", lambda dialog: dialog.accept())


@pytest.mark.engines
@pytest.mark.timeout(900)
def test_a_new_user_brings_films_in_and_finds_cuts_and_corrects_what_is_said(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User, files: list[Path]
) -> None:
    page = open_page("/library", user=mara)
    expect(page.get_by_role("heading", name="Your library is empty")).to_be_visible()
    assert axe(page) == []

    page = brought_in(page, axe, files)
    film = Asset.objects.get(filename="dashwood.mp4")
    prepared(page)
    found_by_meaning(page)
    cut_from_words(page, axe, film)
    corrected(page, film)
    for path, name in ((f"/library/{film.pk}", "asset"), ("/library", "library")):
        look(open_page, axe, mara, path, name)


def brought_in(page: Page, axe: Callable[[Page], list[str]], files: list[Path]) -> Page:
    """Dropped, cut off by a closed tab, and gone on with in another."""
    # Three files are dropped; after some pieces of the film the line is dead, and the tab is closed.
    cut_line_after(page, pieces=6)
    drop(page, files[::-1])
    expect(page.locator("[data-tray-title]")).to_contain_text("of 3")
    for name in ("rocket.jpg", "notes.txt"):
        expect(row(page, name).locator("[data-badge]")).to_be_visible(timeout=60_000)
    expect(row(page, "dashwood.mp4").locator("[data-text]")).to_contain_text(re.compile(r"of 29\.\d MB, [12]\d %"))
    page.close(run_before_unload=False)

    # Opened again: what is unfinished is listed, and goes on from where it was once the files are there.
    page = page.context.new_page()
    accept_leaving(page)
    page.goto("/library")
    expect(page.get_by_role("heading", name="Unfinished uploads")).to_be_visible()
    expect(row(page, "dashwood.mp4")).to_contain_text("Choose the same file again")
    picture(page, "library-unfinished")
    assert axe(page) == []
    offsets: list[int] = []
    page.on("request", lambda request: note_offset(request, offsets))
    page.locator("#upload input[name=file]").set_input_files(files[0])
    expect(row(page, "dashwood.mp4").locator("[data-badge]")).to_be_visible(timeout=60_000)
    assert min(offsets) >= 2**20
    assert Asset.objects.originals().count() == 3
    film = Asset.objects.get(filename="dashwood.mp4")
    assert film.size == files[0].stat().st_size
    picture(page, "library-uploaded")
    return page


def prepared(page: Page) -> None:
    """What the studio finds out is seen as it does."""
    expect(card(page, "dashwood.mp4").locator("progress")).to_be_visible()
    work_one("check")
    expect(page.get_by_role("heading", name="3 files")).to_be_visible()
    work()
    expect(card(page, "dashwood.mp4").locator("progress")).to_have_count(0, timeout=20_000)
    expect(card(page, "dashwood.mp4").locator("img")).to_be_visible()
    assert not Asset.objects.exclude(status="active").exists(), list(Asset.objects.values_list("filename", "problem"))
    page.reload()
    picture(page, "library-grid")


def found_by_meaning(page: Page) -> None:
    """A sentence, asked for in another language, plays from where it is said."""
    page.get_by_label("Search words, meaning and file names").fill("ein liebenswerter Mensch werden")
    page.get_by_role("button", name="Search", exact=True).click()
    hit = page.locator(".found__hit", has_text="amiable").first
    expect(hit).to_be_visible()
    picture(page, "library-found")
    hit.get_by_role("link").last.click()
    page.wait_for_url(re.compile(r"[?&]t=\d"))
    begins = float(re.search(r"[?&]t=([\d.]+)", page.url)[1])  # type: ignore[index]  # the line above
    page.wait_for_function(f"Math.abs(document.querySelector('video').currentTime - {begins}) < 1")


def cut_from_words(page: Page, axe: Callable[[Page], list[str]], film: Asset) -> None:
    """Played from a word; words that were selected become a clip to download."""
    page.goto(f"/library/{film.pk}")
    word(page, "disposed").click()
    page.wait_for_function("document.querySelector('video').currentTime > 12")
    page.evaluate("document.querySelector('media-player').pause()")
    picture(page, "asset")
    assert axe(page) == []
    select(page, "Unless", "selfish")
    page.get_by_role("button", name="Make clip").click()
    page.get_by_role("button", name="Download it").click()
    page.wait_for_url(re.compile(rf"/library/{film.pk}.*#clips"))
    expect(page.locator("#clips")).to_contain_text("Being cut")
    work()
    with page.expect_download() as download:
        page.locator("#clip-files").get_by_role("link", name="Download").click(timeout=20_000)
    clip = Path(download.value.path())
    assert download.value.suggested_filename.endswith(".mp4")
    assert clip.stat().st_size > 10_000


def corrected(page: Page, film: Asset) -> None:
    """A speaker gets a name, and what is said leaves as captions."""
    page.goto(f"/transcripts/{film.transcript.pk}")
    speaker = film.transcript.speakers.first()
    if speaker is None:
        select(page, "Unless", "selfish")
        page.get_by_role("button", name="Speaker", exact=True).click()
    else:
        page.locator("[data-speaker-of]").first.click()
    page.get_by_label("Name", exact=True).fill("Jane Austen")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[data-words] .words__who", has_text="Jane Austen").first).to_be_visible()

    page.goto(f"/library/{film.pk}")
    page.get_by_role("button", name="Download the transcript").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Captions, SRT").click()
    assert "-->" in Path(download.value.path()).read_text()


def note_offset(request: Request, offsets: list[int]) -> None:
    if request.method == "PATCH":
        offsets.append(int(request.headers.get("upload-offset", "0")))


WINDOWS = (("dark", 1440), ("light", 1440), ("dark", 360), ("light", 360))


def look(
    open_page: OpenPage, axe: Callable[[Page], list[str]], user: User, path: str, name: str, windows: Any = WINDOWS
) -> None:
    """Both themes, wide and as narrow as a small phone."""
    for theme, width in windows:
        page = open_page(path, user=user, theme=theme, width=width)
        page.wait_for_timeout(400)
        picture(page, f"{name}-{theme}-{width}")
        assert axe(page) == [], (name, theme, width)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, theme, width)
        page.context.close()


def furnished(mara: User) -> dict[str, str]:
    """One of each kind, in every state."""
    film = AssetFactory(owner=mara, title="Dawn on the pad", content=SAMPLE, duration=48.0, tags=["sea", "launch"])
    film.chapters = [{"start": 0, "end": 20, "title": "The room"}, {"start": 20, "end": 48, "title": "Ignition"}]
    film.analysis = {"description": "A rocket.", "tags": ["rocket"], "engine": "local:looking", "measured": True}
    film.technical["palette"] = ["#112233", "#445566"]
    film.save()
    transcript_of(film, "The harbour lights went on.", "We waited.").speakers.create(
        label="speaker_1", name="Ellen Marsh"
    )
    film.suggestions.create(kind="metadata", engine="local:extract", content={"title": "Harbour", "tags": ["harbour"]})
    sound = AssetFactory(
        owner=mara, kind="audio", filename="room tone.wav", content_type="audio/wav",
        content=DATA / "speech/sense_and_sensibility_01_austen_64kb-0870.wav",
    )  # fmt: skip
    failed = AssetFactory(
        owner=mara, title="Broken rushes", status="failed", problem="There is no picture in this file."
    )
    coming = AssetFactory(owner=mara, title="On its way", status="processing", duration=None)
    coming.run = Run.objects.create(kind="media_library.ingest", subject_id=coming.pk, progress=0.4)
    coming.save()
    Step.objects.create(run=coming.run, name="transcribe", position=1, queue="ai", status="running", message="minute 3")
    notes = AssetFactory(owner=mara, kind="document", filename="notes.txt", content_type="text/plain", duration=None)
    openers = collections.create(owner=mara, name="Openers")
    collections.add(openers, [film, sound], actor=mara)
    return {
        "library-list": "/library?view=list",
        "library-narrowed": "/library?tag=sea&kind=video",
        "library-nothing": "/library?q=nothing+fits",
        "videos": "/videos?view=grid",
        "audio": "/audio",
        "asset-film": f"/library/{film.pk}",
        "asset-sound": f"/library/{sound.pk}",
        "asset-failed": f"/library/{failed.pk}",
        "asset-coming": f"/library/{coming.pk}",
        "asset-text": f"/library/{notes.pk}",
        "asset-delete": f"/library/{film.pk}/delete",
        "storage": "/library/files",
        "collections": "/library/collections",
        "collection": f"/library/collections/{openers.pk}",
    }


@pytest.mark.timeout(600)
def test_every_page_of_the_library_is_clean_in_both_themes_wide_and_narrow(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User
) -> None:
    for number, (name, path) in enumerate(furnished(mara).items()):
        # Each page in both themes and both widths; which theme goes with which width takes turns.
        look(open_page, axe, mara, path, name, WINDOWS[::3] if number % 2 else WINDOWS[1:3])


def test_thumbnails_are_scrubbed_by_mouse_and_keyboard(open_page: OpenPage, mara: User) -> None:
    film = AssetFactory(owner=mara, title="Dawn", content=SAMPLE, duration=48.0)
    facts = {"columns": 10, "rows": 5, "count": 48, "width": 160, "height": 90, "interval": 1}
    AssetFactory(
        owner=mara, made_from=film, purpose="sprite", kind="image", content_type="image/jpeg", technical=facts,
        content=DATA / "pictures/rocket.jpg",
    )  # fmt: skip
    page = open_page("/library", user=mara)
    label = card(page, "Dawn").locator(".thumb__time")
    expect(label).to_have_text("00:00:48")
    box = card(page, "Dawn").locator(".thumb").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 20)
    expect(label).to_have_text("00:00:24")
    expect(page.locator(".thumb__tile")).to_be_visible()
    page.mouse.move(5, 5)
    expect(label).to_have_text("00:00:48")
    page.get_by_role("link", name="Dawn").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(label).to_have_text("00:00:04")
    page.keyboard.press("Escape")
    expect(label).to_have_text("00:00:48")


def test_several_files_are_chosen_archived_and_brought_back(open_page: OpenPage, mara: User) -> None:
    for name in ("Dawn", "Noon", "Dusk"):
        AssetFactory(owner=mara, title=name)
    page = open_page("/library?view=grid", user=mara)
    expect(page.locator("#bulk-form")).to_be_hidden()
    page.get_by_label("Select Dawn").check(force=True)
    page.get_by_label("Select Noon").check(force=True)
    expect(page.locator("[data-count]")).to_have_text("2 selected")
    page.get_by_role("button", name="Archive", exact=True).click()
    expect(page.get_by_role("heading", name="1 file")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="3 files")).to_be_visible()


def test_what_cannot_come_is_refused_before_a_byte_is_sent(open_page: OpenPage, mara: User, tmp_path: Path) -> None:
    rushes, empty = tmp_path / "rushes.zip", tmp_path / "empty.mp4"
    rushes.write_bytes(b"PK\x03\x04")
    empty.write_bytes(b"")
    page = open_page("/library", user=mara)
    page.locator("#upload input[name=file]").set_input_files([rushes, empty])
    expect(row(page, "rushes.zip")).to_contain_text("Unpack it and drop the folder")
    expect(row(page, "empty.mp4")).to_contain_text("This file is empty")
    assert not Intake.objects.exists()


def test_an_upload_is_paused_gone_on_with_and_given_up(open_page: OpenPage, mara: User, files: list[Path]) -> None:
    page = open_page("/library", user=mara)
    accept_leaving(page)
    slow(page, bytes_a_second=1_000_000)
    page.locator("#upload input[name=file]").set_input_files(files[0])
    film = row(page, "dashwood.mp4")
    expect(film).to_contain_text(re.compile(r"[1-9]\d? %"), timeout=30_000)
    film.get_by_role("button", name="Pause").click()
    expect(film).to_contain_text("Paused at")
    film.get_by_role("button", name="Go on with").click()
    expect(film).to_contain_text("MB")
    film.get_by_role("button", name="Remove").click()
    expect(film).to_have_count(0)
    page.wait_for_timeout(500)
    page.reload()
    expect(page.get_by_role("heading", name="Unfinished uploads")).to_have_count(0)
    assert not Intake.objects.filter(status="coming").exists()


def test_title_and_tags_are_written_without_leaving_the_page(open_page: OpenPage, mara: User) -> None:
    film = AssetFactory(owner=mara, title="Dawn", content=SAMPLE, duration=48.0)
    page = open_page(f"/library/{film.pk}", user=mara)
    page.get_by_text("Edit title, description and tags").click()
    page.get_by_label("Tags").fill("sea, launch")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#about .chip")).to_have_text(["sea", "launch"])
    film.refresh_from_db()
    assert film.tags == ["sea", "launch"]


def test_the_library_works_without_scripts(open_page: OpenPage, mara: User, files: list[Path]) -> None:
    page = open_page("/library", user=mara, scripts=False)
    page.locator("#upload summary").click()
    page.get_by_label("Drop files here, or choose them").set_input_files(files[2])
    page.locator("#upload").get_by_role("button", name="Upload").click()
    expect(page.get_by_role("heading", name="notes.txt")).to_be_visible()
    page.get_by_text("Edit title, description and tags").click()
    page.get_by_label("Title").fill("Shot list")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="Shot list")).to_be_visible()
    page.get_by_role("button", name="Archive").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="Shot list")).to_be_visible()
