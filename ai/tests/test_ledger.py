"""Nothing is paid twice, and a process that dies leaves nothing locked."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone

from ai import breaker, ledger, services
from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatRequest, Turn
from ai.capabilities.translate import TranslationRequest
from ai.errors import ProviderBusyError, ProviderRefusedError
from ai.ledger import Use
from ai.models import Call
from core.runs.errors import HaltedError

HOSTED = Engine("anthropic", "claude-sonnet-5-5")
pytestmark = pytest.mark.usefixtures("provider")

HELLO = ChatRequest([Turn("user", "Hello")])


def begin(use, **changes):
    facts = {"capability": "chat", "engine": HOSTED, "use": use, "key": ledger.key_of(use, "chat", "Hello")}
    return ledger.begin(**facts | {"estimate": 0} | changes)


@pytest.mark.django_db
class TestKeys:
    def test_a_key_used_again_for_other_work_is_other_work(self, use):
        first = services.chat_complete(HELLO, use=use)
        second = services.chat_complete(ChatRequest([Turn("user", "Goodbye")]), use=use)

        assert first.value != second.value
        assert not second.reused

    def test_another_person_never_gets_a_stored_answer_by_the_same_key(self, use, django_user_model):
        person = django_user_model.objects.create_user("other@example.com")
        services.chat_complete(HELLO, use=use)

        again = services.chat_complete(HELLO, use=Use(purpose="tests", key=use.key, user_id=person.pk))

        assert not again.reused

    def test_work_without_a_key_is_done_every_time(self, provider):
        for _ in range(2):
            services.chat_complete(HELLO, use=Use(purpose="tests"))

        assert len(provider.requests) == Call.objects.count() == 2

    def test_a_replay_names_the_engine_that_worked_then(self, use, settings):
        services.chat_complete(HELLO, use=use)
        settings.AI_ROUTES = settings.AI_ROUTES | {"chat": "openai:gpt-4o"}

        again = services.chat_complete(HELLO, use=use)

        assert (again.reused, again.engine) == (True, HOSTED)

    def test_a_replayed_sound_is_the_same_sound(self, use, tmp_path):
        first = services.speak("A bridge.", tmp_path / "one.wav", language="en", use=use)
        again = services.speak("A bridge.", tmp_path / "two.wav", language="en", use=use)

        assert again.reused
        assert again.value.seconds == first.value.seconds
        assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()

    def test_work_is_done_again_when_the_stored_sound_is_gone(self, use, tmp_path):
        from core.storage import store

        first = services.speak("A bridge.", tmp_path / "one.wav", language="en", use=use)
        store().delete(Call.objects.get(pk=first.call_id).response_key)

        again = services.speak("A bridge.", tmp_path / "two.wav", language="en", use=use)

        assert not again.reused
        assert (tmp_path / "two.wav").exists()


@pytest.mark.django_db
class TestDeath:
    def test_work_that_another_process_is_doing_is_waited_for(self, use):
        opened = begin(use)

        with pytest.raises(ProviderBusyError) as caught:
            begin(use)

        assert caught.value.retry_after > 0
        opened.fail(HaltedError("cancelled"))

    def test_the_work_of_a_dead_process_is_taken_over(self, use):
        died = begin(use)
        died._beat.stop()
        Call.objects.filter(pk=died.id).update(lease_until=Now() - timedelta(seconds=1))

        taken = begin(use)

        assert taken.wire.key == died.wire.key
        assert Call.objects.get(pk=died.id).outcome == Call.Outcome.FAILED
        taken.succeed(Usage())

    def test_a_process_that_wakes_up_after_its_work_was_taken_over_changes_only_the_bill(self, use):
        slept = begin(use)
        Call.objects.filter(pk=slept.id).update(lease_until=Now() - timedelta(seconds=1))
        begin(use).succeed(Usage(output_tokens=10), response={"text": "theirs"})

        slept.succeed(Usage(output_tokens=1_000_000), response={"text": "mine"})

        row = Call.objects.get(pk=slept.id)
        assert (row.outcome, row.response, row.cost) == (Call.Outcome.FAILED, None, 10)

    def test_calls_of_dead_processes_are_closed_by_the_sweep(self, use):
        died = begin(use)
        died._beat.stop()
        alive = begin(Use(purpose="tests", key="other"), key="other")
        Call.objects.filter(pk=died.id).update(lease_until=Now() - timedelta(seconds=1))

        assert ledger.close_lost() == 1
        assert Call.objects.get(pk=alive.id).outcome == Call.Outcome.RUNNING
        alive.fail(HaltedError("cancelled"))

    def test_the_providers_request_id_is_kept_before_the_answer_is_complete(self, provider, use, settings):
        settings.AI_READ_SECONDS = 1
        provider.plan("hang_midway")

        with pytest.raises(ProviderBusyError):
            services.chat_complete(HELLO, use=use)

        assert Call.objects.get().provider_ref == "req_1"

    def test_a_cancelled_use_is_recorded_as_cancelled(self, use):
        def stop(_fraction, _message):
            raise HaltedError("cancelled")

        with pytest.raises(HaltedError):
            services.translate(TranslationRequest(["Hello"], "en", "es"), use=use, progress=stop)

        call = Call.objects.get()
        assert (call.outcome, call.error) == (Call.Outcome.CANCELLED, "Stopped: cancelled")

    def test_a_reader_who_goes_away_closes_the_call(self, use):
        with services.chat_stream(HELLO, use=use) as answer:
            next(iter(answer))

        assert Call.objects.get().outcome == Call.Outcome.CANCELLED

    def test_a_bug_in_an_engine_is_recorded_without_its_text(self, use, monkeypatch):
        from ai.providers.anthropic import AnthropicChat

        def broken(*_args):
            raise ZeroDivisionError("with a secret")

        monkeypatch.setattr(AnthropicChat, "complete", broken)
        with pytest.raises(ZeroDivisionError):
            services.chat_complete(HELLO, use=use)

        assert Call.objects.get().error == "The engine broke (ZeroDivisionError)."


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_of_many_processes_with_one_key_one_pays(self, provider, use):
        outcomes = []
        ready = threading.Barrier(6)

        def ask():
            try:
                ready.wait()
                outcomes.append(services.chat_complete(HELLO, use=use).reused)
            except ProviderBusyError:
                outcomes.append("busy")
            finally:
                connection.close()

        threads = [threading.Thread(target=ask) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert outcomes.count(False) == 1
        assert list(provider.billed.values()) == [1]
        assert services.chat_complete(HELLO, use=use).reused

    def test_a_long_call_keeps_its_lease(self, use, monkeypatch):
        monkeypatch.setattr(ledger, "BEAT_SECONDS", 0.02)
        opened = begin(use)
        Call.objects.filter(pk=opened.id).update(lease_until=Now() - timedelta(seconds=1))
        deadline = timezone.now() + timedelta(seconds=10)
        while not Call.objects.filter(pk=opened.id, lease_until__gt=Now()).exists():
            assert timezone.now() < deadline

        opened.succeed(Usage())
        opened._beat.join()

    def test_a_call_is_never_opened_inside_a_transaction(self, use):
        with transaction.atomic(), pytest.raises(RuntimeError):
            begin(use)


@pytest.mark.django_db
class TestLeavingAProviderAlone:
    def test_nobody_asks_while_the_provider_wants_to_be_left_alone(self, provider, use):
        provider.plan("rate_limited", retry_after=40)
        with pytest.raises(ProviderBusyError):
            services.chat_complete(HELLO, use=use)

        with pytest.raises(ProviderBusyError) as caught:
            services.chat_complete(HELLO, use=Use(purpose="tests", key="another"))

        assert 30 < caught.value.retry_after <= 40
        assert len(provider.requests) == 1

    def test_after_five_failures_in_a_row_nobody_asks_for_half_a_minute(self, provider):
        for number in range(breaker.OPENS_AFTER):
            provider.plan("error")
            with pytest.raises(ProviderBusyError):
                services.chat_complete(HELLO, use=Use(purpose="tests", key=str(number)))

        with pytest.raises(ProviderBusyError):
            services.chat_complete(HELLO, use=Use(purpose="tests", key="later"))
        assert len(provider.requests) == breaker.OPENS_AFTER

        Call.objects.update(finished_at=Now() - breaker.HALF_OPEN_AFTER - timedelta(seconds=1))
        assert services.chat_complete(HELLO, use=Use(purpose="tests", key="later")).value

    def test_one_call_tries_whether_the_provider_is_back(self, use):
        for number in range(breaker.OPENS_AFTER):
            begin(use, key=str(number)).fail(ProviderBusyError())
        Call.objects.update(finished_at=Now() - breaker.HALF_OPEN_AFTER - timedelta(seconds=1))
        trial = begin(use, key="trial")

        with pytest.raises(ProviderBusyError):
            begin(use, key="second")
        trial.succeed(Usage())

    def test_a_refusal_does_not_count_as_being_down(self, use):
        for number in range(breaker.OPENS_AFTER):
            begin(use, key=str(number)).fail(ProviderRefusedError())

        begin(use).succeed(Usage())


@pytest.mark.django_db
def test_the_periodic_task_frees_what_a_dead_process_had_set_aside(use):
    from ai.tasks import close_lost_calls

    died = begin(use, estimate=5)
    died._beat.stop()
    Call.objects.filter(pk=died.id).update(lease_until=Now() - timedelta(seconds=1))
    assert Call.objects.spent() == 5

    close_lost_calls()

    assert Call.objects.spent() == 0
