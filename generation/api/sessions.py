"""Sessions over JSON: listed, read, named, limited, removed; what they cost and would cost; their rounds."""

from __future__ import annotations

import uuid

from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import InvalidFieldError
from core.rest.inputs import FiniteField, IdField, Input, TextField
from core.rest.schema import Gives
from generation.api.base import SessionView
from generation.api.shapes import (
    ESTIMATE,
    ROUND,
    SESSION,
    WHOLE_SESSION,
    estimate_shape,
    round_shape,
    session_rows,
    session_shape,
)
from generation.models import Round
from generation.policies import CHANGE, DELETE
from generation.queries import sessions as queries
from generation.queries.shapes import rounds_of
from generation.services import clips, costs, estimating, images, rounds, sessions

MOST_LISTED = 100
COSTS = {
    "session_id": "uuid",
    "total_cost": "float",
    "breakdown": [{"service": "string", "cost": "float", "tokens_used": "nullable int", "details": "object"}],
    "estimated_cost": "float",
}


class SessionsQuery(Input):
    limit = serializers.IntegerField(min_value=1, required=False, default=10)
    offset = serializers.IntegerField(min_value=0, max_value=2**31, required=False, default=0)


class SessionChangeInput(Input):
    title = TextField(max_length=255, allow_blank=True, required=False)
    cap_usd = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0, required=False, allow_null=True)
    project_id = IdField(required=False, allow_null=True)


class EstimateInput(Input):
    kind = serializers.ChoiceField([Round.Kind.IMAGES.value, Round.Kind.CLIPS.value])
    count = serializers.IntegerField(
        min_value=1, max_value=max(images.MOST, clips.MOST), required=False, allow_null=True, default=None
    )
    seconds = FiniteField(
        min_value=clips.SHORTEST, max_value=clips.LONGEST, required=False, default=estimating.DEFAULT_SECONDS
    )
    model = TextField(max_length=100, required=False, allow_blank=True, default="")


class Sessions(SessionView):
    """The caller's own, newest first."""

    query = (SessionsQuery,)
    gives = Gives(get=[SESSION])

    def get(self, request: Request) -> Response:
        wanted = SessionsQuery.parse(request.query_params)
        first, count = wanted["offset"], min(wanted["limit"], MOST_LISTED)
        return Response(session_rows(list(queries.own(self.caller)[first : first + count])))


class SessionDetail(SessionView):
    takes = SessionChangeInput
    gives = Gives(get=WHOLE_SESSION, patch=WHOLE_SESSION)

    def get(self, _request: Request, session_id: uuid.UUID) -> Response:
        return Response(session_shape(self.find(session_id)))

    def patch(self, request: Request, session_id: uuid.UUID) -> Response:
        session = self.find(session_id, CHANGE)
        wish = SessionChangeInput.parse(request.data)
        if "project_id" in wish:
            wish["project"] = self.find_project(wish.pop("project_id"))
        sessions.change(session, actor=self.caller, **wish)
        return Response(session_shape(self.find(session_id)))

    def delete(self, _request: Request, session_id: uuid.UUID) -> Response:
        sessions.delete(self.find(session_id, DELETE), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionCosts(SessionView):
    gives = Gives(get=COSTS)

    def get(self, _request: Request, session_id: uuid.UUID) -> Response:
        session = self.find(session_id)
        found = costs.breakdown(session)
        return Response(
            {
                "session_id": session.pk,
                "total_cost": float(found.total),
                "breakdown": [
                    {
                        "service": row.service,
                        "cost": float(row.cost),
                        "tokens_used": row.tokens_used,
                        "details": row.details,
                    }
                    for row in found.rows
                ],
                "estimated_cost": float(found.estimated),
            }
        )


class SessionEstimate(SessionView):
    """What a step would cost, and what the session's limit leaves. Nothing is begun."""

    takes = EstimateInput
    gives = Gives(post=ESTIMATE)

    def post(self, request: Request, session_id: uuid.UUID) -> Response:
        session = self.find(session_id)
        wish = EstimateInput.parse(request.data)
        pictures = wish["kind"] == Round.Kind.IMAGES
        if pictures and (wish["count"] or 0) > images.MOST:
            raise InvalidFieldError(f"One asks for 1 to {images.MOST} pictures at a time.", field="count")
        approved = 0 if pictures or wish["count"] else len(clips.approved(session, "image"))
        count = wish["count"] or (4 if pictures else approved)
        found = estimating.estimate(
            session, wish["kind"], user=self.caller, count=count, seconds=wish["seconds"], model=wish["model"]
        )
        return Response(estimate_shape(found))


class Rounds(SessionView):
    """All that was asked for, with prompts and seeds, the oldest first."""

    gives = Gives(get={"rounds": [ROUND]})

    def get(self, _request: Request, session_id: uuid.UUID) -> Response:
        return Response({"rounds": [round_shape(one) for one in rounds_of(self.find(session_id))]})


class CancelRound(SessionView):
    gives = Gives(post=ROUND)

    def post(self, _request: Request, session_id: uuid.UUID, round_id: uuid.UUID) -> Response:
        found = rounds.find(self.find(session_id, CHANGE), round_id)
        return Response(round_shape(rounds.cancel(found, actor=self.caller)))


class RetryRound(SessionView):
    gives = Gives(post=ROUND)

    def post(self, _request: Request, session_id: uuid.UUID, round_id: uuid.UUID) -> Response:
        """Makes what failed or was stopped. What came already is not made again."""
        found = rounds.find(self.find(session_id, CHANGE), round_id)
        return Response(round_shape(rounds.retry(found, actor=self.caller)))
