"""Sentences over cues: together for the translator, apart for the viewer."""

from __future__ import annotations

import pytest

from media_library.media.lines import width
from media_library.media.sentences import groups, laid, room
from media_library.media.webvtt.cuetext import plain_text
from media_library.media.webvtt.model import Cue


def cues(*texts: str, seconds: float = 2.0, gap: float = 0.1) -> list[Cue]:
    return [
        Cue.at(number * (seconds + gap), number * (seconds + gap) + seconds, text) for number, text in enumerate(texts)
    ]


def said(found: list[Cue]) -> list[str]:
    return [" ".join(plain_text(cue.text).split()) for cue in found]


def test_a_sentence_that_runs_over_cues_is_one_group() -> None:
    found = groups(cues("He was not an ill-disposed", "young man. ", "Unless to be rather", "cold-hearted is."))

    assert [(one.first, one.count, one.texts) for one in found] == [
        (0, 2, ("He was not an ill-disposed young man.",)),
        (2, 2, ("Unless to be rather cold-hearted is.",)),
    ]


@pytest.mark.parametrize(
    "texts",
    [
        ("<v Anna>I thought", "<v Bert>so too."),
        ("I thought", "- so too."),
        ("- One\n- Two", "goes on."),
        ("♪", "goes on."),
        ("[door slams]", "goes on."),
    ],
)
def test_what_belongs_to_another_is_not_joined(texts: tuple[str, str]) -> None:
    assert [one.count for one in groups(cues(*texts))] == [1, 1]


def test_a_silence_ends_a_group_and_descriptions_stand_alone() -> None:
    assert [one.count for one in groups(cues("I thought", "so.", gap=1.5))] == [1, 1]
    assert [one.count for one in groups(cues("A man who", "walks"), join=False)] == [1, 1]


def test_text_without_any_stop_is_cut_into_groups_of_a_size() -> None:
    found = groups(cues(*["on and on"] * 23))

    assert max(one.count for one in found) == 5
    assert sum(one.count for one in found) == 23


def test_times_do_not_change_the_digest_and_words_do() -> None:
    early, late = groups(cues("One.")), groups(cues("One.", seconds=3))
    assert early[0].digest == late[0].digest != groups(cues("Two."))[0].digest
    assert groups(cues("One two"))[0].digest != groups(cues("One", "two"))[0].digest


def test_the_words_are_laid_over_the_cues_where_a_reader_expects_a_break() -> None:
    own = cues("When the storm came over the hills,", "the keeper lit the lamp.")

    found = laid(own, ["Cuando la tormenta llegó sobre las colinas, el guardián encendió la lámpara."], language="es")

    assert said(found) == ["Cuando la tormenta llegó sobre las colinas,", "el guardián encendió la lámpara."]
    assert [(cue.start_ms, cue.end_ms) for cue in found] == [(cue.start_ms, cue.end_ms) for cue in own]


def test_no_word_is_lost_and_none_is_doubled() -> None:
    text = "uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
    for number in (1, 2, 3, 4, 5):
        own = cues(*["some words of the source"] * number)
        assert " ".join(said(laid(own, [text], language="es"))) == text


def test_times_stay_unless_two_short_cues_read_better_as_one() -> None:
    short = cues("He was", "not ill.", seconds=1.0, gap=0.1)
    assert [(cue.start, cue.end) for cue in laid(short, ["No estaba enfermo."], language="es")] == [(0.0, 2.1)]

    # Not when a cue can be read by itself, when the two stand apart, or when the line would not fit or not be read in time.
    for own, text in (
        (cues("He was", "not ill.", seconds=2.0), "No estaba enfermo."),
        (cues("He was", "not ill.", seconds=1.0, gap=0.6), "No estaba enfermo."),
        (cues("He was", "not ill.", seconds=1.0), "No estaba enfermo, sino más bien triste y solo."),
        (cues("He was", "not", "ill.", seconds=1.0), "No estaba enfermo."),
    ):
        assert [(cue.start_ms, cue.end_ms) for cue in laid(own, [text], language="es")] == [
            (cue.start_ms, cue.end_ms) for cue in own
        ]
    assert len(laid(short, ["No estaba enfermo."], language="es", merge=False)) == 2


def test_fewer_words_than_cues_span_their_time() -> None:
    own = cues("not", "at", "all")

    found = laid(own, ["Nada."], language="es")

    assert [(cue.start, cue.end, cue.text) for cue in found] == [(own[0].start, own[-1].end, "Nada.")]


def test_two_speakers_keep_their_lines_and_tags_around_a_cue_stay() -> None:
    (both,) = cues("- Who is there?\n- Me.")
    assert groups([both])[0].texts == ("Who is there?", "Me.")
    assert laid([both], ["¿Quién es?", "- Yo."], language="es")[0].text == "- ¿Quién es?\n- Yo."

    (named,) = cues("<v Anna>Good evening.</v>")
    assert (
        laid([named], ["Buenas <noches> & días."], language="es")[0].text
        == "<v Anna>Buenas &lt;noches&gt; &amp; días.</v>"
    )


def test_scripts_without_spaces_are_divided_too() -> None:
    own = cues("When the storm came", "the keeper lit the lamp.")

    found = laid(own, ["嵐が来たとき、灯台守はランプに火をともした。"], language="ja")

    assert "".join(said(found)).replace(" ", "") == "嵐が来たとき、灯台守はランプに火をともした。"
    assert len(found) == 2


def test_room_is_what_fits_the_lines_and_the_time() -> None:
    assert room(cues("a", seconds=2), language="es") == 34
    assert room(cues("a", seconds=60), language="es") == 84
    assert all(
        width(line, language="es") <= 42
        for cue in laid(cues("x " * 20), ["palabra " * 10], language="es")
        for line in cue.text.splitlines()
    )
