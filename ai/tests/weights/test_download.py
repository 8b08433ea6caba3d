from __future__ import annotations

import hashlib
import socket

import pytest

from ai.tests.weights.conftest import DATA, blob
from ai.tests.weights.shop import Shelf, Shop
from ai.weights.download import client, download
from ai.weights.errors import SourceError


@pytest.fixture
def get(tmp_path, meter):
    def get(url, wanted=None):
        with client() as http:
            return download(url, wanted or blob(), tmp_path, http=http, meter=meter, pause=0.0)

    return get


def test_a_file_arrives_whole_and_its_bytes_are_counted(shop: Shop, get, meter):
    shop.shelves["/weights"] = Shelf(DATA)
    path = get(f"{shop.url}/weights")
    assert path.read_bytes() == DATA
    assert meter.done == len(DATA)


def test_a_cut_connection_goes_on_where_it_was_cut(shop: Shop, get, meter):
    shop.shelves["/weights"] = Shelf(DATA, cut_after=60_000)
    assert get(f"{shop.url}/weights").read_bytes() == DATA
    assert [begin for _path, begin in shop.asked] == ["", "bytes=60000-", "bytes=120000-", "bytes=180000-"]
    assert meter.done == len(DATA)


def test_a_later_run_goes_on_with_what_an_earlier_one_kept(shop: Shop, get, tmp_path, meter):
    (tmp_path / f"{blob().sha256}.part").write_bytes(DATA[:150_000])
    shop.shelves["/weights"] = Shelf(DATA)
    assert get(f"{shop.url}/weights").read_bytes() == DATA
    assert shop.asked == [("/weights", "bytes=150000-")]
    assert meter.done == len(DATA)


def test_a_server_without_ranges_starts_over(shop: Shop, get, tmp_path, meter):
    (tmp_path / f"{blob().sha256}.part").write_bytes(DATA[:1000])
    shop.shelves["/weights"] = Shelf(DATA, ranges=False)
    assert get(f"{shop.url}/weights").read_bytes() == DATA
    assert meter.done == len(DATA)


def test_a_wrong_beginning_is_thrown_away_and_fetched_again(shop: Shop, get, tmp_path, meter):
    (tmp_path / f"{blob().sha256}.part").write_bytes(b"x" * 1000)
    shop.shelves["/weights"] = Shelf(DATA)
    assert get(f"{shop.url}/weights").read_bytes() == DATA
    assert [begin for _path, begin in shop.asked] == ["bytes=1000-", ""]
    assert meter.done == len(DATA)


def test_a_beginning_longer_than_the_file_counts_for_nothing(shop: Shop, get, tmp_path):
    (tmp_path / f"{blob().sha256}.part").write_bytes(DATA + b"more")
    shop.shelves["/weights"] = Shelf(DATA)
    assert get(f"{shop.url}/weights").read_bytes() == DATA


def test_bytes_with_another_hash_are_refused_and_not_kept(shop: Shop, get, tmp_path, meter):
    shop.shelves["/weights"] = Shelf(DATA[:-1] + b"!")
    with pytest.raises(SourceError, match="SHA-256"):
        get(f"{shop.url}/weights")
    assert list(tmp_path.iterdir()) == []
    assert meter.done == 0


def test_another_size_is_refused_before_the_bytes_are_fetched(shop: Shop, get, tmp_path):
    shop.shelves["/weights"] = Shelf(b"<html>Sign in to this network</html>", content_type="text/html")
    with pytest.raises(SourceError, match="another file"):
        get(f"{shop.url}/weights")
    assert not any(path.stat().st_size for path in tmp_path.iterdir())


def test_a_connection_that_never_gives_anything_is_given_up(shop: Shop, get):
    class Mute(Shelf):
        pass

    shop.shelves["/weights"] = Mute(DATA, cut_after=-len(DATA))
    with pytest.raises(SourceError, match="again and again"):
        get(f"{shop.url}/weights")
    assert len(shop.asked) == 3


@pytest.mark.parametrize("status", [404, 403, 500])
def test_an_error_answer_is_named(shop: Shop, get, status):
    shop.shelves["/weights"] = Shelf(DATA, status=status)
    with pytest.raises(SourceError, match=str(status)):
        get(f"{shop.url}/weights")


def test_nobody_there_is_told_from_a_wrong_answer(get):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(SourceError) as refused:
        get(f"http://127.0.0.1:{port}/weights")
    assert refused.value.unreachable


def test_a_file_of_a_local_index_is_copied(get, tmp_path):
    origin = tmp_path / "a wheel.whl"
    origin.write_bytes(DATA)
    assert get(origin.as_uri()).read_bytes() == DATA


def test_what_is_there_already_is_not_asked_for(shop: Shop, get, tmp_path):
    (tmp_path / hashlib.sha256(DATA).hexdigest()).write_bytes(DATA)
    get(f"{shop.url}/weights")
    assert shop.asked == []
