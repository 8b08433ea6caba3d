from __future__ import annotations

import wave
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ai.services import Use
from core.testing.providers import ProviderServer

SECRET = "sk-this-must-never-be-shown"


@pytest.fixture
def provider(settings) -> Iterator[ProviderServer]:
    """All hosted providers, played by one scripted server."""
    with ProviderServer() as server:
        settings.ANTHROPIC_API_KEY = settings.OPENAI_API_KEY = SECRET
        settings.ANTHROPIC_BASE_URL = server.url
        settings.OPENAI_BASE_URL = f"{server.url}/v1"
        settings.ELEVENLABS_API_KEY, settings.ELEVENLABS_BASE_URL = SECRET, server.url
        settings.REPLICATE_API_TOKEN, settings.REPLICATE_BASE_URL = SECRET, server.url
        settings.GEMINI_API_KEY, settings.GEMINI_BASE_URL = SECRET, server.url
        # Where Replicate's results lie.
        settings.OUTBOUND_ALLOW = ["127.0.0.1"]
        yield server


@pytest.fixture
def use() -> Use:
    return Use(purpose="tests", key="work-1")


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Two seconds of a quiet tone, 16 kHz mono."""
    return write_tone(tmp_path / "recording.wav", seconds=2.0)


@pytest.fixture
def frame(tmp_path: Path) -> Path:
    path = tmp_path / "frame.jpg"
    Image.new("RGB", (1920, 1080), "#336699").save(path)
    return path


def write_tone(path: Path, *, seconds: float, rate: int = 16_000) -> Path:
    samples = (np.sin(np.arange(int(seconds * rate)) / 10) * 3000).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return path
