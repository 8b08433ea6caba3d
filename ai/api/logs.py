"""The log of model use over JSON, as platform.yaml has it."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PersonView
from accounts.services import foreign_reads
from ai import logs, redaction
from ai.models import Call
from core.errors import NotFoundError
from core.rest.inputs import IdField, Input, TextField
from core.rest.schema import Gives

MOST_ROWS = 200
ROW = {
    "id": "uuid",
    "timestamp": "datetime",
    "model": "string",
    "tokens_used": "int",
    "cost": "float",
    "user_id": "nullable uuid",
    "endpoint": "string",
    "success": "bool",
    "error": "nullable string",
}
MORE = {
    "provider": "string",
    "capability": "string",
    "purpose": "string",
    "outcome": "string",
    "latency_ms": "nullable int",
}
WHOLE = {
    **{name: shape for name, shape in ROW.items() if name != "tokens_used"},
    "tokens_input": "int",
    "tokens_output": "int",
    "conversation_id": "nullable uuid",
    "request_data": "object",
    "response_data": "object",
    **MORE,
}


class LogsQuery(Input):
    start = TextField(max_length=60, required=False, allow_blank=True, default="")
    end = TextField(max_length=60, required=False, allow_blank=True, default="")
    model = TextField(max_length=200, required=False, allow_blank=True, default="")
    user = IdField(required=False, default=None)
    limit = serializers.IntegerField(min_value=1, required=False, default=50)
    offset = serializers.IntegerField(min_value=0, max_value=2**31, required=False, default=0)


class Logs(PersonView):
    query = (LogsQuery,)
    gives = Gives(get={"logs": [{**ROW, **MORE}], "total": "int", "has_more": "bool"})

    def get(self, request: Request) -> Response:
        asked = LogsQuery.parse(request.query_params)
        found = logs.calls(self.caller, logs.Wanted.parse(asked, user=asked["user"]))
        limit, offset = min(asked["limit"], MOST_ROWS), asked["offset"]
        # One more than asked for tells whether there are more, whatever is written meanwhile.
        rows = list(logs.newest(found)[offset : offset + limit + 1])
        body = {"logs": [row_of(row) for row in rows[:limit]], "total": found.count(), "has_more": len(rows) > limit}
        return Response(body)


class Log(PersonView):
    gives = Gives(get=WHOLE)

    def get(self, _request: Request, log_id: uuid.UUID) -> Response:
        call = Call.objects.visible_to(self.caller).filter(pk=log_id).first()
        if call is None:
            raise NotFoundError("Log not found")
        foreign_reads.note(self.caller, call)
        return Response(whole_of(call))


def row_of(call: Call) -> dict[str, Any]:
    return {**facts(call), "tokens_used": call.input_tokens + call.output_tokens}


def whole_of(call: Call) -> dict[str, Any]:
    return {
        **facts(call),
        "tokens_input": call.input_tokens,
        "tokens_output": call.output_tokens,
        "conversation_id": call.conversation_id,
        "request_data": redaction.shown(call.request),
        "response_data": redaction.shown(call.response) if call.outcome == Call.Outcome.OK else {},
    }


def facts(call: Call) -> dict[str, Any]:
    return {
        "id": call.pk,
        "timestamp": call.created_at,
        "model": call.model,
        "cost": float(call.cost),
        "user_id": call.user_id,
        "endpoint": call.endpoint,
        "success": call.outcome == Call.Outcome.OK,
        "error": redaction.clean(call.error) or None,
        "provider": call.provider,
        "capability": call.capability,
        "purpose": call.purpose,
        "outcome": call.outcome,
        "latency_ms": call.latency_ms,
    }
