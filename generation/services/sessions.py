"""Sessions: begun, named, limited, deleted. What is made in them is asked for by `images`, `clips` and `composing`."""

from __future__ import annotations

import uuid
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Project, User
from core import audit
from core.errors import ConflictError, InvalidFieldError, NotFoundError
from core.runs import services as runs
from core.runs.models import Run
from generation import events
from generation.models import GenerationSession, Round
from media_library.models import Asset
from media_library.services import placing

NOT_FOUND = "Session not found"
LONGEST_PROMPT = 2000
OTHER_PROMPT = "This session was begun with another prompt."
UNSET = object()


def begin(
    owner: User,
    *,
    prompt: str,
    aspect_ratio: str = "16:9",
    session_id: uuid.UUID | None = None,
    project: Project | None = None,
    cap_usd: Decimal | None = None,
    title: str = "",
) -> GenerationSession:
    """A new session, or the caller's own of this id and prompt. An id of somebody else's answers like one that is not there."""
    prompt = prompt.strip()
    if session_id is not None and (found := _of_id(session_id, owner, prompt)):
        return found
    # The house whose budget pays: the project's, or the owner's only one.
    place = placing.place_for(owner, shelf=Asset.Shelf.LIBRARY, project=project)
    try:
        with transaction.atomic():
            session = GenerationSession.objects.create(
                id=session_id or uuid.uuid4(),
                owner=owner,
                organization=place.organization,
                project=project,
                title=" ".join(title.split())[:255],
                prompt=prompt,
                aspect_ratio=aspect_ratio,
                cap_usd=cap_usd,
            )
            audit.record("generation.session.begin", session, actor=owner, prompt=prompt[:500])
            events.session_changed(session)
    except IntegrityError:
        # Two requests with the same id at once.
        if session_id is None or (found := _of_id(session_id, owner, prompt)) is None:
            raise
        return found
    return session


def _of_id(session_id: uuid.UUID, owner: User, prompt: str) -> GenerationSession | None:
    found = GenerationSession.objects.filter(pk=session_id).first()
    if found is None:
        return None
    if found.owner_id != owner.pk or found.deleted_at is not None:
        raise NotFoundError(NOT_FOUND)
    if found.prompt != prompt:
        raise ConflictError(OTHER_PROMPT)
    return found


def hold(session: GenerationSession) -> GenerationSession:
    """The locked row, as it is now. Whoever also locks a run of it takes the run first."""
    found = (
        GenerationSession.objects.select_for_update(of=("self",))
        .select_related("owner", "organization", "project")
        .filter(pk=session.pk, deleted_at=None)
        .first()
    )
    if found is None:
        raise NotFoundError(NOT_FOUND)
    return found


@transaction.atomic
def change(
    session: GenerationSession,
    *,
    actor: User,
    title: str | None = None,
    cap_usd: Decimal | object | None = UNSET,
    project: Project | object | None = UNSET,
) -> GenerationSession:
    """What is not given stays. A cap below what was spent already is refused, because it could never be kept."""
    locked = hold(session)
    changed: dict[str, str] = {}
    if title is not None:
        locked.title = " ".join(title.split())[:255]
        changed["title"] = locked.title
    if cap_usd is not UNSET:
        assert cap_usd is None or isinstance(cap_usd, Decimal)  # noqa: S101  (anything else is UNSET)
        if cap_usd is not None and cap_usd < 0:
            raise InvalidFieldError("A limit is no less than 0.", field="cap_usd")
        locked.cap_usd = cap_usd
        changed["cap_usd"] = "" if cap_usd is None else str(cap_usd)
    if project is not UNSET:
        assert project is None or isinstance(project, Project)  # noqa: S101  (as above)
        place = placing.place_for(locked.owner, shelf=Asset.Shelf.LIBRARY, project=project)
        locked.project, locked.organization = project, place.organization
        changed["project"] = str(project.pk) if project else ""
    locked.save(update_fields=["title", "cap_usd", "project", "organization", "updated_at"])
    audit.record("generation.session.change", locked, actor=actor, **changed)
    events.session_changed(locked)
    return locked


@transaction.atomic
def delete(session: GenerationSession, *, actor: User) -> None:
    """For nobody any more, and what it was making stops. What was made stays in its owner's output folder."""
    active = Round.objects.filter(session=session, status=Round.Status.RUNNING, run__status__in=Run.ACTIVE)
    for run_id in list(active.values_list("run_id", flat=True)):
        runs.cancel(run_id)
    locked = hold(session)
    locked.deleted_at = timezone.now()
    locked.save(update_fields=["deleted_at", "updated_at"])
    audit.record("generation.session.delete", locked, actor=actor)
    events.session_changed(locked)
