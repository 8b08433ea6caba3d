"""Files: what people brought, what was made of them, and how both are kept in order."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Self, TypeVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Client, Organization, Project, User
from core.runs.models import Run
from core.storage.models import Upload

Row = TypeVar("Row", bound=models.Model)

# Other apps' ways to a file: for a person, the condition on the assets they see that way.
ALSO_SEEN: list[Callable[[User], Q]] = []


class AssetQuerySet(models.QuerySet["Asset"]):
    def visible_to(self, user: User) -> AssetQuerySet:
        """One's own; those of one's projects; those of one's houses, where customers see no other customer's. Admins see all.

        What was sent for one person's own work is that person's alone; what was brought into a conversation is its people's.
        The deleted are nobody's.
        """
        assets = self.filter(deleted_at=None)
        if user.is_platform_admin:
            return assets
        houses = user.houses_as(*(role for role in User.Role.values if role != User.Role.CLIENT))
        customer_of = user.houses_as(User.Role.CLIENT)
        seen = Q(owner=user)
        shared = Q(project__in=Project.objects.visible_to(user).order_by().values("pk"))
        if houses:
            shared |= Q(organization__in=houses)
        if customer_of:
            own_clients = Client.objects.visible_to(user).order_by().values("pk")
            shared |= Q(organization__in=customer_of) & (Q(client=None) | Q(client__in=own_clients))
        for also in ALSO_SEEN:
            seen |= also(user)
        return assets.filter(seen | (Q(shelf__in=Asset.SHARED) & shared))

    def originals(self) -> AssetQuerySet:
        """What people brought, cut or had generated: what a library lists. Not what the studio made of it, nor replaced versions."""
        return self.filter(purpose=Asset.Purpose.ORIGINAL, is_current=True)

    def live(self) -> AssetQuerySet:
        return self.filter(archived_at=None)


class OfAssetQuerySet(models.QuerySet[Row]):
    """Rows that hang on an asset, `path` away, are seen with it."""

    path = "asset"

    def visible_to(self, user: User) -> Self:
        return self.filter(**{f"{self.path}__in": Asset.objects.visible_to(user)})


class Asset(models.Model):
    """One stored file. `purpose` tells what the studio made it for; a file that people brought has none.

    Versions of one thing are assets of their own, linked by `previous`; `is_current` is the newest.
    """

    class Kind(models.TextChoices):
        VIDEO = "video"
        AUDIO = "audio"
        IMAGE = "image"
        DOCUMENT = "document"
        CAPTION = "caption"
        EXPORT = "export"

    class Purpose(models.TextChoices):
        ORIGINAL = "", "as it was brought"
        MEZZANINE = "mezzanine"
        POSTER = "poster"
        SPRITE = "sprite"
        SPRITE_MAP = "sprite_map"
        WAVEFORM = "waveform"
        PREVIEW = "preview"
        DESCRIPTION_AUDIO = "description_audio"
        ACCESSIBLE_VIDEO = "accessible_video"
        STANDARD_VIDEO = "standard_video"
        ACCESSIBLE_CAPTIONS = "accessible_captions"

    class Shelf(models.TextChoices):
        """Through which door it came, which decides who else sees it and which surface lists it as its own."""

        LIBRARY = "library"
        INPUT = "input"  # a person's input folder
        OUTPUT = "output"  # what a generation session made for a person
        VOICE = "voice"  # a person's voice work
        CHAT = "chat"  # brought into a conversation: seen by who takes part in it

    class Origin(models.TextChoices):
        UPLOADED = "uploaded"
        IMPORTED = "imported"
        CUT = "cut"
        GENERATED = "generated"
        MADE = "made"

    class Status(models.TextChoices):
        PROCESSING = "processing"
        ACTIVE = "active"
        FAILED = "failed"

    SHARED = (Shelf.LIBRARY,)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="assets")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="assets"
    )
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.SET_NULL, related_name="assets")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="assets")
    shelf = models.CharField(max_length=10, choices=Shelf.choices, default=Shelf.LIBRARY)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.UPLOADED)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    purpose = models.CharField(max_length=20, choices=Purpose.choices, blank=True)
    made_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="made")
    cut_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="cuts")
    cut_start = models.FloatField(null=True, blank=True)
    cut_end = models.FloatField(null=True, blank=True)
    # Why a picture was brought to a film: style_reference, character_design, concept_art or what people name.
    media_type = models.CharField(max_length=50, blank=True)
    language = models.CharField(max_length=35, blank=True)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100)
    key = models.CharField(max_length=300, unique=True)
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)
    duration = models.FloatField(null=True, blank=True)
    technical = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    title = models.CharField(max_length=255, blank=True)
    # Which of title, description and tags a person wrote: a machine's suggestion never goes on top of those.
    written_by_people = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    description = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    # {characters: [..], episode, scene}: what of a film it shows.
    related = models.JSONField(default=dict, blank=True)
    # What an engine saw in it: {description, tags, objects, style: {mood, lighting, colorTone}, suitability, engine, measured}.
    analysis = models.JSONField(default=dict, blank=True)
    # How it was made by machines: {kind, engine, model, prompt, seed, cost_usd, made_at, ingredients, label}; empty for what came in.
    provenance = models.JSONField(default=dict, blank=True, encoder=DjangoJSONEncoder)
    # [{start, end, title}], seconds.
    chapters = models.JSONField(default=list, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ACTIVE)
    problem = models.TextField(blank=True)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    version = models.PositiveIntegerField(default=1)
    previous = models.OneToOneField("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="next")
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = AssetQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["made_from", "purpose", "language"],
                condition=~Q(purpose="") & Q(made_from__isnull=False),
                name="one_made_asset_per_purpose_and_language",
            ),
            models.CheckConstraint(
                condition=Q(cut_start=None, cut_end=None) | Q(cut_start__gte=0, cut_end__gt=models.F("cut_start")),
                name="a_cut_has_both_its_ends",
            ),
        )
        indexes = (
            models.Index(fields=["organization", "-created_at"], name="asset_house"),
            models.Index(fields=["owner", "-created_at"], name="asset_owner"),
            models.Index(fields=["project", "-created_at"], name="asset_project"),
            GinIndex(fields=["tags"], name="asset_tags"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What people call it."""
        return self.title or self.filename


class IntakeQuerySet(models.QuerySet["Intake"]):
    def visible_to(self, user: User) -> IntakeQuerySet:
        return self.filter(owner=user)


class Intake(models.Model):
    """A file on its way in: announced for a place in the library, not here yet. The asset gets the intake's id."""

    class Status(models.TextChoices):
        COMING = "coming"
        DONE = "done"
        REFUSED = "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="intakes")
    upload = models.OneToOneField(Upload, null=True, blank=True, on_delete=models.SET_NULL, related_name="intake")
    source_url = models.CharField(max_length=2000, blank=True)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    shelf = models.CharField(max_length=10, choices=Asset.Shelf.choices, default=Asset.Shelf.LIBRARY)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    collection = models.ForeignKey("Collection", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    replaces = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(max_length=255, blank=True)
    description = models.TextField(blank=True)
    tags = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    media_type = models.CharField(max_length=50, blank=True)
    purpose = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COMING)
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = IntakeQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")

    def __str__(self) -> str:
        return f"{self.filename} ({self.status})"


class CollectionQuerySet(models.QuerySet["Collection"]):
    def visible_to(self, user: User) -> CollectionQuerySet:
        """One's own, those of one's projects and of one's houses; admins see all."""
        if user.is_platform_admin:
            return self
        return self.filter(
            Q(owner=user)
            | Q(project__in=Project.objects.visible_to(user).order_by().values("pk"))
            | Q(project=None, organization__in=Organization.objects.visible_to(user).order_by().values("pk"))
        )


class Collection(models.Model):
    """Assets that somebody put together, of a project or of a house. One asset may be in many."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="collections")
    organization = models.ForeignKey(
        Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="collections"
    )
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.CASCADE, related_name="collections")
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    assets = models.ManyToManyField(Asset, related_name="collections", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CollectionQuerySet.as_manager()

    class Meta:
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                "project",
                Lower("name"),
                condition=Q(project__isnull=False),
                name="collection_name_unique_in_its_project",
            ),
            models.UniqueConstraint(
                "organization",
                Lower("name"),
                condition=Q(project=None, organization__isnull=False),
                name="collection_name_unique_in_its_house",
            ),
            models.UniqueConstraint(
                "owner",
                Lower("name"),
                condition=Q(project=None, organization=None),
                name="collection_name_unique_for_a_person",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ClipFileQuerySet(OfAssetQuerySet["ClipFile"]):
    pass


class ClipFile(models.Model):
    """A range of an asset as a file of its own, kept while it is asked for. Times in milliseconds, because they are the key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="clip_files")
    start_ms = models.PositiveBigIntegerField()
    end_ms = models.PositiveBigIntegerField()
    format = models.CharField(max_length=10)
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Empty until it is made.
    key = models.CharField(max_length=300, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    duration = models.FloatField(null=True, blank=True)
    # How it was cut (copied, ends re-encoded, all re-encoded) and why.
    method = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    used_at = models.DateTimeField(auto_now_add=True)

    objects = ClipFileQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(fields=["asset", "start_ms", "end_ms", "format"], name="one_clip_file_per_range"),
            models.CheckConstraint(condition=Q(end_ms__gt=models.F("start_ms")), name="clip_ends_after_it_starts"),
        )

    def __str__(self) -> str:
        return f"{self.asset} {self.start_ms / 1000:.3f}-{self.end_ms / 1000:.3f} {self.format}"


class SuggestionQuerySet(OfAssetQuerySet["Suggestion"]):
    def open(self) -> SuggestionQuerySet:
        return self.filter(status=Suggestion.Status.OPEN)


class Suggestion(models.Model):
    """What an engine proposes for an asset, for a person to accept or dismiss.

    `content` is by kind: metadata {title, description, tags}; picture {description, tags, objects, style, suitability};
    speakers [{label, name, because}].
    """

    class Kind(models.TextChoices):
        METADATA = "metadata"
        PICTURE = "picture"
        SPEAKERS = "speakers"

    class Status(models.TextChoices):
        OPEN = "open"
        ACCEPTED = "accepted"
        DISMISSED = "dismissed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="suggestions")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    content = models.JSONField()
    engine = models.CharField(max_length=100)
    # Whether it comes from measurements and words found, not from understanding.
    measured = models.BooleanField(default=False)
    call_id = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.OPEN)
    # Which parts were taken.
    accepted = ArrayField(models.CharField(max_length=100), default=list, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=["asset", "kind"], condition=Q(status="open"), name="one_open_suggestion_per_kind"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} for {self.asset}"
