"""Routes of films. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern, path

from chat.api.films import bible, projects, talking

PROJECT = "v1/projects/<uuid:project_id>"

urlpatterns: list[URLPattern] = [
    path("v1/chat/message", talking.SendMessage.as_view(), name="film_message"),
    path("v1/chat/choice", talking.TakeChoice.as_view(), name="film_choice"),
    path("v1/chat/upload", talking.UploadFile.as_view(), name="film_upload"),
    path("v1/chat/sessions", talking.Sessions.as_view(), name="film_sessions"),
    path("v1/chat/session/<uuid:session_id>", talking.SessionDetail.as_view(), name="film_session"),
    path("v1/projects", projects.Projects.as_view(), name="films"),
    path(PROJECT, projects.ProjectDetail.as_view(), name="film"),
    path(f"{PROJECT}/collaborators", projects.Collaborators.as_view(), name="film_collaborators"),
    path(f"{PROJECT}/rewind", projects.Rewind.as_view(), name="film_rewind"),
    path(f"{PROJECT}/bible", bible.Bible.as_view(), name="film_bible"),
    path(f"{PROJECT}/bible/revisions", bible.BibleRevisions.as_view(), name="film_bible_revisions"),
    path(f"{PROJECT}/bible/revisions/<int:number>/restore", bible.RestoreBible.as_view(), name="film_bible_restore"),
    path(f"{PROJECT}/bible/export", bible.BibleExport.as_view(), name="film_bible_export"),
    path(f"{PROJECT}/board", bible.Board.as_view(), name="film_board"),
    path(f"{PROJECT}/board/<uuid:card_id>", bible.BoardCardDetail.as_view(), name="film_card"),
]
