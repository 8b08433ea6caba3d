from __future__ import annotations

import wave

import numpy as np

from ai.local import mels
from ai.tests.local.conftest import DATA

# librosa 0.11: feature.melspectrogram(y=clip, sr=16000, n_fft=400, hop_length=160, n_mels=40) of the clip below, mean of each band.
LIBROSA = (
    *(0.14562, 0.14584, 0.075027, 0.033174, 0.047188, 0.048549, 0.042064, 0.026702, 0.02055, 0.014267, 0.0073317),
    *(0.00507, 0.0045334, 0.0062592, 0.011002, 0.0068485, 0.0025714, 0.0014886, 0.0014086, 0.00085335, 0.00068218),
    *(0.00087135, 0.00034917, 0.00023568, 0.00032788, 0.00059895, 0.00099566, 0.0012979, 0.0017637, 0.0031277),
    *(0.0051776, 0.0032039, 0.0020634, 0.00076247, 0.00058673, 0.00076534, 0.00047967, 0.00019767, 5.2227e-05),
    3.8771e-06,
)


def test_energies_are_those_that_the_encoder_was_trained_on():
    with wave.open(str(DATA / "speech" / "sense_and_sensibility_01_austen_64kb-0880.wav")) as file:
        clip = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768

    energies = mels.energies(clip)

    assert energies.shape == (300, 40)
    assert energies.dtype == np.float32
    assert np.allclose(energies.mean(axis=0), LIBROSA, rtol=1e-4)


def test_long_sound_is_heard_as_short_sound_is(monkeypatch):
    sound = np.random.default_rng(1).normal(0, 0.1, 16_000).astype(np.float32)
    whole = mels.energies(sound)
    monkeypatch.setattr(mels, "BLOCK", 7)

    assert np.allclose(mels.energies(sound), whole, rtol=1e-5)
