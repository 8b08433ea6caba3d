"""A talk dubbed with the studio's own engines: translated, spoken by two voices to its times, changed and spoken again."""

from __future__ import annotations

from pathlib import Path

import pytest

from accounts.tests.factories import UserFactory
from ai.models import Call
from dubbing.models import Dub
from dubbing.tests.dubbing_work import DUBS, begun, cut_of_sample, desk, send, signed_in, talk, worked_off

pytestmark = [pytest.mark.engines, pytest.mark.django_db(transaction=True)]


def spoken(dub: Dub) -> int:
    return Call.objects.filter(subject_id=dub.pk, capability="text_to_speech", outcome=Call.Outcome.OK).count()


def sound_of(dub: Dub, number: int) -> str:
    return str(dub.lines.get(number=number).sound["key"])


def test_a_talk_is_dubbed_and_what_changes_is_spoken_again_and_nothing_twice(tmp_path: Path) -> None:
    owner = UserFactory()
    client = signed_in(owner)
    video = talk(owner, cut_of_sample(tmp_path / "talk.mp4", 18.0), seconds=18.0)
    dub = worked_off(begun(client, video, title="Charla"))
    shown = desk(client, dub)
    assert dub.status == Dub.Status.READY, (dub.problem, shown)
    # Two people, two voices, and every line ends near its slot.
    assert len({role["voice"] for role in shown["cast"]}) == 2
    assert [line["state"] for line in shown["lines"]] == ["fits", "fits"]
    assert shown["report"]["share"] == 1.0
    assert all(line["engine"] == "local:kokoro" for line in shown["lines"])

    # A text that changes makes its line stale, and only that line is spoken again.
    second = shown["lines"][1]
    first_sound = sound_of(dub, 0)
    said_before = spoken(dub)
    way = f"{DUBS}/{dub.pk}/lines/{second['id']}"
    changed = send(client, "PATCH", way, {"text": "No era mala persona.", "based_on": second["version"]}).json()
    assert changed["line"]["state"] == "stale"
    assert changed["report"]["stale"] == 1
    assert send(client, "POST", f"{DUBS}/{dub.pk}/film").status_code == 409
    assert send(client, "POST", f"{DUBS}/{dub.pk}/speak").status_code == 200
    dub = worked_off(dub)
    assert dub.status == Dub.Status.READY
    assert spoken(dub) > said_before
    assert sound_of(dub, 0) == first_sound
    # The old wording again is found in the ledger: nobody speaks it a second time.
    count = spoken(dub)
    send(client, "PATCH", way, {"text": second["text"]})
    send(client, "POST", f"{DUBS}/{dub.pk}/speak")
    dub = worked_off(dub)
    assert spoken(dub) == count
