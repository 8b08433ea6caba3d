"""What a person chose of the pictures and clips: pipeline.yaml's second and fourth step."""

from __future__ import annotations

from typing import ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives
from generation.api.base import SessionView
from generation.models import Take
from generation.policies import CHANGE
from generation.services import approving

SAVED = {"status": "string", "session_id": "uuid", "approved_count": "int"}
MOST = 500
LONGEST_ADDRESS = 4096


class ApprovedImagesInput(Input):
    """Links as they were given, or ids."""

    session_id = IdField()
    approved_image_urls = serializers.ListField(child=TextField(max_length=LONGEST_ADDRESS), max_length=MOST)


class ApprovedClipsInput(Input):
    """Links as they were given, or ids."""

    session_id = IdField()
    approved_clip_urls = serializers.ListField(child=TextField(max_length=LONGEST_ADDRESS), max_length=MOST)


class SaveApproved(SessionView):
    """Approves these, in this order, and no others. One that is not of the session refuses all of them."""

    takes: ClassVar[type[Input]]
    kind: ClassVar[str]
    body_names_things = True
    gives = Gives(post=SAVED)

    def post(self, request: Request) -> Response:
        session = self.named(request.data)
        wish = self.takes.parse(request.data)
        session = session or self.find(wish["session_id"], CHANGE)
        count = approving.approve(session, self.kind, wish[approving.FIELDS[self.kind]], actor=self.caller)
        return Response({"status": "success", "session_id": session.pk, "approved_count": count})


class SaveApprovedImages(SaveApproved):
    takes = ApprovedImagesInput
    kind = Take.Kind.IMAGE.value


class SaveApprovedClips(SaveApproved):
    takes = ApprovedClipsInput
    kind = Take.Kind.CLIP.value
