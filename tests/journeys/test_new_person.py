"""A new person's first day: registering, the letter, the second factor, out, in again, and what is signed in where."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from django_otp.oath import totp
from django_otp.plugins.otp_totp.models import TOTPDevice
from playwright.sync_api import Page, expect

from accounts.models import ApiKey, ExternalIdentity, User, UserSession
from accounts.services import links
from core.mail import outgoing
from tests.journeys import scenes
from tests.journeys.looking import picture
from tests.journeys.scenes import PASSWORD

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
EMAIL = "ada@studio.example"


def link_in_newest_letter(site_url: str) -> str:
    """As the letter's reader sees it, on the address under which the test's server runs."""
    outgoing.send_due()
    letter = mail.outbox[-1]
    assert letter.to == [EMAIL]
    found = re.search(r"https?://[^/\s]+(/\S+\?token=\S+)", str(letter.body))
    assert found
    return site_url + found[1]


def code_of(user: User, *, steps: int = 0) -> str:
    """What the authenticator app shows, `steps` of 30 seconds from now."""
    device = TOTPDevice.objects.get(user=user)
    return f"{totp(device.bin_key, t0=-30 * steps):06}"


def sign_in(page: Page, *, code: str) -> None:
    page.goto("/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code", exact=True).fill(code)
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_url(re.compile(r"/chat$"))


def test_from_the_registration_to_a_revoked_sign_in(open_page: OpenPage, axe: Callable[[Page], list[str]]) -> None:
    page = open_page("/login")
    page.get_by_role("link", name="Create an account").click()
    page.get_by_label("Name").fill("Ada Lovelace")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("too short")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_text("This password is too short.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("Ada Lovelace")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    assert axe(page) == []

    page.goto(link_in_newest_letter(re.match(r"https?://[^/]+", page.url)[0]))
    expect(page.get_by_role("heading", name="Add a second factor")).to_be_visible()
    expect(page.get_by_alt_text("QR code for your authenticator app")).to_be_visible()
    user = User.objects.get(email=EMAIL)
    page.get_by_label("Code from the app").fill(code_of(user, steps=-1))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.get_by_role("heading", name="Keep these recovery codes")).to_be_visible()
    codes = page.locator("#codes li").all_inner_texts()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert all(code in download.value.path().read_text() for code in codes)
    assert axe(page) == []
    page.get_by_role("link", name="I have put them somewhere safe").click()
    expect(page).to_have_url(re.compile(r"/chat$"))

    page.get_by_role("button", name=re.compile("account of Ada Lovelace")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    sign_in(page, code=code_of(user))

    phone = open_page("/login", width=390)
    sign_in(phone, code=codes[4])
    phone.goto("/account/security")
    expect(phone.get_by_text("9 left")).to_be_visible()

    page.get_by_role("button", name=re.compile("account of Ada Lovelace")).click()
    page.get_by_role("link", name="Your account").click()
    page.get_by_role("link", name="Sign-ins").click()
    rows = page.get_by_role("row").filter(has=page.get_by_role("button"))
    expect(rows).to_have_count(2)
    rows.filter(has_not_text="This one").get_by_role("button").click()
    expect(page.get_by_text("is signed out.")).to_be_visible()
    expect(rows).to_have_count(1)
    phone.reload()
    expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_forgotten_password(open_page: OpenPage) -> None:
    user = scenes.person(User.Role.CLIENT, email=EMAIL, name="Ada Lovelace")
    User.objects.update(password="")
    page = open_page("/login")
    page.get_by_role("link", name="Forgot the password?").click()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_role("button", name="Send the letter").click()
    expect(page.get_by_role("heading", name="Look into your mailbox")).to_be_visible()
    page.goto(link_in_newest_letter(re.match(r"https?://[^/]+", page.url)[0]))
    page.get_by_label("New password").fill(PASSWORD)
    page.get_by_role("button", name="Set the password").click()
    expect(page.get_by_text("Your new password is set.")).to_be_visible()
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("button", name=re.compile(f"account of {user.name}"))).to_be_visible()


def test_without_scripts_a_second_factor_comes_and_goes(open_page: OpenPage) -> None:
    user = scenes.person(User.Role.CLIENT, email=EMAIL, name="Ada Lovelace")
    page = open_page("/login?next=/account/security", scripts=False)
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Set up a second factor").click()
    page.get_by_label("Code from the app").fill(code_of(user))
    page.get_by_role("button", name="Turn it on").click()
    expect(page.locator("#codes li")).to_have_count(10)
    page.get_by_role("link", name="I have put them somewhere safe").click()
    page.locator("summary", has_text="Remove it").click()
    page.get_by_role("button", name="Remove the second factor").click()
    expect(page.get_by_role("link", name="Set up a second factor")).to_be_visible()


def person_with_everything() -> User:
    user = scenes.person(User.Role.CLIENT, email=EMAIL, name="Ada Lovelace")
    ExternalIdentity.objects.create(
        user=user, issuer="https://login.microsoftonline.com/3f0b2c9e-1111-4222-8333-444455556666/v2.0", subject="1"
    )
    ApiKey.objects.create(user=user, name="Nightly export", prefix="rwk_Ab12Cd34", token_hash="x" * 64, scopes=["read"])
    for agent in ("curl/8.5.0", "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/605.1"):
        UserSession.objects.create(
            user=user,
            kind="token" if "curl" in agent else "browser",
            user_agent=agent,
            ip_address="2001:db8::1234:5678:9abc",
            expires_at=timezone.now() + timedelta(days=1),
        )
    return user


@pytest.mark.timeout(600)
@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 360])
def test_axe_finds_nothing_on_any_page_of_people(
    open_page: OpenPage, axe: Callable[[Page], list[str]], theme: str, width: int
) -> None:
    found: list[str] = []

    def look(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        picture(page, f"{name}-{width}-{theme}")
        found.extend(f"{name}: {line}" for line in axe(page))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"{name} scrolls sideways")

    user = person_with_everything()
    reset = links.issue(user, "reset_password").partition("?")[2]
    page = open_page("/login", theme=theme, width=width)
    look(page, "sign-in")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    look(page, "sign-in-refused")
    for name, path in {
        "register": "/register",
        "reset": "/password-reset",
        "reset-confirm": f"/password-reset/confirm?{reset}",
        "dead-link": "/verify-email?token=unknown",
    }.items():
        page.goto(path)
        look(page, name)
    page.goto("/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    for name in ("profile", "password", "security", "sessions", "keys", "confirm"):
        page.goto("/account" if name == "profile" else f"/account/{name}")
        look(page, f"account-{name}")
    page.goto("/account/keys")
    page.get_by_label("Name").fill("Nightly")
    page.get_by_role("button", name="Make the key").click()
    look(page, "account-new-key")
    page.goto("/setup-2fa")
    page.get_by_label("Code from the app").fill("12")
    page.get_by_role("button", name="Turn it on").click()
    look(page, "setup-2fa")
    page.get_by_label("Code from the app").fill(code_of(user))
    page.get_by_role("button", name="Turn it on").click()
    look(page, "recovery-codes")
    page.goto("/account/security")
    look(page, "account-security-on")
    page.get_by_role("button", name="Remove it").click()
    look(page, "account-remove-2fa")
    page.context.clear_cookies()
    page.goto("/login")
    page.get_by_label("E-mail").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Code", exact=True).fill("000")
    page.get_by_role("button", name="Go on").click()
    look(page, "verify-2fa")
    assert found == []
