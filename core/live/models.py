"""The log behind every socket: events with a number per stream."""

from __future__ import annotations

from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.functions import Now


class LiveStream(models.Model):
    """A stream and the number of its last event. The row's lock puts the events of a stream in order."""

    name = models.CharField(primary_key=True, max_length=100)
    last_seq = models.BigIntegerField(default=0)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class LiveEvent(models.Model):
    """What happened. `key` is what it happened to, so that a socket may watch one thing of a busy stream."""

    stream = models.ForeignKey(LiveStream, on_delete=models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()
    key = models.CharField(max_length=100, blank=True)
    type = models.CharField(max_length=100, blank=True)
    payload: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        ordering = ("stream", "seq")
        constraints = (models.UniqueConstraint(fields=["stream", "seq"], name="one_event_per_number"),)
        indexes = (models.Index(fields=["stream", "key", "seq"], name="live_event_of_key"),)

    def __str__(self) -> str:
        return f"{self.stream_id} {self.seq} {self.type}"
