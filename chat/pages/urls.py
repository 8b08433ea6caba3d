"""Pages of conversations."""

from __future__ import annotations

from django.urls import path

from chat.pages import views

app_name = "chat"
urlpatterns = [
    path("chat", views.home, name="home"),
]
