"""Pictures that people bring, made here with Pillow in every kind that is accepted."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from media_library.media import images, sniff
from media_library.media.errors import NotMediaError, TooLargeError, TruncatedError, UnsupportedError

ORIENTATION, GPS, MAKER = 274, 0x8825, 271


@pytest.fixture
def photo() -> Image.Image:
    """Red above, blue below, wider than a preview."""
    picture = Image.new("RGB", (2000, 1000), (250, 10, 10))
    picture.paste((10, 10, 250), (0, 500, 2000, 1000))
    return picture


def rendered(path):
    preview, thumbnail = path.with_name("preview.webp"), path.with_name("thumbnail.webp")
    found = images.render(path, preview=preview, thumbnail=thumbnail)
    with Image.open(preview) as large, Image.open(thumbnail) as small:
        large.load()
        small.load()
        assert large.format == small.format == "WEBP"
    return found, large, small


@pytest.mark.parametrize(
    ("name", "options", "mime", "compression"),
    [
        ("a.jpg", {}, "image/jpeg", "JPEG"),
        ("a.jpg", {"progressive": True}, "image/jpeg", "progressive JPEG"),
        ("a.png", {}, "image/png", "Deflate"),
        ("a.webp", {}, "image/webp", "VP8"),
        ("a.webp", {"lossless": True}, "image/webp", "VP8 lossless"),
        ("a.tiff", {"compression": "tiff_lzw"}, "image/tiff", "tiff_lzw"),
        ("a.avif", {"speed": 10}, "image/avif", "AV1"),
    ],
)
def test_every_kind_becomes_a_preview_and_a_thumbnail(tmp_path, photo, name, options, mime, compression):
    path = tmp_path / name
    photo.save(path, **options)

    found, preview, thumbnail = rendered(path)

    assert (found.kind.mime, found.width, found.height, found.compression) == (mime, 2000, 1000, compression)
    assert (found.bit_depth, found.colour_depth, found.has_alpha, found.is_animated) == (8, 24, False, False)
    assert (preview.size, thumbnail.size) == ((1600, 800), (480, 240))
    assert np.asarray(thumbnail)[20, 200, 0] > 200
    assert np.asarray(thumbnail)[220, 200, 2] > 200
    assert images.inspect(path) == found
    assert sniff.check_declared(path, declared_mime=mime, filename=name).mime == mime
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted([name, "preview.webp", "thumbnail.webp"])


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff"])
def test_pictures_come_upright_as_the_camera_meant_them(tmp_path, photo, orientation, name):
    from PIL import ImageOps

    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    path = tmp_path / name
    photo.resize((200, 100)).save(path, exif=exif)
    with Image.open(path) as stored:
        expected = ImageOps.exif_transpose(stored).convert("RGB")

    found, preview, _ = rendered(path)

    assert (found.width, found.height) == preview.size == expected.size
    assert np.abs(np.asarray(preview, np.int16) - np.asarray(expected, np.int16)).mean() < 12


def test_nothing_about_the_place_or_the_camera_is_left_in_a_rendition(tmp_path, photo):
    exif = Image.Exif()
    exif[MAKER] = "Camera of Ann"
    exif.get_ifd(GPS)[2] = (48.0, 12.0, 1.0)
    path = tmp_path / "a.jpg"
    photo.save(
        path,
        exif=exif,
        comment=b"at home",
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    assert b"Camera of Ann" in path.read_bytes()

    _, preview, thumbnail = rendered(path)

    assert not preview.getexif()
    assert not thumbnail.getexif()
    assert set(preview.info) <= {"loop", "background", "timestamp", "duration"}
    assert b"Ann" not in (tmp_path / "preview.webp").read_bytes()


def test_a_small_picture_is_not_made_larger(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGB", (30, 20)).save(path)
    _, preview, thumbnail = rendered(path)
    assert preview.size == thumbnail.size == (30, 20)


def test_transparency_stays(tmp_path):
    path = tmp_path / "a.png"
    Image.new("RGBA", (40, 40), (200, 0, 0, 0)).save(path)
    found, preview, _ = rendered(path)
    assert (found.has_alpha, found.channels, found.colour_depth) == (True, 4, 32)
    assert preview.mode == "RGBA"
    assert np.asarray(preview)[..., 3].max() == 0


def test_sixteen_bits_are_brought_to_eight_without_clipping(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.full((20, 20), 0x8000, np.uint16)).save(path)
    found, preview, _ = rendered(path)
    assert (found.bit_depth, found.colour_depth) == (16, 16)
    assert abs(int(np.asarray(preview)[10, 10, 0]) - 128) < 4


def test_ink_is_shown_as_light(tmp_path):
    path = tmp_path / "a.jpg"
    Image.new("CMYK", (40, 40), (0, 255, 255, 0)).save(path)
    found, preview, _ = rendered(path)
    assert found.channels == 4
    red, green, blue = np.asarray(preview.convert("RGB"))[20, 20]
    assert red > 180
    assert max(green, blue) < 80


def test_of_an_animation_the_first_frame_is_shown(tmp_path):
    path = tmp_path / "a.gif"
    first, second = Image.new("RGB", (60, 40), (255, 0, 0)), Image.new("RGB", (60, 40), (0, 0, 255))
    first.save(path, save_all=True, append_images=[second], duration=100, loop=0)
    found, preview, _ = rendered(path)
    assert (found.is_animated, found.compression) == (True, "LZW")
    assert not getattr(preview, "is_animated", False)
    assert np.asarray(preview.convert("RGB"))[20, 20, 0] > 200


def test_a_flood_of_pixels_is_refused_before_it_is_decoded(tmp_path):
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    )

    for work in (images.inspect, rendered):
        with pytest.raises(TooLargeError, match="30000 × 30000; at most 36 million"):
            work(path)
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_a_bomb_of_metadata_is_stopped_by_the_limits(tmp_path, monkeypatch):
    monkeypatch.setitem(images.LIMITS, "RLIMIT_AS", 96 * 2**20)
    path = tmp_path / "a.png"
    Image.new("RGB", (6000, 5000)).save(path)
    with pytest.raises(TooLargeError, match="memory or time"):
        rendered(path)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tiff", "a.avif", "a.gif"])
def test_half_a_picture_is_refused(tmp_path, name):
    path = tmp_path / name
    noise = np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8)
    Image.fromarray(noise).save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(TruncatedError):
        rendered(path)
    assert [file.name for file in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    "drawing",
    [
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b'<?xml version="1.0"?>\n<!DOCTYPE svg>\n<svg width="1"/>',
    ],
)
def test_drawings_that_can_hold_scripts_are_refused(tmp_path, drawing):
    path = tmp_path / "a.svg"
    path.write_bytes(drawing)
    with pytest.raises(UnsupportedError, match="PNG"):
        images.inspect(path)


def test_pictures_that_ffmpeg_does_not_read_are_never_given_to_it(tmp_path, photo):
    from media_library.media import ffmpeg, opening

    path = tmp_path / "a.tiff"
    photo.save(path)
    with pytest.raises(UnsupportedError, match="TIFF"), opening.open_media(path):
        pass
    with pytest.raises(UnsupportedError, match="TIFF"):
        ffmpeg.Input(path=path).arguments()


def test_what_is_no_picture_is_refused(tmp_path, make):
    text = tmp_path / "a.png"
    text.write_text("just words")
    with pytest.raises(NotMediaError):
        images.inspect(text)
    with pytest.raises(UnsupportedError, match="WAV audio, not a picture"):
        images.inspect(make("a.wav", "-vn", seconds=0.2))


def test_a_page_hidden_behind_a_picture_does_not_reach_the_rendition(tmp_path, photo):
    path = tmp_path / "a.png"
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "<script>alert(1)</script>")
    photo.save(path, pnginfo=words)
    path.write_bytes(path.read_bytes() + b"<html><script>alert(2)</script></html>")
    rendered(path)
    assert b"script" not in (tmp_path / "preview.webp").read_bytes()
