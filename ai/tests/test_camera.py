from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from ai.capabilities.generate_video import VideoRequest
from ai.local import camera_move, camera_words, framing
from ai.local.camera import Camera
from core.errors import InvalidFieldError, UnsupportedTypeError
from media_library.media.conform import needs_conform
from media_library.media.probe import probe

FACE = Path(__file__).parents[2] / "tests/data/pictures/astronaut.jpg"


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two discs on grey, so that a move can be measured."""
    picture = np.full((900, 1600, 3), 70, np.uint8)
    cv2.circle(picture, (760, 450), 16, (255, 0, 0), -1, cv2.LINE_AA)
    cv2.circle(picture, (860, 450), 16, (0, 255, 0), -1, cv2.LINE_AA)
    path = tmp_path_factory.mktemp("still") / "still.png"
    Image.fromarray(picture).save(path)
    return path


def made(into: Path, image: Path, prompt: str, *, seconds: float = 1.0, aspect: str = "16:9", seed: int = 1) -> Path:
    path = into / f"{abs(hash((prompt, seconds, aspect, seed)))}.mp4"
    request = VideoRequest(prompt=prompt, image=image, seconds=seconds, aspect_ratio=aspect, seed=seed)
    clip, usage = Camera().generate(request, path)
    assert (clip.width, clip.height) == framing.SIZES[aspect]
    assert clip.seconds == pytest.approx(seconds, abs=0.021)
    assert usage.cost == 0
    return path


def greys(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def movement(path: Path) -> tuple[float, float, float]:
    """How far the content goes to the right and down, and how much larger it gets."""
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray(format="rgb24").astype(float) for frame in container.decode(video=0)]
    places = [[_middle(frame[..., one] - frame[..., 1 - one]) for one in (0, 1)] for frame in (frames[0], frames[-1])]
    (red, green), (red_later, green_later) = places
    wide, later = (np.hypot(*(one - two)) for one, two in ((red, green), (red_later, green_later)))
    across, down = (red_later + green_later) / 2 - (red + green) / 2
    return float(across), float(down), float(later / wide)


def _middle(levels: np.ndarray) -> np.ndarray:
    strong = np.clip(levels - 60, 0, None)
    rows, columns = np.indices(strong.shape)
    return np.array([(strong * columns).sum(), (strong * rows).sum()]) / strong.sum()


@pytest.mark.parametrize(
    ("prompt", "across", "down", "larger"),
    [
        ("pan left", 1, 0, 0),
        ("a slow pan to the right over the harbour", -1, 0, 0),
        ("from left to right the camera glides", -1, 0, 0),
        ("tilt down to her hands", 0, -1, 0),
        ("crane up over the roofs", 0, 1, -1),
        ("slow push in", 0, 0, 1),
        ("fast zoom out to reveal the valley", 0, 0, -1),
        ("pan left and zoom in", 1, 0, 1),
        ("ズームアウト", 0, 0, -1),
        ("paneo a la derecha", -1, 0, 0),
    ],
)
def test_the_camera_goes_where_the_words_say(
    prompt: str, across: int, down: int, larger: int, still: Path, tmp_path: Path
) -> None:
    found = movement(made(tmp_path, still, prompt))
    for measured, wanted, least in zip(
        (found[0], found[1], found[2] - 1), (across, down, larger), (8, 8, 0.012), strict=True
    ):
        if wanted:
            assert measured * wanted > least, found
    if not larger:
        assert found[2] == pytest.approx(1, abs=0.04)


def test_without_a_word_of_the_camera_it_pushes_in_gently(still: Path, tmp_path: Path) -> None:
    assert 1.005 < movement(made(tmp_path, still, "a boat on the lake"))[2] < 1.1


def test_a_tripod_does_not_move_whatever_else_is_said(still: Path, tmp_path: Path) -> None:
    frames = greys(made(tmp_path, still, "static shot, do not pan left"))
    assert np.abs(frames[0].astype(int) - frames[-1]).mean() < 1.5


def test_words_of_speed_count() -> None:
    slow, usual, fast = (camera_words.read(f"{speed} pan left").speed for speed in ("slow", "", "fast"))
    assert slow < usual < fast


def test_the_same_seed_makes_the_same_clip_and_another_one_another(still: Path, tmp_path: Path) -> None:
    one = made(tmp_path, still, "handheld", seed=1).read_bytes()
    assert made(tmp_path, still, "handheld", seed=1).read_bytes() == one
    assert made(tmp_path, still, "handheld", seed=2).read_bytes() != one


@pytest.mark.parametrize(
    ("seconds", "frames", "aspect"), [(0.5, 12, "9:16"), (1.3, 32, "1:1"), (1.0, 25, "21:9"), (2.0, 50, "3:4")]
)
def test_a_clip_has_the_frames_asked_for_and_is_copied_into_films(
    seconds: float, frames: int, aspect: str, tmp_path: Path
) -> None:
    path = made(tmp_path, FACE, "arc left around her", seconds=seconds, aspect=aspect)
    assert len(greys(path)) == frames
    assert needs_conform(probe(path)) == []


def test_every_view_stays_inside_of_the_picture() -> None:
    looked_at = framing.Focus(0.97, 0.03, 0.2, 1.0)
    for prompt in ("handheld arc left, fast", "crane up and pan right quickly", "pull out", "push in", "drift down"):
        for still in ((4000, 300), (300, 4000), (999, 777)):
            move = camera_words.read(prompt, seed=3)
            for size in framing.SIZES.values():
                path = camera_move.views(
                    move, still=still, size=size, looked_at=looked_at, frames=40, seconds=60, seed=3
                )
                for view in path:
                    tall = view.width * size[1] / size[0]
                    assert -1 < view.across - view.width / 2 < view.across + view.width / 2 < still[0] + 1
                    assert -1 < view.down - tall / 2 < view.down + tall / 2 < still[1] + 1


def test_near_things_go_further_than_far_ones_and_nothing_tears() -> None:
    picture = framing.load(FACE)
    looked_at = framing.focus(picture)
    assert looked_at.is_face
    view = camera_move.View(picture.shape[1] / 2, picture.shape[0] / 2, picture.shape[1], 0, 0)
    near = camera_move.nearness(picture, view, looked_at, size=(1280, 720))
    assert near is not None
    assert near.max() > 0.8
    assert near[:10, -10:].max() < 0.2
    # A place may not be carried over its neighbour.
    slope = np.abs(np.diff(cv2.resize(near, (1280, 720)), axis=1)).max()
    assert slope * 1280 * max(map(abs, camera_move.push_of(camera_words.Move(across=1, depth=1)))) < 0.6


@pytest.mark.parametrize("seconds", [0.4, 61, float("nan"), -1])
def test_other_lengths_are_refused(seconds: float, still: Path, tmp_path: Path) -> None:
    request = VideoRequest(prompt="", image=still, seconds=seconds, aspect_ratio="16:9")
    with pytest.raises(InvalidFieldError, match=r"0\.5 to 60 seconds"):
        Camera().generate(request, tmp_path / "clip.mp4")
    with pytest.raises(InvalidFieldError, match="aspect ratio"):
        Camera().generate(replace(request, seconds=1, aspect_ratio="5:1"), tmp_path / "clip.mp4")


def test_pictures_of_any_kind_are_filmed(tmp_path: Path) -> None:
    odd, clear, turned, large = (tmp_path / name for name in ("odd.png", "clear.png", "turned.jpg", "large.jpg"))
    Image.new("L", (333, 77), 90).save(odd)
    Image.new("RGBA", (60, 40), (255, 0, 0, 0)).save(clear)
    exif = Image.Exif()
    exif[274] = 6
    Image.new("RGB", (400, 200), (0, 90, 0)).save(turned, exif=exif)
    Image.new("RGB", (6000, 4000), (9, 9, 90)).save(large)
    assert framing.load(turned).shape[:2] == (400, 200)
    assert framing.load(clear).max() == max(framing.PAPER)
    for path in (odd, clear, turned, large):
        assert len(greys(made(tmp_path, path, "parallax, pan left", seconds=0.5, seed=path.stat().st_size))) == 12


def test_what_is_no_picture_is_refused_with_a_sentence(still: Path, tmp_path: Path) -> None:
    half, none, tiny = (tmp_path / name for name in ("half.png", "none.png", "tiny.png"))
    half.write_bytes(still.read_bytes()[:5000])
    none.write_bytes(b"<svg onload=alert(1)>")
    Image.new("RGB", (3, 3)).save(tiny)
    for path in (half, none, tiny):
        with pytest.raises(UnsupportedTypeError, match="This picture"):
            Camera().generate(VideoRequest("", path, 1, "16:9"), tmp_path / "clip.mp4")
    assert not list(tmp_path.glob("*.mp4*"))


def test_cancelled_work_leaves_nothing(still: Path, tmp_path: Path) -> None:
    def cancel(fraction: float, _message: str) -> None:
        if fraction > 0.2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        Camera().generate(VideoRequest("", still, 2, "16:9"), tmp_path / "clip.mp4", progress=cancel)
    assert not list(tmp_path.iterdir())


def test_prompts_of_any_kind_are_read() -> None:
    for prompt in ("", "🎥" * 200, "<script>pan</script>", "\0", "ببطء تقريب", "x" * 5000, 'a "quoted" \\n pan'):
        assert camera_words.read(prompt, seed=2) == camera_words.read(prompt, seed=2)
