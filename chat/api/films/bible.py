"""The bible of a film and its references board."""

from __future__ import annotations

import uuid

from django.http import HttpResponse
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from chat.api.films import inputs, shapes
from chat.api.films.base import WRITE, FilmView
from chat.films import consistency
from chat.models import BibleRevision, BoardCard, Film
from chat.services import bible, bible_export, board
from core.errors import NotFoundError
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives, Made


def told(film: Film, revision: BibleRevision | None) -> Response:
    content = bible.content_of(film)
    notes = consistency.notes(content, genre=film.genre, episodes=film.episode_count)
    return Response({"success": True, "bible": shapes.bible_shape(content, revision, notes)})


class Bible(FilmView):
    takes = inputs.BibleInput
    gives = Gives(get=shapes.BIBLE, put=shapes.BIBLE)

    def get(self, _request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id)
        return told(film, bible.newest(film))

    def put(self, request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id, WRITE)
        body = inputs.BibleInput.parse(request.data)
        revision = bible.edit(
            film, body["content"], base=body["baseRevision"], actor=self.caller, comment=body["comment"]
        )
        return told(film, revision)


class BibleRevisions(FilmView):
    query = (inputs.PageQuery,)
    gives = Gives(get={"success": "bool", "revisions": [shapes.REVISION], "pagination": shapes.PAGINATION})

    def get(self, request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id)
        wanted = inputs.PageQuery.parse(request.query_params)
        page = page_of(
            film.bible.order_by("-number"), PageRequest(wanted["page"], min(wanted["limit"], shapes.MOST_ROWS))
        )
        rows = [shapes.revision_row(one) for one in page.rows]
        return Response({"success": True, "revisions": rows, "pagination": shapes.pagination(page)})


class RestoreBible(FilmView):
    takes = inputs.BibleRestoreInput
    gives = Gives(post=shapes.BIBLE)

    def post(self, request: Request, project_id: uuid.UUID, number: int) -> Response:
        film = self.find_film(project_id, WRITE)
        if not film.bible.filter(number=number).exists():
            raise NotFoundError("Revision not found")
        body = inputs.BibleRestoreInput.parse(request.data)
        return told(film, bible.restore(film, number, base=body["baseRevision"], actor=self.caller))


class BibleExport(FilmView):
    query = (inputs.BibleExportQuery,)
    gives = Gives(get="string")

    def get(self, request: Request, project_id: uuid.UUID) -> HttpResponse:
        film = self.find_film(project_id)
        wanted = inputs.BibleExportQuery.parse(request.query_params)
        made = bible_export.export(film, format=wanted["format"])
        return HttpResponse(
            made.data,
            content_type=made.content_type,
            headers={"Content-Disposition": f'attachment; filename="{made.filename}"'},
        )


class Board(FilmView):
    takes = inputs.BoardCardInput
    gives = Gives(get={"success": "bool", "cards": [shapes.CARD]}, post=Made({"success": "bool", "card": shapes.CARD}))

    def get(self, _request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id)
        cards = film.board.filter(asset__deleted_at=None).select_related("asset").order_by("column", "position", "pk")
        return Response({"success": True, "cards": [shapes.card_shape(one) for one in cards]})

    def post(self, request: Request, project_id: uuid.UUID) -> Response:
        film = self.find_film(project_id, WRITE)
        body = inputs.BoardCardInput.parse(request.data)
        card = board.add_card(
            film, asset_id=body["mediaId"], actor=self.caller, column=body["column"], note=body["note"]
        )
        return Response({"success": True, "card": shapes.card_shape(card)}, status=status.HTTP_201_CREATED)


class BoardCardDetail(FilmView):
    takes = inputs.BoardCardChangeInput
    gives = Gives(patch={"success": "bool", "card": shapes.CARD})

    def patch(self, request: Request, project_id: uuid.UUID, card_id: uuid.UUID) -> Response:
        card = self.find_card(project_id, card_id)
        body = inputs.BoardCardChangeInput.parse(request.data)
        changed = board.change_card(card, actor=self.caller, **body)
        return Response({"success": True, "card": shapes.card_shape(changed)})

    def delete(self, _request: Request, project_id: uuid.UUID, card_id: uuid.UUID) -> Response:
        board.remove_card(self.find_card(project_id, card_id), actor=self.caller)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def find_card(self, project_id: uuid.UUID, card_id: uuid.UUID) -> BoardCard:
        film = self.find_film(project_id)
        card: BoardCard | None = film.board.select_related("asset", "film__project").filter(pk=card_id).first()
        if card is None:
            raise NotFoundError("Card not found")
        self.find_film(project_id, WRITE)
        return card
