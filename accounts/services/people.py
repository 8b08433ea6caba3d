"""People: made, changed, closed."""

from __future__ import annotations

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from accounts.models import Membership, Organization, User, UserSession
from core import audit


@transaction.atomic
def ensure_person(*, email: str, name: str, role: str, password: str, organization: Organization | None = None) -> User:
    """The person with this address, made when there is none, with this role and password. Asking twice changes nothing.

    Admins may enter the Django admin.
    """
    user: User | None = User.objects.filter(email__iexact=email).first()
    admin = role == User.Role.ADMIN
    if user is None:
        user = User.objects.create_user(email, password, name=name, role=role, is_staff=admin, is_superuser=admin)
        audit.record("accounts.user.create", user, actor=None, role=role)
    elif not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password", "updated_at"])
        audit.record("accounts.user.set_password", user, actor=None)
    if organization is not None:
        Membership.objects.get_or_create(organization=organization, user=user)
    return user


@transaction.atomic
def end_sign_ins(user: User, *, because: str, actor: User | None, keep: UserSession | None = None) -> int:
    """Ends every session and token of a person at once and returns how many sign-ins that were. `keep` is spared.

    Raising `token_version` refuses what is outstanding; whoever keeps a sign-in writes the new version into it.
    """
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    ended = UserSession.objects.filter(user=user, is_revoked=False)
    if keep is not None:
        ended = ended.exclude(pk=keep.pk)
    keys = [key for key in ended.values_list("session_key", flat=True) if key]
    Session.objects.filter(pk__in=keys).delete()
    count = ended.update(is_revoked=True, revoked_at=Now(), revoked_because=because)
    audit.record("accounts.sign_ins.end", user, actor=actor, reason=because, count=count)
    return count
