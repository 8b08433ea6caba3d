import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_one_open_invitation_per_place"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="notification_mail",
            field=models.CharField(
                choices=[("at_once", "As they happen"), ("daily", "Once a day"), ("never", "Never")],
                default="daily",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="Notification",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=60)),
                ("text", models.CharField(max_length=300)),
                ("url", models.CharField(blank=True, max_length=300)),
                ("subject", models.CharField(blank=True, max_length=100)),
                ("urgent", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("read_at", models.DateTimeField(blank=True, null=True)),
                ("mailed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notifications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ("-created_at", "-id"),
                "indexes": [
                    models.Index(fields=["user", "-created_at"], name="notification_of_person"),
                    models.Index(condition=models.Q(("read_at", None)), fields=["user"], name="notification_unread"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("read_at", None), models.Q(("subject", ""), _negated=True)),
                        fields=("user", "kind", "subject"),
                        name="one_unread_notification_per_subject",
                    )
                ],
            },
        ),
    ]
