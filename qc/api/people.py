"""One's queue, and what people can do with languages, over JSON."""

from __future__ import annotations

import uuid

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.models import User
from core.errors import NotFoundError
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, page
from qc import queries
from qc.api import shapes
from qc.api.base import LanguageView
from qc.services import skills


class Queue(LanguageView):
    query = ("page", "size", shapes.QueueQuery)
    gives = Gives(get=page(shapes.QUEUE_ROW))

    def get(self, request: Request) -> Response:
        """The languages that wait for the caller, the oldest deadline first."""
        wanted = PageRequest.parse(request.query_params)
        state = shapes.QueueQuery.parse(request.query_params)["state"]
        found = page_of(queries.queue(self.caller, state=state), wanted)
        return Response(found.body(lambda rows: [shapes.queue_row(row) for row in rows]))


class Skills(LanguageView):
    takes = shapes.SkillsInput
    gives = Gives(get=shapes.SKILLS, put=shapes.SKILLS)

    def found(self, user_id: uuid.UUID) -> User:
        person: User | None = User.objects.visible_to(self.caller).filter(pk=user_id).first()
        if person is None:
            raise NotFoundError("User not found")
        policies.require(self.caller, "qc.skills.change", person)
        return person

    def get(self, _request: Request, user_id: uuid.UUID) -> Response:
        person = self.found(user_id)
        return Response(shapes.skills_output(person, list(person.language_skills.order_by("language", "pk"))))

    def put(self, request: Request, user_id: uuid.UUID) -> Response:
        """These languages and no others. None at all means every language."""
        person = self.found(user_id)
        body = shapes.SkillsInput.parse(request.data)
        wanted = [skills.Skill(**one) for one in body["skills"]]
        return Response(shapes.skills_output(person, skills.set_skills(person, wanted, actor=self.caller)))
