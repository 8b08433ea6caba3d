"""Pictures and clips by hosted providers, through the services and the ledger: what works, and every way in which it does not."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ai import services
from ai.capabilities.base import Engine, Usage
from ai.capabilities.generate_image import ImageRequest
from ai.capabilities.generate_video import VideoRequest
from ai.errors import InvalidAnswerError, ProviderBusyError, ProviderRefusedError
from ai.models import Call
from ai.providers import made, orders
from ai.tests.conftest import SECRET
from core.runs.errors import HaltedError
from core.testing.providers.making import picture

# OpenAI ended its own; servers of other makers speak it on.
pytestmark = [pytest.mark.django_db, pytest.mark.filterwarnings("ignore:The Sora API")]

FLUX, GPT, GEMINI = "replicate:flux-schnell", "openai:gpt-image-1.5", "google:gemini-3.1-flash-image"
IMAGEN = "google:imagen-4.0-generate-001"
GEN4, SORA, VEO = "replicate:gen-4-turbo", "openai:sora-2", "google:veo-3.1-fast-generate-preview"
IMAGES, VIDEOS = (FLUX, GPT, GEMINI, IMAGEN), (GEN4, SORA, VEO)
# Where each is asked to make something, and where that then lies.
ASKED = {FLUX: "/predictions", GPT: "/generations", GEMINI: ":generateContent", IMAGEN: ":predict"}
ASKED |= {GEN4: "/predictions", SORA: "/videos", VEO: ":predictLongRunning"}
LOOKED_AT = {
    FLUX: "/predictions/order1",
    GEN4: "/predictions/order1",
    SORA: "/videos/order1",
    VEO: "/operations/order1",
}
FETCHED = {FLUX: "/order1.png", GEN4: "/order1.mp4", SORA: "/order1/content", VEO: "/order1:download?alt=media"}


@pytest.fixture(autouse=True)
def quick(monkeypatch, settings):
    monkeypatch.setattr(orders, "FIRST_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(orders, "LONGEST_PAUSE_SECONDS", 0.01)
    settings.AI_READ_SECONDS, settings.AI_TOTAL_SECONDS = 1, 10


@pytest.fixture
def make(settings, provider, use, tmp_path, frame):
    def run(engine, *, prompt="A lighthouse at dusk", progress=lambda _share, _doing: None):
        video = engine in VIDEOS
        route = {"generate_video" if video else "generate_image": engine}
        settings.AI_ROUTES = dict.fromkeys(settings.AI_ROUTES, "") | route
        into = tmp_path / "made"
        if video:
            request = VideoRequest(prompt, frame, seconds=4.0, aspect_ratio="9:16")
            return services.generate_video(request, into, use=use, progress=progress)
        request = ImageRequest(prompt, aspect_ratio="9:16", seed=7)
        return services.generate_image(request, into, use=use, progress=progress)

    return run


def _paid_once(provider):
    return list(provider.billed.values()) == [1]


@pytest.mark.parametrize("engine", IMAGES)
def test_a_picture_is_made_once_and_kept(engine, make, provider):
    answer = make(engine)

    assert str(answer.engine) == engine
    assert answer.value.height > answer.value.width > 0
    assert answer.value.source == "trainedAlgorithmicMedia"
    again = make(engine)
    assert again.reused
    assert again.value == answer.value
    assert _paid_once(provider)
    call = Call.objects.get()
    assert (call.images, call.reserved, call.outcome) == (1, 0, Call.Outcome.OK)
    assert call.cost == services.estimate("generate_image", Usage(images=1)).usd > 0
    assert all(request.key for request in provider.requests if request.path.endswith(ASKED[engine]))


@pytest.mark.parametrize(("engine", "seconds"), [(GEN4, 5), (SORA, 4), (VEO, 4)])
def test_a_clip_is_made_of_a_length_that_is_sold(engine, seconds, make, provider):
    answer = make(engine)

    assert str(answer.engine) == engine
    assert answer.value.seconds == pytest.approx(seconds)
    assert answer.value.height > answer.value.width
    assert make(engine).reused
    assert _paid_once(provider)
    call = Call.objects.get()
    assert (call.provider_ref.rpartition("/")[2], call.seconds) == ("order1", seconds)
    assert call.cost == services.estimate("generate_video", Usage(seconds=4.0)).usd > 0


def test_the_rates_of_the_contract_are_kept(settings, provider):
    assert services.estimate("generate_image", Usage(images=4)).usd == Decimal("0.012")
    clip = services.estimate("generate_video", Usage(seconds=8))
    assert (clip.usd, clip.engine) == (Decimal("0.15"), Engine("replicate", "gen-4-turbo"))


FAULTS = {
    "seconds": ({"do": "rate_limited", "retry_after": 7}, ProviderBusyError),
    "date": ({"do": "rate_limited", "retry_after": 7, "as_date": True}, ProviderBusyError),
    "500": ({"do": "error", "status": 500}, ProviderBusyError),
    "hang": ({"do": "hang"}, ProviderBusyError),
    "reset": ({"do": "reset"}, ProviderBusyError),
    "truncated": ({"do": "truncated"}, ProviderBusyError),
    "401": ({"do": "error", "status": 401}, ProviderRefusedError),
    "422": ({"do": "error", "status": 422}, ProviderRefusedError),
    "html": ({"do": "html"}, InvalidAnswerError),
    "huge": ({"do": "huge"}, InvalidAnswerError),
    "garbage": ({"do": "garbage"}, InvalidAnswerError),
}
# Replicate and Google each have a wire of their own; OpenAI's is the one that its other adapters are tested with.
THOROUGHLY = [(engine, fault) for engine in (FLUX, VEO) for fault in FAULTS]
BRIEFLY = [(engine, fault) for engine in (GPT, GEMINI, IMAGEN, GEN4, SORA) for fault in ("date", "hang", "html")]


@pytest.mark.parametrize(("engine", "name"), THOROUGHLY + BRIEFLY)
def test_an_order_that_goes_wrong_is_told_apart(engine, name, make, provider, monkeypatch):
    fault, error = FAULTS[name]
    for module in ("replicate.TEXT_BYTES", "google.PICTURE_BYTES", "openai_pictures.PICTURE_BYTES"):
        monkeypatch.setattr(f"ai.providers.{module}", 2**20)
    for _ in range(2):  # an unusable answer is asked for once more
        provider.plan(**fault, path=ASKED[engine])

    with pytest.raises(error) as caught:
        make(engine)

    calls = Call.objects.all()
    assert all(call.finished_at and call.error and not call.reserved for call in calls)
    assert SECRET not in caught.value.message + "".join(call.error + str(call.response) for call in calls)
    if fault["do"] == "rate_limited":
        assert 5 < caught.value.retry_after <= 7
        asked = len(provider.requests)
        with pytest.raises(ProviderBusyError):
            make(engine)
        assert len(provider.requests) == asked


@pytest.mark.parametrize("engine", IMAGES + VIDEOS)
def test_an_answer_that_is_lost_after_the_bill_is_asked_for_under_the_same_key(engine, make, provider):
    provider.plan("lost", path=ASKED[engine])
    with pytest.raises(ProviderBusyError):
        make(engine)

    make(engine)

    assert _paid_once(provider)


@pytest.mark.parametrize("engine", LOOKED_AT)
@pytest.mark.parametrize("fault", [{"do": "rate_limited", "retry_after": 1}, {"do": "reset"}, {"do": "html"}])
def test_an_order_whose_state_cannot_be_read_is_found_again(engine, fault, make, provider):
    for _ in range(orders.MOST_FAILED_LOOKS * 2):
        provider.plan(**fault, path=LOOKED_AT[engine])
    with pytest.raises((ProviderBusyError, InvalidAnswerError)):
        make(engine)
    provider.forget_plans()
    Call.objects.update(retry_at=None)

    make(engine)

    assert _paid_once(provider)
    assert list(provider.making.orders) == ["order1"]


@pytest.mark.parametrize("engine", FETCHED)
@pytest.mark.parametrize("fault", [{"do": "error", "status": 503}, {"do": "reset"}, {"do": "truncated"}])
def test_a_result_that_breaks_off_is_fetched_again(engine, fault, make, provider):
    provider.plan(**fault, path=FETCHED[engine])
    with pytest.raises(ProviderBusyError):
        make(engine)

    make(engine)

    assert _paid_once(provider)
    assert sum(call.cost for call in Call.objects.all()) == Call.objects.order_by("created_at").first().cost > 0


@pytest.mark.parametrize("engine", FETCHED)
@pytest.mark.parametrize("wrong", ["html", "other", "cut", "huge"])
def test_a_result_that_is_no_result_is_refused_and_not_ordered_anew(engine, wrong, make, provider, monkeypatch):
    if wrong == "huge":
        for module in (
            "replicate.PICTURE_BYTES",
            "replicate.CLIP_BYTES",
            "openai_pictures.CLIP_BYTES",
            "google.CLIP_BYTES",
        ):
            monkeypatch.setattr(f"ai.providers.{module}", 2**20)
        for _ in range(2):
            provider.plan("huge", path=FETCHED[engine])
    elif wrong == "cut":
        whole = picture(180, 320) if engine == FLUX else provider.making.sample(4)
        provider.making.content = whole[: len(whole) * 2 // 3]
    else:
        provider.making.content = b"<!doctype html><title>Bad gateway</title>" if wrong == "html" else b"\x00" * 4096

    with pytest.raises(InvalidAnswerError) as caught:
        make(engine)

    assert caught.value.code == "provider_invalid_response"
    assert not caught.value.retryable
    assert _paid_once(provider)
    calls = Call.objects.order_by("created_at")
    assert [call.outcome for call in calls] == [Call.Outcome.INVALID] * 2
    assert [bool(call.cost) for call in calls] == [True, False]
    assert wrong != "html" or "Bad gateway" in str(calls[0].response)


def test_what_was_unusable_twice_is_made_anew_when_a_person_asks(make, provider):
    provider.making.content = b"nothing"
    with pytest.raises(InvalidAnswerError):
        make(FLUX)
    provider.making.content = None

    assert not make(FLUX).reused
    assert list(provider.making.orders) == ["order1", "order2"]
    assert sorted(provider.billed.values()) == [1, 1]


@pytest.mark.parametrize("engine", LOOKED_AT)
def test_an_order_that_came_to_nothing_is_not_waited_for_again(engine, make, provider):
    provider.making.problem = "The picture shows too much."
    with pytest.raises(ProviderRefusedError, match="shows too much"):
        make(engine)
    provider.making.problem = ""

    make(engine)

    assert list(provider.making.orders) == ["order1", "order2"]
    assert Call.objects.filter(cost__gt=0).count() == 1


@pytest.mark.parametrize("engine", [FLUX, GEN4, SORA])
def test_a_cancelled_run_calls_its_order_off(engine, make, provider):
    def cancelled(_share, _doing):
        if provider.making.orders:
            raise HaltedError("cancelled")

    with pytest.raises(HaltedError):
        make(engine, progress=cancelled)

    assert provider.making.called_off == ["order1"]
    make(engine)
    assert list(provider.making.orders) == ["order1", "order2"]


@pytest.mark.parametrize("engine", LOOKED_AT)
def test_a_worker_that_leaves_hands_its_order_on(engine, make, provider):
    def stopped(_share, _doing):
        if provider.making.orders:
            raise HaltedError("restart")

    with pytest.raises(HaltedError):
        make(engine, progress=stopped)

    assert provider.making.called_off == []
    make(engine)
    assert _paid_once(provider)
    assert list(provider.making.orders) == ["order1"]


def test_a_result_in_a_private_network_is_not_fetched(make, provider, settings):
    settings.OUTBOUND_ALLOW = []

    with pytest.raises(InvalidAnswerError, match="may not be fetched"):
        make(FLUX)

    assert not [request for request in provider.requests if "/made/" in request.path]


def test_an_order_that_takes_too_long_is_asked_for_later(make, provider, settings):
    settings.AI_GENERATION_SECONDS = 0
    provider.making.patience = 2

    with pytest.raises(ProviderBusyError) as caught:
        make(GEN4)

    assert caught.value.retry_after
    Call.objects.update(retry_at=None)
    settings.AI_GENERATION_SECONDS = 60
    make(GEN4)
    assert _paid_once(provider)


@pytest.mark.parametrize("size", [(32, 32), (200, 9000)])
def test_a_picture_of_an_impossible_size_is_refused(size, tmp_path):
    path = tmp_path / "made"
    path.write_bytes(picture(*size))

    with pytest.raises(InvalidAnswerError, match="impossible size"):
        made.picture(path, provider="Replicate", aspect_ratio="16:9", seed=0)


def test_other_proportions_are_cut_to_those_asked_for(tmp_path):
    path = tmp_path / "made"
    path.write_bytes(picture(384, 256))

    cut = made.picture(path, provider="OpenAI", aspect_ratio="16:9", seed=0)

    assert (cut.width, cut.height) == (384, 216)
