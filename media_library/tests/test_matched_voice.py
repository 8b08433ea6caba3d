"""A voice matched with the studio's own engines: fitted after a real reader, and heard."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.tests.factories import UserFactory
from ai import services as ai
from core.storage import store
from core.testing.patience import work_off
from media_library.media.voice_sample import voice_sample
from media_library.services import voice_speaking, voices
from media_library.tests.voicing import SAID, one_reader, recording_of

pytestmark = [pytest.mark.engines, pytest.mark.timeout(900), pytest.mark.django_db(transaction=True)]


def test_a_sample_becomes_a_voice_that_is_nearer_to_it_than_any_stock_voice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One trial is enough to come nearer; how near it comes is what the bench measures.
    monkeypatch.setattr("ai.local.matching.TRIALS", 1)
    owner = UserFactory()
    sample = recording_of(owner, one_reader(tmp_path / "reader.wav"))
    agreement = voices.Agreement(**SAID)
    profile = voices.create_voice(owner=owner, name="Reader", language="en", sample=sample, consent=agreement)
    assert work_off(profile.run_id).status == "completed"
    profile.refresh_from_db()
    assert (profile.status, profile.engine) == ("ready", "local:voice-match")
    assert profile.similarity is not None
    assert profile.similarity > profile.characteristics["best_default"]
    with store().local(profile.model_key) as style:
        assert style.stat().st_size > 1000
    heard = voice_speaking.preview(profile, "The tide comes in at seven.", language="en", actor=owner)
    with store().local(heard.key) as path:
        assert heard.seconds > 1
        assert ai.similarity(path, tmp_path / "reader.wav") > profile.characteristics["best_default"] - 0.05
    alone = tmp_path / "alone.wav"
    assert voice_sample(tmp_path / "reader.wav", alone, most=5.0) == 5.0
