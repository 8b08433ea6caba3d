"""What a step would cost, and whether it may: the session's own limit and the budgets, before anybody is asked for anything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from accounts.models import User
from ai import budgets, catalogue, routing
from ai import services as ai
from ai.capabilities.base import Usage
from ai.errors import BudgetExceededError
from generation.models import GenerationSession, Round
from generation.services import costs

CAPABILITIES = {Round.Kind.IMAGES.value: "generate_image", Round.Kind.CLIPS.value: "generate_video"}
DEFAULT_SECONDS = 8.0


@dataclass(frozen=True)
class Estimate:
    """US dollars. `left_usd` is what the session's limit leaves; None without one."""

    usd: Decimal
    each_usd: Decimal
    count: int
    engine: str
    spent_usd: Decimal = Decimal(0)
    cap_usd: Decimal | None = None

    @property
    def left_usd(self) -> Decimal | None:
        return None if self.cap_usd is None else max(Decimal(0), self.cap_usd - self.spent_usd)

    @property
    def fits(self) -> bool:
        return self.left_usd is None or self.usd <= self.left_usd


@dataclass(frozen=True)
class Model:
    """What can be asked for here, under the name that asks for it."""

    name: str
    kind: str
    engine: str
    price_usd: Decimal
    per: str
    default: bool


def estimate(
    session: GenerationSession | None,
    kind: str,
    *,
    user: User,  # noqa: ARG001  (prices are the same for everybody so far)
    count: int,
    seconds: float = DEFAULT_SECONDS,
    model: str = "",
) -> Estimate:
    """Of `count` pictures, or clips of so many seconds. A film costs nothing. An unknown model is UnknownNameError."""
    spent = costs.spent(session) if session else Decimal(0)
    cap = session.cap_usd if session else None
    capability = CAPABILITIES.get(kind)
    if capability is None:
        return Estimate(Decimal(0), Decimal(0), count, "local:film", spent, cap)
    usage = Usage(images=1) if kind == Round.Kind.IMAGES else Usage(seconds=seconds)
    one = ai.estimate(capability, usage, model=model)
    return Estimate(one.usd * count, one.usd, count, str(one.engine), spent, cap)


def require_room(session: GenerationSession, wanted: Estimate, *, user: User) -> None:
    """402 when the session's limit or a budget would be passed. Call with the session locked, in the transaction that begins the step."""
    if not wanted.usd:
        return
    if not wanted.fits:
        raise BudgetExceededError(
            f"This would cost about {wanted.usd:.2f} USD, and the session's limit of {wanted.cap_usd:.2f} USD leaves "
            f"{wanted.left_usd:.2f}. Raise the limit or ask for less."
        )
    budgets.check(user_id=user.pk, organization_id=session.organization_id, estimate=wanted.usd)


def models() -> list[Model]:
    """All that is configured here for pictures and clips, the default of each first."""
    found = []
    for kind, capability in CAPABILITIES.items():
        default = ai.engine_for(capability)
        usage = Usage(images=1) if kind == Round.Kind.IMAGES else Usage(seconds=1.0)
        rows = []
        for named in catalogue.names(capability):
            if not named.model or not routing.is_configured(named.provider):
                continue
            one = ai.estimate(capability, usage, model=named.name)
            per = "image" if kind == Round.Kind.IMAGES else "second"
            rows.append(Model(named.name, kind, str(one.engine), one.usd, per, one.engine == default))
        found += sorted(rows, key=lambda row: not row.default)
    return found
