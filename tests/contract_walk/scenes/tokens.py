"""The routes that give and take tokens: pipeline's, accessible's, voice's and movie's views of one sign-in."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import ExternalIdentity, RefreshToken, User, UserSession
from accounts.tests.factories import PASSWORD
from core.models import AuditEvent
from core.testing.contract import differences
from tests.contract_walk import issuer
from tests.contract_walk.scene import Elsewhere, Twist, scene
from tests.contract_walk.scenes.platform import change, credentials
from tests.contract_walk.stage import Answer, Stage

BEARER_ROUTES = (
    "/api/auth/me",
    "/api/v1/organizations",
    "/api/v1/clients",
    "/api/v1/jobs",
    "/api/v1/organizations/me/memberships",
)


def works_everywhere(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    other.bearer = answer.json()["access_token"]
    for path in BEARER_ROUTES:
        assert other.send("GET", path).status_code == 200, path


def union(stage: Stage, answer: Answer) -> None:
    """Decision A6: one answer for both documents."""
    body = answer.json()
    shape = {"success": "bool", "token": "string", "access_token": "string", "token_type": "string"}
    assert (
        differences(body, {**shape, "user": {"id": "uuid", "email": "string", "name": "string", "role": "string"}})
        == []
    )
    assert body["token"] == body["access_token"]
    assert body["success"] is True
    # Decision: movie's role is user, unless the account is an admin.
    assert body["user"]["role"] in {"user", "admin"}


WRONG = (
    Twist(body={"username": "nobody@nowhere.example", "email": "nobody@nowhere.example", "password": PASSWORD}),
    Twist(
        body=lambda stage: {
            "username": stage.world.people["client"].email,
            "email": stage.world.people["client"].email,
            "password": "not the password",
        }
    ),
    Twist(given=change("client", is_active=False)),
    Twist(given=change("client", deleted_at=timezone.now())),
    Twist(given=change("client", email_verified_at=None)),
)


def form_credentials(stage: Stage) -> dict[str, str]:
    return {"username": stage.world.people["client"].email, "password": PASSWORD}


scene(
    "pipeline.auth.login",
    who=None,
    form=True,
    body=form_credentials,
    errors={
        "Could not validate credentials": WRONG,
        "list of {loc, msg, type} objects, or a string": (
            Twist(body={"username": "a@b.example"}),
            Twist(body={"password": PASSWORD}),
            Twist(body={}),
        ),
    },
    effects=(
        works_everywhere,
        Elsewhere("Decision D23: demo people exist only after `make demo`"),
    ),
    checks=(union,),
)
scene(
    "movie.auth.login",
    who=None,
    body=credentials("client"),
    errors={
        "Could not validate credentials": WRONG,
        "Invalid request data": (Twist(body={"email": "no-address", "password": PASSWORD}),),
    },
    effects=(works_everywhere,),
    checks=(union,),
)

# The exchange: an address is proved, or there is no token.


def browser_session(who: str) -> Any:
    def act(stage: Stage) -> None:
        assert stage.sign_in(who).status_code == 302

    return act


def own_address(who: str) -> Any:
    return lambda stage: {"email": stage.world.people[who].email}


def belongs_to_the_address(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    other.bearer = answer.json()["access_token"]
    assert other.send("GET", "/api/auth/me").json()["email"] == stage.world.people["client"].email


scene(
    "pipeline.auth.exchange",
    who=None,
    given=browser_session("client"),
    body=own_address("client"),
    errors={
        "Could not validate credentials": (
            Twist(given=None),
            Twist(given=None, body={"email": "nobody@nowhere.example"}),
            Twist(body=own_address("production")),
        ),
        "list of {loc, msg, type} objects, or a string": (
            Twist(body={}),
            Twist(body={"email": "no-address"}),
            Twist(body={"email": 7}),
        ),
    },
    effects=(belongs_to_the_address, Elsewhere("Decision A5: an address that nobody proved yields nothing")),
)
scene("pipeline.auth.me", who="client")

# /api/v1/auth.


def sign_in_row(stage: Stage, answer: Answer) -> None:
    row = UserSession.objects.get(user=stage.world.people["client"], kind=UserSession.Kind.TOKEN)
    raw = answer.json()
    assert raw["access_token"] not in (row.access_token, row.refresh_token)
    assert (len(row.access_token), len(row.refresh_token)) == (64, 64)


def refresh_cookie(stage: Stage, answer: Answer) -> None:
    cookie = answer.cookies["refresh_token"]
    # Decision A4: Strict, where the document says Lax.
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", "/api/v1/auth"), cookie.output()
    assert RefreshToken.objects.count() >= 1
    assert not RefreshToken.objects.filter(token_hash=cookie.value).exists()


def login_is_in_the_trail(stage: Stage, answer: Answer) -> None:
    user = stage.world.people["client"]
    assert AuditEvent.objects.filter(action="auth.login", subject_id=str(user.pk)).exists()
    stage.other().send("POST", "/api/v1/auth/login", body={"email": user.email, "password": "not the password"})
    failed = AuditEvent.objects.filter(action="auth.login_failed").latest("at")
    assert "not the password" not in str(failed.details)


LOGIN: dict[str, Any] = {
    "who": None,
    "body": credentials("client"),
    "errors": {
        "Invalid email or password": WRONG,
        "Invalid request parameters": (Twist(body={"email": "no-address", "password": PASSWORD}),),
    },
}
scene("accessible.auth.login", **LOGIN, effects=(sign_in_row, refresh_cookie, login_is_in_the_trail))
scene("voice.auth.login", **LOGIN, effects=(sign_in_row, refresh_cookie))


def holds_the_cookie(stage: Stage) -> None:
    """Signed in as a program that keeps cookies; the access token is not sent along."""
    assert stage.token_login("client").status_code == 200
    stage.kept["first"], stage.bearer = stage.bearer, ""


def rotated(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    other.bearer = answer.json()["access_token"]
    assert other.send("GET", "/api/auth/me").status_code == 200
    other.bearer = stage.kept["first"]
    assert other.send("GET", "/api/auth/me").status_code == 401, "the old access token still works"
    old, new = stage.kept["refresh_token"], newest_refresh_token(stage, answer)
    assert old != new


def newest_refresh_token(stage: Stage, answer: Answer) -> str:
    return str(answer.json().get("refresh_token") or stage.http.cookies["refresh_token"].value)


def past_the_grace() -> None:
    RefreshToken.objects.exclude(replaced_at=None).update(replaced_at=timezone.now() - timedelta(seconds=11))


def reuse_ends_the_sign_in(stage: Stage, answer: Answer) -> None:
    new = newest_refresh_token(stage, answer)
    past_the_grace()
    other = stage.other()
    for token in (stage.kept["refresh_token"], new):
        refused = other.send("POST", "/api/v1/auth/refresh", headers={"Authorization": f"Bearer {token}"})
        assert refused.status_code == 401, refused.content
    other.bearer = answer.json()["access_token"]
    assert other.send("GET", "/api/auth/me").status_code == 401


def no_secret_in_the_body(stage: Stage, answer: Answer) -> None:
    assert "refresh_token" not in answer.json()


NO_TOKEN = (
    Twist(given=None),
    Twist(given=None, headers={"Authorization": "Bearer junk"}),
    Twist(given=None, headers={"Cookie": "refresh_token=junk"}),
    # An access token is no refresh token.
    Twist(given=None, headers=lambda stage: {"Authorization": f"Bearer {access_of(stage)}"}),
)


def access_of(stage: Stage) -> str:
    other = stage.other()
    other.token_login("client")
    return other.bearer


scene(
    "accessible.auth.refresh",
    who=None,
    given=holds_the_cookie,
    errors={"Invalid or expired token": NO_TOKEN},
    effects=(rotated, reuse_ends_the_sign_in),
    checks=(no_secret_in_the_body,),
)
scene(
    "voice.auth.refresh",
    who=None,
    given=holds_the_cookie,
    headers=lambda stage: {"Authorization": f"Bearer {stage.kept['refresh_token']}"},
    errors={"Invalid or expired token": (Twist(given=None, headers={}), *NO_TOKEN[1:])},
    effects=(rotated,),
)


def nothing_works_any_more(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    other.bearer = stage.bearer
    assert other.send("GET", "/api/auth/me").status_code == 401
    again = other.send(
        "POST", "/api/v1/auth/refresh", headers={"Authorization": f"Bearer {stage.kept['refresh_token']}"}
    )
    assert again.status_code == 401
    assert UserSession.objects.get(user=stage.world.people["client"]).is_revoked


def cookie_is_cleared(stage: Stage, answer: Answer) -> None:
    cookie = answer.cookies["refresh_token"]
    assert (cookie.value, cookie["path"]) == ("", "/api/v1/auth"), cookie.output()
    assert cookie["max-age"] == 0


def logged_out(stage: Stage, answer: Answer) -> None:
    nothing_works_any_more(stage, answer)
    cookie_is_cleared(stage, answer)


scene("accessible.auth.logout", who="client", effects=(logged_out,))
scene("voice.auth.logout", who="client", effects=(nothing_works_any_more, cookie_is_cleared))

# Microsoft.


def microsoft(**changed: Any) -> Any:
    return lambda stage: {"id_token": issuer.signed(issuer.microsoft_claims(**changed))}


def made_and_found_again(stage: Stage, answer: Answer) -> None:
    person = User.objects.get(email="ms@tenant.example")
    assert (person.role, answer.json()["user"]["id"]) == (User.Role.CLIENT, str(person.pk))
    again = stage.other().send("POST", "/api/v1/auth/microsoft", body=microsoft()(stage))
    assert again.json()["user"]["id"] == str(person.pk)
    assert ExternalIdentity.objects.filter(user=person).count() == 1


def session_and_cookie(stage: Stage, answer: Answer) -> None:
    assert UserSession.objects.filter(user__email="ms@tenant.example").exists()
    assert answer.cookies["refresh_token"]["httponly"]


def trail_of_microsoft(stage: Stage, answer: Answer) -> None:
    assert AuditEvent.objects.filter(action="auth.login", subject_id=answer.json()["user"]["id"]).exists()


NOW = int(time.time())
scene(
    "accessible.auth.microsoft",
    who=None,
    body=microsoft(),
    settings=issuer.microsoft_settings(issuer.KEYS_AT),
    errors={
        "Invalid Microsoft token": tuple(
            Twist(body=body)
            for body in (
                {"id_token": "junk"},
                lambda _: {"id_token": issuer.signed(issuer.microsoft_claims(), by="theirs")},
                lambda _: {"id_token": issuer.signed(issuer.microsoft_claims(), kid="unknown")},
                microsoft(aud="another-client"),
                microsoft(
                    iss="https://issuer.example/99990000-1111-4222-8333-444455556666/v2.0",
                    tid="99990000-1111-4222-8333-444455556666",
                ),
                microsoft(iss="https://evil.example"),
                microsoft(exp=NOW - 3600, nbf=NOW - 7200, iat=NOW - 7200),
                microsoft(nbf=NOW + 36000),
                microsoft(sub=None, oid=None),
            )
        ),
        "Microsoft sign-in is not configured": Twist(settings={"MICROSOFT_CLIENT_ID": "", "MICROSOFT_TENANTS": []}),
    },
    effects=(made_and_found_again, session_and_cookie, trail_of_microsoft),
)
