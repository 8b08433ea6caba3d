"""People whom an admin takes in."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from accounts.models import Organization, User
from accounts.services import invitations, passwords, places
from accounts.services.people import ADMIN, TAKEN
from core import audit
from core.errors import ConflictError


@transaction.atomic
def create_user(
    *, email: str, role: str, actor: User, name: str = "", password: str = "", organization: Organization | None = None
) -> User:
    """With a password the account can be used at once. Without one it waits for its person, who is sent an invitation."""
    email, name = email.strip().lower(), name.strip()
    admin = role == ADMIN
    # Somebody who registered and never proved the address is known too: taking that account over would give away the role.
    if User.objects.filter(email__iexact=email).exists():
        raise ConflictError(TAKEN)
    if password:
        passwords.check_new(password, user=User(email=email, name=name))
    else:
        invitations.invite(email=email, name=name, role=role, invited_by=actor)
    waiting = {} if password else {"email_verified_at": None}
    try:
        with transaction.atomic():
            user: User = User.objects.create_user(
                email, password or None, name=name, role=role, is_staff=admin, is_superuser=admin, **waiting
            )
    except IntegrityError as error:
        raise ConflictError(TAKEN) from error
    audit.record("accounts.user.create", user, actor=actor, role=role, invited=not password)
    if organization is not None:
        # Empty: the person's own role, there too.
        places.join_house(user, organization, role="", actor=actor)
    return user
