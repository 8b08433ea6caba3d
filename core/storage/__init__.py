"""The studio's files: one interface, kept on local disk or in an S3 bucket. Rows name keys; nobody builds a path."""

from __future__ import annotations

from functools import cache

from django.conf import settings

from core.storage.base import ObjectStore, StoredFile
from core.storage.signing import for_page

__all__ = ["ObjectStore", "StoredFile", "for_page", "store"]


def store() -> ObjectStore:
    """The configured backend: a bucket when one is named, otherwise local disk."""
    return backend(
        str(settings.STORAGE_ROOT),
        bucket=settings.AWS_STORAGE_BUCKET_NAME,
        endpoint=settings.AWS_S3_ENDPOINT_URL,
        public_endpoint=settings.AWS_S3_PUBLIC_ENDPOINT_URL,
    )


@cache
def backend(root: str, *, bucket: str, endpoint: str, public_endpoint: str) -> ObjectStore:
    # The S3 client is a heavy import that a studio on local disk never needs.
    if bucket:
        from core.storage.s3 import S3Store  # noqa: PLC0415

        return S3Store(bucket=bucket, endpoint=endpoint, public_endpoint=public_endpoint, scratch=root)
    from core.storage.local import LocalStore  # noqa: PLC0415

    return LocalStore(root)
