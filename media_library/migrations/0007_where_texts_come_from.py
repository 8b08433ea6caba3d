import uuid

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models

COUNT_CUES = """
UPDATE media_library_trackversion
SET cue_count = (length(content) - length(replace(content, '-->', ''))) / 3,
    source = CASE WHEN engine <> '' THEN 'ai' ELSE 'edit' END
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_notifications"),
        ("media_library", "0006_a_denser_graph_of_meaning"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Pronunciation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("term", models.CharField(max_length=200)),
                ("respelling", models.CharField(max_length=400)),
                ("language", models.CharField(blank=True, max_length=35)),
                ("voice", models.CharField(blank=True, max_length=80)),
                ("case_sensitive", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
            ],
            options={
                "ordering": ("term", "id"),
            },
        ),
        migrations.AddField(
            model_name="trackdraft",
            name="automatic",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="trackdraft",
            name="updated_at",
            field=models.DateTimeField(auto_now=True),
        ),
        migrations.AddField(
            model_name="trackversion",
            name="cue_count",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="trackversion",
            name="findings",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="trackversion",
            name="origins",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AddField(
            model_name="trackversion",
            name="profile",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="trackversion",
            name="source",
            field=models.CharField(
                choices=[
                    ("ai", "Draft by an engine"),
                    ("translation", "Draft translation"),
                    ("edit", "Edited"),
                    ("timing", "Times moved"),
                    ("restore", "Restored"),
                    ("upload", "Uploaded"),
                ],
                default="edit",
                max_length=12,
            ),
        ),
        migrations.AddConstraint(
            model_name="trackdraft",
            constraint=models.UniqueConstraint(
                condition=models.Q(("automatic", True)),
                fields=("track", "author"),
                name="one_automatic_draft_per_author",
            ),
        ),
        migrations.AddField(
            model_name="pronunciation",
            name="client",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pronunciations",
                to="accounts.client",
            ),
        ),
        migrations.AddField(
            model_name="pronunciation",
            name="organization",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="pronunciations",
                to="accounts.organization",
            ),
        ),
        migrations.AddField(
            model_name="pronunciation",
            name="owner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="pronunciations", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="pronunciation",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("term"),
                models.F("organization"),
                models.F("client"),
                models.F("owner"),
                models.F("language"),
                models.F("voice"),
                name="one_respelling_per_place",
                nulls_distinct=False,
            ),
        ),
        migrations.RunSQL(COUNT_CUES, migrations.RunSQL.noop),
    ]
