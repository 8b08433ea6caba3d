from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict

import numpy as np
import onnxruntime
import pytest

from ai.weights import build, tensors
from ai.weights.errors import SourceError

WIDTH = build.LSTM_WIDTH


class Torch(pickle.Pickler):
    """Writes arrays as PyTorch before 1.6 did."""

    def __init__(self, file, keys):
        super().__init__(file, 2)
        self.keys = keys

    def persistent_id(self, value):
        return ("storage", Storage, str(value), "cpu", 0, None) if isinstance(value, Key) else None

    def reducer_override(self, value):
        return NotImplemented


class Key(int):
    pass


class Storage:
    pass


def saved(path, state):
    """The file of a dictionary of dictionaries of float32 arrays."""
    arrays = []

    def tensor(values):
        arrays.append(values)
        steps = tuple(step // values.itemsize for step in values.strides)
        return Tensor(Key(len(arrays) - 1), values.shape, steps)

    nested = OrderedDict((name, OrderedDict((key, tensor(one)) for key, one in part.items())) for name, part in state)
    out = io.BytesIO()
    for value in (tensors.MAGIC, 1001, {}):
        pickle.dump(value, out, 2)
    Torch(out, arrays).dump(nested)
    pickle.dump([str(number) for number in range(len(arrays))], out, 2)
    for values in arrays:
        out.write(struct.pack("<q", values.size) + values.astype("<f4").tobytes())
    data = out.getvalue().replace(f"c{__name__}\nStorage\n".encode(), b"ctorch\nFloatStorage\n")
    path.write_bytes(data.replace(f"c{__name__}\n_rebuild\n".encode(), b"ctorch._utils\n_rebuild_tensor_v2\n"))
    return path


def _rebuild(*_):
    """Stands for PyTorch's own function of that place."""


class Tensor:
    def __init__(self, key, shape, steps):
        self.parts = (key, 0, shape, steps, False, None)

    def __reduce__(self):
        return (_rebuild, self.parts)


@pytest.fixture
def network():
    """The encoder's tensors, with values of no meaning."""
    dice = np.random.default_rng(3)
    shapes = {"linear.weight": (WIDTH, WIDTH), "linear.bias": (WIDTH,)}
    for layer in range(build.LSTM_LAYERS):
        shapes |= {f"lstm.weight_ih_l{layer}": (4 * WIDTH, WIDTH if layer else 40)}
        shapes |= {f"lstm.weight_hh_l{layer}": (4 * WIDTH, WIDTH)}
        shapes |= {f"lstm.bias_{part}_l{layer}": (4 * WIDTH,) for part in ("ih", "hh")}
    return {name: dice.normal(0, 0.08, shape).astype(np.float32) for name, shape in shapes.items()}


def computed(network, mels):
    """What PyTorch computes, step by step."""

    def squash(values):
        return 1 / (1 + np.exp(-values))

    for layer in range(build.LSTM_LAYERS):
        own = [network[f"lstm.{part}_l{layer}"] for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
        hidden = cell = np.zeros((len(mels), WIDTH))
        outputs = []
        for step in range(mels.shape[1]):
            gates = mels[:, step] @ own[0].T + hidden @ own[1].T + own[2] + own[3]
            into, forget, fresh, out = np.split(gates, 4, axis=1)
            cell = squash(forget) * cell + squash(into) * np.tanh(fresh)
            hidden = squash(out) * np.tanh(cell)
            outputs.append(hidden)
        mels = np.stack(outputs, axis=1)
    voice = np.maximum(mels[:, -1] @ network["linear.weight"].T + network["linear.bias"], 0)
    return voice / np.linalg.norm(voice, axis=1, keepdims=True)


def test_the_speaker_encoder_computes_what_its_weights_mean(network, tmp_path):
    saved(tmp_path / "pretrained.pt", [("model_state", network), ("optimizer_state", {"step": np.ones(3, np.float32)})])
    mels = np.random.default_rng(4).random((3, 12, 40)).astype(np.float32)

    build.speaker_encoder(tmp_path, tmp_path)

    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"), providers=["CPUExecutionProvider"])
    voices = session.run(["voices"], {"mels": mels})[0]
    assert np.allclose(voices, computed(network, mels), atol=1e-5)


def test_weights_of_another_network_are_refused(network, tmp_path):
    del network["lstm.bias_hh_l1"]
    saved(tmp_path / "pretrained.pt", [("model_state", network)])

    with pytest.raises(SourceError, match="bias_hh_l1"):
        build.speaker_encoder(tmp_path, tmp_path)


def test_tensors_inside_dictionaries_carry_the_names_of_both(network, tmp_path):
    path = saved(tmp_path / "pretrained.pt", [("model_state", network)])

    read = tensors.read(path)

    assert set(read) == {f"model_state.{name}" for name in network}
    assert np.array_equal(read["model_state.linear.bias"], network["linear.bias"])
