"""The command palette over JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from core import palette
from core.rest.inputs import Input, TextField
from core.rest.schema import Gives
from core.rest.views import ApiView

ENTRY = {
    "title": "string",
    "text": "string",
    "url": "string",
    "icon": "string",
    "marked": [{"text": "string", "match": "bool"}],
}


class PaletteQuery(Input):
    q = TextField(max_length=400, required=False, allow_blank=True, default="")


class Palette(ApiView):
    query = (PaletteQuery,)
    gives = Gives(get={"sections": [{"key": "string", "title": "string", "entries": [ENTRY]}]})

    def get(self, request: Request) -> Response:
        """What can be opened by what is typed: actions, pages, jobs, projects, files, spoken words, people; at most six of each."""
        found = palette.find(self.caller, PaletteQuery.parse(request.query_params)["q"])
        return Response({"sections": [_section(section) for section in found]})


def _section(section: palette.Section) -> dict[str, Any]:
    entries = [asdict(entry) for entry in section.entries]
    for entry in entries:
        entry["marked"] = [{"text": text, "match": match} for text, match in entry["marked"]]
    return {"key": section.key, "title": section.title, "entries": entries}
