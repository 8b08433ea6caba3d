"""Attacks on the proofs of who somebody is: exchange, passwords, second factor, links, Microsoft (A1 to A6)."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import ExternalIdentity, Membership, OneTimeLink, User, UserSession
from accounts.tests.factories import PASSWORD
from tests.contract_walk import holding, issuer
from tests.contract_walk.attacks import (
    COULD_NOT,
    DEAD_TOKEN,
    EVIL,
    ME,
    REFRESH,
    SECRET,
    Attack,
    as_,
    attack,
    attacks_of,
    bearer,
    email_of,
    password_login,
    prove,
    unsigned,
)
from tests.contract_walk.stage import Answer, Stage, World

# A1: the exchange.


def exchange(stage: Stage, email: str, **headers: str) -> Answer:
    return stage.send("POST", "/api/auth/exchange", body={"email": email}, headers=headers)


def assertion(stage: Stage, token: str, who: str = "client") -> Answer:
    with override_settings(**issuer.exchange_settings()):
        return exchange(stage, email_of(stage, who), **bearer(token))


def claims(stage: Stage, **changed: Any) -> dict[str, Any]:
    return issuer.assertion_claims(**{"email": email_of(stage, "client"), **changed})


@attack("A1", 401, COULD_NOT)
def bare_addresses_known_and_unknown_get_the_same_bytes(stage: Stage) -> Answer:
    known, unknown = exchange(stage, email_of(stage, "admin")), exchange(stage, "nobody@nowhere.example")
    assert known.content == unknown.content
    assert not User.objects.filter(email="nobody@nowhere.example").exists()
    return unknown


@attack("A1", 401, COULD_NOT)
def a_session_of_one_person_and_the_address_of_another(stage: Stage) -> Answer:
    stage.sign_in("client")
    return exchange(stage, email_of(stage, "admin"))


@attack("A1", 401, COULD_NOT)
def a_session_that_still_owes_its_code(stage: Stage) -> Answer:
    stage.with_device("client")
    stage.sign_in("client")
    return exchange(stage, email_of(stage, "client"))


@attack("A1", 401, COULD_NOT)
def the_right_session_used_by_another_site(stage: Stage) -> Answer:
    stage.sign_in("client")
    return exchange(stage, email_of(stage, "client"), **EVIL)


@attack("A1", 401, COULD_NOT)
def an_assertion_where_no_issuer_is_configured(stage: Stage) -> Answer:
    return exchange(stage, email_of(stage, "client"), **bearer(issuer.signed(claims(stage))))


@attack("A1", 401, COULD_NOT)
def an_assertion_that_is_replayed(stage: Stage) -> Answer:
    token = issuer.signed(claims(stage))
    first = assertion(stage, token)
    assert first.status_code == 200, first.content
    other = stage.other()
    other.bearer = first.json()["access_token"]
    assert other.send("GET", ME).json()["email"] == email_of(stage, "client")
    return assertion(stage, token)


@attack("A1", 401, COULD_NOT)
def an_assertion_without_a_signature(stage: Stage) -> Answer:
    return assertion(stage, unsigned(claims(stage)))


@attack("A1", 401, COULD_NOT)
def an_assertion_signed_with_the_public_key_as_a_secret(stage: Stage) -> Answer:
    return assertion(stage, hmac_signed(claims(stage)))


def hmac_signed(about: Mapping[str, Any], kid: str = "ours") -> str:
    """By hand: the library refuses to make such a token."""
    import hashlib
    import hmac

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    head = (
        part(json.dumps({"alg": "HS256", "typ": "JWT", "kid": kid}).encode()) + b"." + part(json.dumps(about).encode())
    )
    return (head + b"." + part(hmac.new(issuer.public_pem().encode(), head, hashlib.sha256).digest())).decode()


for name, changed in {
    "an_assertion_that_has_expired": {"exp": -30},
    "an_assertion_from_two_minutes_ago": {"iat": -120},
    "an_assertion_for_another_audience": {"aud": "https://elsewhere.example"},
    "an_assertion_of_an_unknown_issuer": {"iss": "https://evil.example"},
    "an_assertion_of_an_unverified_address": {"email_verified": False},
    "an_assertion_for_another_address": {"email": "admin@house.example"},
    "an_assertion_without_an_id_of_its_own": {"jti": None},
}.items():

    def forged(stage: Stage, changed: dict[str, Any] = changed) -> Answer:
        moved = {key: int(time.time()) + value if key in {"exp", "iat"} else value for key, value in changed.items()}
        return assertion(stage, issuer.signed(claims(stage, **moved)))

    forged.__name__ = name
    attack("A1", 401, COULD_NOT)(forged)


@attack("A1", 401, COULD_NOT)
def an_assertion_signed_by_somebody_else(stage: Stage) -> Answer:
    return assertion(stage, issuer.signed(claims(stage), by="theirs"))


# A2: guessing passwords. The limits themselves are tried in `TestLimits` below.

DOORS = ("/login", "/api/auth/login", "/api/v1/auth/login")


def knock(stage: Stage, door: str, email: str, password: str) -> Answer:
    if door.startswith("/api"):
        return stage.send("POST", door, body={"email": email, "password": password})
    return stage.post_form("/login", {"email": email, "password": password})


@pytest.mark.parametrize("door", DOORS)
def test_a2_no_door_tells_who_has_an_account(door: str, world: World) -> None:
    User.objects.filter(pk=world.people["linguist"].pk).update(is_active=False)
    answers = [
        knock(Stage(world), door, email, password)
        for email, password in (
            ("nobody@nowhere.example", PASSWORD),
            (world.people["client"].email, "not the password"),
            (world.people["linguist"].email, PASSWORD),
        )
    ]
    assert len({one.status_code for one in answers}) == 1
    words = {holding.Page(one.content.decode()).text if door == "/login" else literal(one) for one in answers}
    assert len(words) == 1, words
    assert not UserSession.objects.exists()


def literal(answer: Answer) -> str:
    body = {key: value for key, value in answer.json().items() if key not in {"requestId", "timestamp"}}
    return json.dumps(body, sort_keys=True)


class TestLimits:
    """A2, with the limits switched on."""

    def test_the_sixth_call_in_a_minute_is_one_too_many_on_every_door_together(
        self, world: World, rate_limits: Any
    ) -> None:
        stage = Stage(world)
        doors = ("/api/auth/login", "/api/v1/auth/login", "/api/auth/exchange", REFRESH, "/api/v1/auth/microsoft")
        for path in doors:
            assert (
                stage.send("POST", path, body={"email": "a@b.example", "password": "x", "id_token": "x"}).status_code
                != 429
            )
        sixth = password_login(stage, "client")
        assert sixth.status_code == 429
        assert sixth.json()["retry_after"] == int(sixth.headers["Retry-After"])

    def test_a_forged_forwarding_header_makes_no_new_caller(self, world: World, rate_limits: Any) -> None:
        stage = Stage(world)
        codes = [
            stage.send(
                "POST",
                "/api/v1/auth/login",
                body={"email": "a@b.example", "password": "x"},
                headers={"X-Forwarded-For": f"203.0.113.{number}", "Forwarded": f"for=203.0.113.{number}"},
            ).status_code
            for number in range(6)
        ]
        assert codes == [401] * 5 + [429]

    def test_nobody_is_locked_out_from_afar(self, world: World, rate_limits: Any) -> None:
        stage, owner = Stage(world), Stage(world)
        for _ in range(6):
            last = password_login(stage, "client", "not the password")
        assert last.status_code == 429
        owner.http.defaults["REMOTE_ADDR"] = "198.51.100.7"
        assert password_login(owner, "client").status_code == 200


# A3: past the second factor.


@attack("A3", 401, {"detail": "Not authenticated"})
def a_challenge_as_a_bearer_token(stage: Stage) -> Answer:
    stage.with_device("client")
    asked = password_login(stage, "client").json()["mfa"]
    assert set(asked) >= {"challenge", "expires_in", "methods"}
    return stage.send("GET", "/api/v1/organizations", headers=bearer(asked["challenge"]))


MINTING = {
    "/api/auth/login": lambda stage: {"email": email_of(stage, "client"), "password": PASSWORD},
    "/api/v1/auth/login": lambda stage: {"email": email_of(stage, "client"), "password": PASSWORD},
    "/api/auth/exchange": lambda stage: {"email": email_of(stage, "client")},
    "/api/v1/invitations/accept": lambda stage: {"token": "t" * 43, "password": PASSWORD},
}


@pytest.mark.parametrize("path", MINTING)
def test_a3_no_route_hands_out_a_token_for_one_proof_of_two(path: str, world: World) -> None:
    stage = Stage(world)
    device = stage.with_device("client")
    stage.invitation(email=email_of(stage, "client"), organization=world.foreign_house)
    body = MINTING[path](stage)
    headers = bearer(issuer.signed(claims(stage))) if path.endswith("exchange") else {}
    with override_settings(**issuer.exchange_settings()):
        half = stage.send("POST", path, body=body, headers=headers)
        assert half.status_code == 401, half.content
        assert "access_token" not in half.content.decode()
        assert "refresh_token" not in half.cookies
        challenge = half.json()["mfa"]["challenge"]
        assert not UserSession.objects.exists()
        wrong = stage.send("POST", path, body={**body, "challenge": challenge, "otp": stage.wrong_code(device)})
        assert wrong.status_code == 401, wrong.content
        whole = stage.send("POST", path, body={**body, "challenge": challenge, "otp": stage.code_of(device)})
    assert whole.status_code == 200, whole.content
    other = stage.other()
    other.bearer = whole.json()["access_token"]
    assert other.send("GET", ME).json()["email"] == email_of(stage, "client")


@attack("A3", 401, {"error": "Not logged in"})
def a_browser_that_owes_its_code_calls_the_platforms_routes(stage: Stage) -> Answer:
    stage.with_device("client")
    stage.sign_in("client")
    return stage.send("GET", "/api/users/search?q=client")


@attack("A3", 401, {"detail": "Not authenticated"})
def basic_authentication(stage: Stage) -> Answer:
    code = base64.b64encode(f"{email_of(stage, 'admin')}:{PASSWORD}".encode()).decode()
    return stage.send("GET", "/api/v1/organizations", headers={"Authorization": f"Basic {code}"})


@attack("A3", 302)
def the_django_admin_with_a_password_alone(stage: Stage) -> Answer:
    stage.with_device("admin")
    stage.sign_in("admin")
    answer = stage.send("GET", "/admin/")
    assert "login" in answer.headers["Location"] or "verify-2fa" in answer.headers["Location"]
    return answer


@attack("A3", 401, {"mfa": {"setup_required": True}})
def a_password_where_the_policy_wants_more(stage: Stage) -> Answer:
    with override_settings(MFA_POLICY="required"):
        answer = password_login(stage, "client")
    assert "access_token" not in answer.json()
    return answer


@attack("A3", 401, DEAD_TOKEN)
def refreshing_what_was_signed_in_without_the_new_second_factor(stage: Stage) -> Answer:
    program = as_(stage, "client")
    stage.with_device("client")
    return program.other().send("POST", REFRESH, headers=bearer(program.kept["refresh_token"]))


# A4: the second factor itself.


def challenge_of(stage: Stage, who: str) -> str:
    return str(password_login(stage, who).json()["mfa"]["challenge"])


@attack("A4", 401)
def the_same_code_twice(stage: Stage) -> Answer:
    code = stage.code_of(stage.with_device("client"))
    assert password_login(stage, "client", challenge=challenge_of(stage, "client"), otp=code).status_code == 200
    return password_login(stage, "client", challenge=challenge_of(stage, "client"), otp=code)


@attack("A4", 401)
def a_code_from_two_steps_ago(stage: Stage) -> Answer:
    device = stage.with_device("client")
    return password_login(stage, "client", challenge=challenge_of(stage, "client"), otp=stage.code_of(device, steps=-2))


@attack("A4", 429)
def guessing_codes_until_the_challenge_is_void(stage: Stage) -> Answer:
    device = stage.with_device("client")
    challenge = challenge_of(stage, "client")
    codes = [
        password_login(stage, "client", challenge=challenge, otp=stage.wrong_code(device)).status_code for _ in range(5)
    ]
    assert codes == [401, 401, 401, 401, 429], codes
    # Not even the right one counts now.
    return password_login(stage, "client", challenge=challenge, otp=stage.code_of(device))


@attack("A4", 302)
def guessing_codes_on_the_page(stage: Stage) -> Answer:
    device = stage.with_device("client")
    stage.sign_in("client")
    for _ in range(5):
        last = stage.post_form("/verify-2fa", {"token": stage.wrong_code(device)})
    assert last.status_code == 429, last.status_code
    answer = stage.post_form("/verify-2fa", {"token": stage.code_of(device)})
    assert answer.headers["Location"].startswith("/login")
    assert "user_id" not in stage.session
    return answer


@attack("A4", 200)
def looking_at_the_secret_after_set_up(stage: Stage) -> Answer:
    stage.sign_in("client")
    page = stage.send("GET", "/setup-2fa")
    device = TOTPDevice.objects.get()
    assert "no-store" in page.headers["Cache-Control"]
    assert any(one.startswith("data:image/svg") for one in holding.Page(page.content.decode()).pictures)
    stage.post_form("/setup-2fa", {"token": stage.code_of(device)})
    again = stage.http.get("/setup-2fa", follow=True)
    device.refresh_from_db()
    secret = base64.b32encode(device.bin_key).decode()
    shown = again.content.decode().replace(" ", "")
    assert secret not in shown
    assert not any(one.startswith("data:image/svg") for one in holding.Page(again.content.decode()).pictures)
    return again


@attack("A4", 403)
def removing_it_in_a_browser_that_was_left_open(stage: Stage) -> Answer:
    device = stage.with_device("client")
    stage.sign_in("client")
    stage.post_form("/verify-2fa", {"token": stage.code_of(device)})
    session = stage.http.session
    session["proved_at"] = time.time() - 301
    session.save()
    answer = stage.post_form("/account/security/remove", {})
    assert TOTPDevice.objects.filter(pk=device.pk, confirmed=True).exists()
    return answer


@attack("A4", 401)
def a_recovery_code_twice(stage: Stage) -> Answer:
    from accounts.services import second_factor

    stage.with_device("client")
    code = second_factor.new_recovery_codes(stage.world.people["client"])[0]
    assert password_login(stage, "client", challenge=challenge_of(stage, "client"), otp=code).status_code == 200
    return password_login(stage, "client", challenge=challenge_of(stage, "client"), otp=code)


# A5: registering, proving an address, resetting a password.

NEW = {"name": "Nora", "email": "nora@neu.example", "password": SECRET}


@attack("A5", 302)
def the_link_of_the_mail_in_another_browser(stage: Stage) -> Answer:
    stage.post_form("/register", NEW)
    other = stage.other()
    answer = other.send("GET", stage.link_in_letter(NEW["email"]))
    assert answer.headers["Location"].startswith("/login")
    assert not {"user_id", "pending_2fa_setup_user_id"} & set(other.session)
    return answer


@attack("A5", 401)
def an_unproved_account_takes_an_invitation(stage: Stage) -> Answer:
    stage.post_form("/register", NEW)
    stage.invitation(email=NEW["email"])
    answer = stage.other().send(
        "POST", "/api/v1/invitations/accept", body={"token": "t" * 43, "password": NEW["password"]}
    )
    assert not Membership.objects.filter(user__email=NEW["email"]).exists()
    return answer


def reset_link(stage: Stage) -> str:
    known = stage.post_form("/password-reset", {"email": email_of(stage, "client")})
    other = stage.other()
    unknown = other.post_form("/password-reset", {"email": "nobody@nowhere.example"})
    words = [
        holding.Page(one.content.decode()).text.replace(email, "…")
        for one, email in ((known, email_of(stage, "client")), (unknown, "nobody@nowhere.example"))
    ]
    assert words[0] == words[1]
    return stage.token_in_letter(email_of(stage, "client"))


@attack("A5", 400)
def a_reset_link_twice(stage: Stage) -> Answer:
    token = reset_link(stage)
    form = {"token": token, "password": SECRET}
    first = stage.post_form("/password-reset/confirm", form)
    assert first.status_code == 302, first.content
    again = stage.other().post_form("/password-reset/confirm", {**form, "password": "nine dry herons wade"})
    assert User.objects.get(email=email_of(stage, "client")).check_password(SECRET)
    return again


@attack("A5", 400)
def a_reset_link_after_its_hour(stage: Stage) -> Answer:
    token = reset_link(stage)
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    return stage.post_form("/password-reset/confirm", {"token": token, "password": SECRET})


@attack("A5", 400)
def a_link_for_another_purpose(stage: Stage) -> Answer:
    token = reset_link(stage)
    return stage.send("GET", "/verify-email", query={"token": token})


# A6: Microsoft.


def microsoft(stage: Stage, token: str, **further: str) -> Answer:
    with override_settings(**issuer.microsoft_settings(issuer.KEYS_AT)):
        return stage.send("POST", "/api/v1/auth/microsoft", body={"id_token": token, **further})


@attack("A6", 401, {"detail": "Invalid Microsoft token"})
def an_address_that_a_tenant_only_claims(stage: Stage) -> Answer:
    told = issuer.microsoft_claims(email=email_of(stage, "admin"), email_verified=None, xms_edov=None)
    answer = microsoft(stage, issuer.signed(told))
    assert not ExternalIdentity.objects.exists()
    return answer


@attack("A6", 401, {"detail": "Invalid Microsoft token"})
def the_same_address_from_a_foreign_tenant(stage: Stage) -> Answer:
    foreign = "99990000-1111-4222-8333-444455556666"
    told = issuer.microsoft_claims(
        email=email_of(stage, "admin"), tid=foreign, iss=f"https://issuer.example/{foreign}/v2.0"
    )
    answer = microsoft(stage, issuer.signed(told))
    assert not ExternalIdentity.objects.exists()
    return answer


@attack("A6", 401, {"detail": "Invalid Microsoft token"})
def a_token_of_another_conversation(stage: Stage) -> Answer:
    return microsoft(stage, issuer.signed(issuer.microsoft_claims(nonce="theirs")), nonce="ours")


@attack("A6", 401, {"detail": "Invalid Microsoft token"})
def a_token_signed_with_the_public_key(stage: Stage) -> Answer:
    return microsoft(stage, hmac_signed(issuer.microsoft_claims()))


@attack("A6", 401, {"detail": "Invalid Microsoft token"})
def a_token_without_a_signature(stage: Stage) -> Answer:
    return microsoft(stage, unsigned(issuer.microsoft_claims()))


@pytest.mark.parametrize("tried", attacks_of(__name__), ids=str)
def test_the_attack_gets_the_answer_that_is_written(tried: Attack, world: World) -> None:
    prove(tried, world)
