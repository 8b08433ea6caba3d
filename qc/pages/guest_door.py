"""How a guest comes in: by the link's secret, its password where there is one, and a cookie for the rest of the day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpRequest, HttpResponse

from core.rest import throttles
from core.rest.request_info import address_of
from qc.models import ShareLink
from qc.services import sharing
from qc.services.sharing import DeadShareError

COOKIE = "reelwright_guest"
SALT = "qc.guest"
HOURS = 12
# A guest's page is neither kept nor found, and its address is passed on to nobody else. To ourselves it is: without an origin a browser's
# own forms could not be told from another site's.
QUIET = {"Cache-Control": "no-store", "Referrer-Policy": "same-origin", "X-Robots-Tag": "noindex, nofollow"}


@dataclass(frozen=True)
class Guest:
    share: ShareLink
    token: str
    name: str = ""


def _remembered(request: HttpRequest) -> dict[str, Any]:
    try:
        kept = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=HOURS * 3600)
    except signing.BadSignature:
        return {}
    return kept if isinstance(kept, dict) else {}


def come_in(request: HttpRequest, token: str, *, password: str = "") -> Guest:
    """The guest, counted once for each visit. Every stranger's try counts against their address, whether it hits or not."""
    kept = _remembered(request)
    try:
        found = sharing.find(token, known=bool(kept))
    except DeadShareError:
        found = None
    if found is not None and kept.get("share") == str(found.pk) and kept.get("guard") == found.password[-12:]:
        return Guest(found, token, str(kept.get("name", "")))
    throttles.check("shares", address_of(request), fail_closed=True)
    found = sharing.find(token, password=password)
    sharing.visit(found, address=address_of(request))
    return Guest(found, token)


def inside(request: HttpRequest, token: str) -> Guest:
    """A guest who has come in already: for what the page itself asks for."""
    kept = _remembered(request)
    found = sharing.find(token, known=True)
    if kept.get("share") != str(found.pk) or kept.get("guard") != found.password[-12:]:
        raise DeadShareError
    return Guest(found, token, str(kept.get("name", "")))


def remember(response: HttpResponse, guest: Guest, *, name: str | None = None, secure: bool) -> HttpResponse:
    """The cookie opens this link's page only. A new password makes it worthless."""
    kept = {
        "share": str(guest.share.pk),
        "guard": guest.share.password[-12:],
        "name": guest.name if name is None else name,
    }
    response.set_cookie(
        COOKIE,
        signing.dumps(kept, salt=SALT),
        max_age=HOURS * 3600,
        path=f"/s/{guest.token}",
        httponly=True,
        secure=secure,
        samesite="Lax",
    )
    for header, value in QUIET.items():
        response[header] = value
    return response
