"""The accessible-video job: one video, the tracks and files that are made of it, in as many languages as asked for."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from accounts.models import Client, Organization, Project, User
from core.runs.models import Run
from jobs.models.briefs import Brief
from media_library.models import Asset, Track


class JobQuerySet(models.QuerySet["Job"]):
    def visible_to(self, user: User) -> JobQuerySet:
        """The visibility scope of each role. Reviews hang on the outputs (app qc), which is how an assignment opens a job."""
        jobs = self.filter(deleted_at=None)
        if user.is_platform_admin:
            return jobs
        role = User.Role
        assigned = LanguageOutput.objects.filter(Q(review__linguist=user) | Q(review__reviewer=user))
        own = Q(created_by=user) | Q(pk__in=assigned.order_by().values("job")) | Q(approved_source_by=user)
        whole_house = Q(organization__in=user.houses_as(role.PRODUCTION, role.ADMIN))
        # Reviewers open what waits for its source to be approved.
        waiting = Q(organization__in=user.houses_as(role.REVIEWER), status=Job.Status.PENDING_QC)
        # And what is submitted in a language that no reviewer is named for: any of them may open it.
        unclaimed = LanguageOutput.objects.filter(review__state="submitted", review__reviewer=None)
        waiting |= Q(organization__in=user.houses_as(role.REVIEWER), pk__in=unclaimed.order_by().values("job"))
        # Clients and project managers: the work of their own clients, and what the house does for nobody in particular.
        in_the_house = Q(organization__in=user.houses_as(role.CLIENT, role.PROJECT_MANAGER))
        of_their_clients = Q(client=None) | Q(client__in=Client.objects.visible_to(user))
        return jobs.filter(own | whole_house | waiting | (in_the_house & of_their_clients))

    def produced_by(self, user: User) -> JobQuerySet:
        """What one keeps running: the jobs of the houses where one produces, and one's own that are of none."""
        if user.is_platform_admin:
            return self.filter(deleted_at=None)
        houses = Q(organization__in=user.houses_as(User.Role.PRODUCTION, User.Role.ADMIN))
        return self.filter(houses | Q(organization=None, created_by=user), deleted_at=None)


class Job(models.Model):
    class Status(models.TextChoices):
        CREATED = "created", "Created"
        INGESTING = "ingesting", "Ingesting"
        AI_PROCESSING = "ai_processing", "AI at work"
        PENDING_QC = "pending_qc", "Waiting for source approval"
        APPROVED_SOURCE = "approved_source", "Source approved"
        TRANSLATING = "translating", "Translating"
        TTS_GENERATING = "tts_generating", "Speaking"
        RENDERING = "rendering", "Rendering"
        PENDING_FINAL_REVIEW = "pending_final_review", "Waiting for final review"
        COMPLETED = "completed", "Completed"
        REJECTED = "rejected", "Rejected"
        BLOCKED_ON_SOURCE = "blocked_on_source", "Blocked on source"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    PROCESSING = frozenset(
        {
            Status.CREATED,
            Status.INGESTING,
            Status.AI_PROCESSING,
            Status.APPROVED_SOURCE,
            Status.TRANSLATING,
            Status.TTS_GENERATING,
            Status.RENDERING,
        }
    )
    READ_ONLY = frozenset({Status.COMPLETED, Status.CANCELLED})

    class Priority(models.IntegerChoices):
        LOW = 0, "Low"
        NORMAL = 1, "Normal"
        HIGH = 2, "High"
        URGENT = 3, "Urgent"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=255)
    notes = models.TextField(blank=True)
    status = models.CharField(max_length=24, choices=Status.choices, default=Status.CREATED)
    organization = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    client = models.ForeignKey(Client, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    project = models.ForeignKey(Project, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="jobs")
    source = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.PROTECT, related_name="jobs")
    run = models.ForeignKey(Run, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    brief = models.ForeignKey(Brief, null=True, blank=True, on_delete=models.SET_NULL, related_name="jobs")
    cloned_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="clones")
    source_language = models.CharField(max_length=35)
    filename = models.CharField(max_length=255)
    content_type = models.CharField(max_length=100, blank=True)
    size_bytes = models.PositiveBigIntegerField(null=True, blank=True)

    captions_vtt = models.BooleanField(default=True)
    audio_description_vtt = models.BooleanField(default=False)
    audio_description_mp3 = models.BooleanField(default=False)
    accessible_video_mp4 = models.BooleanField(default=False)
    tts_provider = models.CharField(max_length=40, default="gemini")
    tts_model = models.CharField(max_length=80, default="flash")
    tts_voice = models.CharField(max_length=80, default="Kore")

    priority = models.PositiveSmallIntegerField(choices=Priority.choices, default=Priority.NORMAL)
    due_at = models.DateTimeField(null=True, blank=True)
    # The style that captions are checked against (media_library.media.profiles); with `profile_required` a language that breaks it is
    # not submitted unless a reviewer waives it.
    quality_profile = models.CharField(max_length=40, default="house")
    profile_required = models.BooleanField(default=False)

    failed_step = models.CharField(max_length=24, blank=True)
    error = models.TextField(blank=True)
    rejection = models.JSONField(null=True, blank=True, encoder=DjangoJSONEncoder)
    blocked_reason = models.TextField(blank=True)
    approved_source_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_source_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-id")
        indexes = (
            models.Index(fields=["organization", "-created_at"], name="job_house"),
            models.Index(fields=["status", "-created_at"], name="job_status"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_read_only(self) -> bool:
        """Nothing of it changes any more: neither its texts nor what it delivers."""
        return self.status in self.READ_ONLY

    @property
    def wants_description(self) -> bool:
        return self.audio_description_vtt or self.wants_speech

    @property
    def wants_speech(self) -> bool:
        return self.audio_description_mp3 or self.accessible_video_mp4


class LanguageOutputQuerySet(models.QuerySet["LanguageOutput"]):
    def visible_to(self, user: User) -> LanguageOutputQuerySet:
        return self.filter(job__in=Job.objects.visible_to(user))


class LanguageOutput(models.Model):
    """What a job delivers in one language. `needs_person` says why no engine could do it, when none could."""

    class Work(models.TextChoices):
        NOT_REQUESTED = "not_requested"
        PENDING = "pending"
        RUNNING = "running"
        DONE = "done"
        STALE = "stale"
        FAILED = "failed"

    class DescriptionMode(models.TextChoices):
        STANDARD = "standard", "In the gaps only"
        EXTENDED = "extended", "Holds the picture where a gap is too short"
        BOTH = "both", "Two films, one of each"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="outputs")
    language = models.CharField(max_length=35)
    is_source = models.BooleanField(default=False)
    captions = models.OneToOneField(Track, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description = models.OneToOneField(Track, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    description_audio = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accessible_video = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    accessible_captions = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    translation_status = models.CharField(max_length=14, choices=Work.choices, default=Work.NOT_REQUESTED)
    tts_status = models.CharField(max_length=14, choices=Work.choices, default=Work.NOT_REQUESTED)
    render_status = models.CharField(max_length=14, choices=Work.choices, default=Work.NOT_REQUESTED)
    # How the description is heard: in the gaps only, with the picture held where a gap is too short, or as two films. Empty means
    # that the job's outputs decide.
    description_mode = models.CharField(max_length=10, choices=DescriptionMode.choices, blank=True)
    standard_video = models.ForeignKey(Asset, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Whose voice speaks here; empty means the job's.
    tts_voice = models.CharField(max_length=80, blank=True)
    needs_person = models.CharField(max_length=300, blank=True)
    engines = models.JSONField(default=dict, blank=True)
    checks = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = LanguageOutputQuerySet.as_manager()

    class Meta:
        ordering = ("-is_source", "language", "id")
        constraints = (models.UniqueConstraint(fields=["job", "language"], name="one_output_per_language"),)

    def __str__(self) -> str:
        return f"{self.job} in {self.language}"

    def track(self, kind: str) -> Track | None:
        return self.captions if kind == Track.Kind.CAPTIONS else self.description


class PausePointQuerySet(models.QuerySet["PausePoint"]):
    def visible_to(self, user: User) -> PausePointQuerySet:
        return self.filter(output__job__in=Job.objects.visible_to(user))


class PausePoint(models.Model):
    """Where a person put the hold of one described cue, in seconds of the source. Valid for as long as the cue still says `text`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    output = models.ForeignKey(LanguageOutput, on_delete=models.CASCADE, related_name="pause_points")
    cue_index = models.PositiveIntegerField()
    text = models.TextField()
    original = models.FloatField()
    at = models.FloatField()
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    moved_at = models.DateTimeField(auto_now=True)

    objects = PausePointQuerySet.as_manager()

    class Meta:
        ordering = ("cue_index", "id")
        constraints = (models.UniqueConstraint(fields=["output", "cue_index"], name="one_pause_point_per_cue"),)

    def __str__(self) -> str:
        return f"Pause of cue {self.cue_index + 1} of {self.output}"
