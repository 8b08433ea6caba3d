"""What the page of usage shows: sums, bars and lists for one span of time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from ai import queries
from ai.queries import HOUR, Requests, Span, Use
from core.charts import Chart, bars
from core.templatetags.ui import dollars

# Of each list; the download has them all.
SHOWN = 15
# Who used a model without being asked by anybody, and who asked without signing in.
STUDIO, NOBODY = "The studio itself", "Nobody signed in"


@dataclass
class Step:
    """One hour or day: what was asked and what models did in it."""

    start: datetime
    requests: Requests = field(default_factory=Requests)
    use: Use = field(default_factory=lambda: Use(()))


@dataclass(frozen=True)
class Line:
    """A row of a list. `name` is what is counted, `sub` the small print beneath it."""

    name: str
    sub: str
    use: Use = field(default_factory=lambda: Use(()))
    requests: Requests = field(default_factory=Requests)


@dataclass(frozen=True)
class Shown:
    """The first lines of a list, and how many more there are."""

    lines: list[Line]
    more: int


def shown(lines: Sequence[Line]) -> Shown:
    return Shown(list(lines[:SHOWN]), max(0, len(lines) - SHOWN))


def steps(span: Span, now: datetime, *, requests: Iterable[Requests], uses: Iterable[Use]) -> list[Step]:
    """Every hour or day of the span, those without anything included."""
    found = {start: Step(start) for start in span.starts(now)}
    for row in requests:
        if row.of[0] in found:
            found[row.of[0]].requests = row
    for use in uses:
        if use.of[0] in found:
            found[use.of[0]].use = use
    return list(found.values())


def charts(span: Span, rows: Sequence[Step]) -> list[Chart]:
    each = "hour" if span.step == HOUR else "day"
    shown_charts = [
        _chart(
            f"Requests each {each}",
            span,
            rows,
            [row.requests.count for row in rows],
            bad=[row.requests.failed for row in rows],
            bad_words="failed",
        ),
        _chart(
            f"Model calls each {each}",
            span,
            rows,
            [row.use.calls for row in rows],
            bad=[row.use.failed for row in rows],
            bad_words="failed",
        ),
    ]
    # Where only local engines work, nothing costs anything, and a row of no bars says less than none.
    if any(row.use.cost for row in rows):
        shown_charts.append(_chart(f"Cost each {each}", span, rows, [row.use.cost for row in rows], money=True))
    return shown_charts


def _chart(
    name: str,
    span: Span,
    rows: Sequence[Step],
    values: Sequence[Decimal | int],
    *,
    bad: Sequence[int] | None = None,
    bad_words: str = "",
    money: bool = False,
) -> Chart:
    days = [day(row.start, span) for row in rows]
    words = [dollars(value) if money else f"{value:,}" for value in values]
    titles = [f"{when}: {word}" for when, word in zip(days, words, strict=True)]
    most = max(range(len(values)), key=values.__getitem__)
    total = sum(values)
    label = f"{name} in the last {span.words}: {dollars(total) if money else f'{total:,}'} in all"
    if total:
        label += f", most on {days[most]} with {words[most]}"
    return Chart(
        name=name,
        label=label,
        bars=bars([float(value) for value in values], titles=titles, bad=bad),
        most=words[most],
        first=days[0],
        last=days[-1],
        bad_words=bad_words if bad and any(bad) else "",
    )


def day(start: datetime, span: Span) -> str:
    return start.strftime("%d %b, %H:00" if span.step == HOUR else "%a %d %b")


def models(uses: Iterable[Use]) -> list[Line]:
    return [Line(use.of[1], use.of[0], use) for use in uses]


def capabilities(uses: Iterable[Use]) -> list[Line]:
    return [Line(use.of[0].replace("_", " ").capitalize(), "", use) for use in uses]


def people(uses: Iterable[Use], requests: Iterable[Requests]) -> list[Line]:
    """One line a person, from both sides; the dearest first, then who asked most."""
    lines: dict[Any, Line] = {}
    for use in uses:
        lines[use.of[0] or STUDIO] = Line(_name(use.of, STUDIO), _address(use.of), use)
    for row in requests:
        known = lines.get(row.of[0])
        lines[row.of[0]] = Line(_name(row.of, NOBODY), _address(row.of), known.use if known else Use(()), row)
    return sorted(lines.values(), key=lambda line: (-line.use.cost, -line.requests.count, -line.use.calls, line.name))


def _name(of: Sequence[Any], nobody: str) -> str:
    return str(of[1] or of[2] or nobody)


def _address(of: Sequence[Any]) -> str:
    return str(of[2] or "") if of[1] else ""


def routes(requests: Iterable[Requests]) -> list[Line]:
    return [Line(row.of[1], row.of[0], requests=row) for row in requests]


MODEL_COLUMNS = (
    *("start", "capability", "provider", "model", "person", "address"),
    *("calls", "failed", "tokens_in", "tokens_out", "seconds", "cost_usd"),
)


def model_rows(calls: Any, span: Span) -> Iterable[Sequence[Any]]:
    for use in queries.by_step(calls, span, "capability", "provider", "model", *queries.PERSON):
        start, capability, provider, model, *who = use.of
        figures = (use.calls, use.failed, use.tokens_in, use.tokens_out, round(use.seconds, 3), use.cost)
        yield (start.isoformat(), capability, provider, model, _name(who, STUDIO), str(who[2] or ""), *figures)


REQUEST_COLUMNS = ("method", "route", "person", "address", "requests", "refused", "failed", "mean_ms", "p95_ms")


def request_rows(rows: Iterable[Requests]) -> Iterable[Sequence[Any]]:
    for row in rows:
        method, route, *who = row.of
        figures = (row.count, row.refused, row.failed, round(row.mean_ms), round(row.p95_ms))
        yield (method, route, _name(who, NOBODY), str(who[2] or ""), *figures)
