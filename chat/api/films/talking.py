"""Developing a film in conversation: messages, choices, files, sessions."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db.models import Count, Prefetch
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from chat.api.films import inputs, shapes
from chat.api.films.base import NEITHER, WRITE, FilmView, id_in, id_of, text_in
from chat.films import steps
from chat.models import Attachment, Choice, FilmSession
from chat.services import choices, sessions
from core.errors import UnsupportedTypeError
from core.rest.paging import PageRequest, page_of
from core.rest.parsers import StrictJSONParser
from core.rest.schema import Gives
from media_library.queries import film_media
from media_library.services import film_files

NO_SUCH_FORMAT = "File format not supported"


class SendMessage(FilmView):
    takes = inputs.FilmMessageInput
    body_names_things = True
    gives = Gives(post=shapes.SAID)

    def post(self, request: Request) -> Response:
        film = self.find_film(id_in(request, "projectId", "Project is required"), WRITE, missing=NEITHER)
        session = None
        if named := text_in(request, "sessionId"):
            session = self.find_session(id_of(named), film=film, missing=NEITHER)
        body = inputs.FilmMessageInput.parse(request.data)
        session = session or sessions.session_for(film, user=self.caller)
        said = sessions.say(session, author=self.caller, message=body["message"], attachments=body["attachments"])
        film = session.film
        return Response(
            {
                "success": True,
                "messageId": said.user.pk,
                "aiResponse": {
                    **shapes.answer_shape(said.answer, said.choices),
                    "nextStep": steps.after(film.current_step, film.completed_steps, film.episode_count),
                },
                "session": {
                    "id": session.pk,
                    "currentStep": film.current_step,
                    "progress": steps.percentage(film.completed_steps, film.episode_count),
                },
            }
        )


class TakeChoice(FilmView):
    takes = inputs.FilmChoiceInput
    body_names_things = True
    gives = Gives(post=shapes.ADVANCED)

    def post(self, request: Request) -> Response:
        session = self.find_session(id_in(request, "sessionId", "Session is required"), WRITE)
        body = inputs.FilmChoiceInput.parse(request.data)
        taken = choices.take(session, actor=self.caller, choice_id=body["choiceId"], custom=body["customInput"] or "")
        return Response(
            {
                "success": True,
                "workflowAdvanced": True,
                "newStep": taken.film.current_step,
                "progressUpdate": shapes.progress_update(taken.film),
                "aiResponse": shapes.answer_shape(taken.answer, taken.choices),
            }
        )


class UploadFile(FilmView):
    takes = inputs.FilmUploadInput
    body_names_things = True
    gives = Gives(post=shapes.UPLOADED)
    parser_classes = (MultiPartParser, StrictJSONParser)
    # The file, and room for the form around it.
    max_body_bytes = settings.UPLOAD_DIRECT_MAX_BYTES + 2**20

    def post(self, request: Request) -> Response:
        film = self.find_film(id_in(request, "projectId", "Project is required"), WRITE, missing=NEITHER)
        named = id_in(request, "sessionId", "Session is required")
        session = self.find_session(named, film=film, missing=NEITHER)
        body = inputs.FilmUploadInput.parse(request.data)
        try:
            asset = film_files.take(
                body["file"],
                owner=self.caller,
                project=film.project,
                description=body["description"],
                media_type=body["mediaType"],
            )
        except UnsupportedTypeError as error:
            raise UnsupportedTypeError(NO_SUCH_FORMAT, reason=error.message) from error
        sessions.attach(session, asset, actor=self.caller)
        # Nobody has looked into it yet: what is known of it is what came with it.
        return Response(
            {
                "success": True,
                "mediaId": asset.pk,
                "processingStatus": asset.status,
                "aiAnalysis": {
                    "description": asset.description,
                    "tags": asset.tags,
                    "styleElements": [],
                    "suitableFor": [],
                },
                "embedding": {"status": "generating", "estimatedCompletion": f"{film_media.usual_seconds()}s"},
            }
        )


class Sessions(FilmView):
    query = (inputs.SessionListQuery,)
    gives = Gives(get={"success": "bool", "sessions": [shapes.SESSION_ROW], "pagination": shapes.PAGINATION})

    def get(self, request: Request) -> Response:
        wanted = inputs.SessionListQuery.parse(request.query_params)
        found = FilmSession.objects.visible_to(self.caller).filter(user=self.caller).select_related("film__project")
        if wanted["projectId"]:
            found = found.filter(film__project=id_of(wanted["projectId"]) or uuid.UUID(int=0))
        if wanted["status"]:
            found = found.filter(status=wanted["status"])
        rows = found.annotate(message_count=Count("conversation__messages")).order_by("-last_activity", "-pk")
        page = page_of(rows, PageRequest(wanted["page"], min(wanted["limit"], shapes.MOST_ROWS)))
        told = [shapes.session_row(one) for one in page.rows]
        return Response({"success": True, "sessions": told, "pagination": shapes.pagination(page)})


class SessionDetail(FilmView):
    takes = inputs.FilmSessionInput
    gives = Gives(
        get={"success": "bool", "session": shapes.SESSION}, patch={"success": "bool", "session": shapes.SESSION}
    )

    def get(self, _request: Request, session_id: uuid.UUID) -> Response:
        return self.shown(self.find_session(session_id))

    def patch(self, request: Request, session_id: uuid.UUID) -> Response:
        """Set aside, or taken up again."""
        session = self.find_session(session_id, WRITE)
        body = inputs.FilmSessionInput.parse(request.data)
        sessions.set_status(session, body["status"], actor=self.caller)
        return self.shown(session)

    def shown(self, session: FilmSession) -> Response:
        told = session.conversation.messages.order_by("number", "pk").prefetch_related(
            Prefetch("attachments", Attachment.objects.order_by("uploaded_at", "pk")),
            Prefetch("choices", Choice.objects.order_by("position", "pk")),
        )
        return Response({"success": True, "session": shapes.session_detail(session, told)})
