"""Two people change one transcript at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from core.errors import ConflictError
from media_library.services import editing, history, speakers

pytestmark = pytest.mark.django_db(transaction=True)


def together(*changes: Callable[[], Any]) -> list[Any]:
    """Each in a thread and on a connection of its own, begun at once; what came of each."""
    start = Barrier(len(changes))

    def run(change: Callable[[], Any]) -> Any:
        try:
            start.wait()
            return change()
        except ConflictError as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(changes)) as pool:
        return [done.result() for done in [pool.submit(run, change) for change in changes]]


def texts(transcript: Any) -> list[str]:
    return list(transcript.segments.order_by("position").values_list("text", flat=True))


def test_two_edits_of_different_lines_are_both_kept(transcript, editor):
    first, second, _ = transcript.segments.order_by("position")
    together(
        lambda: editing.change_segment(first, text="First.", actor=editor),
        lambda: editing.change_segment(second, text="Second.", actor=editor),
    )
    assert texts(transcript)[:2] == ["First.", "Second."]
    assert sorted(transcript.edits.values_list("number", flat=True)) == [1, 2]
    for _ in range(2):
        history.undo(transcript, actor=editor)
    assert texts(transcript)[:2] == ["Good evening from the harbour.", "The lights are on."]


def test_two_edits_of_the_same_line_follow_one_another(transcript, editor):
    def write(text: str) -> Callable[[], Any]:
        return lambda: editing.update_range(transcript, start=0, end=2, text=text, actor=editor)

    together(*(write(f"Version {number}.") for number in range(6)))
    edits = list(transcript.edits.order_by("number"))
    assert [edit.number for edit in edits] == [1, 2, 3, 4, 5, 6]
    # Each began with what the one before it had left.
    for before, after in pairwise(edits):
        assert after.before["segments"][0]["text"] == before.after["segments"][0]["text"]
    assert texts(transcript)[0] == edits[-1].after["segments"][0]["text"]


def test_of_two_who_know_the_same_revision_one_is_told(transcript, editor):
    def write(text: str) -> Callable[[], Any]:
        return lambda: editing.update_range(transcript, start=0, end=2, text=text, actor=editor, revision=0)

    done = together(write("Mine."), write("Yours."))
    refused = [one for one in done if isinstance(one, ConflictError)]
    assert [one.details for one in refused] == [{"current_revision": 1}]
    assert texts(transcript)[0] in {"Mine.", "Yours."}
    assert transcript.edits.count() == 1


def test_a_name_and_a_text_at_once_are_both_kept(transcript, editor):
    speaker = transcript.speakers.get(label="speaker_1")
    segment = transcript.segments.get(position=0)
    together(
        lambda: speakers.rename_speaker(speaker, name="Ana", actor=editor),
        lambda: editing.change_segment(segment, text="Ahoy.", actor=editor),
        lambda: speakers.set_speaker(segment, name="Ben", actor=editor),
    )
    segment.refresh_from_db()
    assert (segment.text, segment.speaker.name) == ("Ahoy.", "Ben")
    assert transcript.speakers.get(label="speaker_1").name == "Ana"
    assert transcript.edits.count() == 3
