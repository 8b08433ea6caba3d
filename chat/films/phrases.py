"""The sentences around choices, and the catalogue's sentences with a film's people and places in them."""

from __future__ import annotations

from chat.films import bible, steps
from chat.films.proposals import Situation

ASKED = {
    steps.CONCEPT: "What is the film about?",
    steps.GENRE: "How should it feel?",
    steps.SETTING: "Where and when does it happen?",
    steps.CHARACTERS: "Who is in it?",
    steps.DESIGN: "How do its people look?",
    steps.PLOT: "How does the story go?",
    steps.STORYBOARD: "How is it shot?",
}
# First words that have a capital only because they come first.
ARTICLES = frozenset({"A", "An", "The", "To", "Two", "Three", "Somebody", "Something", "That", "What", "One"})
INDEFINITE = ("A ", "An ")


def opening(now: Situation, *, found: bool) -> str:
    if now.decided:
        return f"“{now.decided}” is in the bible."
    if now.before:
        return f"Back to {steps.title_of(now.step).lower()}. The first choice is what was chosen before."
    if now.wishes and not found:
        return "Nothing in the catalogue speaks of that by name; these fit what is decided so far."
    return "These lie nearest to what you said." if now.wishes else ""


def closing(now: Situation) -> str:
    number = steps.episode_of(now.step)
    asked = ASKED.get(now.step) or f"What happens in episode {number} of {now.episodes}?"
    return f"{asked} The choices are put together from the studio's catalogue. Take one, say what you would rather have, or write your own."


def duration(now: Situation, difficulty: str) -> str:
    """How much film a choice asks for: the harder, the more of the episodes it has to carry."""
    if steps.episode_of(now.step) or now.episodes == 1:
        return f"{now.minutes} minutes"
    least = max(1, now.episodes * {"low": 1, "medium": 2}.get(difficulty, 3) // 3)
    return f"{least} episodes" if least == now.episodes else f"{least}-{now.episodes} episodes"


def weight(difficulty: str) -> int:
    return ("low", "medium", "high").index(difficulty) if difficulty in {"low", "medium", "high"} else 1


def told(now: Situation) -> str:
    """What is decided, as one text."""
    known = now.bible
    return " ".join(
        [
            now.title,
            now.description,
            known.get("logline", ""),
            *known.get("themes", []),
            known.get("tone", ""),
            *(f"{one['name']} {one['description']}" for one in known.get("settings", [])),
            *(one["role"] for one in known.get("characters", [])),
        ]
    )


def filled(text: str, now: Situation, *, conflict: str = "") -> str:
    """The people and places of the bible in the catalogue's sentences."""
    people = now.bible.get("characters", [])
    known = bible.names(now.bible)
    lead, against, beside = (
        known[place] if place < len(known) else standing
        for place, standing in enumerate(("the lead", "the one in the way", "the friend"))
    )
    first = people[0] if people else {}
    places = now.bible.get("settings", [])
    values = {
        "lead": lead,
        "opposition": against,
        "ally": beside,
        "place": known_place(places[0]["name"] if places else ""),
        "want": lower(first.get("want", "")).rstrip(".") or "what they are after",
        "need": lower(first.get("need", "")).rstrip(".") or "what they cannot see yet",
        "flaw": lower(first.get("flaw", "")).rstrip(".") or "what holds them back",
        "conflict": lower(conflict) or "the conflict",
    }
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return upper(text)


def known_place(name: str) -> str:
    """Inside a sentence, where it has been spoken of before: "A harbour town" is the harbour town."""
    if not name:
        return "the place where it happens"
    found = next((article for article in INDEFINITE if name.startswith(article)), "")
    return f"the {name.removeprefix(found)}" if found else name


def short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def lower(text: str) -> str:
    """As it stands inside a sentence; a name keeps its capital."""
    return text[:1].lower() + text[1:] if text.split(" ", 1)[0] in ARTICLES else text


def upper(text: str) -> str:
    return text[:1].upper() + text[1:]
