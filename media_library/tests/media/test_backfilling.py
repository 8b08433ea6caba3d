"""Bringing a translation up to its source without touching what people wrote."""

from __future__ import annotations

from collections.abc import Sequence

from media_library.media.backfilling import Filled, Origin, fill, linked, plan, stale
from media_library.media.sentences import groups
from media_library.media.webvtt.model import Cue


def cues(*texts: str, at: float = 0.0) -> list[Cue]:
    return [Cue.at(at + 3 * number, at + 3 * number + 2.5, text) for number, text in enumerate(texts)]


def translated(source: Sequence[Cue], target: Sequence[Cue] = (), origins: Sequence[Origin] = ()) -> Filled:
    found = groups(source)
    todo = plan(found, target, origins)
    answers = {found[number].digest: [f"{text} (es)" for text in found[number].texts] for number in todo.wanted}
    return fill(source, found, target, origins, answers, language="es")


def edited(filled: Filled, place: int, text: str) -> Filled:
    """As a person's save leaves it."""
    changed = list(filled.cues)
    changed[place] = Cue(changed[place].start_ms, changed[place].end_ms, text)
    origins = [dict(one) for one in filled.origins]
    origins[place]["by"] = "person"
    return Filled(changed, origins)


def texts(filled: Filled) -> list[str]:
    return [cue.text for cue in filled.cues]


SOURCE = cues("One.", "Two.", "Three.", "Four.")


def test_the_first_translation_is_whole() -> None:
    made = translated(SOURCE)

    assert texts(made) == ["One. (es)", "Two. (es)", "Three. (es)", "Four. (es)"]
    assert [one["by"] for one in made.origins] == ["machine"] * 4
    assert [one["from"] for one in made.origins] == [group.digest for group in groups(SOURCE)]


def test_only_what_changed_is_asked_for() -> None:
    before = translated(SOURCE)
    after = cues("One.", "Two!", "Three.", "Four.")

    assert plan(groups(after), before.cues, before.origins).wanted == [1]
    assert texts(translated(after, before.cues, before.origins)) == [
        "One. (es)",
        "Two! (es)",
        "Three. (es)",
        "Four. (es)",
    ]
    assert plan(groups(SOURCE), before.cues, before.origins).wanted == []


def test_a_persons_cue_stays_and_is_named_when_its_source_changed() -> None:
    mine = edited(translated(SOURCE), 1, "Dos, digo yo.")
    after = cues("One.", "Two!", "Three!", "Four.")

    made = translated(after, mine.cues, mine.origins)

    assert texts(made) == ["One. (es)", "Dos, digo yo.", "Three! (es)", "Four. (es)"]
    assert made.attention == [1]
    assert made.origins[1] == mine.origins[1]
    assert stale(groups(after), made.origins) == [False, True, False, False]


def test_a_persons_cue_whose_source_did_not_change_is_left_in_peace() -> None:
    mine = edited(translated(SOURCE), 1, "Dos, digo yo.")

    made = translated(cues("One!", "Two.", "Three.", "Four."), mine.cues, mine.origins)

    assert texts(made)[:2] == ["One! (es)", "Dos, digo yo."]
    assert made.attention == []


def test_new_sentences_come_in_and_deleted_ones_go_but_not_a_persons() -> None:
    mine = edited(translated(SOURCE), 3, "Cuatro.")
    after = [SOURCE[0], Cue.at(1.0, 2.9, "New."), SOURCE[2]]

    made = translated(after, mine.cues, mine.origins)

    assert texts(made) == ["One. (es)", "New. (es)", "Three. (es)", "Cuatro."]
    assert made.attention == [3]


def test_all_of_a_sentence_stays_when_a_person_wrote_a_part_of_it() -> None:
    source = cues("He was not an ill", "disposed young man.")
    mine = edited(translated(source), 1, "joven malo.")
    after = cues("He was an ill", "disposed young man.")

    made = translated(after, mine.cues, mine.origins)

    assert texts(made) == [mine.cues[0].text, "joven malo."]
    assert made.attention == [1]


def test_moved_sources_take_a_machines_cues_along_and_leave_a_persons_times() -> None:
    mine = edited(translated(SOURCE), 1, "Dos.")
    after = cues("One.", "Two.", "Three.", "Four.", at=100.0)

    assert plan(groups(after), mine.cues, mine.origins).wanted == []
    made = translated(after, mine.cues, mine.origins)

    assert [(cue.start, cue.text) for cue in made.cues] == [
        (3.0, "Dos."),
        (100.0, "One. (es)"),
        (106.0, "Three. (es)"),
        (109.0, "Four. (es)"),
    ]
    assert made.attention == [0]


def test_the_same_words_again_and_again_keep_their_order() -> None:
    source = cues("Yes.", "Yes.", "No.", "Yes.")
    before = translated(source)
    later = cues("Yes.", "Yes.", "No.", "Yes.", at=50.0)

    assert plan(groups(later), before.cues, before.origins).wanted == []
    assert [cue.start for cue in translated(later, before.cues, before.origins).cues] == [50.0, 53.0, 56.0, 59.0]

    fewer = [source[0], source[2], source[3]]
    assert texts(translated(fewer, before.cues, before.origins)) == ["Yes. (es)", "No. (es)", "Yes. (es)"]


def test_what_nobody_could_translate_shows_the_source_and_is_asked_for_again() -> None:
    found = groups(SOURCE)
    made = fill(SOURCE, found, [], [], {found[0].digest: ["Uno."]}, language="es")

    assert texts(made) == ["Uno.", "Two.", "Three.", "Four."]
    assert [one["from"] == "" for one in made.origins] == [False, True, True, True]
    assert plan(found, made.cues, made.origins).wanted == [1, 2, 3]


def test_music_is_copied_and_nobody_is_asked() -> None:
    source = cues("♪", "One.")

    assert plan(groups(source), [], []).wanted == [1]
    assert texts(translated(source)) == ["♪", "One. (es)"]


def test_texts_from_before_anybody_counted_count_as_their_writers() -> None:
    old = [Cue.at(0, 2.5, "Uno."), Cue.at(3, 5.5, "Dos.")]
    people = [{"by": "person", "from": ""}] * 2

    assert plan(groups(SOURCE), old, people).wanted == [2, 3]
    assert plan(groups(SOURCE), old, [{"by": "machine", "from": ""}] * 2).wanted == [0, 1, 2, 3]


def test_a_persons_new_words_belong_to_the_source_of_their_moment() -> None:
    found = groups(SOURCE)
    mine = [Cue.at(0.1, 2.4, "Uno."), Cue.at(3.0, 5.5, "Dos."), Cue.at(60, 61, "Aparte.")]
    origins = [{"by": "person", "from": ""}, {"by": "machine", "from": ""}, {"by": "person", "from": ""}]

    assert [one["from"] for one in linked(found, mine, origins)] == [found[0].digest, "", ""]
