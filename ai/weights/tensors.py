"""Reads the tensors out of a PyTorch file of the format before 1.6, without PyTorch and without running anything that is in it.

The format: five pickles (magic number, version, system, the object, the keys of its storages), then each storage's element count
as a 64-bit integer and its raw values, little-endian.
"""

from __future__ import annotations

import pickle
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ai.weights.errors import SourceError

MAGIC = 0x1950A86A20F9469CFC6C
Array = npt.NDArray[Any]


@dataclass
class _Storage:
    """A block of values, filled after the object that refers to it was read."""

    dtype: Any
    values: Array | None = None


@dataclass(frozen=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    def array(self) -> Array:
        if self.storage.values is None:
            raise SourceError("a tensor in the weights has no values")
        values = self.storage.values
        # Tensors may be views (transposed, say): the furthest value they reach must still be inside the storage.
        last = self.offset + sum((size - 1) * stride for size, stride in zip(self.shape, self.strides, strict=True))
        if min((self.offset, *self.strides), default=0) < 0 or 0 in self.shape or last >= len(values):
            raise SourceError("a tensor in the weights reaches outside its values")
        steps = tuple(stride * values.itemsize for stride in self.strides)
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, steps, writeable=False)


def _rebuild(storage: _Storage, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: object) -> _Tensor:
    return _Tensor(storage, offset, shape, strides)


ALLOWED: dict[tuple[str, str], Callable[..., Any] | type] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
    ("torch", "FloatStorage"): np.float32,
    ("torch", "LongStorage"): np.int64,
}


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: IO[bytes], storages: dict[str, _Storage]) -> None:
        super().__init__(file)
        self.storages = storages

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed in weights") from None

    def persistent_load(self, pid: Any) -> _Storage:
        kind, dtype, key, *_ = pid
        if kind != "storage":
            raise pickle.UnpicklingError("only storages are allowed in weights")
        return self.storages.setdefault(str(key), _Storage(np.dtype(dtype)))


def _named(state: dict[Any, Any], before: str) -> Iterator[tuple[str, _Tensor]]:
    for name, value in state.items():
        if isinstance(value, _Tensor):
            yield f"{before}{name}", value
        elif isinstance(value, dict):
            yield from _named(value, f"{before}{name}.")


def read(path: Path) -> dict[str, Array]:
    """Tensors by name, in the file's order. Those of a dictionary inside the file's own carry its name before theirs."""
    storages: dict[str, _Storage] = {}
    try:
        with path.open("rb") as file:
            magic, _version, _system, state, keys = (_Unpickler(file, storages).load() for _ in range(5))
            if magic != MAGIC or not isinstance(state, dict):
                raise SourceError("the weights are not in the format they should be in")
            for key in keys:
                storage = storages[str(key)]
                (count,) = struct.unpack("<q", file.read(8))
                values = file.read(count * storage.dtype.itemsize)
                storage.values = np.frombuffer(values, storage.dtype)
        return {name: tensor.array() for name, tensor in _named(state, "")}
    except (
        pickle.UnpicklingError,
        struct.error,
        EOFError,
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
    ) as error:
        raise SourceError(f"the weights cannot be read: {error}") from error
