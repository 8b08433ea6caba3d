"""Turns what a source gives into what an engine reads. Only moves values, never computes: the result is the same bytes everywhere,
so that its SHA-256 can be in the manifest too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper

from ai.weights import tensors
from ai.weights.errors import SourceError

# Stages of EfficientNet-Lite0 (the B0 table of the paper, without squeeze-and-excitation): expansion, output channels, blocks, first
# stride.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 40, 2, 2), (6, 80, 3, 2), (6, 112, 3, 1), (6, 192, 4, 2), (6, 320, 1, 1))
STEM_CHANNELS = 32
EPSILON = 1e-3  # of batch normalisation, as the network was trained
OPSET = 17
IR_VERSION = 8


def efficientnet_lite0(gathered: Path, into: Path) -> None:
    """`weights.pth` becomes `model.onnx`: float32 [1,3,224,224] of (pixel - 127) / 128 in, 1000 probabilities out."""
    graph = _Graph(tensors.read(gathered / "weights.pth"))
    value = graph.convolution("picture", "_conv_stem", "_bn0", stride=2)
    block, channels = 0, STEM_CHANNELS
    for expansion, width, blocks, first_stride in STAGES:
        for number in range(blocks):
            stride = first_stride if number == 0 else 1
            value = graph.block(
                value,
                f"_blocks.{block}",
                expand=expansion > 1,
                stride=stride,
                residual=stride == 1 and channels == width,
            )
            block, channels = block + 1, width
    value = graph.convolution(value, "_conv_head", "_bn1")
    value = graph.node("GlobalAveragePool", [value])
    value = graph.node("Flatten", [value], axis=1)
    value = graph.node("Gemm", [value, graph.weight("_fc.weight"), graph.weight("_fc.bias")], transB=1)
    graph.node("Softmax", [value], output="probabilities", axis=1)
    graph.write(
        into / "model.onnx",
        "efficientnet-lite0",
        takes=("picture", [1, 3, 224, 224]),
        gives=("probabilities", [1, 1000]),
    )


# Layers of Resemblyzer's encoder and the width of each.
LSTM_LAYERS = 3
LSTM_WIDTH = 256


def speaker_encoder(gathered: Path, into: Path) -> None:
    """`pretrained.pt` becomes `model.onnx`: float32 [windows, frames, 40] of mel energies in, a unit vector of 256 for each out."""
    graph = _Graph(tensors.read(gathered / "pretrained.pt"))
    value = graph.node("Transpose", ["mels"], perm=[1, 0, 2])
    last = ""
    for layer in range(LSTM_LAYERS):
        value, last = graph.lstm(value, f"model_state.lstm.{{}}_l{layer}")
    value = graph.node("Squeeze", [last, graph.numbers("first", [0])])
    linear = [graph.weight(f"model_state.linear.{part}") for part in ("weight", "bias")]
    value = graph.node("Gemm", [value, *linear], transB=1)
    value = graph.node("Relu", [value])
    graph.node("LpNormalization", [value], output="voices", axis=1, p=2)
    graph.write(
        into / "model.onnx",
        "speaker-encoder",
        takes=("mels", ["windows", "frames", 40]),
        gives=("voices", ["windows", LSTM_WIDTH]),
    )


@dataclass
class _Graph:
    weights: dict[str, tensors.Array]
    nodes: list[Any] = field(default_factory=list)
    constants: list[Any] = field(default_factory=list)

    def weight(self, name: str) -> str:
        if name not in self.weights:
            raise SourceError(f"the weights hold no {name}")
        values = self.weights[name]
        self.constants.append(
            helper.make_tensor(name, TensorProto.FLOAT, values.shape, values.astype("<f4").tobytes(), raw=True)
        )
        return name

    def numbers(self, name: str, values: list[int]) -> str:
        self.constants.append(helper.make_tensor(name, TensorProto.INT64, [len(values)], values))
        return name

    def node(self, kind: str, inputs: list[str], *, output: str = "", **attributes: Any) -> str:
        output = output or f"v{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def convolution(
        self, value: str, name: str, norm: str, *, stride: int = 1, group: int = 1, bounded: bool = True
    ) -> str:
        """Convolution, batch normalisation and, unless told otherwise, ReLU6."""
        weight = self.weight(f"{name}.weight")
        value = self.node("Conv", [value, weight], strides=[stride, stride], group=group, auto_pad="SAME_UPPER")
        parts = [self.weight(f"{norm}.{part}") for part in ("weight", "bias", "running_mean", "running_var")]
        value = self.node("BatchNormalization", [value, *parts], epsilon=EPSILON)
        return self.node("Clip", [value, *self._bounds()]) if bounded else value

    def block(self, value: str, name: str, *, expand: bool, stride: int, residual: bool) -> str:
        start = value
        if expand:
            value = self.convolution(value, f"{name}._expand_conv", f"{name}._bn0")
        group = int(self.weights[f"{name}._depthwise_conv.weight"].shape[0])
        value = self.convolution(value, f"{name}._depthwise_conv", f"{name}._bn1", stride=stride, group=group)
        value = self.convolution(value, f"{name}._project_conv", f"{name}._bn2", bounded=False)
        return self.node("Add", [start, value]) if residual else value

    def lstm(self, value: str, name: str) -> tuple[str, str]:
        """All outputs of a layer, without the axis of directions, and its last one."""
        parts = []
        for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            # PyTorch keeps the gates in the order input, forget, cell, output; ONNX wants input, output, forget, cell.
            own = name.format(part)
            if own not in self.weights:
                raise SourceError(f"the weights hold no {own}")
            into, forget, cell, out = np.split(self.weights[own], 4)
            parts.append(np.concatenate([into, out, forget, cell])[None])
        weights = [*parts[:2], np.concatenate(parts[2:], axis=1)]
        named = {f"{name.format(part)}_gates": values for part, values in zip("WRB", weights, strict=True)}
        self.weights |= named
        every, last = f"{name.format('every')}", f"{name.format('last')}"
        self.nodes.append(
            helper.make_node("LSTM", [value, *map(self.weight, named)], [every, last], hidden_size=weights[1].shape[2])
        )
        return self.node("Squeeze", [every, self.numbers(f"{every}_direction", [1])]), last

    def write(
        self, path: Path, name: str, *, takes: tuple[str, list[int | str]], gives: tuple[str, list[int | str]]
    ) -> None:
        """Checked, and the same bytes every time."""
        inputs, outputs = (
            [helper.make_tensor_value_info(title, TensorProto.FLOAT, shape)] for title, shape in (takes, gives)
        )
        model = helper.make_model(
            helper.make_graph(self.nodes, name, inputs, outputs, self.constants),
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )
        onnx.checker.check_model(model)
        path.write_bytes(model.SerializeToString(deterministic=True))

    def _bounds(self) -> list[str]:
        if not any(constant.name == "six" for constant in self.constants):
            self.constants += [
                helper.make_tensor("zero", TensorProto.FLOAT, [], [0.0]),
                helper.make_tensor("six", TensorProto.FLOAT, [], [6.0]),
            ]
        return ["zero", "six"]


_ENTRY = re.compile(
    r"(\d+):\s*((?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")(?:\s*\+\s*(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"))*)\s*,?"
)
_STRING = re.compile(r"'((?:\\.|[^'\\])*)'|\"((?:\\.|[^\"\\])*)\"")


def imagenet_labels(gathered: Path, into: Path) -> None:
    """The list in `imagenet_classes.js` becomes `labels.json`: 1000 lists of names, the usual one first."""
    text = (gathered / "imagenet_classes.js").read_text("utf-8")
    entries: dict[int, list[str]] = {}
    for match in _ENTRY.finditer(text, text.index("IMAGENET_CLASSES = {")):
        # Long names are written as several strings joined with +; \' is the only escape.
        name = "".join((one or two).replace("\\'", "'").replace('\\"', '"') for one, two in _STRING.findall(match[2]))
        entries[int(match[1])] = [part.strip() for part in name.split(",")]
    if sorted(entries) != list(range(1000)):
        raise SourceError(f"the list of classes holds {len(entries)} names, not 1000")
    labels = json.dumps([entries[number] for number in range(1000)], ensure_ascii=False, indent=0)
    (into / "labels.json").write_text(labels + "\n", "utf-8")


BUILDERS: dict[str, Callable[[Path, Path], None]] = {
    "efficientnet_lite0": efficientnet_lite0,
    "imagenet_labels": imagenet_labels,
    "speaker_encoder": speaker_encoder,
}
