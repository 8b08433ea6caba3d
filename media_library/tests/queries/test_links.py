"""Links open one file each, for as long as they say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from django.test import Client

from core.storage import signing
from core.testing.files import body_of
from media_library.models import Asset
from media_library.queries.links import lifetime, link, picture, pictures, playable, playables
from media_library.tests.factories import AssetFactory

pytestmark = pytest.mark.django_db


def made(source: Asset, purpose: str, **fields: Any) -> Asset:
    return AssetFactory(made_from=source, purpose=purpose, origin="made", owner=source.owner, **fields)


def test_a_link_opens_its_file_and_names_it(client: Client) -> None:
    asset = AssetFactory(content=b"a film", filename="Größe.mp4")
    answer = client.get(link(asset))
    assert body_of(answer) == b"a film"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.mp4")


def test_a_link_to_look_at_is_shown_in_place(client: Client) -> None:
    answer = client.get(link(AssetFactory(), inline=True))
    assert answer.headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(("inline", "seconds"), [(True, 3600), (False, 900)])
def test_a_link_ends_when_it_says(client: Client, monkeypatch: pytest.MonkeyPatch, inline: bool, seconds: int) -> None:
    assert lifetime(inline=inline) == seconds
    begun = signing.time.time()
    now = [begun]
    monkeypatch.setattr(signing, "time", SimpleNamespace(time=lambda: now[0]))
    address = link(AssetFactory(), inline=inline)
    now[0] = begun + seconds - 2
    assert client.get(address).status_code == 200
    now[0] = begun + seconds
    assert client.get(address).status_code == 403


def test_a_video_shows_its_poster_and_an_image_what_was_encoded_anew() -> None:
    video, image, bare = AssetFactory(), AssetFactory(kind="image"), AssetFactory()
    poster = made(video, "poster", kind="image")
    made(video, "preview", kind="image")
    preview = made(image, "preview", kind="image")
    assert pictures([video, image, bare]) == {video.pk: poster, image.pk: preview}
    assert picture(bare) is None


def test_what_is_played_is_the_mezzanine_or_the_file_itself() -> None:
    video, sound, bare = AssetFactory(), AssetFactory(kind="audio"), AssetFactory()
    mezzanine = made(video, "mezzanine")
    made(video, "poster", kind="image")
    preview = made(sound, "preview", kind="audio")
    assert playables([video, sound, bare]) == {video.pk: mezzanine, sound.pk: preview, bare.pk: bare}
    assert playable(bare) == bare


@pytest.mark.parametrize("count", [1, 20])
def test_the_pictures_of_many_cost_one_query(count: int, django_assert_num_queries: Any) -> None:
    assets = [made(AssetFactory(), "poster", kind="image").made_from for _ in range(count)]
    with django_assert_num_queries(2):
        assert len(pictures(assets)) == len(playables(assets)) == count
