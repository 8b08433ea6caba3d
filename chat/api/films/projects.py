"""Films as projects: listed, begun, read, changed, shared, and gone back to an earlier step."""

from __future__ import annotations

import uuid
from typing import Any

from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from accounts.models import Project
from chat.api.films import inputs, shapes
from chat.api.films.base import SHARE, WRITE, FilmView
from chat.film_events import choice_shape
from chat.models import Film
from chat.queries import films as film_queries
from chat.queries.films import FilmFilters
from chat.services import choices, films
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made
from media_library.models import Asset

MOST_MEDIA = 100


def facts(body: dict[str, Any]) -> dict[str, Any]:
    """The fields of a body in the services' spelling."""
    named = {inputs.snake(name): value for name, value in body.items() if name != "projectSettings"}
    return named | ({"settings": dict(body["projectSettings"])} if "projectSettings" in body else {})


class Projects(FilmView):
    takes = inputs.FilmInput
    query = (inputs.FilmListQuery,)
    gives = Gives(
        get={"success": "bool", "projects": [shapes.FILM_ROW], "pagination": shapes.PAGINATION},
        post=Made({"success": "bool", "project": shapes.NEW_FILM}),
    )

    def get(self, request: Request) -> Response:
        wanted = inputs.FilmListQuery.parse(request.query_params)
        found = film_queries.listed(
            self.caller,
            FilmFilters(
                status=wanted["status"],
                genre=wanted["genre"].strip(),
                search=wanted["search"].strip(),
                sort=wanted["sort"],
                descending=wanted["order"] == "desc",
            ),
        )
        page = page_of(film_queries.counted(found), PageRequest(wanted["page"], min(wanted["limit"], shapes.MOST_ROWS)))
        rows = [shapes.film_row(film) for film in page.rows]
        return Response({"success": True, "projects": rows, "pagination": shapes.pagination(page)})

    def post(self, request: Request) -> Response:
        body = inputs.FilmInput.parse(request.data)
        film = films.create_film(owner=self.caller, **facts(body))
        return Response({"success": True, "project": shapes.new_film(film)}, status=status.HTTP_201_CREATED)


class ProjectDetail(FilmView):
    takes = inputs.FilmChangeInput
    gives = Gives(get={"success": "bool", "project": shapes.FILM}, put={"success": "bool", "project": shapes.FILM})

    def get(self, _request: Request, project_id: uuid.UUID) -> Response:
        return self.shown(self.find_film(project_id))

    def put(self, request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id, WRITE)
        body = inputs.FilmChangeInput.parse(request.data)
        wanted = body.get("status", film.project.status)
        if Project.Status.ARCHIVED in {wanted, film.project.status} and wanted != film.project.status:
            policies.require(self.caller, "accounts.project.archive", film.project)
        return self.shown(films.update_film(film, actor=self.caller, **facts(body)))

    def shown(self, film: Film) -> Response:
        media = Asset.objects.visible_to(self.caller).originals().filter(project=film.project_id)
        newest = media.order_by("-created_at", "-pk")[:MOST_MEDIA]
        return Response({"success": True, "project": shapes.film_detail(film, newest)})


class Collaborators(FilmView):
    takes = inputs.FilmCollaboratorInput
    gives = Gives(post={"success": "bool", "invitation": shapes.INVITATION})

    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id, SHARE)
        body = inputs.FilmCollaboratorInput.parse(request.data)
        invitation = films.invite(film, email=body["email"], role=body["role"], invited_by=self.caller)
        told = {
            "id": invitation.pk,
            "email": invitation.email,
            "role": invitation.project_role,
            "status": "pending",
            "sentAt": invitation.created_at,
            "expiresAt": invitation.expires_at,
        }
        return Response({"success": True, "invitation": told})


class Rewind(FilmView):
    takes = inputs.FilmRewindInput
    gives = Gives(post=shapes.REWOUND)

    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id, WRITE)
        body = inputs.FilmRewindInput.parse(request.data)
        done = choices.rewind(film, step=body["step"], actor=self.caller)
        return Response(
            {
                "success": True,
                "workflowAdvanced": False,
                "newStep": done.film.current_step,
                "sessionId": done.session.pk,
                "progressUpdate": shapes.progress_update(done.film),
                "undone": [{**choice_shape(one), "step": one.step} for one in done.undone],
                "aiResponse": shapes.answer_shape(done.answer, done.choices),
            }
        )
