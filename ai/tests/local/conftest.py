from __future__ import annotations

from pathlib import Path

import cv2
import jiwer
import numpy as np
import pytest

from ai.local import wav
from ai.local.whisper import Whisper

DATA = Path(__file__).resolve().parents[3] / "tests" / "data"
PICTURES = DATA / "pictures"


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.engines)


@pytest.fixture(scope="session")
def whisper() -> Whisper:
    return Whisper()


@pytest.fixture
def heard(whisper):
    """What Whisper hears in a recording, as one line of plain words."""

    def heard(path, language=None):
        return plain(" ".join(word.text for word in whisper.transcribe(path, language=language)[0].words))

    return heard


@pytest.fixture
def sound(tmp_path):
    """A recording of these samples, 16 kHz."""

    def sound(samples):
        wav.write(tmp_path / "sound.wav", np.asarray(samples, np.float32), rate=16_000)
        return tmp_path / "sound.wav"

    return sound


@pytest.fixture
def picture(tmp_path):
    """A picture file of red, green and blue."""

    def picture(pixels, name="picture.png"):
        cv2.imwrite(str(tmp_path / name), cv2.cvtColor(np.asarray(pixels, np.uint8), cv2.COLOR_RGB2BGR))
        return tmp_path / name

    return picture


def plain(text: str) -> str:
    spoken = text.lower().replace("mr.", "mister").replace("-", " ").replace("’", "'")
    return " ".join("".join(letter if letter.isalnum() or letter == "'" else " " for letter in spoken).split())


def errors(reference: str, text: str) -> float:
    """Word error rate."""
    return float(jiwer.wer(plain(reference), plain(text)))
