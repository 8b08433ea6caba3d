from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from PIL import Image

from accounts.models import User
from accounts.tests.factories import OrganizationFactory, UserFactory
from core.errors import NotFoundError
from generation.services import finding
from media_library.models import Asset
from media_library.services import indexing
from media_library.tests.factories import AssetFactory, transcript_of
from media_library.tests.search.conftest import meaningful  # noqa: F401  (an engine of meaning that costs nothing)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("meaningful")]


@pytest.fixture
def beach(tmp_path: Path) -> Path:
    """Its camera lay on its side, and wrote where that was."""
    path, exif = tmp_path / "beach.jpg", Image.Exif()
    exif[274], exif[270] = 6, "secret place"
    Image.new("RGB", (320, 200), (240, 160, 60)).save(path, exif=exif)
    return path


def shown(owner: User, description: str, **values: Any) -> Asset:
    asset: Asset = AssetFactory(
        owner=owner, analysis={"description": description}, title=values.pop("title", "DSC_001"), **values
    )
    indexing.index_asset(asset, embed=True)
    return asset


def picture_of(owner: User, description: str, path: Path, **values: Any) -> Asset:
    kind = {"kind": Asset.Kind.IMAGE, "content_type": "image/jpeg", "filename": "a.jpg", "duration": None}
    return shown(owner, description, content=path, **(kind | values))


def test_a_picture_is_found_by_what_it_shows_and_opened_upright_without_metadata(beach: Path) -> None:
    owner = UserFactory()
    asset = picture_of(owner, "beach palm sunset", beach, title="Evening")
    [found] = finding.pictures_for(owner, "palm beach at sunset", count=4)
    assert (found.asset_id, found.title, found.at) == (str(asset.pk), "Evening", None)
    assert finding.THRESHOLD <= found.score <= 1
    again = finding.Candidate.of(found.kept())
    with again.opened(owner) as opened, Image.open(opened.path) as picture:
        assert picture.size == (200, 320)
        assert not picture.getexif()
    assert finding.pictures_for(owner, "palm beach at sunset", count=0) == []


def test_what_does_not_fit_is_no_match(beach: Path) -> None:
    owner = UserFactory()
    picture_of(owner, "beach palm sunset", beach)
    for prompt in ("a medieval knight in armour", "", "   ", 'kind:image "', "🏝️"):
        assert finding.pictures_for(owner, prompt, count=4) == []


def test_nobody_is_given_a_strangers_picture(beach: Path) -> None:
    owner, stranger, admin = UserFactory(), UserFactory(), UserFactory(role="admin")
    picture_of(owner, "beach palm sunset", beach)
    for other in (stranger, admin):
        assert finding.pictures_for(other, "palm beach at sunset", count=4) == []
    [found] = finding.pictures_for(owner, "palm beach at sunset", count=4)
    with pytest.raises(NotFoundError), found.opened(stranger):
        pass
    with finding.opened(stranger, [found]) as opened:
        assert opened == ()


def test_of_another_house_than_the_sessions_there_is_nothing(beach: Path) -> None:
    owner, house = UserFactory(), OrganizationFactory()
    picture_of(owner, "beach palm sunset", beach, organization=OrganizationFactory())
    assert finding.pictures_for(owner, "palm beach at sunset", count=4)
    assert finding.pictures_for(owner, "palm beach at sunset", count=4, organization=house) == []


def test_what_was_generated_is_not_taken_for_footage(beach: Path) -> None:
    owner = UserFactory()
    picture_of(owner, "palm beach at sunset", beach, origin=Asset.Origin.GENERATED, shelf=Asset.Shelf.OUTPUT)
    assert finding.pictures_for(owner, "palm beach at sunset", count=4) == []


def test_of_a_video_the_frame_is_that_of_the_words(numbered_film: Path) -> None:
    owner = UserFactory()
    film = AssetFactory(owner=owner, content=numbered_film, title="Talk", duration=10.0)
    transcript_of(film, "Nothing of note", "The rocket stands on its pad at dawn", "Thank you")
    indexing.index_asset(film, embed=True)
    [found] = finding.pictures_for(owner, "rocket on its pad at dawn", count=4)
    assert found.at == 3.0
    with found.opened(owner) as opened:
        assert cv2.imread(str(opened.path)) is not None


def test_a_picture_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    owner, broken = UserFactory(), tmp_path / "broken.jpg"
    broken.write_bytes(b"\xff\xd8\xff\xe0" + b"no picture" * 20)
    picture_of(owner, "beach palm sunset", broken)
    found = finding.pictures_for(owner, "palm beach at sunset", count=4)
    assert found
    with finding.opened(owner, found) as opened:
        assert opened == ()


def test_asking_costs_the_same_however_much_fits(beach: Path) -> None:
    def queries(owner: User) -> int:
        finding.pictures_for(owner, "palm beach at sunset", count=4)  # the meaning of the prompt is kept
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert finding.pictures_for(owner, "palm beach at sunset", count=4)
        return len(asked)

    one, many = UserFactory(), UserFactory()
    picture_of(one, "beach palm sunset", beach)
    for _ in range(6):
        picture_of(many, "beach palm sunset", beach)
    assert queries(one) == queries(many)


@pytest.mark.parametrize(
    ("similarity", "coverage", "foreign", "fits"),
    [
        (0.863, 0.33, False, True),  # a rocket on its pad at dawn: "We launched the rocket from the pad at dawn"
        (0.832, 0.0, False, False),  # the same: "City at night from above"
        (0.814, 0.0, True, True),  # a beach at sunset, in Japanese: "A sandy beach at sunset"
        (0.768, 0.0, True, False),
        (0.806, 0.0, False, False),
    ],
)
def test_the_measure_of_the_studios_own_engine(similarity: float, coverage: float, foreign: bool, fits: bool) -> None:
    sure = finding.score(similarity, coverage=coverage, engine="local:e5-small", foreign=foreign)
    assert (sure >= finding.THRESHOLD) is fits


def test_more_likeness_is_never_less_sure() -> None:
    sure = [finding.score(one, coverage=0.0, engine="local:e5-small") for one in np.linspace(-1, 1, 40)]
    assert sure == sorted(sure)
