"""New words in the place of heard ones."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media_library.media.retime import Stretch, spread, words_of


def heard(*lines: str, seconds: float = 2.0, language: str = "en") -> list[Stretch]:
    return [
        Stretch(
            at * seconds, (at + 1) * seconds, line, words_of(line, at * seconds, (at + 1) * seconds, language=language)
        )
        for at, line in enumerate(lines)
    ]


def times(stretches: list[Stretch]) -> dict[str, tuple[float, float]]:
    return {word["word"]: (word["start"], word["end"]) for stretch in stretches for word in stretch.words}


def test_unchanged_words_keep_their_times_and_a_corrected_one_has_that_of_the_old():
    before = heard("We met Anna at noon", "and then we left")
    after = spread(before, "We met Ana at noon and then we left", language="en")
    assert [one.text for one in after] == ["We met Ana at noon", "and then we left"]
    was, now = times(before), times(after)
    assert now["Ana"] == was["Anna"]
    assert {word: now[word] for word in ("We", "met", "at", "left")} == {
        word: was[word] for word in ("We", "met", "at", "left")
    }


def test_one_word_for_three_takes_their_time():
    before = heard("it is a new found land here")
    after = spread(before, "it is a Newfoundland here", language="en")
    was = times(before)
    assert times(after)["Newfoundland"] == (was["new"][0], was["land"][1])


def test_three_words_for_one_share_its_time_by_length():
    after = times(spread(heard("say abcdefghij now"), "say abcd efgh ij now", language="en"))
    assert after["abcd"][0] == times(heard("say abcdefghij now"))["abcdefghij"][0]
    assert after["abcd"][1] == after["efgh"][0]
    assert after["ij"][1] <= after["now"][0]
    assert after["abcd"][1] - after["abcd"][0] > after["ij"][1] - after["ij"][0]


def test_words_that_were_not_heard_go_between_their_neighbours():
    after = spread(heard("we left early", "and slept"), "we all left early and slept well", language="en")
    assert [one.text for one in after] == ["we all left early", "and slept well"]
    found = times(after)
    assert found["we"][1] <= found["all"][0] <= found["all"][1] <= found["left"][0]
    assert found["slept"][1] <= found["well"][0] <= found["well"][1] <= 4.0


def test_a_new_sentence_after_a_finished_one_joins_the_next_speaker():
    after = spread(heard("Hello there.", "how are you"), "Hello there. So how are you", language="en")
    assert [one.text for one in after] == ["Hello there.", "So how are you"]


def test_all_other_words_are_laid_over_the_time_that_was_spoken():
    after = spread(heard("one two three", "four five six"), "acht neun", language="de")
    assert " ".join(one.text for one in after if one.text) == "acht neun"
    assert [one.text for one in after] == ["acht", "neun"]


def test_nothing_said_leaves_empty_segments_that_can_be_filled_again():
    empty = spread(heard("one two", "three"), "", language="en")
    assert [(one.text, one.words) for one in empty] == [("", []), ("", [])]
    again = spread(empty, "one two three four", language="en")
    assert " ".join(one.text for one in again) == "one two three four"
    assert again[0].words[0]["start"] == 0.0


def test_words_that_are_not_those_of_the_text_are_made_anew():
    stretch = Stretch(1.0, 3.0, "good evening all", [{"word": "good", "start": 1.0, "end": 1.2, "confidence": 0.5}])
    after = spread([stretch], "good evening, all", language="en")
    assert [word["word"] for word in after[0].words] == ["good", "evening,", "all"]
    assert after[0].words[-1]["end"] == 3.0


def test_scripts_without_spaces_keep_the_times_of_their_signs():
    before = heard("今日は晴れです", language="ja")
    after = spread(before, "今日は雨です", language="ja")
    assert after[0].text == "今日は雨です"
    was, now = times(before), times(after)
    assert (now["今"], now["す"]) == (was["今"], was["す"])


TEXT = st.lists(
    st.sampled_from(["a", "the", "harbour", "lights,", "went", "on.", "Ja;", "nein!", "été", "今", "日", "--", "4"]),
    max_size=30,
)


@given(st.lists(TEXT, min_size=1, max_size=4), TEXT, st.sampled_from(["en", "ja"]))
def test_read_in_order_the_segments_give_the_text_and_times_only_go_forward(lines, words, language):
    text = " ".join(words)
    after = spread(heard(*(" ".join(line) for line in lines), language=language), text, language=language)
    assert "".join("".join(one.text for one in after).split()) == "".join(text.split())
    if language == "en":
        assert " ".join(one.text for one in after if one.text) == text
    said = [word for one in after for word in one.words]
    assert all(word["start"] <= word["end"] for word in said)
    assert all(one["end"] <= other["start"] + 1e-6 for one, other in pairwise(said))
    for one in after:
        assert all(one.start - 1e-3 <= word["start"] and word["end"] <= one.end + 1e-3 for word in one.words)


@pytest.mark.parametrize("count", [2000])
def test_a_long_text_takes_no_time(count):
    lines = [" ".join(f"word{at * 20 + n} the" for n in range(10)) for at in range(count // 20)]
    after = spread(heard(*lines), " ".join(lines).replace("word7 ", "seven "), language="en")
    assert " ".join(one.text for one in after) == " ".join(lines).replace("word7 ", "seven ")
