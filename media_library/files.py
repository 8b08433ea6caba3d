"""Which files of the store are the library's, and whether they are there."""

from __future__ import annotations

from collections.abc import Iterator

from core.runs import invariants
from core.storage import holders, store
from media_library.models import Asset, ClipFile, TrackVersion, VoiceProfile
from media_library.services.tracks import version_key_of


@holders.register
def of_the_library() -> Iterator[str]:
    yield from Asset.objects.values_list("key", flat=True).iterator()
    yield from ClipFile.objects.values_list("key", flat=True).iterator()
    yield from VoiceProfile.objects.values_list("model_key", flat=True).iterator()
    for track, number in TrackVersion.objects.values_list("track_id", "number").iterator():
        yield version_key_of(track, number)


@invariants.register
def files_are_there() -> Iterator[str]:
    for asset in Asset.objects.filter(deleted_at=None).only("id", "key").iterator():
        if not store().exists(asset.key):
            yield f"asset {asset.pk} names {asset.key}, which does not exist"
    for clip in ClipFile.objects.exclude(key="").only("id", "key").iterator():
        if not store().exists(clip.key):
            yield f"clip {clip.pk} names {clip.key}, which does not exist"
