"""A session as its page shows it: stages with what each cost, takes as cards. As many queries for twenty takes as for two."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.templatetags.ui import dollars
from generation.models import GenerationSession, Round, Take
from generation.services import costs
from media_library.models import Asset
from media_library.queries import links

Status = GenerationSession.Status
DONE, NOW, WAIT = "done", "now", "wait"
# What people call the engines that this studio has itself.
MADE_BY = {
    "local:library": "From your library",
    "local:storyboard": "Storyboard card",
    "local:camera": "Camera move",
}
ENDED = (Round.Status.FAILED, Round.Status.CANCELLED)


@dataclass(frozen=True)
class Card:
    """`label` is 1, 2, … for pictures and A, B, … for clips; `variants` what it has replaced, newest first."""

    take: Take
    label: str
    url: str = ""
    picture: str = ""
    variants: tuple[Card, ...] = ()
    in_film: int | None = None
    made_again: bool = False

    @property
    def name(self) -> str:
        return f"{'Picture' if self.take.kind == Take.Kind.IMAGE else 'Clip'} {self.label}"

    @property
    def alt(self) -> str:
        return f"{self.name}: {self.take.prompt}"[:200]

    @property
    def waits(self) -> bool:
        return self.take.status == Take.Status.WAITING

    @property
    def engine(self) -> str:
        return str(self.take.made.get("engine", ""))

    @property
    def made_by(self) -> str:
        return MADE_BY.get(self.engine, self.engine.partition(":")[2])

    @property
    def cost(self) -> str:
        paid = Decimal(str(self.take.made.get("cost_usd") or 0))
        return dollars(paid) if paid else ""

    @property
    def seconds(self) -> float:
        """What a film shows of it."""
        whole = self.take.seconds or 0.0
        end = whole if self.take.trim_end is None else self.take.trim_end
        return max(end - (self.take.trim_start or 0.0), 0.0)

    @property
    def length(self) -> str:
        return f"{self.seconds:.1f} s" if self.take.kind == Take.Kind.CLIP else ""

    @property
    def place(self) -> str:
        return "" if self.in_film is None else f"{ordinal(self.in_film)}"


@dataclass(frozen=True)
class Working:
    """A round at work."""

    pk: uuid.UUID
    label: str
    percent: int
    message: str


@dataclass(frozen=True)
class Stage:
    """`version` changes with whatever the stage shows; `holds` tells that people write in it."""

    number: int
    key: str
    title: str
    state: str
    template: str
    version: str = ""
    note: str = ""
    cost: str = "–"
    estimate: str = ""
    working: Working | None = None
    problem: str = ""
    failed: Round | None = None
    holds: bool = False


@dataclass
class Shown:
    session: GenerationSession
    images: list[Card]
    clips: list[Card]
    rounds: list[Round]
    spent: costs.Costs
    versions: dict[str, str] = field(default_factory=dict)

    @property
    def picked(self) -> list[Card]:
        return [card for card in self.images if card.take.approved]

    @property
    def film(self) -> list[Card]:
        """The approved clips in the order of the film."""
        chosen = [card for card in self.clips if card.take.approved]
        return sorted(chosen, key=lambda card: (card.take.order_index or 0, card.take.index))

    @property
    def length(self) -> float:
        return sum(card.seconds for card in self.film)

    @property
    def running(self) -> Round | None:
        return next((one for one in self.rounds if one.status == Round.Status.RUNNING), None)

    def newest(self, kind: str) -> Round | None:
        return next((one for one in self.rounds if one.kind == kind), None)


def shown(session: GenerationSession) -> Shown:
    takes = list(session.takes.filter(removed_at=None).select_related("asset", "round").order_by("created_at", "index"))
    # What is being made again stands as it was until the new one is there.
    again = {take.made.get("replaces") for take in takes if take.status == Take.Status.WAITING}
    standing = [
        take for take in takes if take.replaced_by_id is None and (is_ready(take) or not take.made.get("replaces"))
    ]
    earlier: dict[uuid.UUID, list[Take]] = defaultdict(list)
    for take in reversed(takes):
        if take.replaced_by_id:
            earlier[take.replaced_by_id].append(take)
    pictures = links.pictures([take.asset for take in takes if take.asset])
    playable = links.playables([take.asset for take in takes if take.asset and take.kind == Take.Kind.CLIP])
    places = {take.pk: number for number, take in enumerate(in_order(standing), start=1)}

    def card(take: Take, label: str) -> Card:
        before = tuple(Card(one, label, *files(one, pictures, playable)) for one in earlier.get(take.pk, ()))
        return Card(take, label, *files(take, pictures, playable), before, places.get(take.pk), str(take.pk) in again)

    images = [take for take in standing if take.kind == Take.Kind.IMAGE]
    clips = [take for take in standing if take.kind == Take.Kind.CLIP]
    rounds = list(session.rounds.select_related("run").order_by("-created_at", "-number"))
    return Shown(
        session,
        [card(take, str(number)) for number, take in enumerate(images, start=1)],
        [card(take, letters(number)) for number, take in enumerate(clips)],
        rounds,
        costs.breakdown(session),
    )


def is_ready(take: Take) -> bool:
    return take.status == Take.Status.READY and take.asset is not None


def in_order(takes: Iterable[Take]) -> list[Take]:
    chosen = [take for take in takes if take.kind == Take.Kind.CLIP and take.approved]
    return sorted(chosen, key=lambda take: (take.order_index or 0, take.index))


def files(take: Take, pictures: dict[uuid.UUID, Asset], playable: dict[uuid.UUID, Asset]) -> tuple[str, str]:
    """Links to the take itself and to its picture."""
    if take.asset is None or not is_ready(take):
        return "", ""
    own = links.link(playable.get(take.asset.pk, take.asset), inline=True)
    still = pictures.get(take.asset.pk)
    return own, links.link(still, inline=True) if still else own if take.kind == Take.Kind.IMAGE else ""


def letters(number: int) -> str:
    """A to Z, then AA."""
    before, last = divmod(number, 26)
    return f"{letters(before - 1) if before else ''}{chr(ord('A') + last)}"


def ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def stages(seen: Shown, *, wish_version: str, final: bool, stale: bool) -> list[Stage]:
    session, running = seen.session, seen.running
    picked, film = len(seen.picked), len(seen.film)
    made_images = sum(card.take.status == Take.Status.READY for card in seen.images)
    made_clips = sum(card.take.status == Take.Status.READY for card in seen.clips)

    def stage(number: int, key: str, title: str, kind: str, template: str, **more: Any) -> Stage:
        work = working(running) if running and running.kind == kind else None
        last = seen.newest(kind) if kind else None
        failed = last if last and last.status in ENDED else None
        version = digest(more.pop("shows", ""), more["state"], running and running.pk, last and last.status)
        problem = "" if failed is None else failed.problem or failed.get_status_display()
        return Stage(
            number, key, title, template=f"generation/partials/_{template}.html", working=work, problem=problem,
            failed=failed, version=version, **more,
        )  # fmt: skip

    def paid(kind: str, state: str) -> dict[str, str]:
        rows = [one for one in seen.rounds if one.kind == kind]
        if not rows:
            return {"estimate": "after the pictures" if state == WAIT else ""}
        wanted = sum((one.estimate_usd for one in rows), Decimal(0))
        spent = sum((row.cost for row in seen.spent.rows if kind_of(row) == kind), Decimal(0))
        return {"cost": dollars(spent), "estimate": f"estimate {dollars(wanted)}" if wanted else "free"}

    images_state = DONE if picked else NOW
    clips_state = DONE if film else NOW if picked else WAIT
    titles_state = WAIT if not film else DONE if final and not stale else NOW
    images, clips = Round.Kind.IMAGES.value, Round.Kind.CLIPS.value
    return [
        stage(1, "prompt", "Prompt", "", "prompt", state=DONE, shows=session.prompt, cost=dollars(Decimal(0)), estimate="free"),
        stage(
            2, "images", "Pictures", images, "images", state=images_state, shows=version_of(seen.images), holds=True,
            note=f"{picked} of {made_images} picked" if made_images else "", **paid(images, images_state),
        ),
        stage(
            3, "clips", "Clips", clips, "clips", state=clips_state,
            shows=(version_of(seen.clips), [card.take.pk for card in seen.picked]), holds=True,
            note=f"{film} of {made_clips} picked" if made_clips else "", **paid(clips, clips_state),
        ),
        stage(
            4, "titles", "Text and audio", Round.Kind.FILM.value, "titles", state=titles_state,
            shows=(wish_version, [card.take.pk for card in seen.film]), holds=True, estimate="free",
        ),
        stage(
            5, "final", "Final video", "", "final", state=DONE if final and not stale else WAIT,
            shows=(session.final_id, stale), estimate="free",
        ),
    ]  # fmt: skip


def kind_of(row: costs.Cost) -> str:
    return Round.Kind.IMAGES.value if "num_images" in row.details else Round.Kind.CLIPS.value


def working(running: Round) -> Working:
    run = running.run
    percent = int((run.progress if run else 0) * 100)
    return Working(running.pk, str(running), percent, run.message if run else "")


def version_of(cards: Iterable[Card]) -> list[Any]:
    return [
        (
            card.take.pk,
            card.take.updated_at,
            card.take.status,
            card.take.approved,
            card.in_film,
            len(card.variants),
            card.made_again,
        )
        for card in cards
    ]


def digest(*parts: Any) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]
