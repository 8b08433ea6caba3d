"""The search over JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import policies
from core.rest.inputs import Input, TextField
from core.rest.paging import PageRequest
from core.rest.schema import Gives
from media_library.api.library import LibraryView
from media_library.search import MODES, MOST_CHARACTERS, Filters, Hit, Neighbour, Results, search
from media_library.search.asking import KINDS, PARTS
from media_library.search.places import place_of

NEIGHBOUR = {"start": "nullable float", "speaker": "string", "text": "string", "$nullable": True}
HIT = {
    "asset": {
        "id": "uuid",
        "name": "string",
        "kind": "string",
        "duration": "nullable float",
        "project_id": "nullable uuid",
    },
    "part": "string",
    "segment_id": "nullable uuid",
    "start": "nullable float",
    "end": "nullable float",
    "language": "string",
    "speaker": "string",
    "text": "string",
    "highlighted": [{"text": "string", "match": "bool"}],
    "before": NEIGHBOUR,
    "after": NEIGHBOUR,
    "by_words": "bool",
    "similarity": "nullable float",
    "score": "float",
    "url": "string",
}
FACET = [{"value": "string", "label": "string", "count": "int"}]
RESULTS = {
    "items": [HIT],
    "total": "int",
    "more": "bool",
    "page": "int",
    "size": "int",
    "facets": dict.fromkeys(("kind", "language", "speaker", "tag", "project"), FACET),
    "did_you_mean": "string",
    "engine": "string",
    "without_meaning": "string",
    "took_ms": "int",
}


def _several(field: serializers.Field[Any, Any, Any, Any]) -> serializers.ListField:
    return serializers.ListField(child=field, required=False, default=list, max_length=20)


class SearchQuery(Input):
    q = TextField(max_length=MOST_CHARACTERS, required=False, allow_blank=True, default="")
    mode = serializers.ChoiceField(MODES, required=False, default="hybrid")
    kind = _several(serializers.ChoiceField(KINDS))
    part = _several(serializers.ChoiceField(PARTS))
    language = _several(TextField(max_length=35))
    speaker = _several(TextField(max_length=150))
    tag = _several(TextField(max_length=50))
    project = _several(serializers.UUIDField())
    archived = serializers.BooleanField(required=False, default=False)
    group = serializers.BooleanField(required=False, default=False)


class Search(LibraryView):
    query = ("page", "size", SearchQuery)
    gives = Gives(get=RESULTS)

    def get(self, request: Request) -> Response:
        """Names, tags, what is said, shown and written, by words and by meaning. `start` is when the first word asked for is said.

        In `q`, "quotes" hold words together, -word must not occur, and speaker:, tag:, kind: and language: narrow. Filters may be
        repeated: any of them counts, but for `tag`, which counts all. Facets and `total` are of the best, at most some hundreds; `more`
        says that there are others. `similarity` is a cosine and ranks within one query only. `without_meaning` says why only words count.
        """
        policies.require(self.caller, "media_library.search")
        wanted = PageRequest.parse(request.query_params)
        asked = SearchQuery.parse(request.query_params)
        found = search(
            self.caller,
            asked["q"],
            filters=filters_of(asked),
            mode=asked["mode"],
            limit=wanted.size,
            offset=wanted.offset,
            group=asked["group"],
        )
        return Response(results_output(found, wanted))


def filters_of(asked: dict[str, Any]) -> Filters:
    return Filters(
        kinds=tuple(asked["kind"]),
        languages=tuple(language.lower() for language in asked["language"]),
        speakers=tuple(asked["speaker"]),
        tags=tuple(asked["tag"]),
        projects=tuple(asked["project"]),
        parts=tuple(asked["part"]),
        archived=asked["archived"],
    )


def results_output(found: Results, wanted: PageRequest) -> dict[str, Any]:
    return {
        "items": [hit_output(hit) for hit in found.hits],
        "total": found.total_estimate,
        "more": found.more,
        "page": wanted.page,
        "size": wanted.size,
        "facets": {
            name: [{"value": one.value, "label": one.label, "count": one.count} for one in found.facets.get(name, [])]
            for name in ("kind", "language", "speaker", "tag", "project")
        },
        "did_you_mean": found.did_you_mean,
        "engine": found.engine,
        "without_meaning": found.without_meaning,
        "took_ms": found.took_ms,
    }


def hit_output(hit: Hit) -> dict[str, Any]:
    asset = hit.asset
    return {
        "asset": {
            "id": asset.pk,
            "name": asset.name,
            "kind": asset.kind,
            "duration": asset.duration,
        },
        "part": hit.kind,
        "segment_id": hit.segment_id,
        "start": hit.start,
        "end": hit.end,
        "language": hit.language,
        "speaker": hit.speaker,
        "text": hit.text,
        "highlighted": [{"text": text, "match": match} for text, match in hit.highlighted],
        "before": _neighbour(hit.before),
        "after": _neighbour(hit.after),
        "by_words": hit.by_words,
        "similarity": None if hit.similarity is None else round(hit.similarity, 4),
        "score": round(hit.score, 6),
        "url": place_of(asset, hit.start),
    }


def _neighbour(one: Neighbour | None) -> dict[str, Any] | None:
    return None if one is None else {"start": one.start, "speaker": one.speaker, "text": one.text}
