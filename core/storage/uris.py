"""The opaque names that documents give stored objects (`gs://…`). They mean this deployment's own store and nothing else."""

from __future__ import annotations

from django.conf import settings

BUCKET = "reelwright"


def gcs_uri(key: str) -> str:
    return f"gs://{settings.AWS_STORAGE_BUCKET_NAME or BUCKET}/{key}"
