"""The list of dubs and the desk as pages, used without scripts, and the parts of them that scripts ask for."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.tests.factories import OrganizationFactory, ProjectFactory, UserFactory
from core.runs.models import Run
from dubbing.models import Dub, DubLine
from dubbing.queries.sayings import version_of
from dubbing.tests.factories import DubFactory, line_in, role_in
from media_library.models import Asset, VoiceProfile
from media_library.services import voices
from media_library.tests.factories import AssetFactory, VoiceProfileFactory

pytestmark = pytest.mark.django_db
LIVE = {"HX-Request": "true"}


@pytest.fixture
def producer() -> Any:
    return UserFactory(role="production", house=OrganizationFactory(), name="Pia Producer")


@pytest.fixture
def browser(producer: Any) -> Client:
    return signed_in(producer)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def dub(producer: Any) -> Dub:
    made: Dub = DubFactory(owner=producer, video=AssetFactory(owner=producer, language="en", duration=30.0))
    anna, ben = role_in(made, "Anna", voice="espeak-es"), role_in(made, "Ben", voice="espeak-es")
    line_in(made, anna, original="Good morning.", text="Buenos días.", written_by="machine")
    line_in(made, ben, original="Nobody was talking.", text="Nadie hablaba.", written_by="machine")
    line_in(made, anna, original="We launch.", text="", written_by="")
    return made


def desk_of(browser: Client, dub: Dub, **query: str) -> str:
    answer = browser.get(f"/dubs/{dub.pk}", query)
    assert answer.status_code == 200
    return answer.content.decode()


def lines_of(dub: Dub) -> list[DubLine]:
    return list(dub.lines.order_by("number"))


def test_the_list_is_narrowed_sorted_and_searched_by_its_address(browser: Client, producer: Any) -> None:
    for title, status, language in (("Talk", "editing", "es"), ("Keynote", "ready", "fr"), ("Panel", "failed", "es")):
        DubFactory(owner=producer, title=title, status=status, target_language=language)
    DubFactory(title="Somebody's own")

    def titles(address: str) -> list[str]:
        return [row.dub.title for row in browser.get(address).context["rows"]]

    assert titles("/dubs") == ["Panel", "Keynote", "Talk"]
    assert titles("/dubs?sort=title") == ["Keynote", "Panel", "Talk"]
    assert titles("/dubs?state=ready") == ["Keynote"]
    assert titles("/dubs?language=es&sort=title") == ["Panel", "Talk"]
    assert titles("/dubs?q=key") == ["Keynote"]
    page = browser.get("/dubs?state=work").content.decode()
    assert "No dub fits" in page
    assert "remove this filter" in page


def test_an_empty_list_says_what_dubs_are_for(browser: Client) -> None:
    page = browser.get("/dubs").content.decode()
    assert "No dubs yet" in page
    assert "Begin the first dub" in page


@pytest.mark.parametrize("address", ["/dubs", "desk"])
def test_pages_cost_the_same_however_much_they_show(address: str, browser: Client, producer: Any) -> None:
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as context:
            assert browser.get(address if address == "/dubs" else f"/dubs/{dub.pk}").status_code == 200
        return len(context)

    dub = DubFactory(owner=producer)
    line_in(dub, role_in(dub, "Anna", voice="espeak-es"))
    cost()
    few = cost()
    for number in range(20):
        line_in(dub, role_in(dub, f"Voice {number}", voice="espeak-es"))
        line_in(DubFactory(owner=producer, video=AssetFactory(owner=producer)))
    assert cost() == few


def test_the_form_says_plainly_what_is_possible_in_each_language(browser: Client, producer: Any) -> None:
    spanish = AssetFactory(owner=producer, kind=Asset.Kind.VIDEO, language="es")
    page = browser.get("/dubs", {"video": str(spanish.pk)}).content.decode()
    assert "a person translates" in page
    assert 'value="es"' not in page
    part = browser.get("/dubs", {"part": "languages", "video": str(spanish.pk)}, headers=LIVE).content.decode()
    assert part.strip().startswith('<div class="field" id="dub-languages"')


def test_a_dub_is_begun_of_a_video_in_the_library(browser: Client, producer: Any) -> None:
    video = AssetFactory(owner=producer, kind=Asset.Kind.VIDEO, language="en", title="The talk")
    form = {
        "video": str(video.pk),
        "language": "es",
        "background": "duck",
        "duck_db": "24",
        "fastest": "1.4",
        "loudness": "source",
    }
    answer = browser.post("/dubs", form)
    made = Dub.objects.get()
    assert answer.headers["Location"] == f"/dubs/{made.pk}"
    assert (made.video_id, made.target_language, made.owner_id, made.status) == (
        video.pk,
        "es",
        producer.pk,
        "preparing",
    )
    page = desk_of(browser, made)
    assert "The lines come as soon as the video is heard." in page
    assert "Cancel" in page


def test_a_refused_beginning_keeps_what_was_chosen_and_says_why(browser: Client, producer: Any) -> None:
    options = {
        "language": "es",
        "background": "duck",
        "duck_db": "24",
        "fastest": "1.4",
        "loudness": "source",
        "title": "Mine",
    }
    answer = browser.post("/dubs", options)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Choose a video, or a file from this computer." in page
    assert 'value="Mine"' in page
    foreign = AssetFactory(kind=Asset.Kind.VIDEO)
    assert browser.post("/dubs", {**options, "video": str(foreign.pk)}).status_code == 422
    assert not Dub.objects.exists()


def test_the_desk_reads_without_scripts(browser: Client, dub: Dub) -> None:
    page = desk_of(browser, dub)
    for words in (
        "Good morning.",
        "Buenos días.",
        "Nobody was talking.",
        "Anna",
        "Ben",
        "Needs a person",
        "Not spoken",
    ):
        assert words in page
    assert "Speak the 2 changed lines" in page
    assert 'value="film"' not in page
    only = desk_of(browser, dub, q="nobody")
    first, second, third = (only.index(f'id="line-{line.pk}"') for line in lines_of(dub))
    assert " hidden>" in only[first:second].split("<form")[0]
    assert " hidden>" not in only[second:third].split("<form")[0]


def test_a_line_is_written_and_who_comes_too_late_loses_nothing(browser: Client, dub: Dub) -> None:
    line = lines_of(dub)[0]
    way, before = f"/dubs/{dub.pk}/lines/{line.pk}", version_of(line)
    answer = browser.post(way, {"act": "save", "text": "Muy buenos días.", "based_on": before})
    assert answer.headers["Location"] == f"/dubs/{dub.pk}?line={line.pk}#line-{line.pk}"
    line.refresh_from_db()
    assert (line.text, line.written_by) == ("Muy buenos días.", "person")

    late = browser.post(way, {"act": "save", "text": "Hola a todos.", "based_on": before})
    page = late.content.decode()
    assert late.status_code == 409
    assert "Somebody else wrote meanwhile" in page
    assert "Hola a todos.</textarea>" in page
    part = browser.post(way, {"act": "save", "text": "Hola a todos.", "based_on": before}, headers=LIVE)
    assert part.status_code == 409
    assert "data-overtaken" in part.content.decode()
    line.refresh_from_db()
    assert line.text == "Muy buenos días."
    browser.post(way, {"act": "save", "text": "Hola a todos.", "based_on": version_of(line)})
    line.refresh_from_db()
    assert line.text == "Hola a todos."


def test_a_line_may_be_long(browser: Client, dub: Dub) -> None:
    line, text = lines_of(dub)[0], "Y el señor John Dashwood tuvo entonces tiempo para pensar en todo ello."
    for written in (text, f"{text} {text}"):
        browser.post(f"/dubs/{dub.pk}/lines/{line.pk}", {"act": "save", "text": written})
        line.refresh_from_db()
        assert line.text == written


def test_what_scripts_send_comes_back_as_the_parts_that_changed(browser: Client, dub: Dub) -> None:
    first, second, _ = lines_of(dub)
    answer = browser.post(f"/dubs/{dub.pk}/lines/{first.pk}", {"act": "mute"}, headers=LIVE)
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "data-changed" in page
    assert f'id="line-{first.pk}"' in page
    assert f'id="line-{second.pk}"' not in page
    assert "<html" not in page
    whole = browser.post(f"/dubs/{dub.pk}/lines/{first.pk}", {"act": "split"}, headers=LIVE).content.decode()
    assert '<ol id="lines">' in whole
    assert dub.lines.count() == 4
    asked = browser.get(f"/dubs/{dub.pk}", {"part": "changed", "lines": str(second.pk)}, headers=LIVE).content.decode()
    assert f'id="line-{second.pk}"' in asked
    assert f'id="line-{first.pk}"' not in asked


def test_lines_are_moved_merged_given_and_muted_by_plain_forms(browser: Client, dub: Dub) -> None:
    first, second, third = lines_of(dub)
    anna, ben = dub.cast.order_by("position")
    browser.post(f"/dubs/{dub.pk}/lines/{first.pk}", {"act": "move", "start": "0.5", "end": "2,5"})
    browser.post(f"/dubs/{dub.pk}/lines/{second.pk}", {"act": "give", "role": str(anna.pk)})
    browser.post(f"/dubs/{dub.pk}/lines/{third.pk}", {"act": "mute"})
    for line in (first, second, third):
        line.refresh_from_db()
    assert (first.start, first.end, second.role_id, third.muted) == (0.5, 2.5, anna.pk, True)
    browser.post(f"/dubs/{dub.pk}/lines/{first.pk}", {"act": "merge"})
    assert dub.lines.count() == 2
    refused = browser.post(
        f"/dubs/{dub.pk}/lines/{first.pk}", {"act": "move", "start": "soon", "end": "3"}, headers=LIVE
    )
    assert refused.status_code in {400, 422}
    assert "Write the time in seconds" in refused.content.decode()
    assert ben.pk != anna.pk


def test_only_one_roles_lines_are_stale_after_its_voice_changed(browser: Client, dub: Dub) -> None:
    anna = dub.cast.order_by("position")[0]
    page = browser.post(
        f"/dubs/{dub.pk}/cast/{anna.pk}", {"voice": "voice:espeak-es", "speed": "1.2", "act": "cast"}, follow=True
    )
    assert "Anna is cast." in page.content.decode()
    anna.refresh_from_db()
    assert anna.speed == 1.2
    wrong = browser.post(f"/dubs/{dub.pk}/cast/{anna.pk}", {"voice": "voice:hal9000", "act": "cast"}, headers=LIVE)
    assert wrong.status_code == 400
    assert "Unknown voice" in wrong.content.decode()


def test_a_matched_voice_is_offered_with_its_likeness_and_its_consent(browser: Client, dub: Dub, producer: Any) -> None:
    ready = {
        "status": VoiceProfile.Status.READY,
        "similarity": 0.83,
        "model_key": "voices/a",
        "engine": "local:voice-match",
    }
    ana = VoiceProfileFactory(owner=producer, name="Ana", **ready)
    VoiceProfileFactory(owner=producer, name="Silent", **ready)
    voices.record_consent(ana, actor=producer, given_by="Ana", statement="I agree.")
    page = desk_of(browser, dub)
    assert "Ana, 0.83 alike, consent recorded" in page
    assert "Silent, no consent recorded" in page


def test_what_changed_is_spoken_and_work_is_cancelled(browser: Client, dub: Dub) -> None:
    page = browser.post(f"/dubs/{dub.pk}/act", {"act": "speak"}, follow=True).content.decode()
    assert "What changed is being spoken." in page
    dub.refresh_from_db()
    assert dub.status == Dub.Status.SPEAKING
    again = browser.post(f"/dubs/{dub.pk}/act", {"act": "speak"}, headers=LIVE)
    assert again.status_code == 409
    assert "being worked on" in again.content.decode()
    browser.post(f"/dubs/{dub.pk}/act", {"act": "cancel"})
    assert Run.objects.get(pk=dub.run_id).status in {Run.Status.CANCELLING, Run.Status.CANCELLED}


def test_a_film_is_refused_with_what_is_in_the_way(browser: Client, dub: Dub) -> None:
    answer = browser.post(f"/dubs/{dub.pk}/act", {"act": "film"}, follow=True)
    assert (
        "Before the film can be made: 1 line to be written by a person, 2 lines to be spoken."
        in answer.content.decode()
    )


def test_a_dub_is_renamed_put_together_otherwise_and_deleted(browser: Client, dub: Dub) -> None:
    form = {"title": "Charla", "background": "none", "duck_db": "30", "fastest": "1.2", "loudness": "-14"}
    assert "Saved." in browser.post(f"/dubs/{dub.pk}/change", form, follow=True).content.decode()
    dub.refresh_from_db()
    assert (dub.title, dub.options["background"], dub.options["fastest"]) == ("Charla", "none", 1.2)
    wrong = browser.post(f"/dubs/{dub.pk}/change", {**form, "fastest": "3"})
    assert wrong.status_code == 422
    assert "less than or equal to 1.4" in wrong.content.decode()
    assert "Delete the dub “Charla”?" in browser.get(f"/dubs/{dub.pk}/delete").content.decode()
    browser.post(f"/dubs/{dub.pk}/delete")
    assert browser.get(f"/dubs/{dub.pk}").status_code == 404


def test_who_only_sees_the_video_watches_the_desk_and_changes_nothing(dub: Dub, producer: Any) -> None:
    reader = UserFactory(role="client")
    project = ProjectFactory(owner=producer, viewer=reader)
    Asset.objects.filter(pk=dub.video_id).update(project=project)
    looking, line = signed_in(reader), lines_of(dub)[0]
    page = desk_of(looking, dub)
    assert "<textarea" not in page
    assert "Buenos días." in page
    assert looking.post(f"/dubs/{dub.pk}/lines/{line.pk}", {"act": "save", "text": "Mine"}).status_code == 403
    assert looking.post(f"/dubs/{dub.pk}/act", {"act": "speak"}).status_code == 403
    stranger = signed_in(UserFactory(role="production"))
    assert stranger.get(f"/dubs/{dub.pk}").status_code == 404
    assert stranger.post(f"/dubs/{dub.pk}/lines/{line.pk}", {"text": "Mine"}).status_code == 404


def test_a_video_leads_to_its_dub(browser: Client, producer: Any) -> None:
    video = AssetFactory(owner=producer, kind=Asset.Kind.VIDEO)
    assert f"/dubs?video={video.pk}#new-dub" in browser.get(f"/library/{video.pk}").content.decode()
