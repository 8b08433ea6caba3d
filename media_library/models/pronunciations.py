"""How words are said by engines that would say them wrong."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Client, Organization, User


class PronunciationQuerySet(models.QuerySet["Pronunciation"]):
    def holding(self, words: str) -> PronunciationQuerySet:
        return self.filter(Q(term__icontains=words) | Q(respelling__icontains=words)) if words else self

    def visible_to(self, user: User) -> PronunciationQuerySet:
        """Those of the clients one sees; of no client: those of one's houses, and one's own."""
        if user.is_platform_admin:
            return self
        return self.filter(
            Q(client__in=Client.objects.visible_to(user))
            | Q(client=None, organization__in=Organization.objects.visible_to(user))
            | Q(client=None, organization=None, owner=user)
        )


class Pronunciation(models.Model):
    """`respelling` is what the engine is given instead of `term`. `language` and `voice` empty mean every one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="pronunciations"
    )
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="pronunciations")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="pronunciations")
    term = models.CharField(max_length=200)
    respelling = models.CharField(max_length=400)
    language = models.CharField(max_length=35, blank=True)
    voice = models.CharField(max_length=80, blank=True)
    case_sensitive = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PronunciationQuerySet.as_manager()

    class Meta:
        ordering = ("term", "id")
        constraints = (
            models.UniqueConstraint(
                Lower("term"),
                "client",
                "language",
                "voice",
                condition=Q(client__isnull=False),
                name="one_respelling_for_a_client",
            ),
            models.UniqueConstraint(
                Lower("term"),
                "organization",
                "language",
                "voice",
                condition=Q(client=None, organization__isnull=False),
                name="one_respelling_in_a_house",
            ),
            models.UniqueConstraint(
                Lower("term"),
                "owner",
                "language",
                "voice",
                condition=Q(client=None, organization=None),
                name="one_respelling_of_a_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.term}: {self.respelling}"
