"""What the views of dubs share: finding things as the caller sees them, then asking whether they may."""

from __future__ import annotations

import uuid
from typing import Any

from accounts import policies
from accounts.api.base import PersonView
from accounts.services import foreign_reads
from ai.models import Call
from core.errors import NotFoundError
from dubbing.api.shapes import desk_shape
from dubbing.models import Dub, DubLine, DubSpeaker
from dubbing.queries import desk as desks
from dubbing.services import casting, dubs, lines

WRITE, DELETE = "dubbing.dub.write", "dubbing.dub.delete"


class DubView(PersonView):
    """For signed-in people. Hidden is 404, a missing right 403, and only then the input is read."""

    def find(self, dub_id: uuid.UUID, action: str = "") -> Dub:
        visible = Dub.objects.visible_to(self.caller).filter(pk=dub_id)
        found: Dub | None = dubs.rows().filter(pk__in=visible.values("pk")).first()
        if found is None:
            raise NotFoundError(dubs.NOT_FOUND)
        foreign_reads.note(self.caller, found)
        if action:
            policies.require(self.caller, action, found)
        return found

    def find_line(self, dub_id: uuid.UUID, line_id: uuid.UUID, action: str = "") -> DubLine:
        dub = self.find(dub_id)
        found = dub.lines.select_related("role").filter(pk=line_id).first()
        if found is None:
            raise NotFoundError(lines.NO_LINE)
        if action:
            policies.require(self.caller, action, dub)
        return found

    def find_role(self, dub_id: uuid.UUID, role_id: uuid.UUID, action: str = "") -> DubSpeaker:
        dub = self.find(dub_id)
        found = dub.cast.filter(pk=role_id).first()
        if found is None:
            raise NotFoundError(casting.NO_ROLE)
        if action:
            policies.require(self.caller, action, dub)
        return found

    def desk(self, dub_id: uuid.UUID) -> dict[str, Any]:
        """Read anew, after a change too."""
        dub = dubs.find(dub_id)
        return desk_shape(
            desks.desk(dub, self.caller),
            voices=casting.voices_for(dub, self.caller),
            cost_usd=Call.objects.filter(subject_id=dub.pk).spent(),
        )
