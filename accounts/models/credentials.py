"""What people and programs sign in with, and where they are signed in. Secrets are kept as SHA-256 only."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.people import User


class OwnQuerySet(models.QuerySet[Any]):
    def visible_to(self, user: User) -> OwnQuerySet:
        """Credentials are their person's alone."""
        return self.filter(user=user)


class UserSessionQuerySet(OwnQuerySet):
    def live(self) -> UserSessionQuerySet:
        return self.filter(is_revoked=False, expires_at__gt=Now())


class UserSession(models.Model):
    """One sign-in, of a browser or of a program.

    A browser's row names its Django session; a program's holds the hashes of its newest pair of tokens. `methods` says how the
    person proved themselves, in the words of RFC 8176 (pwd, otp, …).
    """

    class Kind(models.TextChoices):
        BROWSER = "browser", "Browser"
        TOKEN = "token", "Program"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    session_key = models.CharField(max_length=40, blank=True)
    access_token = models.CharField(max_length=64, blank=True)
    refresh_token = models.CharField(max_length=64, blank=True)
    methods = models.JSONField(default=list, blank=True)
    ip_address = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_seen_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    is_revoked = models.BooleanField(default=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_because = models.CharField(max_length=100, blank=True)

    objects = UserSessionQuerySet.as_manager()

    class Meta:
        ordering = ("-last_seen_at", "-id")
        indexes = (
            models.Index(fields=["user"], name="idx_user_sessions_user_id", condition=Q(is_revoked=False)),
            models.Index(fields=["access_token"], name="idx_user_sessions_token", condition=~Q(access_token="")),
            models.Index(fields=["session_key"], name="idx_user_sessions_browser", condition=~Q(session_key="")),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.user}"


class RefreshToken(models.Model):
    """Every refresh token a sign-in was given. Using a replaced one again, past a short grace for two tabs, ends the sign-in."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(UserSession, on_delete=models.CASCADE, related_name="refresh_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    replaced_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"refresh token of {self.session_id}"


class ApiKeyQuerySet(OwnQuerySet):
    def live(self) -> ApiKeyQuerySet:
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), revoked_at=None)


class ApiKey(models.Model):
    """A program's own credential, acting as its person within `scopes`. Shown once; `prefix` is what lists show of it."""

    class Scope(models.TextChoices):
        READ = "read", "Read"
        WRITE = "write", "Read and write"
        ADMIN = "admin", "Administration"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=16)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return self.name


class ExternalIdentity(models.Model):
    """A person as another issuer knows them. Found by issuer and subject only, never by an address that the issuer claims."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="external_identities")
    issuer = models.CharField(max_length=255)
    subject = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ("issuer", "subject")
        verbose_name_plural = "external identities"
        constraints = (models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_external_identity"),)

    def __str__(self) -> str:
        return f"{self.subject} at {self.issuer}"


class OneTimeLink(models.Model):
    """The secret of a mailed link, hashed, used once. `email` is the address it was mailed to and proves.

    `password` (hashed) is the one typed with the registration that the link confirms, so that opening one's own letter never
    puts somebody else's password in force.
    """

    class Purpose(models.TextChoices):
        VERIFY_EMAIL = "verify_email", "Verify an address"
        RESET_PASSWORD = "reset_password", "Reset a password"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="one_time_links")
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    email = models.EmailField()
    password = models.CharField(max_length=128, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} of {self.user}"


class RecoveryCode(models.Model):
    """One of the codes that stand in for a lost second factor, hashed, used once."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    code_hash = models.CharField(max_length=64)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("created_at", "id")
        constraints = (models.UniqueConstraint(fields=["user", "code_hash"], name="one_recovery_code_per_person"),)

    def __str__(self) -> str:
        return f"recovery code of {self.user}"
