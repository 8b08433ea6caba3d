"""Attacks on what a sign-in leaves behind: tokens, browsers' sessions, headers (A7 to A10)."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import RefreshToken
from tests.contract_walk import holding
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
    prove,
    unsigned,
)
from tests.contract_walk.stage import Answer, Stage, World

# A7: refresh tokens.


@attack("A7", 403)
def another_site_uses_the_cookie(stage: Stage) -> Answer:
    stage.token_login("client")
    stage.bearer = ""
    before = RefreshToken.objects.count()
    answer = stage.send("POST", REFRESH, headers=EVIL)
    assert RefreshToken.objects.count() == before
    return answer


@attack("A7", 401, DEAD_TOKEN)
def a_stolen_token_after_its_owner_went_on(stage: Stage) -> Answer:
    program = as_(stage, "client")
    stolen = program.kept["refresh_token"]
    newer = program.other().send("POST", REFRESH, headers=bearer(stolen)).json()
    RefreshToken.objects.exclude(replaced_at=None).update(replaced_at=timezone.now() - timedelta(seconds=11))
    answer = stage.other().send("POST", REFRESH, headers=bearer(stolen))
    # And the owner has to sign in again: nobody knows which of the two is which.
    assert stage.other().send("GET", ME, headers=bearer(newer["access_token"])).status_code == 401
    assert stage.other().send("POST", REFRESH, headers=bearer(newer["refresh_token"])).status_code == 401
    return answer


@attack("A7", 200)
def two_tabs_at_once_are_no_attack(stage: Stage) -> Answer:
    token = as_(stage, "client").kept["refresh_token"]
    tabs = [stage.other().send("POST", REFRESH, headers=bearer(token)) for _ in range(2)]
    for tab in tabs:
        assert stage.other().send("GET", ME, headers=bearer(tab.json()["access_token"])).status_code == 200
    return tabs[1]


@attack("A7", 401, DEAD_TOKEN)
def an_unknown_cookie_is_cleared(stage: Stage) -> Answer:
    stage.http.cookies["refresh_token"] = "rwr_unknown"
    answer = stage.send("POST", REFRESH)
    assert answer.cookies["refresh_token"]["max-age"] == 0
    return answer


@attack("A7", 401, DEAD_TOKEN)
def a_refresh_token_of_somebody_who_was_deactivated(stage: Stage) -> Answer:
    token = as_(stage, "client").kept["refresh_token"]
    admin = as_(stage, "admin")
    path = f"/api/v1/admin/users/{stage.world.id_of('client')}"
    assert admin.send("PATCH", path, body={"is_active": False}).status_code == 200
    return stage.other().send("POST", REFRESH, headers=bearer(token))


# A8: access tokens.


@attack("A8", 401, DEAD_TOKEN)
def an_access_token_where_a_refresh_token_belongs(stage: Stage) -> Answer:
    return stage.other().send("POST", REFRESH, headers=bearer(as_(stage, "client").bearer))


@attack("A8", 401, COULD_NOT)
def a_refresh_token_where_an_access_token_belongs(stage: Stage) -> Answer:
    return stage.other().send("GET", ME, headers=bearer(as_(stage, "client").kept["refresh_token"]))


@attack("A8", 401, COULD_NOT)
def an_access_token_from_before_the_password_was_changed(stage: Stage) -> Answer:
    program = as_(stage, "client")
    stage.post_form("/password-reset", {"email": email_of(stage, "client")})
    token = stage.token_in_letter(email_of(stage, "client"))
    stage.post_form("/password-reset/confirm", {"token": token, "password": SECRET})
    assert program.other().send("POST", REFRESH, headers=bearer(program.kept["refresh_token"])).status_code == 401
    return program.send("GET", ME)


@attack("A8", 401, COULD_NOT)
def an_access_token_of_somebody_who_was_deleted(stage: Stage) -> Answer:
    program = as_(stage, "client")
    deleted = as_(stage, "admin").send("DELETE", f"/api/v1/admin/users/{stage.world.id_of('client')}")
    assert deleted.status_code == 204, deleted.content
    return program.send("GET", ME)


@attack("A8", 401, COULD_NOT)
def an_access_token_with_other_claims(stage: Stage) -> Answer:
    head, body, signature = as_(stage, "client").bearer.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    told["sub"] = stage.world.id_of("admin")
    forged = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    assert stage.other().send("GET", ME, headers=bearer(unsigned(told))).status_code == 401
    return stage.other().send("GET", ME, headers=bearer(f"{head}.{forged}.{signature}"))


# A9: browsers' sessions.


@attack("A9", 403)
def another_site_posts_with_the_session(stage: Stage) -> Answer:
    stage.sign_in("house_admin")
    path = f"/api/v1/clients/{stage.world.ids['client_id']}"
    for method, body in (("PATCH", {"name": "Taken"}), ("DELETE", None)):
        refused = stage.send(method, path, body=body, headers={**EVIL, "Referer": "https://evil.example/"})
        assert refused.status_code == 403, refused.content
    without = stage.http.generic("PATCH", path, b'{"name": "Taken"}', content_type="application/json")
    stage.world.client.refresh_from_db()
    assert (stage.world.client.name, stage.world.client.deleted_at) == ("Harbour Films", None)
    return without


@attack("A9", 302)
def a_session_id_planted_before_signing_in(stage: Stage) -> Answer:
    stage.http.get("/login")
    session = stage.http.session
    session["planted"] = 1
    session.save()
    planted = stage.http.cookies["sessionid"].value
    answer = stage.sign_in("client")
    assert stage.http.cookies["sessionid"].value != planted
    other = stage.other()
    other.http.cookies["sessionid"] = planted
    assert other.send("GET", "/api/users/search?q=client").status_code == 401
    return answer


@attack("A9", 200)
def signing_out_by_a_picture_on_another_site(stage: Stage) -> Answer:
    stage.sign_in("client")
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    answer = stage.send("GET", "/logout", headers=headers)
    assert holding.Page(answer.content.decode()).forms, "no form to confirm"
    assert stage.send("GET", "/api/users/search?q=client").status_code == 200
    return answer


@attack("A9", 302)
def leading_away_after_signing_in(stage: Stage) -> Answer:
    for place in ("//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"):
        other = stage.other()
        away = other.sign_in("client", next=place)
        assert away.headers["Location"] == "/chat", place
    return away


# A10: a bearer header beside a session.


@attack("A10", 401, {"detail": "Not authenticated"})
def a_junk_bearer_beside_a_good_session(stage: Stage) -> Answer:
    stage.sign_in("house_admin")
    path = f"/api/v1/clients/{stage.world.ids['client_id']}"
    junk = {"Authorization": "Bearer junk"}
    refused = stage.send("PATCH", path, body={"name": "Taken"}, headers=junk)
    stage.world.client.refresh_from_db()
    assert stage.world.client.name == "Harbour Films"
    return refused


@pytest.mark.parametrize("tried", attacks_of(__name__), ids=str)
def test_the_attack_gets_the_answer_that_is_written(tried: Attack, world: World) -> None:
    prove(tried, world)
