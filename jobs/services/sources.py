"""What a translation was made from: whether its source has changed since, and which source a person's words are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.core.cache import cache

from jobs.models import LanguageOutput
from media_library.media import webvtt
from media_library.media.backfilling import Origin
from media_library.media.cue_diff import whole
from media_library.media.sentences import groups
from media_library.models import Track, TrackVersion

# Reading a source again for each look at its translation would double the cost of looking.
DIGESTS_SECONDS = 24 * 3600


def source_version(output: LanguageOutput, kind: str) -> TrackVersion | None:
    """The newest text of this kind in the job's source language."""
    name = "captions" if kind == Track.Kind.CAPTIONS else "description"
    return (
        TrackVersion.objects.filter(
            track__in=LanguageOutput.objects.filter(job=output.job_id, is_source=True).values(name)
        )
        .order_by("-number")
        .first()
    )


Spoken = list[tuple[int, int, str]]


def spoken_groups(version: TrackVersion, kind: str) -> Spoken:
    """Start, end and digest of each group of a source, remembered: a version never changes."""
    key = f"jobs.source-groups:{version.pk}"
    found: Spoken | None = cache.get(key)
    if found is None:
        cues = webvtt.parse(version.content).cues
        found = [
            (group.start_ms, group.end_ms, group.digest) for group in groups(cues, join=kind == Track.Kind.CAPTIONS)
        ]
        cache.set(key, found, DIGESTS_SECONDS)
    return found


def stale_sources(output: LanguageOutput, kind: str, origins: Sequence[Origin]) -> list[bool]:
    """For each cue of a translation, whether what it was translated from says something else now."""
    known = {origin.get("from", "") for origin in origins} - {""}
    version = None if output.is_source or not known else source_version(output, kind)
    if version is None:
        return [False] * len(origins)
    gone = known - {digest for _, _, digest in spoken_groups(version, kind)}
    return [origin.get("from", "") in gone for origin in origins]


def rewritten_sources(output: LanguageOutput, kind: str, cues: Sequence[webvtt.Cue]) -> list[int]:
    """The places of cues that are as they were saved, while what they were translated from says something else now."""
    track = None if output.is_source else output.track(kind)
    version = track.versions.first() if track else None
    if version is None or not version.origins:
        return []
    stale = stale_sources(output, kind, version.origins)
    if not any(stale):
        return []
    gone = {whole(cue) for cue, old in zip(webvtt.parse(version.content).cues, stale, strict=False) if old}
    return [place for place, cue in enumerate(cues) if whole(cue) in gone]


def changed_by(version: TrackVersion) -> dict[int, webvtt.Cue]:
    """The cues of a version that the one before did not have just so, by their place."""
    cues = webvtt.parse(version.content).cues
    before = version.track.versions.filter(number__lt=version.number).first()
    known = {whole(cue) for cue in webvtt.parse(before.content).cues} if before else set()
    return {place: cue for place, cue in enumerate(cues) if whole(cue) not in known}


def follow_source(output: LanguageOutput, kind: str, version: TrackVersion, changed: Mapping[int, webvtt.Cue]) -> None:
    """What a person has just written was written for the source as it is now: from here on changes after this one count."""
    if output.is_source or not changed:
        return
    source = source_version(output, kind)
    origins = list(version.origins)
    if source is None or max(changed) >= len(origins):
        return
    said = spoken_groups(source, kind)
    for place, cue in changed.items():
        shared = [(min(end, cue.end_ms) - max(start, cue.start_ms), digest) for start, end, digest in said]
        most = max(shared, default=(0, ""))
        origins[place] = {**origins[place], "from": most[1] if most[0] > 0 else ""}
    if origins != version.origins:
        version.origins = origins
        version.save(update_fields=["origins"])
