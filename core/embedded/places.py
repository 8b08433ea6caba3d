"""The state directory: what lies where, and where it moves to when Postgres cannot reach it."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.embedded import locks
from core.embedded.account import Account
from core.embedded.errors import EmbeddedError

SYSTEM_STATE = Path("/var/lib/reelwright")


@dataclass(frozen=True)
class Home:
    """`root` is REELWRIGHT_HOME. `system` is used by root only, when `root` lies under folders closed to other accounts."""

    root: Path
    system: Path = SYSTEM_STATE

    @classmethod
    def at(cls, root: Path, *, system: Path = SYSTEM_STATE) -> Home:
        """Postgres and Valkey change directory, so every path is absolute. Makes what is missing."""
        home = cls(root.expanduser().resolve(), system)
        for folder in (home.root, home.postgres, home.run, home.logs):
            folder.mkdir(parents=True, exist_ok=True)
        for private in (home.secrets, home.valkey):
            private.mkdir(exist_ok=True, mode=0o700)
        return home

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def valkey(self) -> Path:
        return self.root / "valkey"

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets"

    def postgres_data(self) -> Path:
        """Where the data is: beside this home, or at the place noted when it was made."""
        note = self.postgres / "elsewhere"
        return Path(note.read_text().strip()) if note.exists() else self.postgres / "data"

    def place_postgres_data(self, account: Account) -> Path:
        """Where to make new data for this account. As root with a closed home: under the system's state directory, with a note here."""
        if account.can_enter(self.postgres):
            return self.postgres / "data"
        name = f"{self.root.name}-{hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12]}"
        folder = self.system / name / "postgres"
        folder.mkdir(parents=True, exist_ok=True)
        if not account.can_enter(folder):
            raise EmbeddedError(
                f"Postgres runs as {account.name}, which can enter neither {self.postgres} nor {folder}. "
                "Choose a REELWRIGHT_HOME whose parent folders are open to it, or set DATABASE_URL."
            )
        (self.postgres / "elsewhere").write_text(f"{folder / 'data'}\n")
        return folder / "data"


def runnable_tree(tree: Path, *, program: str, account: Account, home: Home) -> Path:
    """`tree` itself, or a copy that the account can run (root's packages may lie under a folder closed to everyone).

    The copy keeps the folder's name and its sibling `<package>.libs`, where the programs look for their libraries.
    """
    if account.can_enter(tree / program):
        return tree
    package = tree.parent
    libraries = package.with_name(f"{package.name}.libs")
    target = home.system / "runtime" / f"{package.name}-{_fingerprint(tree)}"
    home.system.mkdir(parents=True, exist_ok=True)
    with locks.exclusive(home.system / "runtime.lock"):
        if not target.exists():
            fresh = target.with_name(f".{target.name}.new")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(tree, fresh / package.name / tree.name, symlinks=True)
            if libraries.exists():
                shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
            for path in (fresh, *_walk(fresh)):
                if not path.is_symlink():
                    path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
            fresh.replace(target)
    copy = target / package.name / tree.name
    if not account.can_enter(copy / program):
        raise EmbeddedError(
            f"{account.name} can run neither {tree / program} nor its copy {copy / program}. Set DATABASE_URL."
        )
    return copy


def _walk(folder: Path) -> Iterator[Path]:
    yield from folder.rglob("*")


def _fingerprint(tree: Path) -> str:
    """Changes with the version: names, sizes and times of the files."""
    digest = hashlib.sha256()
    for path in sorted(_walk(tree)):
        facts = path.lstat()
        digest.update(f"{path.relative_to(tree)} {facts.st_size} {facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
