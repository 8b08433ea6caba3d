"""The pages in a real browser, on the real server, database and event log."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from playwright.sync_api import Page, Route, expect

from accounts.models import Organization, User
from core.live.events import write_and_send
from jobs.models import Job
from tests.journeys import scenes
from tests.journeys.looking import picture, until

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
S = Job.Status
PIECE = 8 * 2**20


# ---- every page, both themes, wide and narrow


def every_page(mara: User, house: Organization, video: Path) -> dict[str, str]:
    drafted, delivered = scenes.drafted(mara, house, video), scenes.delivered(mara, house, video)
    running = scenes.job(mara, house, title="House Cat, the long cut", status=S.AI_PROCESSING, video=video)
    scenes.running(running)
    failed = scenes.job(mara, house, title="Broken rushes", status=S.FAILED)
    failed.failed_step, failed.error = S.INGESTING, "There is no sound in this file. Export it with its sound track."
    failed.save()
    return {
        "jobs": "/jobs",
        "jobs-filtered": "/jobs?status=failed",
        "jobs-nothing": "/jobs?q=nothing+fits",
        "job-drafted": f"/jobs/{drafted.pk}",
        "job-delivered": f"/jobs/{delivered.pk}",
        "job-running": f"/jobs/{running.pk}",
        "job-failed": f"/jobs/{failed.pk}",
        "job-confirm": f"/jobs/{drafted.pk}/actions/approve_source",
        "captions": f"/jobs/{drafted.pk}/tracks/en/captions",
        "captions-translated": f"/jobs/{drafted.pk}/tracks/es/captions",
        "description": f"/jobs/{drafted.pk}/tracks/en/audio_description",
        "sign-out": "/logout",
    }


@pytest.mark.timeout(600)
def test_axe_finds_nothing_on_any_page_in_either_theme_wide_or_narrow(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User, house: Organization, video: Path
) -> None:
    found = []
    for name, path in {**every_page(mara, house, video), "sign-in": "/login"}.items():
        for theme in ("dark", "light"):
            for width in (1440, 390):
                page = open_page(path, user=None if name == "sign-in" else mara, theme=theme, width=width)
                page.wait_for_load_state("networkidle")
                picture(page, f"{name}-{width}-{theme}")
                found += [f"{name} {theme} {width}: {line}" for line in axe(page)]
                page.close()
    assert found == []


def test_no_page_scrolls_sideways_on_a_small_phone(
    open_page: OpenPage, mara: User, house: Organization, video: Path
) -> None:
    for name, path in every_page(mara, house, video).items():
        page = open_page(path, user=mara, width=360)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        page.close()


def test_the_open_form_and_the_open_dialogs_are_clean_too(
    open_page: OpenPage, axe: Callable[[Page], list[str]], mara: User, house: Organization, video: Path
) -> None:
    job = scenes.drafted(mara, house, video)
    page = open_page("/jobs", user=mara)
    page.get_by_text("New job").click()
    assert axe(page) == []
    page = open_page(f"/jobs/{job.pk}", user=mara, theme="light")
    page.get_by_role("link", name="Approve the source").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert axe(page) == []
    page = open_page(f"/jobs/{job.pk}/tracks/en/captions", user=mara)
    page.get_by_role("button", name="Keyboard").click()
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    assert axe(page) == []


# ---- coming in


def sign_in(page: Page, *, password: str) -> None:
    page.get_by_label("E-mail").fill("admin@studio.example")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_wrong_password_says_so_and_keeps_the_address(open_page: OpenPage, mara: User) -> None:
    page = open_page("/login")
    sign_in(page, password="wrong")
    expect(page.get_by_text("The e-mail or password is not right.")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value("admin@studio.example")


def test_people_arrive_where_they_wanted_to_go(open_page: OpenPage, mara: User) -> None:
    page = open_page("/jobs?status=failed")
    before = page.context.cookies()
    sign_in(page, password=scenes.PASSWORD)
    expect(page).to_have_url(re.compile(r"/jobs\?status=failed$"))
    page.get_by_role("button", name=re.compile("account of")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert settings.SESSION_COOKIE_NAME not in {cookie["name"] for cookie in before}


def test_a_foreign_next_address_is_not_followed(open_page: OpenPage, mara: User) -> None:
    page = open_page("/login?next=https://elsewhere.example/")
    sign_in(page, password=scenes.PASSWORD)
    expect(page).to_have_url(re.compile(r"/chat$"))


def test_the_chosen_theme_is_in_the_first_paint(open_page: OpenPage, mara: User) -> None:
    page = open_page("/jobs", user=mara, theme="dark")
    page.get_by_role("button", name="Theme", exact=True).first.click()
    page.get_by_role("button", name="Light", exact=True).click()
    page.reload()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    assert 'data-theme="light"' in page.request.get("/jobs").text()


# ---- uploading


def test_dropping_a_file_makes_a_job(open_page: OpenPage, mara: User, video: Path) -> None:
    page = open_page("/jobs", user=mara)
    page.get_by_label("Drop videos here").set_input_files(video)
    page.get_by_label("Spanish").check()
    page.get_by_role("button", name="Upload and start the job").click()
    expect(page.get_by_role("link", name="Open the job")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("rowheader", name="launch")).to_be_visible()
    job = Job.objects.get()
    assert sorted(job.outputs.values_list("language", flat=True)) == ["en", "es"]
    assert job.size_bytes == video.stat().st_size


def test_what_is_no_video_is_refused_before_a_byte_is_sent(open_page: OpenPage, mara: User, tmp_path: Path) -> None:
    archive = tmp_path / "rushes.zip"
    archive.write_bytes(b"PK")
    page = open_page("/jobs", user=mara)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "upload" in request.url else None)
    page.get_by_label("Drop videos here").set_input_files(archive)
    expect(page.locator("[data-error]:visible")).to_contain_text("This is not a video the studio reads.")
    page.get_by_role("button", name="Upload and start the job").click()
    expect(page.get_by_text("Choose at least one video first.")).to_be_visible()
    assert sent == []


def test_an_upload_goes_on_after_a_reload_from_where_it_stopped(
    open_page: OpenPage, mara: User, tmp_path: Path
) -> None:
    film = tmp_path / "long.mp4"
    film.write_bytes(bytes(PIECE * 2 + 1000))
    page = open_page("/jobs", user=mara)
    ranges: list[str] = []

    def hold(route: Route) -> None:
        piece = route.request.headers.get("content-range", "")
        ranges.append(piece)
        # The first piece gets through; after it the connection is gone.
        route.continue_() if piece.startswith("bytes 0-") else route.abort()

    page.route("**/uploads/**", hold)
    page.get_by_label("Drop videos here").set_input_files(film)
    page.get_by_role("button", name="Upload and start the job").click()
    expect(page.get_by_text("The connection was lost.")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name="Pause long.mp4").click()
    page.unroute("**/uploads/**")

    page.reload()
    expect(page.get_by_text(re.compile(r"Stopped at 49 %"))).to_be_visible()
    ranges.clear()
    page.on(
        "request",
        lambda request: ranges.append(request.headers.get("content-range", "")) if "/uploads/" in request.url else None,
    )
    page.get_by_label("Drop videos here").set_input_files(film)
    expect(page.get_by_role("link", name="Open the job")).to_be_visible(timeout=30_000)
    assert ranges[0] == f"bytes */{film.stat().st_size}"
    assert not any(piece.startswith("bytes 0-") for piece in ranges)
    assert Job.objects.get().size_bytes == film.stat().st_size


def test_without_scripts_a_small_file_goes_up_in_one_form(open_page: OpenPage, mara: User, video: Path) -> None:
    page = open_page("/jobs", user=mara, scripts=False)
    page.locator("input[type=file]").set_input_files(video)
    page.get_by_role("textbox", name="Title").fill("In one piece")
    page.get_by_role("button", name="Upload and start the job").click()
    expect(page.get_by_role("heading", name="In one piece")).to_be_visible()
    expect(page.get_by_text("Its job has begun.")).to_be_visible()


# ---- a job


def say(job: Job, **payload: Any) -> None:
    """From a thread of its own: Playwright's loop runs in this one, where the channel layer's sending is refused."""

    def send() -> None:
        write_and_send("jobs", {"job_id": str(job.pk), "timestamp": "2026-01-01T00:00:00Z", **payload}, str(job.pk))
        connection.close()

    thread = Thread(target=send)
    thread.start()
    thread.join()


def test_progress_and_new_states_appear_without_a_reload(open_page: OpenPage, mara: User, house: Organization) -> None:
    job = scenes.job(mara, house, status=S.AI_PROCESSING)
    scenes.running(job)
    page = open_page("/jobs", user=mara)
    row = page.get_by_role("row", name=re.compile("Launch Window"))
    expect(row.locator("span", has_text="42 %").first).to_be_visible()
    expect(page.locator("live-run[data-connected]")).to_be_attached()
    say(
        job,
        type="job.progress",
        status=job.status,
        progress=55,
        step="transcribe",
        language=None,
        message="minute 5 of 8",
    )
    expect(row.locator("span", has_text="55 %").first).to_be_visible()
    expect(row.get_by_text("minute 5 of 8")).to_be_visible()
    Job.objects.update(status=S.PENDING_QC)
    say(
        job,
        type="job.status",
        status=S.PENDING_QC,
        previous_status=job.status,
        progress=60,
        title=job.title,
        error=None,
    )
    expect(row.get_by_text("Waiting for source approval")).to_be_visible()


def test_what_happened_while_the_connection_was_lost_is_caught_up(
    open_page: OpenPage, mara: User, house: Organization
) -> None:
    job = scenes.job(mara, house, status=S.AI_PROCESSING)
    scenes.running(job)
    page = open_page(f"/jobs/{job.pk}", user=mara)
    expect(page.locator("live-run[data-connected]")).to_be_attached()
    page.context.set_offline(True)
    page.evaluate("document.querySelector('live-run').socket.socket.close()")
    expect(page.locator("live-run[data-connected]")).not_to_be_attached()
    Job.objects.update(status=S.PENDING_QC)
    say(
        job,
        type="job.status",
        status=S.PENDING_QC,
        previous_status=job.status,
        progress=60,
        title=job.title,
        error=None,
    )
    page.context.set_offline(False)
    expect(page.locator(".state").get_by_text("Waiting for source approval")).to_be_visible(timeout=30_000)


def test_approving_asks_once_and_answers_in_place(
    open_page: OpenPage, mara: User, house: Organization, video: Path
) -> None:
    job = scenes.drafted(mara, house, video)
    page = open_page(f"/jobs/{job.pk}", user=mara)
    page.get_by_role("link", name="Approve the source").click()
    dialog = page.get_by_role("dialog", name=re.compile("Approve the English captions"))
    expect(dialog.get_by_text("translation into Spanish")).to_be_visible()
    dialog.get_by_label("Note for the team").fill("Checked twice.")
    dialog.get_by_role("button", name="Approve the source").click()
    expect(page.locator(".state").get_by_text("Source approved")).to_be_visible()
    expect(dialog).not_to_be_visible()
    job.refresh_from_db()
    assert job.approved_source_by == mara


def test_a_move_that_came_too_late_says_so(open_page: OpenPage, mara: User, house: Organization, video: Path) -> None:
    job = scenes.drafted(mara, house, video)
    page = open_page(f"/jobs/{job.pk}", user=mara)
    page.get_by_role("link", name="Approve the source").click()
    Job.objects.update(status=S.CANCELLED)
    page.get_by_role("dialog").get_by_role("button", name="Approve the source").click()
    expect(page.get_by_role("alert")).to_contain_text("is not possible any more")
    expect(page.locator(".state").get_by_text("Cancelled")).to_be_visible()


def test_without_scripts_the_question_is_a_page(open_page: OpenPage, mara: User, house: Organization) -> None:
    job = scenes.job(mara, house, status=S.PENDING_QC)
    page = open_page(f"/jobs/{job.pk}", user=mara, scripts=False)
    # The menu is the browser's own: it opens without scripts.
    page.get_by_role("button", name="More", exact=True).last.click()
    page.get_by_role("link", name="Cancel the job").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(page.get_by_text("is cancelled. What was made already is kept.")).to_be_visible()
    job.refresh_from_db()
    assert job.status == S.CANCELLED


def test_a_job_of_another_house_is_not_there(open_page: OpenPage, mara: User, house: Organization) -> None:
    job = scenes.job(mara, house)
    stranger = scenes.person(User.Role.CLIENT)
    page = open_page(f"/jobs/{job.pk}", user=stranger)
    expect(page.get_by_text("There is no such job")).to_be_visible()


def test_the_player_shows_captions_and_changes_to_the_described_film_at_the_same_place(
    open_page: OpenPage, mara: User, house: Organization, video: Path
) -> None:
    job = scenes.delivered(mara, house, video)
    page = open_page(f"/jobs/{job.pk}", user=mara)
    caption = page.locator("[data-caption]")
    until(page, "document.querySelector('video').readyState >= 1")
    page.evaluate("document.querySelector('media-player').currentTime = 1")
    expect(caption).to_have_text("Good morning, and welcome.")
    page.locator("select[data-captions]").select_option("es")
    expect(caption).to_have_text("Buenos días y bienvenidos.")
    page.get_by_role("button", name="Captions", exact=True).click()
    expect(caption).not_to_be_visible()
    page.evaluate("document.querySelector('media-player').currentTime = 9")
    page.locator("select[data-described]").select_option("en")
    # Two seconds of pause lie before this moment.
    until(page, "document.querySelector('media-player').currentTime > 10.9")
    assert page.evaluate("document.querySelector('media-player').currentTime") == pytest.approx(11, abs=0.05)
