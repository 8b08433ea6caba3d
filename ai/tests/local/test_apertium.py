from __future__ import annotations

import pytest

from ai.capabilities.translate import TranslationRequest
from ai.errors import EngineMissingError, LanguageUnsupportedError
from ai.local import apertium
from ai.local.apertium import Apertium

LINES = [
    "He was not there,",
    "",
    "and nobody knew why.",
    "It costs 5 [maybe] <b>dollars</b> & ^cents$ @home / 3\\4 {x} ~ *star*",
    "- Hello. - Bye.",
    "♪ music ♪",
    "Where is the house? The house is\nover there. It is red!",
    "   ",
    "--help",
    "The cat sleeps\x00 here.",
    "…",
    "日本語",
]


def translated(lines, source="en", target="es", glossary=None):
    return Apertium().translate(TranslationRequest(lines, source, target, glossary or {}))[0]


def test_every_line_comes_back_in_its_place():
    out = translated(LINES * 9)
    assert len(out) == len(LINES) * 9
    assert out[: len(LINES)] * 9 == out
    for line, together in zip(LINES, out, strict=False):
        assert translated([line]) == [together]
        assert bool(together) == bool(line.strip())
        assert "\n" not in together


def test_capitals_and_punctuation_follow_the_line():
    there, _, nobody, *_ = translated(LINES)
    assert there[0].isupper()
    assert there.endswith(",")
    assert nobody[0].islower()
    assert translated(["It could be a cat."]) == ["Podría ser un gato."]


def test_unknown_words_carry_no_mark():
    assert translated(["A zorgblat sleeps."])[0].count("*") == 0


def test_terms_of_the_glossary_are_used_whatever_their_capitals():
    lines = translated(
        ["The LAUNCH WINDOW opens.", "A window opens."], glossary={"launch window": "ventana de lanzamiento", "": "x"}
    )
    assert "ventana de lanzamiento" in lines[0]
    assert "lanzamiento" not in lines[1]
    assert translated(["Canaveral opens."], glossary={"canaveral": "el cabo"})[0].startswith("El cabo")
    assert translated(["and canaveral opens."], glossary={"canaveral": "el cabo"})[0].count("el cabo") == 1
    assert translated(["The probe sleeps."], glossary={"probe": r"sonda \1 \g<0>"})[0].count(r"\1 \g<0>") == 1


def test_pairs_are_those_that_are_installed():
    engine = Apertium()
    assert engine.speaks("en", "es")
    assert engine.speaks("en-US", "es-MX")
    assert not engine.speaks("en", "ja")
    assert not engine.speaks("xx", "es-MX")


def test_a_pair_that_is_not_installed_is_named():
    with pytest.raises(LanguageUnsupportedError, match="from English to Japanese"):
        translated(["Hello."], target="ja")


def test_a_missing_program_is_named_with_its_command(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not Apertium().speaks("en", "es")
    with pytest.raises(EngineMissingError, match="apt-get install apertium"):
        translated(["Hello."])


def test_lines_that_came_back_joined_are_asked_for_one_by_one(monkeypatch):
    real = apertium._run
    monkeypatch.setattr(apertium, "_run", lambda pair, text: real(pair, text).replace("\n", " "))
    assert translated(["It could be a cat.", "The house is red."]) == ["Podría ser un gato.", "La casa es roja."]


def test_progress_can_stop_it():
    def progress(_fraction, _message):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Apertium().translate(TranslationRequest(["Hello."], "en", "es"), progress=progress)
