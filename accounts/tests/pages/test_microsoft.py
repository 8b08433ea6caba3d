"""Coming in with a company account, against a provider of our own on the loopback."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import ExternalIdentity, User, UserSession
from accounts.tests.factories import UserFactory
from accounts.tests.pages import oidc
from accounts.tests.pages.people import code_of, sign_in, some_time_later, with_second_factor

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings: Any) -> Iterator[oidc.Provider]:
    with oidc.running() as provider:
        settings.MICROSOFT_CLIENT_ID, settings.MICROSOFT_CLIENT_SECRET = oidc.CLIENT_ID, oidc.CLIENT_SECRET
        settings.MICROSOFT_TENANTS = [oidc.TENANT]
        settings.MICROSOFT_SERVER_URL = f"{provider.url}/{oidc.TENANT}/v2.0"
        settings.MICROSOFT_ISSUER = provider.url + "/{tenant}/v2.0"
        settings.MICROSOFT_JWKS_URL = f"{provider.url}/keys"
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        provider.claims = {"sub": "ada-at-the-company", "email": "ada@example.com", "name": "Ada", "xms_edov": True}
        yield provider


def there_and_back(client: Client, provider: oidc.Provider, *, after: str = "") -> Any:
    """What the person's browser does, and the answer it ends with here."""
    there = client.get("/login/microsoft", {"next": after} if after else {})
    assert there.status_code == 302
    assert there["Location"].startswith(f"{provider.url}/authorize?")
    back = provider.authorize(oidc.query_of(there["Location"]))
    return client.get("/login/microsoft/callback", oidc.query_of(back))


def test_the_page_offers_it_only_where_it_is_configured(client: Client, provider: oidc.Provider, settings: Any) -> None:
    assert 'href="/login/microsoft?next=/chat"' in client.get("/login").text
    settings.MICROSOFT_CLIENT_SECRET = ""
    assert "Microsoft" not in client.get("/login").text
    assert client.get("/login/microsoft").status_code == 404
    assert client.get("/login/microsoft/callback").status_code == 404


def test_somebody_new_comes_in_and_is_known_the_next_time(client: Client, provider: oidc.Provider) -> None:
    answer = there_and_back(client, provider, after="/account")
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    user = User.objects.get()
    assert (user.email, user.role, user.has_usable_password()) == ("ada@example.com", User.Role.CLIENT, False)
    assert client.session["user_id"] == str(user.pk)
    assert UserSession.objects.live().get().user == user
    identity = ExternalIdentity.objects.get()
    assert (identity.issuer, identity.subject) == (provider.issuer, "ada-at-the-company")
    provider.claims["email"] = "ada.king@example.com"
    again = Client()
    there_and_back(again, provider)
    assert again.session["user_id"] == str(user.pk)
    assert User.objects.count() == 1


def test_an_address_that_the_tenant_only_claims_opens_no_account(client: Client, provider: oidc.Provider) -> None:
    UserFactory(email="ada@example.com")
    provider.claims["xms_edov"] = False
    assert there_and_back(client, provider)["Location"] == "/login"
    assert "user_id" not in client.session
    assert not ExternalIdentity.objects.exists()
    provider.claims["xms_edov"] = True
    assert there_and_back(client, provider)["Location"] == "/chat"


def test_the_second_factor_is_asked_for_here_too(client: Client, provider: oidc.Provider) -> None:
    ada = UserFactory(email="ada@example.com")
    with_second_factor(ada)
    answer = there_and_back(client, provider, after="/account")
    assert answer["Location"] == "/verify-2fa?next=%2Faccount"
    assert "user_id" not in client.session
    client.post("/verify-2fa", {"token": code_of(ada)})
    assert client.session["user_id"] == str(ada.pk)
    assert set(UserSession.objects.get().methods) == {"ext", "otp", "mfa"}


def test_where_the_policy_wants_one_the_set_up_comes_first(
    client: Client, provider: oidc.Provider, settings: Any
) -> None:
    settings.MFA_POLICY = "required"
    assert there_and_back(client, provider)["Location"] == "/setup-2fa-required"
    assert "user_id" not in client.session


@pytest.mark.parametrize(
    ("claims", "signed_by"),
    [
        ({}, "a stranger"),
        ({"aud": "another-application"}, "ours"),
        ({"iss": "https://evil.example/v2.0"}, "ours"),
        ({"tid": str(uuid.UUID(int=1))}, "ours"),
        ({"exp": 1}, "ours"),
        ({"email": ""}, "ours"),
    ],
)
def test_a_token_that_proves_nothing_opens_nothing(
    client: Client, provider: oidc.Provider, claims: dict[str, Any], signed_by: str
) -> None:
    provider.claims |= claims
    provider.signed_by = signed_by
    answer = there_and_back(client, provider)
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    assert "did not work" in client.get("/login").text
    assert "user_id" not in client.session
    assert not User.objects.exists()


def test_a_closed_account_stays_closed(client: Client, provider: oidc.Provider) -> None:
    there_and_back(client, provider)
    User.objects.update(is_active=False)
    other = Client()
    assert there_and_back(other, provider)["Location"] == "/login"
    assert "user_id" not in other.session


@pytest.mark.parametrize(
    "query", [{}, {"code": "x"}, {"code": "x", "state": "y"}, {"error": "access_denied", "state": "y"}]
)
def test_a_return_that_nobody_set_out_for_opens_nothing(
    client: Client, provider: oidc.Provider, query: dict[str, str]
) -> None:
    answer = client.get("/login/microsoft/callback", query)
    assert (answer.status_code, answer["Location"]) == (302, "/login")


def test_the_way_back_belongs_to_the_browser_that_set_out(client: Client, provider: oidc.Provider) -> None:
    back = oidc.query_of(provider.authorize(oidc.query_of(client.get("/login/microsoft")["Location"])))
    assert Client().get("/login/microsoft/callback", back)["Location"] == "/login"
    assert client.get("/login/microsoft/callback", back)["Location"] == "/chat"
    assert Client().get("/login/microsoft/callback", back)["Location"] == "/login"


def test_the_query_does_not_choose_what_is_asked_of_microsoft(client: Client, provider: oidc.Provider) -> None:
    wishes = {"scope": "Mail.Read", "auth_params": "prompt=none", "process": "connect", "next": "//evil.example"}
    asked = oidc.query_of(client.get("/login/microsoft", wishes)["Location"])
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked
    assert client.get("/login/microsoft/callback", oidc.query_of(provider.authorize(asked)))["Location"] == "/chat"


def test_a_provider_that_is_away_is_said_so(client: Client, provider: oidc.Provider, settings: Any) -> None:
    settings.MICROSOFT_SERVER_URL = "http://127.0.0.1:1/v2.0"
    assert client.get("/login/microsoft")["Location"] == "/login"
    assert "did not work" in client.get("/login").text


@pytest.mark.parametrize(
    "path", ["/accounts/login/", "/accounts/signup/", "/accounts/social/signup/", "/accounts/social/connections/"]
)
def test_no_page_of_the_library_is_reachable(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_who_is_signed_in_already_stays_who_they_are(client: Client, provider: oidc.Provider) -> None:
    sign_in(client, UserFactory())
    assert client.get("/login/microsoft", {"next": "/account"})["Location"] == "/account"


# ---- linking it to an account that is here already


def set_out_to_link(client: Client, provider: oidc.Provider) -> dict[str, str]:
    there = client.get("/account/identities/microsoft", headers={"Sec-Fetch-Site": "same-origin"})
    assert there["Location"].startswith(f"{provider.url}/authorize?")
    return oidc.query_of(provider.authorize(oidc.query_of(there["Location"])))


def test_somebody_signed_in_links_an_account_whatever_its_address(client: Client, provider: oidc.Provider) -> None:
    mara = UserFactory(email="mara@studio.example")
    sign_in(client, mara)
    assert "/account/identities/microsoft" in client.get("/account/security").text
    back = set_out_to_link(client, provider)
    assert client.get("/login/microsoft/callback", back)["Location"] == "/account/security"
    assert ExternalIdentity.objects.get().user == mara
    assert User.objects.get() == mara
    other = Client()
    there_and_back(other, provider)
    assert other.session["user_id"] == str(mara.pk)


def test_an_account_of_somebody_else_is_not_taken_over(client: Client, provider: oidc.Provider) -> None:
    there_and_back(Client(), provider)
    sign_in(client, UserFactory(email="mara@studio.example"))
    back = set_out_to_link(client, provider)
    assert "belongs to somebody else" in client.get("/login/microsoft/callback", back, follow=True).text
    assert ExternalIdentity.objects.get().user.email == "ada@example.com"


def test_linking_wants_a_fresh_proof_and_our_own_page(client: Client, provider: oidc.Provider) -> None:
    assert client.get("/account/identities/microsoft")["Location"].startswith("/login")
    sign_in(client, UserFactory())
    foreign = client.get("/account/identities/microsoft", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    some_time_later(client, 301)
    assert client.get("/account/identities/microsoft")["Location"].startswith("/account/confirm")


def test_who_signed_out_on_the_way_links_nothing(client: Client, provider: oidc.Provider) -> None:
    sign_in(client, UserFactory())
    back = set_out_to_link(client, provider)
    client.get("/logout")
    assert client.get("/login/microsoft/callback", back)["Location"] == "/login"
    assert not ExternalIdentity.objects.exists()
