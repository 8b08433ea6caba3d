"""The client, and what of the studio it reaches."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from reelwright.conversations import Conversations
from reelwright.media import Media
from reelwright.streams import FilmEvents
from reelwright.transport import Transport
from reelwright.webhooks import Webhooks

Json = dict[str, Any]


def camel(fields: Mapping[str, Any]) -> Json:
    """`episode_count` is the document's `episodeCount`, at any depth; what is written that way already stays."""
    return {
        re.sub(r"_([a-z])", lambda found: found[1].upper(), name): camel(value) if isinstance(value, Mapping) else value
        for name, value in fields.items()
    }


class ReelwrightClient:
    """`api_key` is a key of your account (`rwk_…`) or an access token; without one, sign in with `auth.login`."""

    def __init__(self, base_url: str = "http://127.0.0.1:8000", api_key: str = "", *, timeout: float = 180.0) -> None:
        self.transport = Transport(base_url, api_key, timeout=timeout)
        self.auth = Auth(self.transport)
        self.projects = Projects(self.transport)
        self.chat = Chat(self.transport)
        self.conversations = Conversations(self.transport)
        self.media = Media(self.transport)
        self.webhooks = Webhooks(self.transport)

    def create_project(self, fields: Mapping[str, Any] | None = None, **more: Any) -> Json:
        return self.projects.create(fields, **more)

    def events(self, *session_ids: str, after: int | None = None) -> FilmEvents:
        """What is said, chosen and answered in these sessions of films. Reconnects by itself and misses nothing."""
        return FilmEvents(self.transport, session_ids, after=after)


# As the document calls it.
AIMovieClient = ReelwrightClient


class Auth:
    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.refresh_token = ""

    def login(self, email: str, password: str, **proof: str) -> Json:
        """Signs in, and from then on calls as this person. With a second factor, `challenge` and `otp` go along the second time."""
        answer: Json = self.transport.call(
            "POST", "/api/v1/auth/login", body={"email": email, "password": password, **proof}
        )
        self._take(answer)
        return answer

    def refresh(self) -> Json:
        """A new access token for the refresh token of the sign-in, which is replaced as well."""
        headers = {"Authorization": f"Bearer {self.refresh_token}"}
        bare = Transport(self.transport.root, "", timeout=self.transport.timeout)
        answer: Json = bare.call("POST", "/api/v1/auth/refresh", headers=headers)
        self._take(answer)
        return answer

    def me(self) -> Json:
        answer: Json = self.transport.call("GET", "/api/auth/me")
        return answer

    def logout(self) -> None:
        self.transport.call("DELETE", "/api/v1/auth/logout")
        self.transport.api_key = self.refresh_token = ""

    def _take(self, answer: Json) -> None:
        self.transport.api_key = answer["access_token"]
        self.refresh_token = answer.get("refresh_token") or self.refresh_token


class Projects:
    """Films."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def create(self, fields: Mapping[str, Any] | None = None, **more: Any) -> Json:
        """title, description, genre, episode_count, target_audience, project_settings."""
        answer = self.transport.call("POST", "/api/v1/projects", body=camel({**(fields or {}), **more}))
        project: Json = answer["project"]
        return project

    def list(self, **filters: Any) -> Json:
        """`{projects, pagination}`; filters: status, genre, search, sort, order, page, limit."""
        answer: Json = self.transport.call("GET", "/api/v1/projects", query=filters)
        return answer

    def get(self, project_id: str) -> Json:
        project: Json = self.transport.call("GET", f"/api/v1/projects/{project_id}")["project"]
        return project

    def update(self, project_id: str, fields: Mapping[str, Any] | None = None, **more: Any) -> Json:
        body = camel({**(fields or {}), **more})
        project: Json = self.transport.call("PUT", f"/api/v1/projects/{project_id}", body=body)["project"]
        return project

    def invite(self, project_id: str, email: str, role: str = "collaborator") -> Json:
        path = f"/api/v1/projects/{project_id}/collaborators"
        invitation: Json = self.transport.call("POST", path, body={"email": email, "role": role})["invitation"]
        return invitation

    def rewind(self, project_id: str, step: str) -> Json:
        """Back to a step that was done; what was chosen there and later is taken back."""
        answer: Json = self.transport.call("POST", f"/api/v1/projects/{project_id}/rewind", body={"step": step})
        return answer

    def bible(self, project_id: str) -> Json:
        bible: Json = self.transport.call("GET", f"/api/v1/projects/{project_id}/bible")["bible"]
        return bible

    def export_bible(self, project_id: str, format: str = "pdf") -> bytes:  # noqa: A002  (the parameter of the address)
        return self.transport.send("GET", f"/api/v1/projects/{project_id}/bible/export?format={format}").body


class Chat:
    """Developing a film in conversation."""

    def __init__(self, transport: Transport) -> None:
        self.transport = transport

    def send_message(
        self, project_id: str, message: str, session_id: str | None = None, attachments: Iterable[str] = ()
    ) -> Json:
        """`aiResponse` holds the answer and its `choices`, `session` where the film stands. Without a session, your newest one."""
        body = {"projectId": project_id, "message": message, "attachments": list(attachments)}
        answer: Json = self.transport.call(
            "POST", "/api/v1/chat/message", body=body | ({"sessionId": session_id} if session_id else {})
        )
        return answer

    def choose(self, session_id: str, choice_id: str | None = None, custom_input: str | None = None) -> Json:
        """One of the choices, or words of your own, which count more. The film goes on to the next step."""
        body = {"sessionId": session_id, "choiceId": choice_id, "customInput": custom_input}
        answer: Json = self.transport.call("POST", "/api/v1/chat/choice", body=body)
        return answer

    def sessions(self, **filters: Any) -> Json:
        """`{sessions, pagination}`; filters: project_id, status, page, limit."""
        answer: Json = self.transport.call("GET", "/api/v1/chat/sessions", query=camel(filters))
        return answer

    def session(self, session_id: str) -> Json:
        """With everything that was said in it."""
        session: Json = self.transport.call("GET", f"/api/v1/chat/session/{session_id}")["session"]
        return session
