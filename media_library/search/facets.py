"""By what the results can be narrowed, with how many of them each value leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from accounts.models import Project, User
from core.languages import name, primary
from media_library.models import Asset, Passage
from media_library.search.results import FacetValue

MOST_VALUES = 12
NAMES = ("kind", "language", "speaker", "tag", "project")


def facets_of(user: User, passages: Sequence[int]) -> dict[str, list[FacetValue]]:
    """Of the best results. Projects that the caller may not open are not named, though their asset may be seen."""
    rows = (
        Passage.objects.filter(pk__in=passages, asset__in=Asset.objects.visible_to(user))
        .order_by()
        .values_list("language", "speaker", "asset__kind", "asset__tags", "asset__project")
    )
    counted: dict[str, Counter[str]] = {facet: Counter() for facet in NAMES}
    for language, speaker, kind, tags, project in rows:
        counted["kind"][kind] += 1
        if language:
            counted["language"][primary(language)] += 1
        if speaker:
            counted["speaker"][speaker] += 1
        counted["tag"].update(tags)
        if project:
            counted["project"][str(project)] += 1
    seen = Project.objects.visible_to(user).filter(pk__in=counted["project"]).order_by().values_list("pk", "name")
    titles = {str(pk): title for pk, title in seen}
    counted["project"] = Counter({pk: count for pk, count in counted["project"].items() if pk in titles})
    labels = {"kind": dict(Asset.Kind.choices), "project": titles}
    return {
        facet: [
            FacetValue(value, name(value) if facet == "language" else labels.get(facet, {}).get(value, value), count)
            for value, count in sorted(values.items(), key=lambda item: (-item[1], item[0]))[:MOST_VALUES]
        ]
        for facet, values in counted.items()
    }
