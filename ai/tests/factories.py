"""The smallest valid calls and budgets."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from ai.models import Budget, Call


class CallFactory(DjangoModelFactory):
    """A finished call of a local engine. `at` is when it was made."""

    class Meta:
        model = Call
        skip_postgeneration_save = True

    capability = "translate"
    provider = "local"
    model = "argos"
    purpose = "a test"
    outcome = Call.Outcome.OK

    @factory.post_generation
    def at(self, create: bool, extracted: datetime | None, **_: object) -> None:
        if create and extracted is not None:
            Call.objects.filter(pk=self.pk).update(created_at=extracted)


class BudgetFactory(DjangoModelFactory):
    class Meta:
        model = Budget

    period = Budget.Period.MONTH
    limit_usd = Decimal(10)
