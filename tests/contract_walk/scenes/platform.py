"""Sign-in, the second factor, registration and invitations as pages, and the search for people."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.test import override_settings
from django.utils import timezone
from django_otp.plugins.otp_totp.models import TOTPDevice

from accounts.models import Invitation, OneTimeLink, User
from accounts.tests.factories import PASSWORD
from core.mail.models import Letter
from tests.contract_walk.scene import Act, Elsewhere, Twist, scene
from tests.contract_walk.stage import Answer, Stage

SIGNED_IN_KEYS = {"user_id", "user_name", "user_email"}
NEW = {"name": "Nora Neu", "email": "nora@neu.example", "password": "eight wet otters sing"}


def both(*acts: Act) -> Act:
    def run(stage: Stage) -> None:
        for act in acts:
            act(stage)

    return run


def credentials(who: str, password: str = PASSWORD) -> Callable[[Stage], dict[str, str]]:
    return lambda stage: {"email": stage.world.people[who].email, "password": password}


def own_device(who: str) -> Act:
    def give(stage: Stage) -> None:
        stage.kept["device"] = stage.with_device(who)

    return give


def signs_in(who: str) -> Act:
    def act(stage: Stage) -> None:
        assert stage.sign_in(who).status_code == 302

    return act


def change(who: str, **fields: Any) -> Act:
    def act(stage: Stage) -> None:
        User.objects.filter(pk=stage.world.people[who].pk).update(**fields)

    return act


# Sign-in.

scene("platform.login.page", who=None, alternatives=(Twist(who="client"),))


def holds_only_pending(stage: Stage, answer: Answer) -> None:
    held = stage.session
    assert held["pending_2fa_user_id"] == stage.world.id_of("client"), held
    assert not SIGNED_IN_KEYS & set(held), held
    assert stage.send("GET", "/api/users/search?q=client").status_code == 401


def holds_the_person(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    other.sign_in("production")
    person, held = stage.world.people["production"], other.session
    assert (held["user_id"], held["user_name"], held["user_email"]) == (str(person.pk), person.name, person.email), held


def failure_leaves_nothing(stage: Stage, answer: Answer) -> None:
    pages = []
    for email in ("nobody@nowhere.example", stage.world.people["production"].email):
        other = stage.other()
        refused = other.post_form("/login", {"email": email, "password": "not the password"})
        assert not SIGNED_IN_KEYS & set(other.session), other.session
        pages.append(without_tokens(refused.content.decode()).replace(email, "…"))
    assert pages[0] == pages[1], "the page differs for unknown and known addresses"


def without_tokens(text: str) -> str:
    """CSRF tokens and request ids differ on every page."""
    return re.sub(r"\b[A-Za-z0-9]{64}\b|[0-9a-f]{8}-[0-9a-f-]{27}", "", text)


scene(
    "platform.login.submit",
    who=None,
    given=own_device("client"),
    body=credentials("client"),
    alternatives=(
        Twist(body=credentials("production"), settings={"MFA_POLICY": "required"}),
        Twist(body=credentials("production"), settings={"MFA_POLICY": "optional"}),
    ),
    errors={
        "login template with an error message": (
            Twist(body={"email": "nobody@nowhere.example", "password": PASSWORD}),
            Twist(body=credentials("client", "not the password")),
            Twist(body=lambda stage: {"email": stage.world.people["client"].email}),
            Twist(body={"password": PASSWORD}),
            Twist(given=change("client", is_active=False)),
            Twist(given=change("client", email_verified_at=None)),
            Twist(given=change("client", deleted_at=timezone.now())),
        )
    },
    effects=(holds_only_pending, holds_the_person, failure_leaves_nothing),
)

# The second factor at sign-in.

pending = both(own_device("client"), signs_in("client"))


def now_signed_in(stage: Stage, answer: Answer) -> None:
    held = stage.session
    assert set(held) >= SIGNED_IN_KEYS, held
    assert "pending_2fa_user_id" not in held
    assert stage.send("GET", "/api/users/search?q=client").status_code == 200


def wrong_code_leaves_it_pending(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    other.sign_in("client")
    other.post_form("/verify-2fa", {"token": other.wrong_code(stage.kept["device"])})
    assert other.session["pending_2fa_user_id"] == stage.world.id_of("client")
    assert not SIGNED_IN_KEYS & set(other.session)


scene("platform.verify_2fa.page", who=None, given=pending, alternatives=(Twist(given=None),))
scene(
    "platform.verify_2fa.submit",
    who=None,
    given=pending,
    body=lambda stage: {"token": stage.code_of(stage.kept["device"])},
    alternatives=(Twist(given=None, body={"token": "123456"}),),
    errors={
        "verify template with an error message": (
            Twist(body=lambda stage: {"token": stage.wrong_code(stage.kept["device"])}),
            Twist(body={}),
            Twist(body={"token": "no digits"}),
        )
    },
    effects=(now_signed_in, wrong_code_leaves_it_pending),
)

# Setting a second factor up.


def opened(page: str) -> Act:
    """The person has looked at the set-up page, which makes the secret."""

    def act(stage: Stage) -> None:
        assert stage.send("GET", page).status_code == 200
        stage.kept["device"] = TOTPDevice.objects.get(confirmed=False)

    return act


def candidate_is_kept(stage: Stage, answer: Answer) -> None:
    first = TOTPDevice.objects.get(user=stage.world.people["client"], confirmed=False).key
    assert stage.send("GET", "/setup-2fa").status_code == 200
    assert TOTPDevice.objects.get(user=stage.world.people["client"], confirmed=False).key == first
    assert answer.headers["Cache-Control"].find("no-store") >= 0


def next_sign_in_wants_the_code(stage: Stage, answer: Answer) -> None:
    assert TOTPDevice.objects.filter(user=stage.world.people["client"], confirmed=True).exists()
    other = stage.other()
    assert other.sign_in("client").headers["Location"].startswith("/verify-2fa")


def code_of_candidate(stage: Stage) -> dict[str, str]:
    return {"token": stage.code_of(stage.kept["device"])}


def wrong_for_candidate(stage: Stage) -> dict[str, str]:
    return {"token": stage.wrong_code(stage.kept["device"])}


scene(
    "platform.setup_2fa.page",
    who="client",
    alternatives=(Twist(who=None),),
    effects=(candidate_is_kept,),
)
scene(
    "platform.setup_2fa.submit",
    who="client",
    given=opened("/setup-2fa"),
    body=code_of_candidate,
    alternatives=(Twist(who=None, given=None, body={"token": "123456"}),),
    errors={
        "setup template with QR code and an error message": (Twist(body=wrong_for_candidate), Twist(body={})),
    },
    effects=(next_sign_in_wants_the_code,),
)

REQUIRED = {"MFA_POLICY": "required"}


def owes_setup(stage: Stage) -> None:
    """Signed in by password, under a policy that wants more. The policy holds for this sign-in already."""
    with override_settings(**REQUIRED):
        assert stage.sign_in("client").headers["Location"].startswith("/setup-2fa-required")


def set_up_and_signed_in(stage: Stage, answer: Answer) -> None:
    assert set(stage.session) >= SIGNED_IN_KEYS, stage.session
    next_sign_in_wants_the_code(stage, answer)


scene(
    "platform.setup_2fa_required.page",
    who=None,
    given=owes_setup,
    settings=REQUIRED,
    alternatives=(Twist(given=None),),
)
scene(
    "platform.setup_2fa_required.submit",
    who=None,
    given=both(owes_setup, opened("/setup-2fa-required")),
    settings=REQUIRED,
    body=code_of_candidate,
    alternatives=(Twist(given=None, body={"token": "123456"}),),
    errors={"setup template with an error message": (Twist(body=wrong_for_candidate), Twist(body={}))},
    effects=(set_up_and_signed_in,),
)

# Going out.


def nothing_is_left(stage: Stage, answer: Answer) -> None:
    assert not SIGNED_IN_KEYS & set(stage.session)
    assert stage.send("GET", "/api/users/search?q=client").status_code == 401
    stage.http.cookies["sessionid"] = stage.kept["cookie"]
    assert stage.send("GET", "/api/users/search?q=client").status_code == 401


def remember_cookie(stage: Stage) -> None:
    stage.kept["cookie"] = stage.http.cookies["sessionid"].value


scene(
    "platform.logout.redirect",
    who="client",
    given=remember_cookie,
    alternatives=(Twist(who=None, given=None),),
    effects=(nothing_is_left,),
)

# Registration.

scene("platform.register.page", who=None, alternatives=(Twist(who="client"),))


def unproved_person(stage: Stage, answer: Answer) -> None:
    assert User.objects.get(email=NEW["email"]).email_verified_at is None


def one_letter_with_the_link(stage: Stage, answer: Answer) -> None:
    assert Letter.objects.filter(to=NEW["email"]).count() == 1
    assert stage.link_in_letter(NEW["email"]).startswith("/verify-email?token=")


def no_sign_in_before(stage: Stage, answer: Answer) -> None:
    other = stage.other()
    other.post_form("/login", {"email": NEW["email"], "password": NEW["password"]})
    assert not SIGNED_IN_KEYS & set(other.session)
    refused = other.send("POST", "/api/v1/auth/login", body={"email": NEW["email"], "password": NEW["password"]})
    assert refused.status_code == 401


def no_second_person(stage: Stage, answer: Answer) -> None:
    known = stage.world.people["client"].email
    other = stage.other()
    again = other.post_form("/register", {**NEW, "email": known.upper()})
    assert User.objects.filter(email__iexact=known).count() == 1
    # Decision D14: the same answer, and a letter to whoever owns the address.
    assert again.status_code == answer.status_code
    same = [without_tokens(one.content.decode()) for one in (answer, again)]
    assert same[0].replace(NEW["email"], "…") == same[1].replace(known.upper(), "…").replace(known, "…")
    assert Letter.objects.filter(to=known).exists()


scene(
    "platform.register.submit",
    who=None,
    body=NEW,
    shows=r"(check|look|sent|mail).{0,80}(e-?mail|mail|inbox|link)",
    alternatives=(Elsewhere("rendering is what this implementation does"),),
    errors={
        "register template with an error message": tuple(
            Twist(body={**NEW, name: value})
            for name, value in (
                ("name", ""),
                ("email", ""),
                ("email", "no-address"),
                ("password", ""),
                ("password", "short"),
                ("password", "nora@neu.example"),
            )
        )
    },
    effects=(unproved_person, one_letter_with_the_link, no_sign_in_before, no_second_person),
)

# Proving the address.


def registered_here(stage: Stage) -> None:
    assert stage.post_form("/register", NEW).status_code in {200, 302}
    stage.kept["token"] = stage.token_in_letter(NEW["email"])


def registered_elsewhere_and_expired(stage: Stage) -> None:
    registered_here(stage)
    OneTimeLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))


def registered_and_used(stage: Stage) -> None:
    registered_here(stage)
    stage.other().send("GET", "/verify-email", query={"token": stage.kept["token"]})


def proved_once(stage: Stage, answer: Answer) -> None:
    assert User.objects.get(email=NEW["email"]).email_verified_at is not None
    again = stage.other().send("GET", "/verify-email", query={"token": stage.kept["token"]})
    assert again.status_code in {400, 404}


def waits_for_the_second_factor(stage: Stage, answer: Answer) -> None:
    assert stage.session["pending_2fa_setup_user_id"] == str(User.objects.get(email=NEW["email"]).pk)
    assert not SIGNED_IN_KEYS & set(stage.session)


scene(
    "platform.verify_email.redirect",
    who=None,
    given=registered_here,
    query=lambda stage: {"token": stage.kept["token"]},
    errors={
        "message, with a link to /login": (
            Twist(given=None, query={}),
            Twist(given=None, query={"token": "x" * 43}),
            Twist(given=None, query={"token": ""}),
            Twist(given=registered_elsewhere_and_expired),
            Twist(given=registered_and_used),
        )
    },
    effects=(proved_once, waits_for_the_second_factor),
)

# Inviting.

GUEST = {"email": "guest@guest.example", "name": "Gus Guest"}


def invited_by_mail(stage: Stage, answer: Answer) -> None:
    assert Invitation.objects.filter(email=GUEST["email"]).count() == 1
    assert Letter.objects.filter(to=GUEST["email"]).count() == 1


scene(
    "platform.admin_invite.page",
    alternatives=(Twist(who=None),),
    errors={"access denied": (Twist(who="client"), Twist(who="production"))},
)
scene(
    "platform.admin_invite.submit",
    body=GUEST,
    shows=r"invit\w+.{0,60}(sent|on its way)|sent.{0,60}invit",
    alternatives=(Twist(who=None),),
    errors={
        "access denied": (Twist(who="client"), Twist(who="project_manager")),
        "invite template with an error message": (
            Twist(body={"email": "", "name": ""}),
            Twist(body={"email": "no-address"}),
            Twist(body=lambda stage: {"email": stage.world.people["client"].email}),
        ),
    },
    effects=(invited_by_mail,),
)

# Finding people.


def finds_only_ones_own(stage: Stage, answer: Answer) -> None:
    found = {one["email"] for one in answer.json()["users"]}
    assert found == {"linguist@house.example"}, found
    assert stage.send("GET", "/api/users/search", query={"q": stage.world.CANARY}).json() == {"users": []}
    assert stage.send("GET", "/api/users/search", query={"q": ""}).json() == {"users": []}
    assert stage.send("GET", "/api/users/search").json() == {"users": []}


scene("platform.users.search", who="client", query={"q": "LINGU"}, checks=(finds_only_ones_own,))
