"""Builds the index of meaning with more care: of real sentences in several languages the nearest ten were found too seldom."""

from __future__ import annotations

from django.db import migrations
from pgvector.django import HnswIndex


class Migration(migrations.Migration):
    dependencies = [("media_library", "0005_when_a_meaning_was_made")]

    operations = [
        migrations.RemoveIndex(model_name="passage", name="passage_meaning"),
        migrations.AddIndex(
            model_name="passage",
            index=HnswIndex(
                fields=["embedding"], name="passage_meaning", m=16, ef_construction=128, opclasses=["halfvec_ip_ops"]
            ),
        ),
    ]
