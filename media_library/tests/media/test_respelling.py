"""Words as a voice is given them."""

from __future__ import annotations

from media_library.media.respelling import Respelling, respelled

WCAG = Respelling("WCAG", "W C A G")


def test_whole_words_are_respelled_and_no_parts_of_words() -> None:
    assert respelled("WCAG, wcag and WCAGs of (WCAG).", [WCAG]) == "W C A G, W C A G and WCAGs of (W C A G)."


def test_the_longer_term_counts_before_the_shorter() -> None:
    entries = [Respelling("New York", "Noo York"), Respelling("York", "Yorke"), Respelling("New", "Niu")]
    assert respelled("New  York, York, New", entries) == "Noo York, Yorke, Niu"


def test_capitals_count_where_the_entry_says_so() -> None:
    assert respelled("US and us", [Respelling("US", "U S", case_sensitive=True)]) == "U S and us"


def test_what_was_put_in_is_not_respelled_again() -> None:
    entries = [Respelling("a", "b b"), Respelling("b", "a")]
    assert respelled("a b", entries) == "b b a"


def test_signs_and_other_scripts_have_their_own_edges() -> None:
    assert respelled("C++ and .NET.", [Respelling("C++", "C plus plus"), Respelling(".NET", "dot net")]) == (
        "C plus plus and dot net."
    )
    assert respelled("Élan, élan", [Respelling("élan", "ay-lon")]) == "ay-lon, ay-lon"
    assert respelled("nothing here", []) == "nothing here"


def test_an_entry_is_text_and_no_pattern() -> None:
    assert respelled("a.b axb", [Respelling("a.b", r"\1 \g<0>")]) == r"\1 \g<0> axb"
