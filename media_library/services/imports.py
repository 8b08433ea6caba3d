"""Files that the studio fetches itself, from an address that somebody gave it."""

from __future__ import annotations

import uuid
from pathlib import PurePosixPath
from typing import Unpack
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import transaction

from accounts.models import User
from core import audit, outbound
from core.errors import ConflictError, TooManyRequestsError
from core.runs import services as runs
from core.storage import signing, uploads
from media_library.models import Asset, Intake
from media_library.queries import intakes
from media_library.services import quota
from media_library.services.intake import Told, about

KIND = "media_library.import"
# Of one person; they would keep workers from everybody else's films.
MOST_AT_ONCE = 5


def import_url(
    *,
    owner: User,
    url: str,
    filename: str = "",
    **told: Unpack[Told],
) -> Intake:
    """Begins to fetch. What the address leads to is judged before anything is kept, and again at every redirect."""
    _not_ours(url, owner)
    # By its form only: a name is looked up by the worker, which nobody waits for.
    target = outbound.read(url)
    name = filename or name_in(target.url)
    said = about(
        owner=owner,
        filename=name,
        # The server says what it is; a name without an ending says nothing.
        named=bool(PurePosixPath(name).suffix),
        **told,
    )
    intake = said.intake(source_url=url)
    with transaction.atomic():
        quota.hold(owner)
        quota.require_room(owner, 1)
        if Intake.objects.filter(intakes.open_imports(), owner=owner).count() >= MOST_AT_ONCE:
            raise TooManyRequestsError(
                f"{MOST_AT_ONCE} files are being fetched for you. Wait until one of them is here."
            )
        intake.save(force_insert=True)
        intake.run = runs.start(KIND, subject_id=intake.pk, created_by=owner)
        intake.save(update_fields=["run"])
        audit.record("media_library.asset.import", intake, actor=owner, host=target.host)
    return intake


def _not_ours(url: str, owner: User) -> None:
    """A link of this studio's own leads to a file that is here: nothing is fetched, and its asset is named to who sees it."""
    own = f"{settings.PUBLIC_URL}/files/"
    if not url.startswith(own):
        return
    link = signing.link_from(url.removeprefix(own).partition("?")[0], method="GET")
    asset = Asset.objects.visible_to(owner).filter(key=link.key).first()
    raise ConflictError("This file is in the studio already.", **({"asset_id": str(asset.pk)} if asset else {}))


def name_in(url: str) -> str:
    """The last part of the path, which is what the file is mostly called."""
    return uploads.plain(unquote(PurePosixPath(urlsplit(url).path).name))


def make_room(intake_id: uuid.UUID, size: int) -> None:
    """So many bytes are on their way: they count from now on."""
    with transaction.atomic():
        intake = Intake.objects.select_related("owner").get(pk=intake_id)
        quota.hold(intake.owner)
        quota.require_room(intake.owner, size, coming=intake)
        Intake.objects.filter(pk=intake_id).update(size=size)
