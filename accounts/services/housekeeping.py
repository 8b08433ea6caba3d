"""What nobody can use any more leaves the database after a while. Invitations stay: they say who let whom in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Notification, OneTimeLink, RefreshToken, UserSession

# So long people see in their list where they were signed in, and a replaced refresh token still gives a thief away.
KEPT = timedelta(days=30)
# After they were read; unread ones stay four times as long.
NEWS_KEPT = timedelta(days=90)
BATCH = 1000


def forget_expired() -> dict[str, int]:
    """Returns how many rows of each kind went. Running it twice, or two at once, is harmless."""
    now = timezone.now()
    long_ago = now - KEPT
    ended = Q(expires_at__lt=long_ago) | Q(is_revoked=True, revoked_at__lt=long_ago)
    return {
        "refresh_tokens": _delete(RefreshToken.objects.filter(replaced_at__lt=long_ago)),
        "sign_ins": _delete(UserSession.objects.filter(ended)),
        "one_time_links": _delete(OneTimeLink.objects.filter(expires_at__lt=long_ago)),
        "news": _delete(
            Notification.objects.filter(Q(read_at__lt=now - NEWS_KEPT) | Q(created_at__lt=now - 4 * NEWS_KEPT))
        ),
        "browser_sessions": _delete(Session.objects.filter(expire_date__lt=now)),
    }


def _delete(rows: QuerySet[Any]) -> int:
    """In batches, so that no lock is held for long."""
    gone = 0
    while keys := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        rows.model.objects.filter(pk__in=keys).delete()
        gone += len(keys)
    return gone
