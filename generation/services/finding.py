"""Pictures of one's own library for words: what fits a prompt by its meaning, as pictures and as frames of videos."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import structlog
from django.db.models import Q

from accounts.models import Organization, User
from ai.capabilities import generate_image
from ai.local.extract import is_telling, lists, words_of
from ai.local.quotes import covered
from core.errors import DomainError, NotFoundError, UnsupportedTypeError
from core.storage import store
from media_library.media import images, thumbnails
from media_library.media.errors import MediaError
from media_library.models import Asset, Passage
from media_library.search import Filters, Found, gather, scope_of

log = structlog.get_logger(__name__)

# Measured with the studio's own engine on prompts and descriptions of pictures: what shows the thing lies at 0.84 and above, what is
# merely nearest at 0.83 and below. Other engines spread wider.
CENTRES = {"local:e5-small": (0.84, 0.015)}
OTHER_CENTRE = (0.45, 0.06)
# A description in another script shares no word with the prompt, and lies further off.
OTHER_SCRIPT = 2.0
# All words of the prompt in the description are worth so many spreads.
WORDS = 2.0
# Without a vector: as far from the centre as what is merely nearest.
UNMEASURED = -1.5
# What is said while a picture is shown is not always what it shows.
SAID = 0.9
# Below this it is no match: the picture is then drawn rather than taken.
THRESHOLD = 0.5
DEPTH = 60
MOST_OF_AN_ASSET = 3
APART_SECONDS = 3.0
FRAME_WIDTH = 1920


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A picture, or a frame of a video at `at` seconds (None: the best of it). `score` is 0 to 1, at least THRESHOLD."""

    asset_id: str
    title: str
    score: float
    at: float | None = None

    def kept(self) -> dict[str, Any]:
        """For a plan that is carried out later."""
        return asdict(self)

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Self:
        return cls(**kept)

    @contextmanager
    def opened(self, user: User) -> Iterator[generate_image.Found]:
        """The picture as a file for the length of the block, upright and without metadata. NotFoundError once `user` may not see it."""
        asset = Asset.objects.visible_to(user).filter(pk=self.asset_id).first()
        if asset is None:
            raise NotFoundError("A picture of the library that was to be used is gone.")
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "picture.webp" if asset.kind == Asset.Kind.IMAGE else "picture.jpg")
            try:
                _taken(asset, self.at, path)
            except MediaError as error:
                raise UnsupportedTypeError(error.message) from error
            yield generate_image.Found(path=path, title=self.title, score=self.score, asset_id=self.asset_id)


def pictures_for(user: User, prompt: str, *, count: int, organization: Organization | None = None) -> list[Candidate]:
    """The best first; none when nothing fits. Only what `user` may see, and nothing of another house than `organization`."""
    plain = " ".join(prompt.replace(":", " ").replace('"', " ").split())
    if not plain or count < 1:
        return []
    scope = scope_of(user, Filters(), extra=_usable(user, organization))
    found = {one.passage: one for one in gather(user, scope, meaning=plain[:600], words=plain, limit=DEPTH)}
    rows = Passage.objects.filter(pk__in=found).select_related("asset").defer("document", "embedding")
    scored = [(_score(prompt, row, found[row.pk]), row) for row in rows]
    scored = sorted((one for one in scored if one[0] >= THRESHOLD), key=lambda one: (-one[0], one[1].pk))
    return _spread([_candidate(row, score) for score, row in scored])[:count]


@contextmanager
def opened(user: User, candidates: Sequence[Candidate]) -> Iterator[tuple[generate_image.Found, ...]]:
    """All that can be opened, in order. What is gone or cannot be read is left out: there is always a drawing instead."""
    with ExitStack() as stack:
        found = []
        for candidate in candidates:
            try:
                found.append(stack.enter_context(candidate.opened(user)))
            except DomainError as error:
                log.warning("generation.picture_left_out", asset=candidate.asset_id, error=error.message)
        yield tuple(found)


def score(similarity: float | None, *, coverage: float, engine: str = "", foreign: bool = False) -> float:
    """How sure it is that the picture fits, 0 to 1: its cosine against that of what is merely nearest, and the words it shares."""
    centre, spread = CENTRES.get(engine, OTHER_CENTRE)
    distance = UNMEASURED if similarity is None else (similarity - centre) / spread
    distance += OTHER_SCRIPT * foreign + WORDS * coverage
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, distance))))


def _usable(user: User, organization: Organization | None) -> Q:
    """What people brought or cut, never what was generated: drawings would be found again by their own prompts."""
    usable = Q(kind__in=(Asset.Kind.IMAGE, Asset.Kind.VIDEO), status=Asset.Status.ACTIVE)
    usable &= ~Q(origin=Asset.Origin.GENERATED) & ~Q(shelf=Asset.Shelf.OUTPUT)
    if organization is not None:
        return usable & (Q(organization=organization) | Q(organization=None, owner=user))
    if user.is_platform_admin:
        return usable & (Q(owner=user) | Q(organization__in=list(user.roles_by_house)))
    return usable


def _score(prompt: str, row: Passage, found: Found) -> float:
    coverage = covered(_telling(prompt), row.text)
    foreign = prompt.isascii() != row.text.isascii() and coverage == 0
    sure = score(found.similarity, coverage=coverage, engine=row.model, foreign=foreign)
    return sure * SAID if row.kind == Passage.Kind.SPEECH else sure


def _telling(prompt: str) -> tuple[str, ...]:
    stops = frozenset().union(*lists().values()) if prompt.isascii() else frozenset[str]()
    words = tuple(dict.fromkeys(word for word in words_of(prompt) if is_telling(word, stops)))
    return words or tuple(words_of(prompt))


def _candidate(row: Passage, score: float) -> Candidate:
    at = None
    if row.asset.kind == Asset.Kind.VIDEO and row.start is not None:
        at = (row.start + (row.end if row.end is not None else row.start)) / 2
        at = round(min(at, max(0.0, (row.asset.duration or at) - 0.1)), 3)
    return Candidate(asset_id=str(row.asset_id), title=row.asset.name, score=round(score, 4), at=at)


def _spread(candidates: list[Candidate]) -> list[Candidate]:
    """No picture twice, of a video only frames that lie apart; what is whole and what is said of one video are one."""
    taken: dict[str, list[float | None]] = {}
    kept = []
    for one in candidates:
        times = taken.setdefault(one.asset_id, [])
        near = any(at is None or one.at is None or abs(at - one.at) < APART_SECONDS for at in times)
        if not near and len(times) < MOST_OF_AN_ASSET:
            times.append(one.at)
            kept.append(one)
    return kept


def _taken(asset: Asset, at: float | None, into: Path) -> None:
    """Renditions are ours already; what a stranger sent is decoded under limits first."""
    if asset.kind == Asset.Kind.IMAGE:
        preview = asset.made.filter(purpose=Asset.Purpose.PREVIEW, deleted_at=None).first()
        if preview is not None and store().exists(preview.key):
            with store().local(preview.key) as path:
                into.write_bytes(path.read_bytes())
            return
        with store().local(asset.key) as path:
            images.render(path, preview=into, thumbnail=into.with_name("small.webp"))
        return
    mezzanine = asset.made.filter(purpose=Asset.Purpose.MEZZANINE, deleted_at=None).first()
    film = mezzanine if mezzanine is not None and store().exists(mezzanine.key) else asset
    with store().local(film.key) as path:
        if at is None:
            thumbnails.poster(path, into, width=FRAME_WIDTH)
            return
        width = int(film.technical.get("width") or FRAME_WIDTH)
        frame = thumbnails.frame_at(path, at, width=min(width, FRAME_WIDTH))
        frame.save(into, "JPEG", quality=95)
