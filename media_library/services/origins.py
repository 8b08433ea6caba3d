"""Who wrote each cue last, a machine or a person, from version to version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, JSONField, Subquery, TextField, Value
from django.db.models.functions import Cast

from media_library.media import webvtt
from media_library.media.cue_diff import align, whole
from media_library.media.cue_edits import CueEdit, ordered
from media_library.media.webvtt import Cue
from media_library.models import TrackVersion

MACHINE, PERSON = "machine", "person"

Origins = list[dict[str, str]]


def written_by(whom: str, count: int) -> Origins:
    return [{"by": whom, "from": ""} for _ in range(count)]


def origins_of(version: TrackVersion, count: int) -> Origins:
    """One for each of the version's cues. A version that says nothing was written by its author, or its engine."""
    origins: Origins = version.origins
    if len(origins) == count:
        return origins
    return written_by(MACHINE if version.author_id is None else PERSON, count)


def carried(cues: Sequence[Cue], *, before: TrackVersion | None, like: TrackVersion | None = None) -> Origins:
    """For what a person saved on top of `before`: theirs where text or times changed, as it was elsewhere.

    What a cue was translated from stays with it. Cues that `like` has as well are taken from there.
    """
    origins = written_by(PERSON, len(cues))
    if before is not None:
        old_cues = webvtt.parse(before.content).cues
        old = origins_of(before, len(old_cues))
        for one, other in align(old_cues, cues):
            if one is not None and other is not None:
                same = whole(old_cues[one]) == whole(cues[other])
                origins[other] = old[one] if same else {**old[one], "by": PERSON}
    if like is not None:
        like_cues = webvtt.parse(like.content).cues
        known = dict(zip(map(whole, like_cues), origins_of(like, len(like_cues)), strict=True))
        origins = [known.get(whole(cue), origin) for cue, origin in zip(cues, origins, strict=True)]
    return origins


# Each is one function over the whole list in the database; for more of them it is quicker to fetch the list.
MOST_IN_PLACE = 4


def carry_edits(version: TrackVersion, *, before: TrackVersion, edits: Sequence[CueEdit]) -> None:
    """Writes the origins of `version`, which is `before` with `edits`. For a few of them the database changes its own list."""
    rows = TrackVersion.objects.filter(pk=version.pk)
    if len(edits) > MOST_IN_PLACE or not before.cue_count:
        version.origins = after_edits(before, edits)
        rows.update(origins=version.origins)
        return
    origins: Any = Subquery(TrackVersion.objects.filter(pk=before.pk).values("origins"))
    for edit in reversed(ordered(edits)):
        origins = _in_place(origins, edit)
    rows.update(origins=origins)
    # Read again by whoever asks.
    del version.origins


def _in_place(origins: Any, edit: CueEdit) -> Any:
    place = str(edit.index)
    if edit.what == "delete":
        return Func(origins, _path(place), template="(%(expressions)s)", arg_joiner=" #- ", output_field=JSONField())
    function, path, value = (
        ("jsonb_insert", _path(place), {"by": PERSON, "from": ""})
        if edit.what == "insert"
        else ("jsonb_set", _path(place, "by"), PERSON)
    )
    return Func(origins, path, Value(value, JSONField()), function=function, output_field=JSONField())


def _path(*steps: str) -> Any:
    return Cast(Value(list(steps)), ArrayField(TextField()))


def after_edits(before: TrackVersion, edits: Sequence[CueEdit]) -> Origins:
    """As `carried`, for edits that say themselves which cues they are about."""
    count = before.cue_count or len(webvtt.parse(before.content).cues)
    origins = list(origins_of(before, count))
    for edit in reversed(ordered(edits)):
        if edit.what == "insert":
            origins.insert(edit.index, {"by": PERSON, "from": ""})
        elif edit.what == "delete":
            del origins[edit.index]
        else:
            origins[edit.index] = {**origins[edit.index], "by": PERSON}
    return origins
