from __future__ import annotations

from django.urls import path

from core.storage import views

app_name = "storage"
urlpatterns = [
    path("files/<str:token>", views.serve, name="file"),
    path("uploads/<uuid:upload_id>", views.upload, name="upload"),
]
