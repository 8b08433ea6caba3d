"""The Celery application. Tasks are doors: they claim a step in Postgres and hand over to core.runs."""

from __future__ import annotations

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("reelwright")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

# Registers for the start of beat, whose process loads no tasks of its own.
from core import beat as _beat  # noqa: E402, F401  (its signals listen once it is imported)
