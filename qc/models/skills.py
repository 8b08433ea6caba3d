"""What people can do with languages."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from accounts.models import User


class LanguageSkillQuerySet(models.QuerySet["LanguageSkill"]):
    def visible_to(self, user: User) -> LanguageSkillQuerySet:
        return self.filter(user__in=User.objects.visible_to(user))


class LanguageSkill(models.Model):
    """Somebody works in a language. Whoever has named none works in every one. `weekly_minutes` is how much film a week; 0 is no limit."""

    class Level(models.IntegerChoices):
        WORKING = 1, "Works in it"
        EXPERT = 2, "Expert"
        NATIVE = 3, "First language"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="language_skills")
    language = models.CharField(max_length=35)
    level = models.PositiveSmallIntegerField(choices=Level.choices, default=Level.EXPERT)
    weekly_minutes = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = LanguageSkillQuerySet.as_manager()

    class Meta:
        ordering = ("language", "id")
        constraints = (models.UniqueConstraint(fields=["user", "language"], name="one_skill_per_language"),)

    def __str__(self) -> str:
        return f"{self.user}: {self.language}"
