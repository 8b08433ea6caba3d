"""Which models may be picked for an answer: what is configured here, and what each costs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ai import catalogue, routing
from ai.prices import PRICES

# Dollars for a million tokens of output, up to which a model belongs to a class.
CLASSES = ((Decimal(2), "$"), (Decimal(12), "$$"))
DEAR = "$$$"


@dataclass(frozen=True)
class Offered:
    """`name` is asked for; empty is the studio's own choice. `price` is empty where nothing is paid."""

    name: str
    label: str
    price: str = ""

    @property
    def words(self) -> str:
        return f"{self.label}, {self.price or 'free'}"


def offered() -> list[Offered]:
    """The studio's own choice first. Of the catalogue what can be served here, so that nothing is picked and another answers."""
    own = routing.routes("chat")
    found = [_own(own[0])] if own else []
    for named in catalogue.names("chat"):
        if named.model and routing.is_configured(named.provider):
            found.append(Offered(named.name, named.name, price_class(f"{named.provider}:{named.model}")))
    return found


def _own(route: routing.Route) -> Offered:
    engine = str(route.engine)
    if route.hosted:
        return Offered("", f"Studio's choice: {route.engine.model}", price_class(engine))
    return Offered("", f"On this machine: {route.engine.model}")


def price_class(engine: str) -> str:
    price = PRICES.get(engine)
    if price is None:
        # Its price is not known: it is not called free.
        return "price unknown"
    return next((sign for most, sign in CLASSES if price.output <= most), DEAR)
