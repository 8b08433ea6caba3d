from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ai.capabilities.generate_image import Found, ImageRequest
from ai.local import framing
from ai.local.drawing import board, props, scenery
from ai.local.storyboard import Storyboard, card
from core.errors import InvalidFieldError

PICTURES = Path(__file__).parents[2] / "tests/data/pictures"
ROCKET = Found(PICTURES / "rocket.jpg", "Rocket", 0.8, "an-asset")


def drawn(into: Path, prompt: str, *, seed: int = 1, aspect: str = "16:9") -> bytes:
    path = into / "card"
    picture, usage = Storyboard().generate(ImageRequest(prompt, aspect, seed), path)
    assert (picture.by, picture.source, picture.made_from, picture.seed) == ("storyboard", "algorithmicMedia", "", seed)
    assert usage.cost == 0
    with Image.open(path) as image:
        assert image.format == "PNG"
        assert image.size == (picture.width, picture.height) == framing.SIZES[aspect]
    return path.read_bytes()


def test_the_same_words_and_seed_draw_the_same_card(tmp_path: Path) -> None:
    one = drawn(tmp_path, "A boat at sunset", seed=4)
    assert drawn(tmp_path, "A boat at sunset", seed=4) == one
    assert drawn(tmp_path, "A boat at sunset", seed=5) != one
    assert drawn(tmp_path, "A boat at night", seed=4) != one


@pytest.mark.parametrize("aspect", sorted(framing.SIZES))
def test_every_shape_of_frame_is_drawn_in_its_size(aspect: str, tmp_path: Path) -> None:
    drawn(tmp_path, "Close-up of a woman by the sea", aspect=aspect)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "   \n\t",
        "قارب في البحر عند الغروب",
        "夕暮れのビーチを走る犬",
        "שקיעה מעל העיר",
        "🚀🔥",
        "<script>alert(1)</script> & \"quotes\" 'and' %s {x}",
        "a\0b\x1b[31m",
        "w" * 200,
        "漢字" * 150,
        "A long road " * 80,
    ],
)
def test_any_prompt_becomes_a_card(prompt: str, tmp_path: Path) -> None:
    drawn(tmp_path, prompt)


def test_every_ground_and_every_thing_of_the_table_can_be_drawn() -> None:
    table = board._table()
    assert set(table["motifs"]) == set(props._DRAWN)
    assert set(table["grounds"]) == set(scenery._GROUNDS)
    for number, words in enumerate([*table["grounds"].values(), *table["motifs"].values()]):
        assert card(words[0], (256, 144), seed=number).size == (256, 144)
    for ground in ("fields", "city", "forest", "desert", "sea", "road", "mountains"):
        assert card(f"aerial view of {ground}", (144, 256)).size == (144, 256)


@pytest.mark.parametrize(
    ("prompt", "shot", "time", "ground", "motif"),
    [
        ("A rocket on its pad at dawn, wide shot", "wide", "dawn", "", "rocket"),
        ("Close-up of her face, rainy night in the city", "close", "night", "city", "person"),
        ("Drone shot of a forest in autumn", "aerial", "golden", "forest", ""),
        ("قارب في البحر عند الغروب", "wide", "sunset", "sea", "boat"),
        ("夕暮れのビーチを走る犬", "wide", "sunset", "sea", "dog"),
        ("Un coche rojo por la carretera, atardecer", "wide", "sunset", "road", "car"),
        ("Two friends in a kitchen in the morning", "medium", "dawn", "room", "couple"),
    ],
)
def test_what_words_name_is_what_is_drawn(prompt: str, shot: str, time: str, ground: str, motif: str) -> None:
    found = board.read(prompt, seed=1)
    assert (found.shot, found.time) == (shot, time)
    assert ground in {"", found.grounds[0]}
    assert motif in {"", *found.motifs}


def test_a_colour_that_is_named_colours_the_light() -> None:
    def green(prompt: str) -> int:
        red, green, blue = board.read(prompt, seed=1).palette.sky[1]
        return 2 * green - red - blue

    assert green("a green valley at sunset") > green("a valley at sunset")


def test_the_strip_with_the_words_is_dark_and_lettered(tmp_path: Path) -> None:
    drawn(tmp_path, "Snowy mountains on a bright day")
    with Image.open(tmp_path / "card") as image:
        strip = np.asarray(image.convert("L"))[-90:]
    assert np.median(strip) < 90
    assert strip.max() > 200


def test_a_picture_of_the_library_that_fits_is_taken_and_named_as_that(tmp_path: Path) -> None:
    path = tmp_path / "picture"
    picture, _ = Storyboard().generate(ImageRequest("A rocket", "9:16", 3, (ROCKET,)), path)
    assert (picture.by, picture.made_from, picture.source) == ("library", "an-asset", "algorithmicallyEnhanced")
    with Image.open(path) as image:
        assert (image.format, image.size) == ("JPEG", (720, 1280))
        assert not image.getexif()
        assert "icc_profile" not in image.info


def test_what_only_comes_nearest_is_not_taken(tmp_path: Path) -> None:
    far = Found(ROCKET.path, "Rocket", 0.49, "an-asset")
    picture, _ = Storyboard().generate(ImageRequest("A teapot", found=(far,)), tmp_path / "picture")
    assert picture.by == "storyboard"


def test_a_picture_that_cannot_be_read_gives_way_to_the_next(tmp_path: Path) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff no")
    found = (Found(broken, "Broken", 0.9, "broken"), ROCKET)
    assert Storyboard().generate(ImageRequest("A rocket", found=found), tmp_path / "one")[0].made_from == "an-asset"
    assert Storyboard().generate(ImageRequest("A rocket", found=found[:1]), tmp_path / "two")[0].by == "storyboard"


def test_a_face_stays_in_the_frame_whatever_its_shape() -> None:
    picture = framing.load(PICTURES / "astronaut.jpg")
    seen = framing.focus(picture)
    assert seen.is_face
    for size in framing.SIZES.values():
        left, top, wide, tall = framing.window(picture.shape[1::-1], size[0] / size[1], seen)
        assert left < seen.across * picture.shape[1] < left + wide
        assert top < seen.down * picture.shape[0] < top + tall


def test_other_shapes_of_frames_are_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidFieldError, match="16:9"):
        Storyboard().generate(ImageRequest("A boat", "7:3"), tmp_path / "card")
