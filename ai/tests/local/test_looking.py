from __future__ import annotations

import cv2
import numpy as np
import pytest

from ai.errors import EngineMissingError, InvalidAnswerError, LanguageUnsupportedError
from ai.local.looking import MeasuredLook, with_article
from ai.local.measures import colour_key, measure
from ai.local.pictures import load
from ai.tests.local.conftest import PICTURES
from core.errors import UnsupportedTypeError


def look(*frames, **options):
    return MeasuredLook().describe(list(frames), **options)[0]


@pytest.fixture
def titled(picture):
    pixels = np.full((720, 1280, 3), (20, 30, 60), np.uint8)
    cv2.putText(pixels, "LAUNCH WINDOW", (280, 350), cv2.FONT_HERSHEY_DUPLEX, 2.6, (255, 255, 255), 5)
    cv2.putText(pixels, "Tomorrow, 06:30", (440, 470), cv2.FONT_HERSHEY_DUPLEX, 1.5, (255, 255, 255), 3)
    return picture(pixels)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("chelsea.jpg", "It looks like a cat. The image is mostly brown."),
        ("coffee.jpg", "It looks like an espresso. The main colours are brown and orange."),
        ("rocket.jpg", "The image is dark, mostly blue."),
        ("hubble_deep_field.jpg", "The image is almost black, with many small white dots."),
        ("astronaut.jpg", "There is a face in the centre. The main colours are orange and grey."),
    ],
)
def test_the_sentences_say_what_was_measured(name, said):
    seen = look(PICTURES / name)
    assert seen.description == said
    assert seen.measured


def test_in_spanish_the_sentences_are_spanish():
    assert (
        look(PICTURES / "chelsea.jpg", language="es-MX").description
        == "Parece un gato. En la imagen predomina el marrón."
    )
    assert look(PICTURES / "astronaut.jpg", language="es").description.startswith("Hay una cara en el centro.")


def test_words_on_screen_are_read_line_by_line(titled):
    seen = look(titled)
    assert seen.onscreen_text == ["LAUNCH WINDOW", "Tomorrow, 06:30"]
    assert "The words on the screen are: “LAUNCH WINDOW, Tomorrow, 06:30”." in seen.description


def test_what_matters_least_is_left_out_first(titled):
    assert look(titled, max_words=10).description == "The words on the screen are: “LAUNCH WINDOW, Tomorrow, 06:30”."
    assert look(titled, max_words=6).description == "The screen reads: “LAUNCH WINDOW”."
    assert look(PICTURES / "chelsea.jpg", max_words=6).description == "It looks like a cat."
    assert look(PICTURES / "chelsea.jpg", max_words=1).description == ""


@pytest.mark.parametrize("most", [4, 7, 12])
def test_no_description_is_longer_than_allowed(most, titled):
    for frame in (titled, PICTURES / "astronaut.jpg"):
        assert len(look(frame, max_words=most).description.split()) <= most


def test_what_was_just_said_is_said_otherwise(titled):
    first = look(PICTURES / "chelsea.jpg").description
    second = look(PICTURES / "chelsea.jpg", context=first).description
    assert second == "This looks like a cat. The main colour is brown."
    assert "LAUNCH" not in look(titled, context="On screen: launch window.").description


def test_growing_light_is_told(picture):
    frames = [picture(np.full((90, 160, 3), grey), f"{grey}.png") for grey in (60, 110, 200)]
    assert "The light grows." in look(*frames).description


def test_a_picture_of_nothing_is_not_taken_for_something(picture):
    seen = look(picture(np.zeros((90, 160, 3))))
    assert (seen.description, seen.tags, seen.palette) == ("The image is almost black.", [], ["#000000"])


def test_a_face_outranks_guesses_about_clothes():
    seen = look(PICTURES / "astronaut.jpg")
    assert (seen.faces, seen.tags) == (1, [])


def test_palettes_are_the_same_every_time():
    pixels = load(PICTURES / "coffee.jpg")
    assert measure(pixels) == measure(pixels)
    assert len(measure(pixels).palette) == 5


@pytest.mark.parametrize(
    ("rgb", "key"),
    [
        ((0, 0, 0), "black"), ((255, 255, 255), "white"), ((128, 128, 128), "grey"), ((255, 0, 0), "red"), ((0, 0, 90), "dark_blue"),
        ((216, 103, 66), "orange"), ((150, 111, 80), "dark_orange"), ((0, 200, 60), "green"), ((150, 190, 240), "light_blue"),
    ],
)  # fmt: skip
def test_colours_have_their_usual_names(rgb, key):
    assert colour_key(*(part / 255 for part in rgb)) == key


@pytest.mark.parametrize(
    ("noun", "said"),
    [
        ("cat", "a cat"),
        ("espresso", "an espresso"),
        ("sunglasses", "sunglasses"),
        ("bus", "a bus"),
        ("Egyptian cat", "an Egyptian cat"),
    ],
)
def test_nouns_have_their_article(noun, said):
    assert with_article(noun) == said


def test_what_cannot_be_looked_at_is_refused(tmp_path, picture):
    (tmp_path / "no.jpg").write_bytes(b"no picture")
    with pytest.raises(UnsupportedTypeError):
        look(tmp_path / "no.jpg")
    with pytest.raises(InvalidAnswerError):
        look()
    with pytest.raises(LanguageUnsupportedError, match="German"):
        look(picture(np.zeros((9, 16, 3))), language="de")


def test_without_weights_it_says_how_to_get_them(settings, tmp_path):
    from ai.local import tags

    settings.MODELS_ROOT = tmp_path
    tags._session.cache_clear()
    tags._labels.cache_clear()
    with pytest.raises(EngineMissingError, match=r"manage\.py models efficientnet-lite0"):
        look(PICTURES / "chelsea.jpg")
