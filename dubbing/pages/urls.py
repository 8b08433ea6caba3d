"""Pages of dubs. Literal paths come before parameters."""

from __future__ import annotations

from django.urls import URLPattern, path

from dubbing.pages import acting, casting, desk, dubs, lines

app_name = "dubbing"
urlpatterns: list[URLPattern] = [
    path("dubs", dubs.dub_list, name="dubs"),
    path("dubs/<uuid:dub_id>", desk.dub, name="dub"),
    path("dubs/<uuid:dub_id>/change", acting.change, name="change"),
    path("dubs/<uuid:dub_id>/delete", acting.delete, name="delete"),
    path("dubs/<uuid:dub_id>/act", acting.act, name="act"),
    path("dubs/<uuid:dub_id>/cast/<uuid:role_id>", casting.cast, name="cast"),
    path("dubs/<uuid:dub_id>/lines/<uuid:line_id>", lines.line, name="line"),
    path("dubs/<uuid:dub_id>/lines/<uuid:line_id>/sound", lines.sound, name="sound"),
]
