# ruff: noqa: E501 - sentences beside their lines

from __future__ import annotations

from dataclasses import replace

import pytest

from media_library.media.lines import balance, fit_translation, reading_length, width
from media_library.media.profiles import HOUSE, PROFILES
from media_library.media.webvtt import Cue


@pytest.mark.parametrize(
    ("language", "text", "lines"),
    [
        ("en", "It fits.", ["It fits."]),
        ("en", "", []),
        ("en", "two lines\nthat fit in one", ["two lines that fit in one"]),
        ("en", "When we arrived at the station, the train had already left.", ["When we arrived at the station,", "the train had already left."]),
        ("en", "She wanted to go to the market because the bread was gone", ["She wanted to go to the market", "because the bread was gone"]),
        ("es", "Quería ir al mercado porque el pan de la semana se acabó", ["Quería ir al mercado", "porque el pan de la semana se acabó"]),
        ("fr", "Elle voulait aller au marché parce que le pain de la semaine était fini", ["Elle voulait aller au marché", "parce que le pain de la semaine était fini"]),
        ("de", "Sie wollte auf den Markt gehen, weil das Brot der Woche alle war.", ["Sie wollte auf den Markt gehen,", "weil das Brot der Woche alle war."]),
        ("it", "Voleva andare al mercato perché il pane della settimana era finito", ["Voleva andare al mercato", "perché il pane della settimana era finito"]),
        ("pt", "Ela queria ir ao mercado porque o pão da semana tinha acabado", ["Ela queria ir ao mercado", "porque o pão da semana tinha acabado"]),
        ("ja", "昨日は東京で友達と一緒に、美味しい寿司を食べました。", ["昨日は東京で友達と一緒に、", "美味しい寿司を食べました。"]),
        ("en", "-Are you coming with us tonight?\n-No.", ["-Are you coming with us tonight?", "-No."]),
    ],
)  # fmt: skip
def test_lines_break_where_the_reader_expects_it(language, text, lines):
    assert balance(text, language=language) == lines


@pytest.mark.parametrize("word", ["the", "a", "of", "and", "very", "Mr.", "was", "she"])
def test_a_line_does_not_end_with_a_word_that_belongs_to_the_next(word):
    upper, _ = balance(f"Somebody there thought about {word} Dashwood again and again this year", language="en")
    assert not upper.endswith(f" {word}")


def test_text_that_fits_nowhere_keeps_two_lines_of_nearly_equal_length():
    upper, lower = balance("word " * 30, language="en")
    assert abs(len(upper) - len(lower)) <= 10
    assert f"{upper} {lower}".split() == ["word"] * 30


def test_tags_take_no_room_and_are_never_torn():
    lines = balance("<v Mary Ann Smith>It was the best of times,</v> <i>it was the worst of times.</i>", language="en")
    assert lines == ["<v Mary Ann Smith>It was the best of times,</v>", "<i>it was the worst of times.</i>"]


def test_a_profile_of_three_lines_gets_three():
    lines = balance(
        "one two three four five six seven eight nine ten",
        language="en",
        profile=replace(HOUSE, chars_per_line=18, lines=3),
    )
    assert len(lines) == 3
    assert max(map(len, lines)) <= 18


def test_characters_are_counted_as_the_style_guides_count_them():
    assert width("<i>caf\u0065\u0301</i> &amp;", language="en") == 6
    assert width("東京 AB", language="ja") == 3.5
    assert reading_length("<b>one</b>\ntwo &lt;", language="en") == 8


def test_a_translation_keeps_the_times_ids_and_settings_of_its_source():
    source = [Cue(0, 1000, "Hello", "one", "line:0"), Cue(2000, 5000, "When we arrived, it had left.")]
    cues = fit_translation(
        source, ["Hola <b>", "Cuando llegamos a la estación, el tren ya se había ido."], language="es"
    )
    assert cues == [
        Cue(0, 1000, "Hola &lt;b&gt;", "one", "line:0"),
        Cue(2000, 5000, "Cuando llegamos a la estación,\nel tren ya se había ido."),
    ]
    with pytest.raises(ValueError, match="2 cues cannot take 1 texts"):
        fit_translation(source, ["Hola"], language="es")


def test_limits_follow_the_language():
    assert [PROFILES["netflix"].line_limit(language) for language in ("en", "ja", "th", "zh-Hant", "ko")] == [
        42,
        23,
        35,
        16,
        16,
    ]
    assert [PROFILES["netflix"].cps_limit(language) for language in ("en-GB", "es", "hi")] == [20, 17, 22]
    assert PROFILES["bbc"].line_limit("en") == 37
    assert HOUSE.cps_limit("en") == 17
    assert PROFILES["netflix"].shortest("ja") == 0.5
