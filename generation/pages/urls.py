"""Pages of generation sessions. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import path

from generation.pages import film, making, sessions

SESSION = "generate/<uuid:session_id>"

app_name = "generation"
urlpatterns = [
    path("generate", sessions.session_list, name="sessions"),
    path("generate/estimate", sessions.estimate, name="estimate"),
    path("generate/presets/<uuid:preset_id>/delete", sessions.preset_delete, name="preset_delete"),
    path(SESSION, sessions.session_page, name="session"),
    path(f"{SESSION}/stages", sessions.stages_part, name="stages"),
    path(f"{SESSION}/settings", sessions.settings, name="settings"),
    path(f"{SESSION}/delete", sessions.delete, name="delete"),
    path(f"{SESSION}/preset", sessions.preset_save, name="preset_save"),
    path(f"{SESSION}/images", making.more_images, name="images"),
    path(f"{SESSION}/clips", making.make_clips, name="clips"),
    path(f"{SESSION}/pick/<str:kind>", making.pick, name="pick"),
    path(f"{SESSION}/move/<uuid:take_id>", making.move, name="move"),
    path(f"{SESSION}/takes/<uuid:take_id>", making.take, name="take"),
    path(f"{SESSION}/rounds/<uuid:round_id>", making.round_act, name="round"),
    path(f"{SESSION}/film", film.film, name="film"),
]
