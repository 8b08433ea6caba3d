"""Asking as a person does, over HTTP."""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.test import Client

from accounts.models import User
from core.testing.patience import work_off
from generation.models import GenerationSession, Round


class Asker:
    def __init__(self, user: User) -> None:
        self.user = user
        self.client = Client()
        self.client.force_login(user)

    def send(self, method: str, path: str, body: Any = None) -> Any:
        content = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        return self.client.generic(method, f"/api/{path}", **content)

    def post(self, path: str, **body: Any) -> Any:
        return self.send("POST", path, body)

    def get(self, path: str) -> Any:
        return self.send("GET", path)

    def patch(self, path: str, **body: Any) -> Any:
        return self.send("PATCH", path, body)

    def session(self, session_id: object) -> dict[str, Any]:
        answer = self.get(f"sessions/{session_id}")
        assert answer.status_code == 200, answer.content
        body: dict[str, Any] = answer.json()
        return body

    def made(self, answer: Any) -> Round:
        """The round that an answer began, carried out."""
        assert answer.status_code in (201, 202), answer.content
        body = answer.json()
        made = Round.objects.get(run=body["run_id"])
        work_off(made.run_id)
        return Round.objects.get(pk=made.pk)


def session_of(answer: Any) -> GenerationSession:
    return GenerationSession.objects.get(pk=uuid.UUID(answer.json()["session_id"]))
