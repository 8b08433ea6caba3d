"""Pages of invitations: sending them, and answering one's own."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import policies, queries
from accounts.models import Invitation, User
from accounts.pages.forms import GuestForm, JoinForm
from accounts.pages.parts import Question, ask, carry_out, found, paged, refusal, viewer, words
from accounts.services import invitations, sign_in
from core.errors import ConflictError, DomainError, NotFoundError
from core.rest import throttles
from core.rest.limits import address_key

UNKNOWN = "There is no such invitation, or it is not yours to change."
STATES = [("open", "Open"), ("accepted", "Accepted"), ("expired", "Expired"), ("withdrawn", "Withdrawn")]
# What a link that does not work means, by the status of its refusal.
OVER = {
    400: ("This invitation has expired", "Ask whoever invited you to send it again. The new letter has a new link."),
    404: ("This link does not work", "It is not complete, or the invitation was withdrawn. Try the link of the newest letter."),
    409: ("This invitation was accepted already", "Sign in with the account that accepted it."),
}  # fmt: skip


# Sending.


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def admin_invite(request: HttpRequest) -> HttpResponse:
    """To the studio itself. The document wants 200 and the page again, with a confirmation."""
    user = viewer(request)
    policies.require(user, "accounts.studio.invite")
    form, status, sent = GuestForm(), None, None
    if request.method == "POST":
        form = GuestForm(request.POST)
        made: list[Invitation] = []
        status = refusal(form, lambda: made.append(invitations.invite(invited_by=user, **form.promise())))
        # The document's word for a form that is not right.
        status = 400 if status == 422 else status
        if status is None:
            sent, form = made[0], GuestForm()
    context = {"form": form, "sent": sent}
    return render(request, "accounts/admin_invite.html", context, status=status or 200)


@login_required
@never_cache
@require_GET
def invitation_list(request: HttpRequest) -> HttpResponse:
    now, state = timezone.now(), request.GET.get("state", "")
    state = state if state in dict(STATES) else ""
    rows = in_state(queries.invitations(viewer(request)), state, now=now)
    if words(request):
        rows = rows.filter(Q(email__icontains=words(request)) | Q(name__icontains=words(request)))
    context = {
        "page": paged(request, rows),
        "q": words(request),
        "kept": [("state", state)] if state else [],
        "state": state,
        "states": STATES,
        "now": now,
    }
    return render(request, "accounts/invitations.html", context)


def in_state(rows: QuerySet[Invitation], state: str, *, now: datetime) -> QuerySet[Invitation]:
    match state:
        case "accepted":
            return rows.exclude(accepted_at=None)
        case "withdrawn":
            return rows.exclude(revoked_at=None).filter(accepted_at=None)
        case "open":
            return rows.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)
        case "expired":
            return rows.filter(accepted_at=None, revoked_at=None, expires_at__lte=now)
    return rows


def find_invitation(request: HttpRequest, invitation_id: UUID) -> Invitation:
    rows = Invitation.objects.visible_to(viewer(request)).select_related("organization", "project")
    return found(rows, invitation_id, UNKNOWN)


def page_of(invitation: Invitation) -> str:
    """Where one sees what it invites to."""
    if invitation.project_id:
        return reverse("accounts:project", args=[invitation.project_id])
    if invitation.organization_id:
        return reverse("accounts:organization", args=[invitation.organization_id])
    return reverse("accounts:invitations")


@login_required
@never_cache
@require_POST
def invitation_resend(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    """A new letter with a new link; the old link does not work any more."""
    invitation = find_invitation(request, invitation_id)
    back = request.POST.get("back", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("accounts:invitations")
    return carry_out(
        request,
        lambda: invitations.send_again(invitation, actor=viewer(request)),
        done=f"A new letter is on its way to {invitation.email}. The old link does not work any more.",
        to=back,
    )


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def invitation_revoke(request: HttpRequest, invitation_id: UUID) -> HttpResponse:
    invitation = find_invitation(request, invitation_id)
    if request.method == "POST":
        return carry_out(
            request,
            lambda: invitations.revoke(invitation, actor=viewer(request)),
            done=f"The invitation of {invitation.email} is withdrawn.",
            to=page_of(invitation),
        )
    question = Question(
        title=f"Withdraw the invitation of {invitation.email}?",
        follows="The link in the letter stops working at once.",
        button="Withdraw the invitation",
        back=page_of(invitation),
        section="projects" if invitation.project_id else "people",
        crumbs=[("Invitations", reverse("accounts:invitations"))],
    )
    return ask(request, question)


# Answering.


@never_cache
@sensitive_post_parameters("password", "token")
@require_http_methods(["GET", "POST"])
def invitation_accept(request: HttpRequest) -> HttpResponse:
    """Open to everybody who has the link. It signs nobody in who has an account; a new account's password does."""
    token = (request.POST if request.method == "POST" else request.GET).get("token", "")
    try:
        invitation = invitations.preview(token)
    except DomainError as error:
        return over(request, error)
    account = invitations.account_of(invitation)
    step = step_for(request, account)
    form = JoinForm(initial={"name": invitation.name})
    if request.method == "GET" or step not in {"join", "accept"}:
        return show(request, invitation, token, step=step, form=form, status=200 if request.method == "GET" else 403)
    accepted: list[User] = []
    if step == "accept":
        try:
            invitations.accept(token, guest=viewer(request))
        except DomainError as error:
            return over(request, error)
        messages.success(request, f"Welcome to {invitations.place_of(invitation) or 'the studio'}.")
        return redirect(way_in(invitation))
    form = JoinForm(request.POST)

    def join() -> None:
        # A new account is signed in at once, so this door counts with the others that mint a credential.
        throttles.check("auth", address_key(request), fail_closed=True)
        accepted.append(invitations.accept(token, guest=None, **form.cleaned_data))

    status = refusal(form, join)
    if status is not None:
        return show(request, invitation, token, step=step, form=form, status=status)
    return let_in(request, accepted[0], invitation)


def step_for(request: HttpRequest, account: User | None) -> str:
    if request.user.is_authenticated:
        return "accept" if account is not None and account.pk == request.user.pk else "other"
    return "join" if account is None else "sign_in"


def show(
    request: HttpRequest, invitation: Invitation, token: str, *, step: str, form: JoinForm, status: int
) -> HttpResponse:
    here = f"{reverse('accounts:invitation_accept')}?{urlencode({'token': token})}"
    role = invitation.get_project_role_display() if invitation.project_id else invitation.get_role_display()
    context: dict[str, Any] = {
        "form": form,
        "token": token,
        "step": step,
        "place": invitations.place_of(invitation),
        "inviter": str(invitation.invited_by) if invitation.invited_by else "",
        "masked": invitations.masked(invitation.email),
        "role": role.lower(),
        "expires_at": invitation.expires_at,
        "sign_in_url": f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': here})}",
    }
    return render(request, "accounts/invitation_accept.html", context, status=status)


def over(request: HttpRequest, error: DomainError) -> HttpResponse:
    known = isinstance(error, NotFoundError | ConflictError) or error.status_code == 400
    heading, advice = OVER[error.status_code] if known else ("This does not work", error.message)
    context = {"heading": heading, "advice": advice}
    return render(request, "accounts/invitation_over.html", context, status=error.status_code)


def let_in(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    """The new account goes on in this browser, as far as the sign-in policy allows without a second factor."""
    if sign_in.next_step(user) == "setup":
        sign_in.hold_for_setup(request, user)
        return redirect("accounts:setup-2fa-required")
    sign_in.open_browser_session(request, user, methods=["pwd"])
    messages.success(request, f"Welcome, {user}. Your account is ready.")
    return redirect(way_in(invitation))


def way_in(invitation: Invitation) -> str:
    """Where the new place can be seen."""
    into_one = invitation.project_id or invitation.organization_id
    return page_of(invitation) if into_one else resolve_url(settings.LOGIN_REDIRECT_URL)
