"""Films developed in conversation: their steps, the choices made, and the bible that grows from them."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from accounts.models import Organization, Project, User
from chat.models.conversations import Conversation, Message
from media_library.models import Asset


class FilmQuerySet(models.QuerySet["Film"]):
    def live(self) -> FilmQuerySet:
        return self.filter(project__deleted_at=None)

    def visible_to(self, user: User) -> FilmQuerySet:
        return self.live().filter(project__in=Project.objects.visible_to(user))


class OfFilmQuerySet(models.QuerySet[Any]):
    """Rows that hang on a film are seen with it."""

    def visible_to(self, user: User) -> Any:
        return self.filter(film__in=Film.objects.visible_to(user))


class Film(models.Model):
    """What makes a project a film. `owner` and `title_key` repeat the project's owner and its trimmed, lower-case name, so that a title is
    unique among a person's films; null once the project is deleted. `settings` is {aspectRatio, episodeDuration, qualityTier}."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    project = models.OneToOneField(Project, on_delete=models.CASCADE, related_name="film")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="films")
    title_key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001  (null is no title, and never clashes)
    genre = models.CharField(max_length=100, default="Drama")
    episode_count = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    target_audience = models.CharField(max_length=100, default="PG")
    settings: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    completed_steps = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    # Empty until the first step is entered.
    current_step = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = FilmQuerySet.as_manager()

    class Meta:
        ordering = ("-updated_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["owner", "title_key"], name="film_title_unique_for_its_owner"),
            models.CheckConstraint(
                condition=Q(episode_count__gte=1, episode_count__lte=50), name="film_of_one_to_fifty_episodes"
            ),
        )

    def __str__(self) -> str:
        return str(self.project)


class FilmSessionQuerySet(OfFilmQuerySet):
    def visible_to(self, user: User) -> Any:
        return super().visible_to(user).filter(conversation__deleted_at=None)


class FilmSession(models.Model):
    """A conversation in which a film is developed. `user` began it; `step` is where it stands."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Completed"

    # The conversation's own id: a session is that conversation.
    conversation = models.OneToOneField(
        Conversation, primary_key=True, on_delete=models.CASCADE, related_name="film_session"
    )
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="sessions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="film_sessions")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    step = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_activity = models.DateTimeField(auto_now_add=True)

    objects = FilmSessionQuerySet.as_manager()

    class Meta:
        ordering = ("-last_activity", "-conversation_id")
        indexes = (models.Index(fields=["film", "-last_activity"], name="film_sessions"),)

    def __str__(self) -> str:
        return f"{self.film} at {self.step or 'the start'}"


class ChoiceQuerySet(models.QuerySet["Choice"]):
    def visible_to(self, user: User) -> ChoiceQuerySet:
        return self.filter(session__in=FilmSession.objects.visible_to(user))

    def pending(self) -> ChoiceQuerySet:
        return self.filter(status=Choice.Status.PENDING).order_by("position", "id")

    def in_force(self) -> ChoiceQuerySet:
        """What was chosen and not taken back, in order."""
        return self.filter(status=Choice.Status.TAKEN).order_by("taken_at", "id")


class Choice(models.Model):
    """A proposal for a step. `details` is what the bible gets when it is taken; `engine` who proposed it (`person` for custom input)."""

    class Status(models.TextChoices):
        PENDING = "pending"
        TAKEN = "taken"
        PASSED = "passed"  # another was taken
        UNDONE = "undone"  # was taken, and the step was gone back to

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(FilmSession, on_delete=models.CASCADE, related_name="choices")
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="choices")
    step = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    difficulty = models.CharField(max_length=20, blank=True)
    duration = models.CharField(max_length=40, blank=True)
    details: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    engine = models.CharField(max_length=170, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    taken_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ChoiceQuerySet.as_manager()

    class Meta:
        ordering = ("created_at", "position", "id")
        constraints = (
            models.UniqueConstraint(
                fields=["session", "step"], condition=Q(status="taken"), name="one_choice_in_force_per_step"
            ),
        )

    def __str__(self) -> str:
        return self.title


class BibleRevisionQuerySet(OfFilmQuerySet):
    pass


class BibleRevision(models.Model):
    """The bible as it was at one time; the newest is the bible. `content` has the sections of `chat.films.bible.SECTIONS`.

    Nothing is overwritten: an edit, a choice and a rewind each make a revision.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="bible")
    number = models.PositiveIntegerField()
    content: models.JSONField[Any, Any] = models.JSONField(default=dict)
    comment = models.CharField(max_length=300, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BibleRevisionQuerySet.as_manager()

    class Meta:
        ordering = ("-number", "-id")
        constraints = (models.UniqueConstraint(fields=["film", "number"], name="one_bible_revision_per_number"),)

    def __str__(self) -> str:
        return f"{self.film}, revision {self.number}"


class StoryMaterialQuerySet(models.QuerySet["StoryMaterial"]):
    def visible_to(self, user: User) -> StoryMaterialQuerySet:
        """The studio's own, and those of one's houses."""
        houses = Organization.objects.visible_to(user).order_by().values("pk")
        return self.filter(is_active=True).filter(Q(organization=None) | Q(organization__in=houses))


class StoryMaterial(models.Model):
    """One entry of the catalogue from which choices are combined where no model is configured. The studio's own have no organisation.

    `genres` it suits (empty: all); `details` has what its kind needs.
    """

    class Kind(models.TextChoices):
        CONCEPT = "concept"
        GENRE = "genre"
        SETTING = "setting"
        CHARACTER = "character"
        DESIGN = "design"
        CONFLICT = "conflict"
        STRUCTURE = "structure"
        STORYBOARD = "storyboard"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=255)
    description = models.TextField(blank=True)
    genres = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    details: models.JSONField[Any, Any] = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = StoryMaterialQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "slug", "id")
        verbose_name_plural = "story material"
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "kind", "slug"], nulls_distinct=False, name="one_story_material_per_slug"
            ),
        )

    def __str__(self) -> str:
        return self.title


class BoardCardQuerySet(OfFilmQuerySet):
    pass


class BoardCard(models.Model):
    """A picture on the references board of a film, in a column, with a note."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    film = models.ForeignKey(Film, on_delete=models.CASCADE, related_name="board")
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="board_cards")
    column = models.CharField(max_length=60, default="References")
    position = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=500, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BoardCardQuerySet.as_manager()

    class Meta:
        ordering = ("column", "position", "id")
        constraints = (models.UniqueConstraint(fields=["film", "asset"], name="one_board_card_per_picture"),)

    def __str__(self) -> str:
        return str(self.asset)
