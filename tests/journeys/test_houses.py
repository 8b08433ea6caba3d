"""Houses in a browser: a colleague is invited and joins, a client gets a manager and a team, a project is shared."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from accounts.models import Client, Invitation, Membership, Organization, Project, ProjectMember, User
from accounts.services import clients, houses, projects
from core.mail.models import Letter
from core.testing.server import Server
from tests.journeys import scenes
from tests.journeys.looking import picture

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
R = User.Role
PASSWORD = "seven quiet otters at noon"


@pytest.fixture
def house(site: Server) -> Organization:
    return scenes.house()


@pytest.fixture
def mara(house: Organization) -> User:
    return scenes.person(R.ADMIN, house=house)


def link_in_letter(to: str) -> str:
    found = re.search(r"/invitations/accept\?token=[\w-]+", Letter.objects.filter(to=to).latest("created_at").text)
    assert found is not None
    return found[0]


def test_a_colleague_is_invited_joins_and_works_for_a_client(
    open_page: OpenPage, house: Organization, mara: User
) -> None:
    page = open_page("/people", user=mara)
    page.get_by_role("link", name="Invite a colleague").click()
    page.get_by_label("E-mail").fill("nia@studio.example")
    page.get_by_label("Name").fill("Nia")
    page.get_by_label("Role").select_option("project_manager")
    page.get_by_label("Organisation", exact=True).select_option(label=str(house))
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_role("status")).to_contain_text("nia@studio.example")

    guest = open_page(link_in_letter("nia@studio.example"))
    expect(guest.get_by_role("heading", name=f"Join {house}")).to_be_visible()
    expect(guest.get_by_label("Name")).to_have_value("Nia")
    guest.get_by_label("Name").fill("Nia Okafor")
    guest.get_by_label("Password").fill("short")
    guest.get_by_role("button", name="Make my account and join").click()
    expect(guest.locator("#id_password_error")).to_be_visible()
    guest.get_by_label("Password").fill(PASSWORD)
    guest.get_by_role("button", name="Make my account and join").click()
    expect(guest.get_by_text("Welcome, Nia Okafor.")).to_be_visible()
    expect(guest.get_by_role("heading", name=str(house))).to_be_visible()

    page.goto(f"/organizations/{house.pk}")
    expect(page.get_by_role("rowheader", name="Nia Okafor")).to_be_visible()

    page.get_by_role("link", name="Clients").first.click()
    page.get_by_text("New client").click()
    page.get_by_label("Name", exact=True).fill("City Museum")
    page.get_by_label("Organisation").select_option(label=str(house))
    page.get_by_role("button", name="Add the client").click()
    page.get_by_label("Project manager to assign").select_option(label="Nia Okafor")
    page.get_by_role("button", name="Assign").click()
    expect(page.get_by_text("Nia Okafor looks after City Museum now.")).to_be_visible()
    page.get_by_label("Name of the new team").fill("Captions")
    page.get_by_role("button", name="Add team").click()
    page.get_by_label("Person to add to Captions").select_option(label="Nia Okafor")
    page.get_by_role("button", name="Add to the team").click()
    expect(page.get_by_text("Nia Okafor is in Captions now.")).to_be_visible()

    guest.get_by_role("link", name="Clients").first.click()
    guest.get_by_role("link", name="City Museum").click()
    expect(guest.get_by_role("heading", name="Captions")).to_be_visible()


def test_a_project_is_shared_with_somebody_who_accepts(open_page: OpenPage, house: Organization, mara: User) -> None:
    friend = scenes.person(R.LINGUIST, email="friend@elsewhere.example", name="Finn Friend")
    page = open_page("/projects", user=mara)
    page.get_by_text("New project").click()
    page.get_by_label("Name", exact=True).fill("Night Train")
    page.get_by_role("button", name="Make the project").click()
    page.get_by_label("E-mail").fill("friend@elsewhere.example")
    page.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text("An invitation is on its way to friend@elsewhere.example.")).to_be_visible()

    link = link_in_letter("friend@elsewhere.example")
    stranger = open_page(link)
    stranger.get_by_role("link", name="Sign in to accept").click()
    stranger.get_by_label("E-mail").fill("friend@elsewhere.example")
    stranger.get_by_label("Password").fill(scenes.PASSWORD)
    stranger.get_by_role("button", name="Sign in", exact=True).click()
    # Back where the letter led, and nothing is accepted yet.
    expect(stranger.get_by_role("heading", name="Join Night Train")).to_be_visible()
    assert not ProjectMember.objects.exists()
    stranger.get_by_role("button", name=f"Accept as {friend}").click()
    expect(stranger.get_by_role("heading", name="Night Train")).to_be_visible()

    page.reload()
    expect(page.get_by_label("Role of Finn Friend")).to_have_value("collaborator")
    page.get_by_label("Role of Finn Friend").select_option("viewer")
    page.get_by_role("button", name="Save the role of Finn Friend").click()
    expect(page.get_by_text("Finn Friend is viewer here now.")).to_be_visible()
    page.get_by_role("link", name="Remove Finn Friend").click()
    expect(page.get_by_role("heading", name="Stop sharing “Night Train” with Finn Friend?")).to_be_visible()
    page.get_by_role("button", name="Remove Finn Friend").click()
    expect(page.get_by_text("“Night Train” is not shared with Finn Friend any more.")).to_be_visible()
    stranger.reload()
    expect(stranger.get_by_text("Nothing here")).to_be_visible()


def every_page(house: Organization, mara: User) -> dict[str, str]:
    nia = scenes.person(R.PROJECT_MANAGER, email="nia@studio.example", name="Nia Okafor", house=house)
    ben = scenes.person(
        R.LINGUIST, email="ben.with.a.very.long.address@translations.example", name="Benedikt Østergård", house=house
    )
    museum = clients.create_client(
        name="City Museum", organization=house, contact_email="desk@museum.example", notes="Quick replies.", actor=mara
    )
    clients.assign_manager(museum, user_id=nia.pk, actor=mara)
    team = clients.create_team(museum, name="Captions", actor=mara)
    clients.add_team_member(team, user_id=ben.pk, actor=mara)
    clients.create_team(museum, name="Voices", actor=mara)
    project = projects.create_project(owner=mara, client=museum, name="Spring exhibition", description="Six films.")
    own = projects.create_project(
        owner=mara, name="Night Train", description="A film about sleep, and about those who do not."
    )
    ProjectMember.objects.create(project=own, user=ben)
    guest = houses.add_member(house, email="new@elsewhere.example", role=R.REVIEWER, actor=mara)
    projects.add_collaborator(own, email="friend@elsewhere.example", role="viewer", invited_by=mara)
    houses.create_organization(name="Southdark Pictures", actor=mara)
    return {
        "people": "/people",
        "people-nobody": "/people?q=nobody+fits",
        "organizations": "/organizations",
        "organization": f"/organizations/{house.pk}",
        "organization-edit": f"/organizations/{house.pk}/edit",
        "member-remove": f"/organizations/{house.pk}/members/{ben.pk}/remove",
        "clients": "/clients",
        "client": f"/clients/{museum.pk}",
        "client-edit": f"/clients/{museum.pk}/edit",
        "projects": "/projects",
        "projects-nothing": "/projects?q=nothing+fits",
        "project": f"/projects/{own.pk}",
        "project-of-client": f"/projects/{project.pk}",
        "project-edit": f"/projects/{own.pk}/edit",
        "project-delete": f"/projects/{own.pk}/delete",
        "invite": "/admin/invite",
        "invitations": "/invitations",
        "invitation-revoke": f"/invitations/{guest.pk}/revoke",
        "accept-other": link_in_letter("new@elsewhere.example"),
    }


@pytest.mark.timeout(900)
def test_axe_finds_nothing_on_any_page_in_either_theme_and_nothing_scrolls_sideways(
    open_page: OpenPage, axe: Callable[[Page], list[str]], house: Organization, mara: User
) -> None:
    found = []
    pages = {name: (path, mara) for name, path in every_page(house, mara).items()}
    pages["accept"] = (link_in_letter("friend@elsewhere.example"), None)
    pages["accept-unknown"] = ("/invitations/accept?token=unknown", None)
    # Each theme at one width: the rules that depend on the theme do not depend on the width, and these pages are many.
    for theme, width in (("dark", 1440), ("light", 360)):
        for name, (path, user) in pages.items():
            page = open_page(path, user=user, theme=theme, width=width)
            assert page.url.endswith(path), page.url
            for fold in page.locator("details").all():
                fold.evaluate("element => { element.open = true }")
            page.wait_for_load_state("networkidle")
            picture(page, f"house-{name}-{width}-{theme}")
            found += [f"{name} {theme} {width}: {line}" for line in axe(page)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append(f"{name} {theme} {width}: scrolls sideways")
            page.close()
    assert found == []


def test_the_pages_work_without_scripts(open_page: OpenPage, house: Organization, mara: User) -> None:
    page = open_page(f"/organizations/{house.pk}", user=mara, scripts=False)
    page.get_by_label("E-mail", exact=True).fill("new@elsewhere.example")
    page.get_by_role("button", name=f"Add to {house}").click()
    expect(page.get_by_text("An invitation is on its way to new@elsewhere.example.")).to_be_visible()
    page.get_by_role("link", name="Withdraw the invitation of new@elsewhere.example").click()
    page.get_by_role("button", name="Withdraw the invitation").click()
    assert not Invitation.objects.open().exists()
    assert Membership.objects.count() == 1
    assert not Project.objects.exists()
    assert not Client.objects.exists()
