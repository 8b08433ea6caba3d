"""What search looks at: one row for each thing that can be found in an asset."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import HalfVectorField, HnswIndex

from media_library.models.assets import Asset, OfAssetQuerySet
from media_library.models.transcripts import Segment

DIMENSIONS = 384


class PassageQuerySet(OfAssetQuerySet["Passage"]):
    pass


class Passage(models.Model):
    """What can be found: an asset's name with its description and tags, a segment of its speech, what its pictures show.

    Written from those whenever they change and never edited itself. `embedding` is the meaning of `text` as a unit vector
    by the engine `model`; without one only words find it. Times in seconds; None for what is true of the whole asset.
    """

    class Kind(models.TextChoices):
        NAME = "name"
        SPEECH = "speech"
        PICTURE = "picture"
        DOCUMENT = "document"

    id = models.BigAutoField(primary_key=True)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE, related_name="passages")
    segment = models.OneToOneField(Segment, null=True, blank=True, on_delete=models.CASCADE, related_name="passage")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    position = models.PositiveIntegerField(default=0)
    start = models.FloatField(null=True, blank=True)
    end = models.FloatField(null=True, blank=True)
    language = models.CharField(max_length=35, blank=True)
    speaker = models.CharField(max_length=150, blank=True)
    text = models.TextField()
    document = SearchVectorField(null=True, editable=False)
    embedding = HalfVectorField(dimensions=DIMENSIONS, null=True, editable=False)
    model = models.CharField(max_length=100, blank=True)
    embedded_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PassageQuerySet.as_manager()

    class Meta:
        ordering = ("asset", "position", "id")
        indexes = (
            GinIndex(fields=["document"], name="passage_words"),
            models.Index(fields=["model", "asset"], name="passage_model"),
            HnswIndex(
                name="passage_meaning",
                fields=["embedding"],
                m=16,
                ef_construction=128,
                opclasses=["halfvec_ip_ops"],
            ),
        )

    def __str__(self) -> str:
        return self.text[:60]
