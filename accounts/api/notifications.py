"""One's own news over JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import PAGING, PersonView
from accounts.models import Notification
from accounts.services import notifications
from core.errors import InvalidFieldError
from core.rest.inputs import IdField, Input
from core.rest.paging import PageRequest, page_of
from core.rest.schema import Gives

MOST_AT_ONCE = 500
NEWS = {
    "id": "uuid",
    "kind": "string",
    "text": "string",
    "url": "string",
    "urgent": "bool",
    "created_at": "datetime",
    "read_at": "nullable datetime",
}


class NewsQuery(Input):
    unread = serializers.BooleanField(default=False)


class ReadInput(Input):
    """`ids` of single news, or `all`."""

    ids = serializers.ListField(child=IdField(), required=False, max_length=MOST_AT_ONCE)
    all = serializers.BooleanField(default=False)


def news_output(news: Notification) -> dict[str, Any]:
    return {name: getattr(news, name) for name in NEWS}


class Notifications(PersonView):
    query = (*PAGING, NewsQuery)
    gives = Gives(get={"notifications": [NEWS], "unread": "int", "total": "int", "page": "int", "size": "int"})

    def get(self, request: Request) -> Response:
        wanted = PageRequest.parse(request.query_params)
        own = Notification.objects.visible_to(self.caller)
        rows = own.unread() if NewsQuery.parse(request.query_params)["unread"] else own
        page = page_of(rows.order_by("-created_at", "-pk"), wanted)
        return Response(
            {
                "notifications": [news_output(one) for one in page.rows],
                "unread": own.unread().count(),
                "total": page.total,
                "page": page.page,
                "size": page.size,
            }
        )


class NotificationsRead(PersonView):
    takes = ReadInput
    gives = Gives(post={"read": "int", "unread": "int"})

    def post(self, request: Request) -> Response:
        body = ReadInput.parse(request.data)
        if not body["all"] and "ids" not in body:
            raise InvalidFieldError("Name the news by their ids, or say all.", field="ids", kind="missing")
        count = notifications.mark_read(self.caller, ids=None if body["all"] else body["ids"])
        unread = Notification.objects.visible_to(self.caller).unread().count()
        return Response({"read": count, "unread": unread})
