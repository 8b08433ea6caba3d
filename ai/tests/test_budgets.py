from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models.functions import Now

from accounts.models import Organization
from ai import budgets, ledger, prices, services
from ai.capabilities.base import Engine, Usage
from ai.capabilities.chat import ChatRequest, Turn
from ai.errors import BudgetExceededError
from ai.ledger import Use
from ai.models import Budget, Call

pytestmark = pytest.mark.usefixtures("provider")

HELLO = ChatRequest([Turn("user", "Hello")])


@pytest.fixture
def person(django_user_model):
    return django_user_model.objects.create_user("someone@example.com")


def spend(amount, **holder):
    return Call.objects.create(
        capability="chat", provider="anthropic", model="m", purpose="t", outcome="ok", cost=Decimal(amount), **holder
    )


@pytest.mark.django_db
class TestBudget:
    def test_a_use_that_does_not_fit_is_refused_before_anybody_is_asked(self, provider, person):
        Budget.objects.create(user=person, limit_usd=1)
        spend("0.999", user=person)

        with pytest.raises(BudgetExceededError) as caught:
            services.chat_complete(HELLO, use=Use(purpose="tests", user_id=person.pk))

        assert "1.00 USD a month" in caught.value.message
        assert not provider.requests
        assert Call.objects.count() == 1

    def test_the_studios_budget_binds_everybody(self, person):
        Budget.objects.create(limit_usd=0)

        with pytest.raises(BudgetExceededError):
            services.chat_complete(HELLO, use=Use(purpose="tests", user_id=person.pk))

    def test_an_organisations_budget_binds_its_members_uses(self):
        house = Organization.objects.create(name="House", slug="house")
        Budget.objects.create(organization=house, limit_usd=0)

        with pytest.raises(BudgetExceededError):
            services.chat_complete(HELLO, use=Use(purpose="tests", organization_id=house.pk))

    def test_somebody_elses_budget_binds_nobody_else(self, person, django_user_model):
        Budget.objects.create(user=person, limit_usd=0)
        other = django_user_model.objects.create_user("other@example.com")

        assert services.chat_complete(HELLO, use=Use(purpose="tests", user_id=other.pk)).value

    def test_yesterdays_spending_does_not_count_today(self, person):
        Budget.objects.create(user=person, period=Budget.Period.DAY, limit_usd=1)
        old = spend("5", user=person)
        Call.objects.filter(pk=old.pk).update(created_at=Now() - timedelta(days=1, hours=1))

        assert services.chat_complete(HELLO, use=Use(purpose="tests", user_id=person.pk)).value

    def test_engines_of_this_machine_need_no_budget(self):
        Budget.objects.create(limit_usd=0)

        opened = ledger.begin(
            capability="translate", engine=Engine("local", "apertium"), use=Use("tests"), key="", estimate=Decimal(0)
        )
        opened.succeed(Usage())

        assert Call.objects.get().cost == 0

    def test_the_alert_is_raised_once_in_a_period(self, person):
        budget = Budget.objects.create(user=person, limit_usd=1, alert_fraction=0.1)
        spend("0.5", user=person)

        for number in range(2):
            services.chat_complete(HELLO, use=Use(purpose="tests", user_id=person.pk, key=str(number)))

        budget.refresh_from_db()
        assert budget.alerted_for == datetime.now(UTC).date().replace(day=1)

    def test_a_replay_is_free_even_when_the_budget_is_used_up(self, person):
        use = Use(purpose="tests", user_id=person.pk, key="k")
        services.chat_complete(HELLO, use=use)
        Budget.objects.create(limit_usd=0)

        assert services.chat_complete(HELLO, use=use).reused


@pytest.mark.django_db(transaction=True)
def test_two_uses_at_once_cannot_both_take_the_last_dollar(provider):
    estimate = Decimal("0.6")
    Budget.objects.create(limit_usd=1)
    refused, opened = [], []
    ready = threading.Barrier(4)

    def take(number):
        try:
            ready.wait()
            opened.append(
                ledger.begin(
                    capability="chat",
                    engine=Engine("anthropic", "claude-sonnet-5-5"),
                    use=Use("tests"),
                    key=str(number),
                    estimate=estimate,
                )
            )
        except BudgetExceededError:
            refused.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (len(opened), len(refused)) == (1, 3)
    opened[0].succeed(Usage())


class TestPrices:
    @pytest.mark.parametrize(
        ("engine", "usage", "dollars"),
        [
            ("anthropic:claude-sonnet-5-5", Usage(input_tokens=1_000_000, output_tokens=100_000), "3"),
            ("anthropic:claude-haiku-5-5", Usage(input_tokens=100_000, output_tokens=0), "0.01"),
            ("anthropic:claude-haiku-5-5", Usage(input_tokens=200_000, output_tokens=0), "0.1"),
            ("openai:whisper-1", Usage(seconds=600), "0.06"),
            ("openai:tts-1", Usage(characters=1000, seconds=60), "0.015"),
            ("openai:a-model-of-tomorrow", Usage(output_tokens=1_000_000), "30"),
            ("local:whisper-base", Usage(seconds=600), "0"),
            ("openai:gpt-4o", Usage(output_tokens=5, cost=Decimal("0.25")), "0.25"),
        ],
    )
    def test_cost_follows_the_price_list(self, engine, usage, dollars):
        assert prices.cost(Engine(*engine.split(":")), usage) == Decimal(dollars)

    def test_every_default_route_has_a_listed_price(self):
        from ai import routing

        hosted = {spec for specs in routing.HOSTED_DEFAULTS.values() for spec in specs}
        assert hosted <= set(prices.PRICES)

    def test_periods_begin_at_midnight_and_on_the_first(self):
        now = datetime(2026, 11, 21, 13, 45, tzinfo=UTC)
        assert budgets.period_start("day", now) == datetime(2026, 11, 21, tzinfo=UTC)
        assert budgets.period_start("month", now) == datetime(2026, 11, 1, tzinfo=UTC)
