import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0003_briefs_and_deliveries"),
        ("qc", "0001_language_reviews"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="languagereview",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="due_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="rejection_reason",
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="review_started_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="submitted_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="submitted_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="waived_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="languagereview",
            name="waiver",
            field=models.TextField(blank=True),
        ),
        migrations.CreateModel(
            name="ReviewComment",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[("captions", "Captions"), ("audio_description", "Audio Description")],
                        max_length=20,
                    ),
                ),
                ("cue_index", models.PositiveIntegerField(blank=True, null=True)),
                ("body", models.TextField()),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("mistranslation", "Mistranslation"),
                            ("omission", "Missing"),
                            ("grammar", "Spelling, grammar, punctuation"),
                            ("style", "Style, formality"),
                            ("terminology", "Terminology, consistency"),
                            ("timing", "Timing to sound"),
                            ("shots", "Shot changes"),
                            ("format", "Form of the captions"),
                            ("offensive", "Offensive"),
                            ("subjective", "A matter of taste"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "severity",
                    models.CharField(
                        blank=True,
                        choices=[("minor", "Minor"), ("major", "Major"), ("critical", "Critical")],
                        max_length=10,
                    ),
                ),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "about",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="comments", to="qc.languagereview"
                    ),
                ),
            ],
            options={
                "ordering": ("created_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="ShareLink",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(blank=True, max_length=100)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                ("prefix", models.CharField(max_length=8)),
                ("password", models.CharField(blank=True, max_length=200)),
                ("expires_at", models.DateTimeField()),
                ("allow_download", models.BooleanField(default=False)),
                ("allow_comments", models.BooleanField(default=False)),
                ("allow_approval", models.BooleanField(default=False)),
                ("max_views", models.PositiveIntegerField(blank=True, null=True)),
                ("view_count", models.PositiveIntegerField(default=0)),
                ("last_seen_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="share_links", to="jobs.job"
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="GuestVerdict",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("approved", "Approved"), ("changes", "Asked for changes")], max_length=10
                    ),
                ),
                ("guest_name", models.CharField(max_length=100)),
                ("comment", models.TextField(blank=True)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "share",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="verdicts", to="qc.sharelink"
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="ShareVisit",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("visitor", models.CharField(max_length=16)),
                ("guest_name", models.CharField(blank=True, max_length=100)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "share",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="visits", to="qc.sharelink"
                    ),
                ),
            ],
            options={
                "ordering": ("-at", "-id"),
            },
        ),
        migrations.CreateModel(
            name="CueReview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("captions", "Captions"), ("audio_description", "Audio Description")], max_length=20
                    ),
                ),
                ("cue_index", models.PositiveIntegerField()),
                ("text_digest", models.CharField(blank=True, max_length=16)),
                ("at", models.DateTimeField(auto_now=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "review",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="cue_reviews", to="qc.languagereview"
                    ),
                ),
            ],
            options={
                "ordering": ("kind", "cue_index", "id"),
                "constraints": [
                    models.UniqueConstraint(fields=("review", "kind", "cue_index"), name="one_review_per_cue")
                ],
            },
        ),
        migrations.CreateModel(
            name="LanguageSkill",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("language", models.CharField(max_length=35)),
                (
                    "level",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Works in it"), (2, "Expert"), (3, "First language")], default=2
                    ),
                ),
                ("weekly_minutes", models.PositiveIntegerField(default=0)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="language_skills",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("language", "id"),
                "constraints": [models.UniqueConstraint(fields=("user", "language"), name="one_skill_per_language")],
            },
        ),
        migrations.CreateModel(
            name="ReviewNote",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("language", models.CharField(blank=True, max_length=35)),
                (
                    "asset",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("source_video", "Source"),
                            ("captions_vtt", "Captions"),
                            ("audio_description_vtt", "Description"),
                            ("audio_description_mp3", "Description Audio"),
                            ("accessible_video_mp4", "Accessible"),
                        ],
                        max_length=24,
                    ),
                ),
                ("timestamp", models.FloatField()),
                ("until", models.FloatField(blank=True, null=True)),
                ("frame", models.PositiveIntegerField(blank=True, null=True)),
                ("body", models.TextField()),
                ("drawing", models.JSONField(blank=True, default=list)),
                ("internal", models.BooleanField(default=False)),
                ("guest_name", models.CharField(blank=True, max_length=100)),
                ("resolved", models.BooleanField(default=False)),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="review_notes", to="jobs.job"
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replies",
                        to="qc.reviewnote",
                    ),
                ),
                (
                    "resolved_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "share",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="review_notes",
                        to="qc.sharelink",
                    ),
                ),
            ],
            options={
                "ordering": ("timestamp", "created_at", "id"),
                "indexes": [models.Index(fields=["job", "timestamp"], name="note_of_job")],
            },
        ),
    ]
