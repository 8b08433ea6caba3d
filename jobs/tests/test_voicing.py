"""Whose voice speaks, and how words are said."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from accounts.models import Client as Customer
from accounts.models import User
from accounts.tests.factories import ClientFactory, OrganizationFactory, UserFactory
from ai.models import Call
from core.runs import services as runs
from core.testing.providers import ProviderServer
from jobs.models import Job
from jobs.services import translating, voicing
from jobs.steps.speak import Speak
from jobs.tests.factories import JobFactory
from media_library import services as library
from media_library.models import Track

pytestmark = pytest.mark.django_db(transaction=True)

WAYS = "/api/v1/pronunciations"
VTT = """WEBVTT

00:00:01.000 --> 00:00:03.000
The WCAG rules are read.

00:00:04.000 --> 00:00:06.000
A keeper climbs the stairs.
"""


@pytest.fixture
def customer(crew: dict[str, User]) -> Customer:
    house = crew["production"].memberships.get().organization
    return ClientFactory(organization=house, manager=crew["project_manager"])


@pytest.fixture
def job(crew: dict[str, User], customer: Customer) -> Job:
    made = JobFactory(
        organization=customer.organization,
        client=customer,
        created_by=crew["client"],
        languages=["es"],
        status=Job.Status.PENDING_FINAL_REVIEW,
        audio_description_mp3=True,
    )
    for output in made.outputs.all():
        output.description = library.open_track(
            made.source, kind=Track.Kind.AUDIO_DESCRIPTION, language=output.language
        )
        output.tts_status = output.render_status = "done"
        output.save()
        library.save_machine_version(output.description, VTT, engine="test")
    return made


@pytest.fixture(autouse=True)
def quick(settings: Any, own_store: None) -> None:
    settings.AI_ROUTES = {"text_to_speech": "local:espeak"}


def as_person(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def send(user: User, method: str, path: str, **body: Any) -> Any:
    return getattr(as_person(user), method)(path, body, content_type="application/json")


def add(user: User, **entry: Any) -> str:
    answer = send(user, "post", WAYS, **{"term": "WCAG", "respelling": "W C A G", **entry})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def statuses(job: Job) -> dict[str, str]:
    return dict(job.outputs.values_list("language", "tts_status"))


def heard(user: User, text: str = "Read the WCAG.", **more: Any) -> dict[str, Any]:
    answer = as_person(user).post(
        "/api/v1/tts/preview",
        {"text": text, "voice": "Kore", **more},
        content_type="application/json",
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_an_added_word_is_said_in_the_preview_and_what_was_spoken_with_it_is_stale(
    job: Job, crew: dict[str, User], customer: Customer
) -> None:
    before = heard(crew["production"], client_id=str(customer.pk))
    assert before["spoken_text"] == "Read the WCAG."

    add(crew["production"], client_id=str(customer.pk))

    after = heard(crew["production"], client_id=str(customer.pk))
    assert after["spoken_text"] == "Read the W C A G."
    assert after["audio_url"] != before["audio_url"]
    assert Call.objects.order_by("created_at").last().response["spoken"] == "Read the W C A G."
    assert statuses(job) == {"en": "stale", "es": "stale"}
    # What is read on the screen is as it was.
    assert all("WCAG rules" in output.description.versions.get().content for output in job.outputs.all())


def test_only_what_says_the_word_in_that_place_is_stale(job: Job, crew: dict[str, User], customer: Customer) -> None:
    producer = crew["production"]
    add(producer, term="lighthouse", client_id=str(customer.pk))
    add(producer, term="CAG", client_id=str(customer.pk))
    add(producer, client_id=str(ClientFactory(organization=customer.organization).pk))
    add(producer, client_id=str(customer.pk), voice="espeak-es")
    add(producer, client_id=str(customer.pk), term="wcag", case_sensitive=True, language="fr")
    assert statuses(job) == {"en": "done", "es": "done"}

    add(producer, client_id=str(customer.pk), language="es")
    assert statuses(job) == {"en": "done", "es": "stale"}


def test_changing_and_removing_a_word_make_stale_what_held_it(
    job: Job, crew: dict[str, User], customer: Customer
) -> None:
    producer = crew["production"]
    way = add(producer, client_id=str(customer.pk))

    def done() -> None:
        job.outputs.update(tts_status="done")

    done()
    assert send(producer, "patch", f"{WAYS}/{way}", respelling="wuh-cag").status_code == 200
    assert statuses(job) == {"en": "stale", "es": "stale"}
    done()
    # The old term counts as well: it is said as written again.
    assert send(producer, "patch", f"{WAYS}/{way}", term="AWCAG").status_code == 200
    assert statuses(job) == {"en": "stale", "es": "stale"}
    send(producer, "patch", f"{WAYS}/{way}", term="WCAG")
    done()
    assert send(producer, "delete", f"{WAYS}/{way}").status_code == 204
    assert statuses(job) == {"en": "stale", "es": "stale"}


@pytest.mark.parametrize("status", [Job.Status.COMPLETED, Job.Status.CANCELLED])
def test_a_finished_job_is_not_touched(status: str, job: Job, crew: dict[str, User], customer: Customer) -> None:
    Job.objects.filter(pk=job.pk).update(status=status)
    add(crew["production"], client_id=str(customer.pk))

    assert statuses(job) == {"en": "done", "es": "done"}


def test_the_clients_way_counts_before_the_houses_and_the_voices_own_before_any(
    job: Job, crew: dict[str, User], customer: Customer
) -> None:
    producer = crew["production"]
    add(producer, respelling="of the house")
    assert heard(producer)["spoken_text"] == "Read the of the house."
    add(producer, respelling="of the client", client_id=str(customer.pk))
    add(producer, respelling="of Kore", voice="kore", client_id=str(customer.pk))

    assert heard(producer, client_id=str(customer.pk))["spoken_text"] == "Read the of Kore."
    assert heard(producer, client_id=str(customer.pk), voice="Puck")["spoken_text"] == "Read the of the client."
    assert heard(UserFactory())["spoken_text"] == "Read the WCAG."
    assert heard(UserFactory(house=OrganizationFactory()))["spoken_text"] == "Read the WCAG."


def test_a_persons_own_words_hold_for_them_alone() -> None:
    alone = UserFactory()
    add(alone, respelling="my way")

    assert heard(alone)["spoken_text"] == "Read the my way."
    assert heard(UserFactory())["spoken_text"] == "Read the WCAG."


def test_a_strangers_client_is_not_there(crew: dict[str, User]) -> None:
    foreign = ClientFactory(organization=OrganizationFactory())
    answer = send(crew["production"], "post", "/api/v1/tts/preview", text="Hi", voice="Kore", client_id=str(foreign.pk))
    assert (answer.status_code, answer.json()["detail"]) == (404, "Client not found")
    assert (
        send(crew["production"], "post", WAYS, term="a", respelling="b", client_id=str(foreign.pk)).status_code == 404
    )


# Whose voice.


def choose(job: Job, user: User, voice: object, language: str = "es") -> Any:
    return send(user, "patch", f"/api/v1/jobs/{job.pk}/languages/{language}/voice", voice=voice)


def test_a_chosen_voice_speaks_this_language_alone_and_makes_its_speech_stale(job: Job, crew: dict[str, User]) -> None:
    answer = choose(job, crew["production"], "EM_ALEX")

    assert (answer.status_code, answer.json()["voice"], answer.json()["tts_status"]) == (200, "em_alex", "stale")
    assert statuses(job) == {"en": "done", "es": "stale"}
    spoken = {output.language: voicing.voice_of(output) for output in job.outputs.select_related("job")}
    assert spoken == {"en": "Kore", "es": "em_alex"}

    # The same choice again changes nothing.
    job.outputs.update(tts_status="done")
    assert choose(job, crew["production"], "em_alex").json()["tts_status"] == "done"
    assert choose(job, crew["production"], "").json() == {
        "language": "es",
        "voice": "Kore",
        "own": False,
        "tts_status": "stale",
        "render_status": "stale",
    }


@pytest.mark.parametrize("voice", ["hal9000", "af_heart", 7, None, "x" * 81])
def test_a_voice_that_is_unknown_or_does_not_speak_the_language_is_refused(
    voice: object, job: Job, crew: dict[str, User]
) -> None:
    assert choose(job, crew["production"], voice).status_code == 422
    assert statuses(job)["es"] == "done"


def test_who_says_how_it_is_described_says_whose_voice(job: Job, crew: dict[str, User]) -> None:
    review = job.outputs.get(language="es").review
    review.linguist, review.state = crew["linguist"], "in_progress"
    review.save()

    answers = {role: choose(job, user, "em_alex").status_code for role, user in crew.items()}

    assert (answers["linguist"], answers["production"], answers["admin"], answers["client"]) == (200, 200, 200, 403)
    assert choose(job, crew["production"], "em_alex", "fr").status_code == 404
    assert choose(job, UserFactory(), "em_alex").status_code == 404
    Job.objects.filter(pk=job.pk).update(status=Job.Status.COMPLETED)
    assert (choose(job, crew["production"], "ef_dora").status_code, choose(job, crew["client"], 7).status_code) == (
        409,
        403,
    )


def run_of(job: Job) -> Any:
    return runs.start(translating.KIND, subject_id=job.outputs.get(language="es").pk).pk


class Line:
    """A step's surroundings, as far as speaking a description needs them."""

    def __init__(self, job: Job, path: Any) -> None:
        self.subject_id, self.item, self.workdir = job.pk, "es", path
        self.run_id, self.key = job.pk, ""

    def progress(self, *_: Any) -> None: ...
    def check(self) -> None: ...
    def note(self, _text: str) -> None: ...

    def storage_key(self, name: str) -> str:
        return f"runs/test/{name}"


@pytest.fixture
def speech(settings: Any) -> Any:
    with ProviderServer() as server:
        settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL, settings.AI_ROUTES = "a-key", f"{server.url}/v1", {}
        yield server


def given(server: ProviderServer) -> list[str]:
    return [request.json["input"] for request in server.requests]


def test_only_lines_that_hold_a_changed_word_are_spoken_again(
    job: Job, crew: dict[str, User], customer: Customer, speech: ProviderServer, tmp_path: Any
) -> None:
    ctx: Any = Line(job, tmp_path)
    Call.objects.all().delete()
    ctx.run_id = run_of(job)
    first = Speak().inputs(ctx)
    Speak().run(ctx)
    assert set(given(speech)) == {"The WCAG rules are read.", "A keeper climbs the stairs."}
    so_far = len(speech.requests)

    way = add(crew["production"], client_id=str(customer.pk))

    assert Speak().inputs(ctx) != first
    Speak().run(ctx)
    assert given(speech)[so_far:] == ["The W C A G rules are read."]

    send(crew["production"], "delete", f"{WAYS}/{way}")
    assert Speak().inputs(ctx) == first
    Speak().run(ctx)
    assert len(speech.requests) == so_far + 1


def test_the_chosen_voice_is_asked_for(job: Job, crew: dict[str, User], speech: ProviderServer, tmp_path: Any) -> None:
    choose(job, crew["production"], "nova")
    ctx: Any = Line(job, tmp_path)
    ctx.run_id = run_of(job)

    spoken = Speak().run(ctx)

    assert {request.json["voice"] for request in speech.requests} == {"nova"}
    assert (spoken.engine, spoken.voice) == ("openai:gpt-4o-mini-tts", "Nova")


def test_a_voice_of_one_local_engine_is_not_replaced_by_anothers(
    job: Job, crew: dict[str, User], settings: Any, tmp_path: Any
) -> None:
    settings.AI_ROUTES = {}
    assert choose(job, crew["production"], "espeak-es").status_code == 200
    ctx: Any = Line(job, tmp_path)
    ctx.run_id = run_of(job)

    assert Speak().run(ctx).engine == "local:espeak"
