"""Who somebody is. One user, one password, one second factor, on every surface."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, cast

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django_otp.plugins.otp_totp.models import TOTPDevice

# Other apps' ways of knowing somebody: for a person, the condition on those they know that way.
ALSO_KNOWN: list[Callable[[User], Q]] = []


class UserQuerySet(models.QuerySet["User"]):
    def active(self) -> UserQuerySet:
        """People who may sign in."""
        return self.filter(is_active=True, deleted_at=None)

    def signing_in(self) -> UserQuerySet:
        """With `second_factor`: whether a confirmed device exists. The one query of a request that asks who is calling."""
        return self.annotate(second_factor=Exists(TOTPDevice.objects.filter(user=OuterRef("pk"), confirmed=True)))

    def visible_to(self, user: User) -> UserQuerySet:
        """Oneself and the people of one's own houses, teams, projects and conversations; admins see everybody. The deleted are nobody's."""
        people = self.filter(deleted_at=None)
        if user.role == User.Role.ADMIN:
            return people
        houses = Q(memberships__organization__memberships__user=user, memberships__organization__is_active=True)
        teams = Q(team_memberships__team__memberships__user=user)
        owned = Q(projects__memberships__user=user) | Q(project_memberships__project__owner=user)
        shared = Q(project_memberships__project__memberships__user=user)
        known = Q(pk=user.pk) | houses | teams | owned | shared
        for also in ALSO_KNOWN:
            known |= also(user)
        return people.filter(pk__in=User.objects.filter(known).order_by().values("pk"))


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]  # a class made at run time
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person whose address counts as proved unless `email_verified_at` says otherwise: somebody with the right to made them."""
        user = self.model(email=self.normalize_email(email).lower(), **{"email_verified_at": timezone.now(), **fields})
        user.set_password(password)
        user.save(using=self._db)
        return cast("User", user)

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(
            email, password, **{"role": User.Role.ADMIN, "is_staff": True, "is_superuser": True, **fields}
        )

    def get_by_natural_key(self, username: str | None) -> User:
        return cast("User", self.get(email__iexact=username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """Signs in with an e-mail address.

    `role` is what the person does where no membership says otherwise; `admin` there is the platform's admin. `is_staff` opens
    the Django admin. `token_version` is part of every session and token: raising it ends them all at once.
    """

    class Role(models.TextChoices):
        CLIENT = "client", "Client"
        LINGUIST = "linguist", "Linguist"
        REVIEWER = "reviewer", "Reviewer"
        PRODUCTION = "production", "Production"
        PROJECT_MANAGER = "project_manager", "Project manager"
        ADMIN = "admin", "Admin"

    class Tier(models.TextChoices):
        FREE = "free", "Free"
        PRO = "pro", "Pro"
        ENTERPRISE = "enterprise", "Enterprise"

    class Letters(models.TextChoices):
        AT_ONCE = "at_once", "As they happen"
        DAILY = "daily", "Once a day"
        NEVER = "never", "Never"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150, blank=True)
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.CLIENT)
    tier = models.CharField(max_length=20, choices=Tier.choices, default=Tier.FREE)
    notification_mail = models.CharField(max_length=10, choices=Letters.choices, default=Letters.DAILY)
    avatar_url = models.URLField(max_length=500, blank=True)
    email_verified_at = models.DateTimeField(null=True, blank=True)
    token_version = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ("email",)
        constraints = (models.UniqueConstraint(Lower("email"), name="user_email_unique_whatever_the_case"),)

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name or self.email

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """Django compares it on every request: a new password or a higher `token_version` ends the browser sessions too."""
        salt = "accounts.models.User.session"
        return salted_hmac(salt, f"{self.password}:{self.token_version}", secret=secret, algorithm="sha256").hexdigest()

    @property
    def initials(self) -> str:
        words = (self.name or self.email.split("@")[0]).replace(".", " ").split()
        return "".join(word[0] for word in words[:2]).upper()

    @property
    def is_platform_admin(self) -> bool:
        return self.role == self.Role.ADMIN

    @cached_property
    def roles_by_house(self) -> dict[uuid.UUID, str]:
        """The role in each organisation one belongs to. Asked once per request; a change ends the person's sign-ins anyway."""
        rows = self.memberships.filter(organization__is_active=True).values_list("organization_id", "role")
        return {house: role or self.role for house, role in rows}

    def role_in(self, organization_id: uuid.UUID | None) -> str:
        """What the person does in that organisation: the membership's role, else their own. The platform's admin is admin everywhere."""
        if self.is_platform_admin or organization_id is None:
            return self.role
        return self.roles_by_house.get(organization_id, self.role)

    def houses_as(self, *roles: str) -> list[uuid.UUID]:
        """The organisations where the person has one of these roles."""
        return [house for house, role in self.roles_by_house.items() if role in roles]

    def has_role(self, *roles: str) -> bool:
        """Whether the person has one of these roles anywhere."""
        return self.role in roles or any(role in roles for role in self.roles_by_house.values())
