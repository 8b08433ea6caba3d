"""A title, a description and tags from what is said. Part of ai.services."""

from __future__ import annotations

from dataclasses import asdict

from ai import routing
from ai.capabilities.base import Usage
from ai.capabilities.summarize import Summarize, Summary
from ai.ledger import Use, key_of
from ai.prices import estimate_tokens
from ai.work import Answer, Kept, Work, perform

# Enough to know what it is about. What is longer is read in even parts.
MOST_CHARACTERS = 60_000


def summarize(lines: list[str], *, language: str, use: Use, model: str = "") -> Answer[Summary]:
    """In the language of the lines. `Summary.measured` tells that it was chosen from them, not understood."""
    read = spread(lines)

    def ask(engine: Summarize) -> tuple[Summary, Usage]:
        return engine.summarize(read, language=language)

    work = Work(
        capability="summarize",
        use=use,
        key=key_of(use, "summarize", *read, language, model),
        estimate=Usage(input_tokens=sum(map(estimate_tokens, read)) + 500, output_tokens=800),
        asked={"language": language, "lines": read},
        ask=ask,
        keep=lambda summary, _call: Kept(asdict(summary)),
        load=lambda call: Summary(**call.response) if call.response else None,
    )
    return perform(work, routing.routes("summarize", model=model))


def spread(lines: list[str]) -> list[str]:
    """All lines, or so many of them, evenly, as may be read."""
    told = [line.strip() for line in lines if line.strip()]
    size = sum(map(len, told))
    if size <= MOST_CHARACTERS:
        return told
    kept, step, due = [], size / MOST_CHARACTERS, 0.0
    seen = 0
    for line in told:
        if seen >= due:
            kept.append(line)
            due += len(line) * step
        seen += len(line)
    return kept
