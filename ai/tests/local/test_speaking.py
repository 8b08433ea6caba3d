from __future__ import annotations

import wave

import pytest

from ai.errors import EngineMissingError, InvalidAnswerError, LanguageUnsupportedError
from ai.local import kokoro, phonemes
from ai.local.espeak import Espeak
from ai.local.hibari import Hibari
from ai.local.kokoro import Kokoro
from ai.tests.local.conftest import errors

SENTENCES = {
    "en-US": "A rocket stands on its launch pad. Mr. Smith, who turned thirty, asked: “Isn't that unusual?”",
    "en-GB": "The colour of the water near the harbour changed slowly, and nobody was aboard.",
    "es": "El gato duerme junto a la ventana, y llueve en la ciudad.",
    "fr": "Les enfants regardent les étoiles, et personne ne parle. Où est la gare ?",
    "it": "Un gatto arancione guarda verso la finestra. La ragazza legge un libro.",
    "pt-BR": "Uma mulher caminha pela praia ao amanhecer, e o cachorro dorme.",
}


@pytest.mark.parametrize("language", SENTENCES)
def test_what_kokoro_says_is_understood_word_for_word(language, tmp_path, whisper, heard):
    speech, usage = Kokoro().speak(SENTENCES[language], tmp_path / "speech.wav", language=language)
    assert speech.voice.language == language
    assert errors(SENTENCES[language], heard(speech.path)) <= 0.1
    with wave.open(str(speech.path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 24_000)
        assert speech.seconds == usage.seconds == pytest.approx(file.getnframes() / 24_000)


def test_hindi_is_heard_as_hindi(tmp_path, whisper):
    speech, _ = Kokoro().speak("यह एक सुंदर दिन है। बच्चे बगीचे में खेल रहे हैं।", tmp_path / "hi.wav", language="hi")
    assert whisper.transcribe(speech.path)[0].language == "hi"


def test_voices_are_listed_with_the_default_of_each_language_first():
    voices = Kokoro().voices()
    assert len(voices) == len({voice.id for voice in voices}) == 41
    assert [voice.id for voice in voices[:7]] == [
        "af_heart", "bf_emma", "ef_dora", "ff_siwis", "hf_alpha", "if_sara", "pf_dora"
    ]  # fmt: skip
    assert {voice.gender for voice in voices} == {"female", "male"}
    assert not {voice.language for voice in voices} & {"ja", "zh"}


def test_the_wished_voice_speaks_and_an_unknown_one_is_replaced(tmp_path):
    into = tmp_path / "speech.wav"
    assert Kokoro().speak("Hola.", into, language="es-MX", voice="em_alex")[0].voice.id == "em_alex"
    assert Kokoro().speak("Hola.", into, language="es", voice="bm_george")[0].voice.id == "ef_dora"


def test_speed_shortens_what_is_said(tmp_path):
    lengths = [
        Kokoro().speak("A rocket stands there.", tmp_path / "s.wav", language="en", speed=speed)[0].seconds
        for speed in (0.7, 1.0, 1.6)
    ]
    assert lengths == sorted(lengths, reverse=True)


def test_no_piece_is_longer_than_the_model_takes_and_none_is_lost():
    endless = [phonemes.Clause("wˈɜɹd " * 400, ""), phonemes.Clause("ˈɛnd", ".")]
    pieces = list(kokoro._pieces(endless))
    assert max(map(len, pieces)) <= kokoro.MOST_TOKENS
    assert sum(map(len, pieces)) == 400 * 6 + 4 + 1


def test_short_forms_and_numbers_do_not_end_a_sentence():
    found = phonemes.clauses("Mr. J. Smith paid 3.50 at 10:30. Really?", voice="en-us")
    assert [clause.mark for clause in found] == [". ", "?"]


@pytest.mark.parametrize("engine", [Kokoro(), Hibari(), Espeak()])
def test_text_without_words_is_refused(engine, tmp_path):
    with pytest.raises(InvalidAnswerError, match="nothing in this text"):
        engine.speak(" … ", tmp_path / "speech.wav", language="en")


@pytest.mark.parametrize(
    ("engine", "language"), [(Kokoro(), "de"), (Kokoro(), "ja"), (Hibari(), "es"), (Espeak(), "zh")]
)
def test_a_language_an_engine_does_not_speak_is_refused(engine, language, tmp_path):
    with pytest.raises(LanguageUnsupportedError):
        engine.speak("Hello.", tmp_path / "speech.wav", language=language)


def test_hibari_is_understood_word_for_word(tmp_path, heard):
    text = "A rocket stands on its launch pad. The children look at the stars."
    speech, _ = Hibari().speak(text, tmp_path / "speech.wav", language="en-GB")
    assert errors(text, heard(speech.path)) == 0


def test_the_robotic_voice_says_so_and_takes_no_text_for_an_option(tmp_path):
    voices = Espeak().voices()
    assert len(voices) > 90
    assert all(voice.name.endswith("(robotic)") for voice in voices)
    speech, _ = Espeak().speak("--version\x00\x1b Guten Morgen.", tmp_path / "speech.wav", language="de-AT")
    assert speech.voice.language == "de"
    assert speech.seconds > 1


def test_without_espeak_ng_english_is_still_spoken_and_other_languages_name_it(tmp_path, monkeypatch, heard):
    monkeypatch.setenv("PATH", str(tmp_path))
    text = "Mr. Smith looked at the stars, and nobody spoke."
    assert errors(text, heard(Kokoro().speak(text, tmp_path / "speech.wav", language="en")[0].path)) == 0
    assert {voice.language for voice in Kokoro().voices()} == {"en-US", "en-GB"}
    assert Espeak().voices() == []
    with pytest.raises(EngineMissingError, match="apt-get install espeak-ng"):
        Kokoro().speak("Hola.", tmp_path / "speech.wav", language="es")
    with pytest.raises(EngineMissingError, match="apt-get install espeak-ng"):
        Espeak().speak("Hallo.", tmp_path / "speech.wav", language="de")
