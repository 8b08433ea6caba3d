"""Use cases of people and houses."""

from __future__ import annotations

from django.db import transaction

from accounts.models import Membership, Organization, User
from core import audit


@transaction.atomic
def ensure_person(*, email: str, name: str, role: str, password: str, organization: Organization | None = None) -> User:
    """The person with this address, made when there is none, with this role and password. Asking twice changes nothing.

    Admins may enter the Django admin.
    """
    user = User.objects.filter(email__iexact=email).first()
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
