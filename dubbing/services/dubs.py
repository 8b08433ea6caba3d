"""Dubs: begun of a video, watched while they are worked on, stopped, tried again and thrown away.

A dub has one piece of work at a time: whoever begins one holds the dub's row, and its status says that there is one.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Organization, Project, User
from accounts.services import notifications
from core import audit
from core.errors import DomainError, InvalidFieldError, NotFoundError, WrongStateError
from core.languages import canonical, name, primary
from core.runs import artefacts
from core.runs import services as runs
from core.runs.models import Run
from core.storage import removal
from dubbing import events
from dubbing.models import Dub
from dubbing.queries import desk as desks
from media_library.media import fitting
from media_library.models import Asset

PREPARE, SPEAK, FILM = "dub.prepare", "dub.speak", "dub.film"
NOT_FOUND = "Dub not found"
NO_SOUND = "This video has no sound, so that there is nothing to dub. Choose one in which somebody speaks."
NO_VIDEO = "Only a video can be dubbed."
NOT_USABLE = "This file could not be read when it was brought. Upload it again, then dub it."
HAS_DUBS = "This video is being dubbed, or was. Delete its dubs first."
BUSY = "This dub is being worked on. Wait until it is done, or cancel the work."
BACKGROUNDS = ("duck", "bed", "none")
LOUDNESS: dict[str, float | None] = {"source": None, "-14": -14.0, "-23": -23.0}
S = Dub.Status
AT_WORK = frozenset({S.PREPARING, S.SPEAKING, S.MIXING})
# What a piece of work shows while it runs.
WORKING = {PREPARE: S.PREPARING, SPEAK: S.SPEAKING, FILM: S.MIXING}


@dataclass(frozen=True, kw_only=True)
class Options:
    """How a dub is put together. `background`: the original stays under the dub, `duck_db` quieter while somebody speaks (duck), is heard
    between lines only (bed), or not at all (none). `fastest` is how much faster than by itself a voice may be played. `loudness` is
    in LUFS by name, or the original's own. `auto_film` makes the films as soon as all lines are spoken."""

    background: str = "duck"
    duck_db: float = 24.0
    fastest: float = fitting.BLOCKS
    loudness: str = "source"
    auto_film: bool = False

    def __post_init__(self) -> None:
        if self.background not in BACKGROUNDS:
            raise InvalidFieldError(f"One of {', '.join(BACKGROUNDS)}.", field="body.options.background")
        if self.loudness not in LOUDNESS:
            raise InvalidFieldError(f"One of {', '.join(LOUDNESS)}.", field="body.options.loudness")
        if not 3.0 <= self.duck_db <= 60.0:
            raise InvalidFieldError("Between 3 and 60 decibels.", field="body.options.duck_db")
        if not 1.0 <= self.fastest <= fitting.BLOCKS:
            raise InvalidFieldError(f"Between 1 and {fitting.BLOCKS}.", field="body.options.fastest")

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Options:
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})


def find(dub_id: uuid.UUID) -> Dub:
    """With all that its desk reads of it. For work that nobody asks for any more: the deleted too."""
    found: Dub = rows().get(pk=dub_id)
    return found


def rows() -> Any:
    return Dub.objects.select_related(
        "owner",
        "organization",
        "project__client",
        "video__project__client",
        "video__client",
        "video__owner",
        "run",
        "film",
        "multitrack",
        "sound",
        "captions",
    )


def begin(
    video: Asset,
    *,
    actor: User,
    target_language: str,
    title: str = "",
    options: Options | None = None,
    project: Project | None = None,
) -> Dub:
    """A dub of `video`, which is prepared and spoken from now on."""
    target = canonical(target_language)
    _require_dubbable(video, target)
    with transaction.atomic():
        # Whoever deletes the video waits, and then finds the dub; or they were first.
        held = Asset.objects.select_for_update(no_key=True, of=("self",)).filter(pk=video.pk, deleted_at=None).first()
        if held is None:
            raise NotFoundError("Video not found")
        dub = Dub.objects.create(
            owner=actor,
            organization=_house_of(actor, held),
            project=project,
            video=held,
            title=title.strip()[:255] or f"{held.name} ({name(target)})"[:255],
            source_language=held.language,
            target_language=target,
            options=asdict(options or Options()),
        )
        dub.run = runs.start(PREPARE, subject_id=dub.pk, created_by=actor)
        dub.save(update_fields=["run"])
        audit.record("dubbing.dub.begin", dub, actor=actor, video=str(held.pk), language=target)
        events.dub_changed(dub)
    return find(dub.pk)


def _require_dubbable(video: Asset, target: str) -> None:
    if video.kind != Asset.Kind.VIDEO:
        raise DomainError(NO_VIDEO)
    if video.status == Asset.Status.FAILED:
        raise DomainError(NOT_USABLE)
    if "audio_codec" in video.technical and not video.technical["audio_codec"]:
        raise DomainError(NO_SOUND)
    if video.language and primary(video.language) == primary(target):
        raise DomainError(same_language(target))


def same_language(target: str) -> str:
    return f"This video is in {name(target)} already. Choose another language."


def _house_of(actor: User, video: Asset) -> Organization | None:
    """Who pays beside the person: the video's house, where they belong to it."""
    house = video.organization
    return house if house is not None and house.pk in actor.roles_by_house else None


@transaction.atomic
def change(
    dub: Dub,
    *,
    actor: User,
    title: str | None = None,
    options: Options | None = None,
    project: Project | None = None,
    leave_project: bool = False,
) -> Dub:
    """Its name, its place, and how it is put together. What is None stays."""
    locked = hold(dub, free=options is not None)
    changed: dict[str, Any] = {}
    if title is not None and title.strip():
        locked.title = changed["title"] = title.strip()[:255]
    if project is not None or leave_project:
        locked.project, changed["project"] = project, str(project.pk) if project else ""
    if options is not None:
        locked.options = changed["options"] = asdict(options)
    locked.save(update_fields=["title", "project", "options", "updated_at"])
    audit.record("dubbing.dub.change", locked, actor=actor, **changed)
    if options is not None:
        settle(locked)
    events.dub_changed(locked)
    return find(dub.pk)


def hold(dub: Dub, *, free: bool = True) -> Dub:
    """The dub, locked for the rest of the transaction; with `free` refused while something works on it.

    Whoever holds the run of its work too takes that first, as workers do.
    """
    locked = Dub.objects.select_for_update(of=("self",)).filter(pk=dub.pk, deleted_at=None).first()
    if locked is None:
        raise NotFoundError(NOT_FOUND)
    if free and locked.status in AT_WORK:
        raise WrongStateError(BUSY)
    return locked


def work(dub: Dub, kind: str, *, actor: User | None, params: dict[str, Any] | None = None) -> Run:
    """Begins a piece of work on a dub that is held and free."""
    run = runs.start(kind, subject_id=dub.pk, params=params, created_by=actor)
    dub.run, dub.status, dub.problem = run, WORKING[kind], ""
    dub.save(update_fields=["run", "status", "problem", "updated_at"])
    events.dub_changed(dub)
    return run


def settle(dub: Dub) -> Dub:
    """What its lines say of it once nothing works on it: ready for a film, or still being edited."""
    if dub.status in AT_WORK:
        return dub
    _, lines = desks.read(dub)
    if not lines:
        return dub
    return become(dub, S.READY if desks.report_of(lines).ready else S.EDITING)


def become(dub: Dub, status: str, *, problem: str = "") -> Dub:
    if (dub.status, dub.problem) != (status, problem):
        dub.status, dub.problem = status, problem
        dub.save(update_fields=["status", "problem", "updated_at"])
        events.dub_changed(dub)
    return dub


@transaction.atomic
def delete(dub: Dub, *, actor: User) -> None:
    """What it made stays in the library; its lines' sounds go. Its work is stopped first."""
    if dub.run_id is not None and dub.status in AT_WORK:
        _stop(dub.run_id)
    locked = hold(dub, free=False)
    keys = set(locked.lines.exclude(sound={}).values_list("sound__key", flat=True))
    locked.lines.exclude(sound={}).update(sound={}, spoken_of="")
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at", "updated_at"])
    audit.record("dubbing.dub.delete", locked, actor=actor, title=locked.title)
    let_go(keys)
    events.dub_changed(locked)


def let_go(keys: Iterable[str]) -> None:
    """Sounds that no line has any more."""
    gone = set(keys)
    artefacts.release([], gone)
    removal.remove_later(gone)


def let_go_of_video(video: Asset) -> None:
    """Before it is removed for good: refused while somebody has a dub of it; those that were deleted go with it."""
    made = Dub.objects.filter(video=video)
    if made.filter(deleted_at=None).exists():
        raise WrongStateError(HAS_DUBS)
    for dub in made:
        dub.lines.all().delete()
        dub.delete()


def _stop(run_id: uuid.UUID) -> None:
    try:
        runs.cancel(run_id)
    except WrongStateError:
        # It ended in the meantime.
        return


@transaction.atomic
def cancel(dub: Dub, *, actor: User) -> Dub:
    """Ends within seconds. What was heard, translated and spoken so far stays, and is not paid for again."""
    if dub.run_id is None or dub.status not in AT_WORK:
        raise WrongStateError("Nothing works on this dub.")
    run = runs.cancel(dub.run_id)
    audit.record("dubbing.dub.cancel", dub, actor=actor, run=str(run.pk), kind=run.kind)
    return find(dub.pk)


@transaction.atomic
def retry(dub: Dub, *, actor: User) -> Dub:
    """The work that failed or was cancelled, once more; what is done of it stays done."""
    run = dub.run
    if dub.status not in {S.FAILED, S.CANCELLED} or run is None:
        raise WrongStateError("Only work that failed or was cancelled can be tried again.")
    if run.status == Run.Status.FAILED:
        runs.retry(run.pk)
        locked = hold(dub)
        become(locked, WORKING[run.kind])
    else:
        locked = hold(dub)
        # A cancelled run is over. A new one with the same inputs answers from what it has.
        work(locked, run.kind, actor=actor, params=run.params)
    audit.record("dubbing.dub.retry", locked, actor=actor, kind=run.kind)
    return find(dub.pk)


def failed(dub_id: uuid.UUID, problem: str) -> None:
    """Called with the run held."""
    dub = Dub.objects.select_for_update(of=("self",)).get(pk=dub_id)
    become(dub, S.FAILED, problem=problem)
    tell(dub, f"“{dub.title}” could not be finished.", urgent=True)


def stopped(dub_id: uuid.UUID) -> None:
    """Called with the run held. Lines that are there can be edited; without any there is nothing to edit."""
    dub = Dub.objects.select_for_update(of=("self",)).get(pk=dub_id)
    become(dub, S.CANCELLED)


def tell(dub: Dub, text: str, *, urgent: bool = False) -> None:
    if dub.deleted_at is None:
        notifications.notify(
            [dub.owner],
            kind="dubbing.dub",
            text=text,
            url=page_of(dub),
            subject=f"dub:{dub.pk}",
            urgent=urgent,
        )


def page_of(dub: Dub) -> str:
    return reverse("dubbing:dub", args=[dub.pk])
