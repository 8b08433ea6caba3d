from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from media_library.media import webvtt
from media_library.media.cue_edits import edit_cues
from media_library.models import Track, TrackVersion
from media_library.services import origins
from media_library.services.origins import after_edits, carry_edits
from media_library.tests.factories import AssetFactory
from media_library.tests.media.test_cue_edits import tracks_and_edits

pytestmark = pytest.mark.django_db


@pytest.fixture
def track() -> Track:
    return Track.objects.create(asset=AssetFactory(), kind="captions", language="en")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(tracks_and_edits())
def test_the_database_carries_origins_as_we_do(track, case):
    text, edits = case
    count = len(webvtt.parse(text).cues)
    known = [{"by": "machine", "from": f"{number:016x}"} for number in range(count)]
    TrackVersion.objects.filter(track=track).delete()
    before = TrackVersion.objects.create(track=track, number=1, content=text, cue_count=count, origins=known)
    edited = edit_cues(text, edits)
    version = TrackVersion.objects.create(track=track, number=2, content=edited.content, cue_count=edited.count)
    carry_edits(version, before=before, edits=edits)
    assert version.origins == after_edits(before, edits)
    assert len(version.origins) == edited.count


def test_many_edits_are_carried_too(track, monkeypatch):
    monkeypatch.setattr(origins, "MOST_IN_PLACE", 0)
    test_the_database_carries_origins_as_we_do.hypothesis.inner_test(
        track, ("WEBVTT\n\n00:01.000 --> 00:02.000\nOne\n", [origins.CueEdit(0, text="Two")])
    )
