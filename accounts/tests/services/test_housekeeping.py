"""Old sign-ins, tokens and links leave; what still counts stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts.models import Invitation, Notification, OneTimeLink, RefreshToken, UserSession
from accounts.services import housekeeping
from accounts.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def days(number: float) -> Any:
    return timezone.now() + timedelta(days=number)


def test_only_what_nobody_can_use_any_more_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "BATCH", 1)
    user = UserFactory()

    def sign_in(**fields: Any) -> UserSession:
        return UserSession.objects.create(**{"user": user, "kind": "token", "expires_at": days(1), **fields})

    live = sign_in()
    sign_in(expires_at=days(-29))
    sign_in(is_revoked=True, revoked_at=days(-29))
    sign_in(expires_at=days(-31))
    sign_in(is_revoked=True, revoked_at=days(-31))
    for number, replaced in enumerate([None, days(-29), days(-31)]):
        RefreshToken.objects.create(session=live, token_hash=str(number), replaced_at=replaced)
    for number, ends in enumerate([1, -29, -31]):
        link = {"user": user, "purpose": "reset_password", "email": user.email}
        OneTimeLink.objects.create(**link, token_hash=str(number), expires_at=days(ends))
    Session.objects.create(session_key="live", session_data="", expire_date=days(1))
    Session.objects.create(session_key="dead", session_data="", expire_date=days(-1))
    Invitation.objects.create(email="guest@example.com", token_hash="x", expires_at=days(-400), invited_by=user)

    for read in (-89, -91):
        Notification.objects.create(user=user, kind="job.completed", text="A", read_at=days(read))

    gone = housekeeping.forget_expired()
    assert gone == {"refresh_tokens": 1, "sign_ins": 2, "one_time_links": 1, "news": 1, "browser_sessions": 1}
    assert UserSession.objects.count() == 3
    assert set(RefreshToken.objects.values_list("token_hash", flat=True)) == {"0", "1"}
    assert Session.objects.get().session_key == "live"
    assert Invitation.objects.exists()
    assert set(housekeeping.forget_expired().values()) == {0}
