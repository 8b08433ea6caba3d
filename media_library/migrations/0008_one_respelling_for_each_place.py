"""A client, a house and a person each say a term in one way, whoever wrote it down."""

from __future__ import annotations

import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("media_library", "0007_where_texts_come_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="pronunciation", name="one_respelling_per_place"),
        migrations.AddConstraint(
            model_name="pronunciation",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("term"),
                models.F("client"),
                models.F("language"),
                models.F("voice"),
                condition=models.Q(("client__isnull", False)),
                name="one_respelling_for_a_client",
            ),
        ),
        migrations.AddConstraint(
            model_name="pronunciation",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("term"),
                models.F("organization"),
                models.F("language"),
                models.F("voice"),
                condition=models.Q(("client", None), ("organization__isnull", False)),
                name="one_respelling_in_a_house",
            ),
        ),
        migrations.AddConstraint(
            model_name="pronunciation",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("term"),
                models.F("owner"),
                models.F("language"),
                models.F("voice"),
                condition=models.Q(("client", None), ("organization", None)),
                name="one_respelling_of_a_person",
            ),
        ),
    ]
