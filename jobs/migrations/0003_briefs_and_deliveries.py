import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_notifications"),
        ("jobs", "0002_clients_and_projects"),
        ("media_library", "0007_where_texts_come_from"),
        ("runs", "0001_runs"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="priority",
            field=models.PositiveSmallIntegerField(
                choices=[(0, "Low"), (1, "Normal"), (2, "High"), (3, "Urgent")], default=1
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="profile_required",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="job",
            name="quality_profile",
            field=models.CharField(default="house", max_length=40),
        ),
        migrations.AddField(
            model_name="languageoutput",
            name="description_mode",
            field=models.CharField(
                blank=True,
                choices=[
                    ("standard", "In the gaps only"),
                    ("extended", "Holds the picture where a gap is too short"),
                    ("both", "Two films, one of each"),
                ],
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="languageoutput",
            name="standard_video",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="media_library.asset",
            ),
        ),
        migrations.AddField(
            model_name="languageoutput",
            name="tts_voice",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.CreateModel(
            name="Brief",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("draft", "Draft"), ("submitted", "Waiting for approval"), ("approved", "Approved")],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("title", models.CharField(max_length=255)),
                ("description", models.TextField(blank=True)),
                ("source_language", models.CharField(blank=True, max_length=35)),
                ("languages", models.JSONField(blank=True, default=list)),
                ("requested_outputs", models.JSONField(blank=True, null=True)),
                ("priority", models.PositiveSmallIntegerField(default=1)),
                ("due_date", models.DateTimeField(blank=True, null=True)),
                ("submitted_at", models.DateTimeField(blank=True, null=True)),
                ("approved_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="briefs",
                        to="accounts.client",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="briefs", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="briefs",
                        to="accounts.organization",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="briefs",
                        to="accounts.project",
                    ),
                ),
                (
                    "submitted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.AddField(
            model_name="job",
            name="brief",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="jobs",
                to="jobs.brief",
            ),
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("building", "Being built"), ("ready", "Ready"), ("failed", "Failed")],
                        default="building",
                        max_length=10,
                    ),
                ),
                ("kinds", models.JSONField(default=list)),
                ("formats", models.JSONField(default=list)),
                ("digest", models.CharField(max_length=64)),
                ("key", models.CharField(blank=True, max_length=300)),
                ("filename", models.CharField(max_length=255)),
                ("size", models.PositiveBigIntegerField(blank=True, null=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("manifest", models.JSONField(default=list)),
                ("skipped", models.JSONField(default=list)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("expires_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("jobs", models.ManyToManyField(related_name="deliveries", to="jobs.job")),
                (
                    "run",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="runs.run",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="PausePoint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("cue_index", models.PositiveIntegerField()),
                ("text", models.TextField()),
                ("original", models.FloatField()),
                ("at", models.FloatField()),
                ("moved_at", models.DateTimeField(auto_now=True)),
                (
                    "moved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "output",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pause_points",
                        to="jobs.languageoutput",
                    ),
                ),
            ],
            options={
                "ordering": ("cue_index", "id"),
            },
        ),
        migrations.AddIndex(
            model_name="brief",
            index=models.Index(fields=["organization", "-created_at"], name="brief_house"),
        ),
        migrations.AddConstraint(
            model_name="pausepoint",
            constraint=models.UniqueConstraint(fields=("output", "cue_index"), name="one_pause_point_per_cue"),
        ),
    ]
