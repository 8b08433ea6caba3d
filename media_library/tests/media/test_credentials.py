"""Content credentials, written by us and read by their own library."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from media_library.media import credentials
from media_library.media.credentials import Ingredient, Making
from media_library.media.probe import probe
from media_library.tests.working import numbered_film

PART = Ingredient(
    title="A clip",
    content_type="video/mp4",
    sha256="ab" * 32,
    made_by="replicate flux",
    source_type=credentials.TRAINED,
)
MAKING = Making(
    title="Lift “off”",
    source_type=credentials.TRAINED,
    software="replicate flux",
    made_at="2026-01-02T03:04:05Z",
    ingredients=[PART],
)


@pytest.mark.parametrize(
    ("ending", "content_type"), [("mp4", "video/mp4"), ("jpg", "image/jpeg"), ("png", "image/png")]
)
def test_a_file_says_how_it_was_made_and_that_nobody_changed_it(tmp_path: Path, ending: str, content_type: str) -> None:
    path, signed = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    if ending == "mp4":
        numbered_film(path, seconds=1)
    else:
        Image.new("RGB", (64, 64), "teal").save(path)
    assert credentials.found(path, content_type=content_type) is None
    identity = credentials.new_identity("A studio")
    credentials.sign(path, signed, content_type=content_type, making=MAKING, identity=identity)
    found = credentials.found(signed, content_type=content_type)
    assert found is not None
    # The studio's own certificate proves that nothing was changed, not who it is.
    assert (found.intact, found.problems) == (True, ("signingCredential.untrusted",))
    (created,) = found.actions
    assert created["action"] == "c2pa.created"
    assert created["digitalSourceType"] == f"{credentials.IPTC}trainedAlgorithmicMedia"
    assert (created["softwareAgent"]["name"], created["when"]) == ("replicate flux", "2026-01-02T03:04:05Z")
    assert [one["title"] for one in found.manifest["ingredients"]] == ["A clip"]
    if ending == "mp4":
        assert probe(signed).is_faststart
    changed = bytearray(signed.read_bytes())
    changed[-20] ^= 0xFF
    signed.write_bytes(changed)
    spoiled = credentials.found(signed, content_type=content_type)
    assert spoiled is None or not spoiled.intact


def test_what_is_put_together_is_named_by_its_parts() -> None:
    trained, drawn = credentials.TRAINED, credentials.DRAWN
    assert credentials.source_type_of([trained, trained]) == trained
    assert credentials.source_type_of([drawn]) == drawn
    assert credentials.source_type_of([trained, drawn]) == credentials.WITH_TRAINED
    assert credentials.source_type_of([trained], beside=True) == credentials.WITH_TRAINED
    assert credentials.source_type_of([drawn], beside=True) == credentials.COMPOSITE
