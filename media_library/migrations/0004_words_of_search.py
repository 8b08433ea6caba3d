"""What finding words needs: letters without accents, likeness of words, and the passages of another model at hand."""

from __future__ import annotations

from django.contrib.postgres.operations import TrigramExtension, UnaccentExtension
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("media_library", "0003_assets_in_order")]

    operations = [
        UnaccentExtension(),
        TrigramExtension(),
        migrations.AddIndex(
            model_name="passage",
            index=models.Index(fields=["model", "asset"], name="passage_model"),
        ),
    ]
