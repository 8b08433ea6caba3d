"""Pages of conversations."""

from __future__ import annotations

from django.urls import path

from chat.pages import conversation, desk, film_bible, film_board, films, projects, recents, webhooks

CONVERSATION = "chat/<uuid:conversation_id>"

app_name = "chat"
urlpatterns = [
    path("chat", conversation.home, name="home"),
    path("chat/list", conversation.list_part, name="list"),
    path("chat/recents", recents.recents, name="recents"),
    path("chat/recents/delete", recents.delete, name="recents_delete"),
    path("project/<uuid:project_id>", projects.project, name="project"),
    path(CONVERSATION, conversation.conversation, name="conversation"),
    path(f"{CONVERSATION}/star", recents.star, name="star"),
    path(f"{CONVERSATION}/act", conversation.act, name="act"),
    path(f"{CONVERSATION}/options", conversation.options, name="options"),
    path(f"{CONVERSATION}/messages", conversation.thread_part, name="messages"),
    path(f"{CONVERSATION}/messages/<uuid:message_id>", conversation.message_part, name="message"),
    path(f"{CONVERSATION}/people", conversation.people_part, name="people"),
    path(f"{CONVERSATION}/export", desk.export, name="export"),
    path(f"{CONVERSATION}/comment", desk.comment, name="comment"),
    path(f"{CONVERSATION}/section", desk.section, name="section"),
    path("movies", films.film_list, name="movies"),
    path("movies/<uuid:project_id>", films.film, name="film"),
    path("movies/<uuid:project_id>/edit", films.film_edit, name="film_edit"),
    path("movies/<uuid:project_id>/sessions", films.film_session_add, name="film_session_add"),
    path("movies/<uuid:project_id>/sessions/<uuid:session_id>", films.film_room, name="film_room"),
    path("movies/<uuid:project_id>/sessions/<uuid:session_id>/say", films.film_say, name="film_say"),
    path("movies/<uuid:project_id>/sessions/<uuid:session_id>/choose", films.film_choose, name="film_choose"),
    path("movies/<uuid:project_id>/sessions/<uuid:session_id>/rewind", films.film_rewind, name="film_rewind"),
    path("movies/<uuid:project_id>/bible", film_bible.film_bible, name="film_bible"),
    path("movies/<uuid:project_id>/bible/restore", film_bible.film_bible_restore, name="film_bible_restore"),
    path("movies/<uuid:project_id>/bible/export", film_bible.film_bible_export, name="film_bible_export"),
    path("movies/<uuid:project_id>/references", film_board.film_board, name="film_board"),
    path("movies/<uuid:project_id>/references/<uuid:card_id>", film_board.film_card, name="film_card"),
    path("webhooks", webhooks.webhook_list, name="webhooks"),
    path("webhooks/<uuid:webhook_id>", webhooks.webhook_detail, name="webhook"),
    path("webhooks/<uuid:webhook_id>/end", webhooks.webhook_end, name="webhook_end"),
    path("webhooks/<uuid:webhook_id>/resume", webhooks.webhook_resume, name="webhook_resume"),
    path("webhooks/deliveries/<uuid:delivery_id>/redeliver", webhooks.redeliver, name="webhook_redeliver"),
]
