"""What a picture resembles: EfficientNet-Lite0 and the 1000 classes of ImageNet. People are not among them."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from ai import weights
from ai.local.pictures import Picture, resized

SIDE = 224
LEAST = 0.25  # under it classes are mostly wrong
LEAD = 1.5  # how many times likelier than the next idea an idea must be
CONSIDERED = 0.02

_lock = threading.Lock()


@dataclass(frozen=True)
class Tag:
    name: str
    likelihood: float


def likely(pictures: list[Picture]) -> list[Tag]:
    """What the pictures of one shot resemble together, likeliest first: one idea, or none when several are as likely.

    Classes that end in the same word are one idea ("tiger cat" and "Egyptian cat": a cat; "missile" and "projectile, missile").
    """
    likelihood = np.mean([_classify(view) for picture in pictures for view in _views(picture)], axis=0)
    names = _labels()
    ideas: dict[str, float] = {}
    members: dict[str, list[int]] = {}
    for number in np.flatnonzero(likelihood > CONSIDERED):
        for word in {name.split(" ")[-1].lower() for name in names[number]}:
            ideas[word] = ideas.get(word, 0.0) + float(likelihood[number])
            members.setdefault(word, []).append(int(number))
    best = max(ideas, key=lambda word: (ideas[word], len(members[word]) == 1), default=None)
    if best is None or ideas[best] < LEAST:
        return []
    rest = [sum(float(likelihood[number]) for number in set(group) - set(members[best])) for group in members.values()]
    if ideas[best] < LEAD * max(rest):
        return []
    inside = sorted(members[best], key=lambda number: -likelihood[number])
    # One class that outweighs the others of its idea is named in full.
    first = float(likelihood[inside[0]])
    name = names[inside[0]][0] if first > 0.8 * ideas[best] else best
    return [Tag(name, ideas[best])]


def _views(picture: Picture) -> list[Picture]:
    """The middle square, as the network was trained, and the whole picture squeezed: where both agree it is more often right."""
    rows, columns = picture.shape[:2]
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    return [resized(picture[top : top + side, left : left + side], SIDE, SIDE), resized(picture, SIDE, SIDE)]


def _classify(view: Picture) -> npt.NDArray[np.float32]:
    tensor = ((view.astype(np.float32) - 127.0) / 128.0).transpose(2, 0, 1)[None]
    with _lock:
        session = _session()
    return np.asarray(session.run(["probabilities"], {"picture": tensor})[0][0], np.float32)


@cache
def _session() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    path = weights.require("efficientnet-lite0") / "model.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


@cache
def _labels() -> list[list[str]]:
    labels: list[list[str]] = json.loads((weights.require("imagenet-labels") / "labels.json").read_text("utf-8"))
    return labels
