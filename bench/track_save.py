"""One cue saved in a track of 5,000, over the API: at most twice the cost of the same in a track of 50, at the same queries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from bench.measure import Row, alternate, at_most
from bench.studio import studio
from bench.vtt import track

if TYPE_CHECKING:
    from django.test import Client

NAME = "track_save"
GOAL = at_most(2)
QUERIES = at_most(1)
FEW, MANY = 50, 5_000
ROUNDS = 15
# The clock of process times ticks every 10 ms.
SAVES_EACH = 5


def rows(*, quick: bool) -> Iterator[Row]:
    import logging

    with studio():
        from django.conf import settings
        from django.test import Client

        from accounts.tests.factories import OrganizationFactory, UserFactory

        settings.RATE_LIMITS = False
        logging.getLogger("request").setLevel(logging.WARNING)
        house = OrganizationFactory()
        person = UserFactory(role="production", house=house)
        browser = Client()
        browser.force_login(person)
        many, few = (saver(browser, cues, person=person, house=house) for cues in (MANY, FEW))
        yield Row("track_save queries", ours=queries(many), peer=queries(few), unit="queries", goal=QUERIES)
        ours, peer = alternate(times(many), times(few), rounds=3 if quick else ROUNDS)
        # The wall clock: what the database does is part of what a save costs.
        yield Row("track_save", ours=ours.wall / SAVES_EACH, peer=peer.wall / SAVES_EACH)


def saver(browser: Client, cues: int, *, person: Any, house: Any) -> Callable[[], None]:
    from jobs.tests.factories import JobFactory, give_captions

    job = JobFactory(created_by=person, organization=house, languages=["es"])
    give_captions(job, track(cues))
    path = f"/api/v1/jobs/{job.pk}/vtt"
    saved = {"version": browser.get(path).json()["version"]}

    def save() -> None:
        number = saved["version"]
        edits = [{"index": cues * 3 // 5, "text": f"Take {number} of this line."}]
        answer = browser.patch(path, {"edits": edits, "base_version": number}, content_type="application/json")
        assert answer.status_code == 200, answer.content
        saved["version"] = answer.json()["version"]
        assert answer.json()["cues"][0]["text"] == edits[0]["text"]

    return save


def times(save: Callable[[], None]) -> Callable[[], None]:
    def repeated() -> None:
        for _ in range(SAVES_EACH):
            save()

    return repeated


def queries(save: Callable[[], None]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    save()
    with CaptureQueriesContext(connection) as asked:
        save()
    return len(asked)
