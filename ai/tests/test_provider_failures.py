"""Every way a provider can fail, for every capability, through the services and the ledger."""

from __future__ import annotations

import pytest

from ai import services
from ai.capabilities.chat import ChatRequest, Turn
from ai.capabilities.match_voice import MatchedVoice
from ai.capabilities.translate import TranslationRequest
from ai.errors import InvalidAnswerError, ProviderBusyError, ProviderRefusedError
from ai.models import Call
from ai.tests.conftest import SECRET
from core.testing.providers import voices

pytestmark = pytest.mark.django_db


def _chat(use, **_):
    return services.chat_complete(ChatRequest([Turn("user", "Hello")]), use=use)


def _stream(use, **_):
    with services.chat_stream(ChatRequest([Turn("user", "Tell me a long story, please")]), use=use) as answer:
        return "".join(answer)


def _translate(use, **_):
    return services.translate(TranslationRequest(["Good evening.", "Who is there?"], "en", "es"), use=use)


def _describe(use, frame, **_):
    return services.describe([frame], use=use)


def _transcribe(use, recording, **_):
    return services.transcribe(recording, use=use)


def _speak(use, tmp_path, **_):
    return services.speak("A woman crosses a bridge.", tmp_path / "out.wav", language="en", use=use)


def _speak_cloned(use, tmp_path, **_):
    voice = MatchedVoice("elevenlabs:eleven_multilingual_v2", hosted_voice=voices.FIRST)
    return services.speak_matched(voice, "A woman crosses a bridge.", tmp_path / "out.wav", language="en", use=use)


def _embed(use, **_):
    return services.embed_passages(["one", "two"], use=use)


def _name(value):
    return f"{value['do']}-{value.get('status', value.get('retry_after', ''))}" if isinstance(value, dict) else None


DONE_BY = [
    pytest.param({"chat": "anthropic:claude-sonnet"}, _chat, id="anthropic-chat"),
    pytest.param({"chat": "openai:gpt-4o"}, _chat, id="openai-chat"),
    pytest.param({"chat": "anthropic:claude-sonnet"}, _stream, id="anthropic-stream"),
    pytest.param({"chat": "openai:gpt-4o"}, _stream, id="openai-stream"),
    pytest.param({"translate": "anthropic:claude-sonnet"}, _translate, id="anthropic-translate"),
    pytest.param({"translate": "openai:gpt-4o"}, _translate, id="openai-translate"),
    pytest.param({"describe_image": "anthropic:claude-sonnet"}, _describe, id="anthropic-describe"),
    pytest.param({"describe_image": "openai:gpt-4o"}, _describe, id="openai-describe"),
    pytest.param({"speech_to_text": "openai:whisper-1"}, _transcribe, id="openai-transcribe"),
    pytest.param({"text_to_speech": "openai:gpt-4o-mini-tts"}, _speak, id="openai-speak"),
    pytest.param({}, _speak_cloned, id="elevenlabs-speak"),
    pytest.param({"embed": "openai:text-embedding-3-small"}, _embed, id="openai-embed"),
]

FAILURES = [
    ({"do": "rate_limited", "retry_after": 7}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "rate_limited"}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "error", "status": 500}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "error", "status": 529}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "hang"}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "hang_midway"}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "drip"}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "reset"}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "lost"}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "truncated"}, ProviderBusyError, Call.Outcome.BUSY),
    ({"do": "error", "status": 400}, ProviderRefusedError, Call.Outcome.REFUSED),
    ({"do": "error", "status": 401}, ProviderRefusedError, Call.Outcome.REFUSED),
    ({"do": "error", "status": 403}, ProviderRefusedError, Call.Outcome.REFUSED),
    ({"do": "error", "status": 404}, ProviderRefusedError, Call.Outcome.REFUSED),
    ({"do": "html"}, InvalidAnswerError, Call.Outcome.INVALID),
    ({"do": "huge"}, InvalidAnswerError, Call.Outcome.INVALID),
    ({"do": "compressed"}, InvalidAnswerError, Call.Outcome.INVALID),
]


@pytest.fixture
def do(settings, provider, use, tmp_path, recording, frame):
    def run(routes, work):
        settings.AI_ROUTES = dict.fromkeys(settings.AI_ROUTES, "") | routes
        return work(use, tmp_path=tmp_path, recording=recording, frame=frame)

    return run


@pytest.mark.parametrize(("routes", "work"), DONE_BY)
def test_a_provider_that_works_is_written_into_the_ledger(routes, work, do, provider):
    do(routes, work)

    call = Call.objects.get()
    assert call.outcome == Call.Outcome.OK
    assert call.cost > 0
    assert call.reserved == 0
    assert call.provider_ref.startswith("req_")
    assert provider.requests[0].key
    assert list(provider.billed.values()) == [1]


@pytest.mark.parametrize(("fault", "error", "outcome"), FAILURES, ids=_name)
@pytest.mark.parametrize(("routes", "work"), DONE_BY)
def test_a_failing_provider_is_told_apart_and_recorded(routes, work, fault, error, outcome, do, provider, settings):
    settings.AI_READ_SECONDS, settings.AI_TOTAL_SECONDS = 1, 2
    for _ in range(2):  # an unusable answer is asked for once more
        provider.plan(**fault)

    with pytest.raises(error) as caught:
        do(routes, work)

    calls = Call.objects.all()
    assert {call.outcome for call in calls} == {outcome}
    assert all(call.finished_at and call.error and not call.reserved for call in calls)
    assert SECRET not in caught.value.message + "".join(call.error for call in calls)
    assert len(calls) == (2 if error is InvalidAnswerError and work is not _stream else 1)


@pytest.mark.parametrize(("routes", "work"), DONE_BY)
@pytest.mark.parametrize("as_date", [False, True], ids=["seconds", "date"])
def test_the_wait_that_a_provider_asks_for_is_passed_on(routes, work, as_date, do, provider):
    provider.plan("rate_limited", retry_after=40, as_date=as_date)

    with pytest.raises(ProviderBusyError) as caught:
        do(routes, work)

    assert 30 < caught.value.retry_after <= 40


@pytest.mark.parametrize(("routes", "work"), DONE_BY)
@pytest.mark.parametrize("fault", ["garbage", "wrong_mime", "unfinished"])
def test_an_answer_that_cannot_be_read_is_never_used(routes, work, fault, do, provider):
    for _ in range(2):
        provider.plan(fault)

    with pytest.raises((InvalidAnswerError, ProviderBusyError)):
        do(routes, work)

    assert not Call.objects.filter(outcome=Call.Outcome.OK).exists()


@pytest.mark.parametrize(("routes", "work"), DONE_BY)
def test_an_answer_lost_after_billing_is_not_billed_again(routes, work, do, provider):
    provider.plan("lost")
    with pytest.raises(ProviderBusyError):
        do(routes, work)

    do(routes, work)

    assert list(provider.billed.values()) == [1]
    assert [request.key for request in provider.requests] == [provider.requests[0].key] * 2


@pytest.mark.parametrize(("routes", "work"), DONE_BY)
def test_a_retry_of_finished_work_asks_nobody(routes, work, do, provider):
    do(routes, work)

    do(routes, work)

    assert len(provider.requests) == 1
    assert Call.objects.count() == 1


@pytest.mark.parametrize("routes", [{"chat": "anthropic:claude-sonnet"}, {"chat": "openai:gpt-4o"}])
def test_overload_reported_inside_a_stream_is_busy(routes, do, provider):
    provider.plan("error_event")

    with pytest.raises(ProviderBusyError):
        do(routes, _chat)
