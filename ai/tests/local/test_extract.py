"""The extractive engine: its words are the recording's, in the recording's language."""

from __future__ import annotations

import pytest

from ai.errors import EngineMissingError
from ai.local import extract
from ai.local.extract import Extract

NEWS = [
    "Good evening from the harbour of Bergen.",
    "Tonight the fishing fleet comes home after three weeks at sea.",
    "You know, we didn't expect that at all.",
    "The cod moved north because the water has become warmer.",
    "Biologists measured the water: it is two degrees warmer than before.",
    "More cod means more money, but warmer water also brings species that eat the young cod.",
]


@pytest.fixture(params=["by words and meaning", "by words alone"])
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Extract:
    if request.param == "by words alone":

        def missing(_self: object, _texts: list[str]) -> None:
            raise EngineMissingError

        monkeypatch.setattr(extract.E5, "passages", missing)
    return Extract()


@pytest.mark.engines
def test_title_sentences_and_tags_are_those_of_the_recording(engine: Extract) -> None:
    summary, usage = engine.summarize(NEWS, language="en")
    said = " ".join(NEWS).casefold()
    assert summary.measured
    assert summary.title.casefold() in said
    assert summary.description.casefold() in said or all(
        sentence in said for sentence in summary.description.casefold().split(". ")
    )
    assert {"cod", "water"} <= {tag.casefold() for tag in summary.tags}
    assert not {"know", "more", "you", "comes"} & {tag.casefold() for tag in summary.tags[:4]}
    assert usage.characters == sum(map(len, NEWS))


@pytest.mark.engines
def test_the_same_is_not_told_twice(engine: Extract) -> None:
    summary, _ = engine.summarize([*NEWS, *NEWS, NEWS[3].replace("moved", "has moved")], language="en")
    assert summary.description.count("moved north") == 1


def test_words_of_scripts_without_spaces_are_runs_of_one_script() -> None:
    assert extract.words_of("水温が上がったためタラは北へ移動しました。") == ["水温", "タラ", "移動"]


def test_a_recording_of_hours_is_read_in_even_parts() -> None:
    many = [f"Sentence number {n} about the harbour." for n in range(5000)]
    text = extract.Text.of(many, language="en")
    assert len(text.sentences) == extract.MOST_SENTENCES
    assert (text.sentences[0], text.sentences[-1]) == (many[0], many[-1])


def test_lines_without_full_stops_are_sentences_of_their_own() -> None:
    assert extract.sentences_of(["we begin", "", " then  we go on "]) == ["we begin", "then we go on"]
    assert extract.sentences_of(["It began", "here. Then", "it ended."]) == ["It began here.", "Then it ended."]


@pytest.mark.parametrize("lines", [[], ["", "  "], ["…", "?!"]])
def test_of_nothing_nothing_is_told(lines: list[str]) -> None:
    summary, _ = Extract().summarize(lines, language="en")
    assert (summary.title, summary.description, summary.tags) == ("", "", [])


def test_every_list_of_stop_words_is_read() -> None:
    assert {"en", "de", "es", "fr", "ru", "tr"} <= set(extract.lists())
    assert {"the", "yeah"} <= extract.lists()["en"]
