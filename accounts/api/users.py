"""Finding people to work with."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from accounts import queries
from accounts.api.base import PersonView
from accounts.models import User
from core.rest.schema import Gives

SHORTEST = 2
LONGEST = 200
MOST = 20


class SearchUsers(PersonView):
    throttle_group = "people_search"
    query = ("q",)
    gives = Gives(get={"users": [{"id": "uuid", "name": "string", "email": "string", "avatar_url": "nullable url"}]})

    def get(self, request: Request) -> Response:
        text = request.query_params.get("q", "").strip()
        if not SHORTEST <= len(text) <= LONGEST:
            return Response({"users": []})
        return Response({"users": [person_output(user) for user in queries.colleagues(self.caller, text)[:MOST]]})


def person_output(user: User) -> dict[str, Any]:
    return {"id": user.pk, "name": user.get_full_name(), "email": user.email, "avatar_url": user.avatar_url or None}
