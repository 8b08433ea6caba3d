"""Who says what: turns become speakers, and people name, correct and merge them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from accounts.tests.factories import UserFactory
from core.errors import InvalidFieldError
from media_library.models import Transcript, TranscriptEdit
from media_library.services import history, speakers
from media_library.tests.factories import AssetFactory, transcript_of

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Turn:
    start: float
    end: float
    speaker: int


@dataclass(frozen=True)
class Heard:
    turns: list[Turn]
    voices: list[list[float]] = field(default_factory=list)


def said(transcript: Transcript) -> list[tuple[str, str]]:
    rows = transcript.segments.order_by("position").select_related("speaker")
    return [(row.speaker.label if row.speaker else "", row.text) for row in rows]


@pytest.fixture
def transcript() -> Transcript:
    """Three segments of two seconds, four words each."""
    return transcript_of(AssetFactory(), "Shall we start now?", "We shall. And you?", "I am quite ready.")


def test_an_engine_is_asked_about_phrases(transcript):
    assert speakers.spans_of(transcript) == [(0.0, 2.0), (2.0, 3.0), (3.0, 4.0), (4.0, 6.0)]


def test_a_segment_is_parted_where_another_speaker_begins(transcript):
    found = speakers.assign_speakers(transcript, Heard([Turn(0, 3, 7), Turn(3, 4, 2), Turn(4, 6, 7)]), engine="local:x")
    assert said(transcript) == [
        ("speaker_1", "Shall we start now?"),
        ("speaker_1", "We shall."),
        ("speaker_2", "And you?"),
        ("speaker_1", "I am quite ready."),
    ]
    assert [(one.id, one.name, one.segments) for one in found] == [
        ("speaker_1", "Speaker 1", 3),
        ("speaker_2", "Speaker 2", 1),
    ]
    parts = list(transcript.segments.order_by("position"))
    assert [part.position for part in parts] == [0, 1, 2, 3]
    assert (parts[1].end, parts[2].start, parts[2].end) == (3.0, 3.0, 4.0)
    assert [word["word"] for word in parts[2].words] == ["And", "you?"]
    transcript.refresh_from_db()
    assert (transcript.speakers_engine, transcript.revision) == ("local:x", 0)


def test_a_change_goes_to_the_sentence_end_beside_it(transcript):
    """The engine hears the change half a word late."""
    speakers.assign_speakers(transcript, Heard([Turn(0, 3.4, 0), Turn(3.4, 6, 1)]))
    assert said(transcript)[1:3] == [("speaker_1", "We shall."), ("speaker_2", "And you?")]


def test_a_flicker_inside_a_sentence_is_nobody_else(transcript):
    speakers.assign_speakers(transcript, Heard([Turn(0, 4.5, 0), Turn(4.5, 4.9, 1), Turn(4.9, 6, 0)]))
    assert {label for label, _ in said(transcript)} == {"speaker_1"}


def test_whose_turn_is_nearest_has_the_words_in_silence(transcript):
    speakers.assign_speakers(transcript, Heard([Turn(0.2, 2, 0), Turn(5.8, 6, 1)]))
    assert [label for label, _ in said(transcript)] == ["speaker_1", "speaker_1", "speaker_2"]


def test_names_stay_with_whoever_says_the_same_again(transcript):
    actor = UserFactory()
    speakers.assign_speakers(transcript, Heard([Turn(0, 4, 0), Turn(4, 6, 1)]))
    ana = transcript.segments.get(position=2).speaker
    speakers.rename_speaker(ana, name="Ana", actor=actor)
    speakers.assign_speakers(transcript, Heard([Turn(0, 2, 5), Turn(2, 4, 6), Turn(4, 6, 8)]), actor=actor)
    names = [row.speaker.shown for row in transcript.segments.order_by("position").select_related("speaker")]
    assert names == ["Speaker 1", "Speaker 3", "Ana"]
    history.undo(transcript, actor=actor)
    assert [label for label, _ in said(transcript)] == ["speaker_1", "speaker_1", "speaker_2"]
    assert transcript.speakers.get(name="Ana").label == "speaker_2"


def test_what_sounds_how_is_kept(transcript):
    voice = [1.0] + [0.0] * 255
    speakers.assign_speakers(transcript, Heard([Turn(0, 6, 0)], [voice]), engine="local:ear")
    speaker = transcript.speakers.get()
    assert list(speaker.voice) == voice
    assert speaker.voice_engine == "local:ear"


def test_parting_can_be_undone(transcript):
    actor = UserFactory()
    before = said(transcript)
    speakers.assign_speakers(transcript, Heard([Turn(0, 3, 0), Turn(3, 6, 1)]), actor=actor)
    assert len(said(transcript)) == 4
    edit = history.undo(transcript, actor=actor)
    assert said(transcript) == before
    assert (edit.number, edit.action) == (2, TranscriptEdit.Action.UNDO)
    assert not transcript.speakers.exists()


def test_only_one_segment_changes_its_speaker(transcript):
    actor = UserFactory()
    speakers.assign_speakers(transcript, Heard([Turn(0, 6, 0)]))
    first, *others = transcript.segments.order_by("position")
    speakers.set_speaker(first, name="  Ana\tMaria ", actor=actor)
    first.refresh_from_db()
    assert (first.speaker.name, first.speaker.label) == ("Ana Maria", "speaker_2")
    assert all(other.speaker.label == "speaker_1" for other in others)
    speakers.set_speaker(others[0], name="ana maria", actor=actor)
    speakers.set_speaker(others[1], name="Speaker 2", actor=actor)
    assert transcript.speakers.get(label="speaker_2").segments.count() == 2
    assert transcript.speakers.get(name="Speaker 2").label == "speaker_3"


def test_two_names_alike_are_refused_and_merging_is_the_way(transcript):
    actor = UserFactory()
    speakers.assign_speakers(transcript, Heard([Turn(0, 4, 0), Turn(4, 6, 1)]))
    one, two = transcript.speakers.order_by("label")
    speakers.rename_speaker(two, name="Ana", actor=actor)
    with pytest.raises(InvalidFieldError):
        speakers.rename_speaker(one, name="ANA", actor=actor)
    speakers.merge_speakers(two, into=one, actor=actor)
    assert [(one.label, one.name, one.segments.count()) for one in transcript.speakers.all()] == [
        ("speaker_1", "Ana", 3)
    ]
    history.undo(transcript, actor=actor)
    assert [label for label, _ in said(transcript)] == ["speaker_1", "speaker_1", "speaker_2"]
