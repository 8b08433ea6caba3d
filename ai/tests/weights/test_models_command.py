from __future__ import annotations

import io
import pickle
import socket

import pytest
from django.core.management import CommandError, call_command

from ai import weights
from ai.errors import EngineMissingError
from ai.tests.weights.conftest import file, home, model
from ai.tests.weights.shop import Shelf
from ai.weights import manifest, tensors
from ai.weights.errors import SourceError
from ai.weights.meter import Meter


@pytest.fixture
def only(monkeypatch, settings, tmp_path):
    """Makes these models the manifest, and an empty folder the place for them."""
    settings.MODELS_ROOT = tmp_path / "models"

    def only(*wanted):
        monkeypatch.setattr(manifest, "models", lambda: wanted)
        monkeypatch.setattr("ai.management.commands.models.models", lambda: wanted)

    return only


def test_every_hash_and_source_of_the_manifest_is_complete():
    for known in manifest.models():
        assert known.license
        for source in known.source:
            for wanted in source.files:
                assert wanted.url.startswith("https://") or all(
                    name in {p.name for p in source.packages} for name, _ in wanted.parts()
                )
                assert bool(wanted.url) != bool(wanted.members)


def test_the_command_fetches_lists_and_checks(shop, only, settings, capsys):
    shop.shelves["/model.bin"] = Shelf(b"weights")
    only(model(home(file("model.bin", b"weights", url=f"{shop.url}/model.bin"))))
    out = io.StringIO()
    call_command("models", "--list", stdout=out)
    assert "Missing, 0 MB to fetch." in out.getvalue()
    with pytest.raises(CommandError, match="--repair ears"):
        call_command("models", "--check", stdout=out)
    call_command("models", stdout=out)
    call_command("models", "--check", stdout=out)
    assert "ears: right." in out.getvalue()
    assert "ears is here, from its makers." in capsys.readouterr().err
    assert weights.require("ears") == settings.MODELS_ROOT / "ears"


def test_nothing_reachable_ends_with_what_is_missing_and_nothing_half_written(only, settings):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    only(model(home(file("model.bin", url=f"http://127.0.0.1:{port}/model.bin"))))
    with pytest.raises(CommandError, match=r"ears \(hears\)"):
        call_command("models")
    assert not [path for path in settings.MODELS_ROOT.rglob("*") if path.name not in {".lock", ".fetch"}]


def test_an_unknown_name_is_answered_with_the_known_ones(only):
    only(model(home()))
    with pytest.raises(CommandError, match="Known models: ears"):
        call_command("models", "eyes")


def test_an_engine_without_weights_says_how_to_get_them(only):
    only(model(home(file("model.bin", url="https://example.invalid/x"))))
    with pytest.raises(
        EngineMissingError, match=r"hears, is not on this machine\. Fetch it with: manage\.py models ears"
    ):
        weights.require("ears")


def test_the_meter_tells_share_speed_and_time_left():
    moments = iter([0.0, 1.0, 2.0, 6.0, 6.0, 6.0])
    out = io.StringIO()
    meter = Meter(out, clock=lambda: next(moments))
    meter.expect(100_000_000)
    meter.label = "ears"
    meter.add(10_000_000)
    meter.add(10_000_000)
    meter.add(10_000_000)
    assert out.getvalue() == "[#######.................]  30%  30.0 of 100.0 MB  5.0 MB/s, 14 s left  ears\n"


class Trap:
    def __reduce__(self):
        return (print, ("the weights have run code",))


def test_weights_that_would_run_code_are_refused(tmp_path, capsys):
    path = tmp_path / "weights.pth"
    path.write_bytes(
        pickle.dumps(tensors.MAGIC, 2) + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + pickle.dumps(Trap(), 2)
    )
    with pytest.raises(SourceError, match="not allowed"):
        tensors.read(path)
    assert capsys.readouterr().out == ""
