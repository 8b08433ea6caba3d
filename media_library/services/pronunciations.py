"""How words are said: kept for a client, a house or a person, and as a table to take along and bring back."""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from accounts.models import Client, Organization, User
from ai import speaking
from core import audit, languages
from core.errors import ConflictError, DomainError, InvalidFieldError, TooLargeError
from core.spreadsheets import guarded
from media_library.models import Pronunciation
from media_library.signals import pronunciations_changed

LONGEST_TERM, LONGEST_RESPELLING = 200, 400
MOST_ROWS = 2000
MOST_BYTES = 2**20
TWICE = "This term is said in another way here already"
HEAD = ("term", "respelling", "language", "voice", "case sensitive")
YES, NO = {"yes", "y", "true", "1", "x"}, {"", "no", "n", "false", "0"}


@dataclass(frozen=True)
class Place:
    """Where an entry holds: for a client, in a house, or for one person."""

    client: Client | None
    organization: Organization | None

    def entry(self, owner: User) -> Pronunciation:
        house = self.client.organization if self.client else self.organization
        return Pronunciation(client=self.client, organization=house, owner=owner)


def add_pronunciation(
    place: Place,
    *,
    actor: User,
    term: str,
    respelling: str,
    language: str = "",
    voice: str = "",
    case_sensitive: bool = False,
) -> Pronunciation:
    entry = place.entry(actor)
    _fill(entry, term=term, respelling=respelling, language=language, voice=voice, case_sensitive=case_sensitive)
    _save(entry, actor=actor, what="add")
    return entry


def change_pronunciation(entry: Pronunciation, *, actor: User, **changes: Any) -> Pronunciation:
    """What is not named stays. What was spoken with the old term or the new one is stale from now on."""
    before = Pronunciation.objects.get(pk=entry.pk)
    kept = {name: getattr(entry, name) for name in ("term", "respelling", "language", "voice", "case_sensitive")}
    _fill(entry, **{**kept, **changes})
    _save(entry, actor=actor, what="change", also=before)
    return entry


@transaction.atomic
def remove_pronunciation(entry: Pronunciation, *, actor: User) -> None:
    audit.record("media_library.pronunciation.remove", entry, actor=actor, term=entry.term, respelling=entry.respelling)
    pronunciations_changed.send(sender=Pronunciation, entries=[entry])
    entry.delete()


def _fill(entry: Pronunciation, *, term: str, respelling: str, language: str, voice: str, case_sensitive: bool) -> None:
    entry.term = _words(term, field="term", longest=LONGEST_TERM)
    entry.respelling = _words(respelling, field="respelling", longest=LONGEST_RESPELLING)
    entry.language = _language(language)
    entry.voice = _voice(voice)
    entry.case_sensitive = case_sensitive


def _words(text: str, *, field: str, longest: int) -> str:
    """One line, with something in it that can be said."""
    if any(unicodedata.category(sign) in {"Cc", "Cs"} and sign not in "\t\n\r" for sign in text):
        raise InvalidFieldError("This has signs that are no text.", field=field)
    line = " ".join(text.split())
    if not any(map(str.isalnum, line)):
        raise InvalidFieldError("Write at least one letter or digit.", field=field)
    if len(line) > longest:
        raise InvalidFieldError(f"At most {longest} characters.", field=field)
    return line


def _language(tag: str) -> str:
    try:
        return languages.canonical(tag.strip()) if tag.strip() else ""
    except DomainError as error:
        raise InvalidFieldError(error.message, field="language") from error


def _voice(name: str) -> str:
    wanted = name.strip().lower()
    if not wanted:
        return ""
    known = next((voice.id for voice in speaking.offered() if voice.id.lower() == wanted), None)
    if known is None:
        raise InvalidFieldError("Unknown voice", field="voice")
    return known


def _save(entry: Pronunciation, *, actor: User, what: str, also: Pronunciation | None = None) -> None:
    try:
        with transaction.atomic():
            entry.save()
            audit.record(
                f"media_library.pronunciation.{what}", entry, actor=actor, term=entry.term, respelling=entry.respelling
            )
            pronunciations_changed.send(sender=Pronunciation, entries=[entry, *([also] if also else [])])
    except IntegrityError as error:
        raise ConflictError(TWICE) from error


def import_pronunciations(place: Place, data: bytes, *, actor: User) -> int:
    """All of a table or nothing: rows that are there already are changed, the others added. The number of rows."""
    rows = _rows(data)
    with transaction.atomic():
        # Two people may bring tables to one place.
        mine = _of(place, actor).select_for_update()
        there = {(row.term.lower(), row.language, row.voice): row for row in mine}
        changed: list[Pronunciation] = []
        for number, row in enumerate(rows, 2):
            entry = place.entry(actor)
            try:
                _fill(entry, **row)
            except InvalidFieldError as error:
                raise InvalidFieldError(f"Row {number}, {error.field}: {error.message}", field="file") from error
            key = (entry.term.lower(), entry.language, entry.voice)
            if known := there.get(key):
                known.term, known.respelling, known.case_sensitive = entry.term, entry.respelling, entry.case_sensitive
                entry = known
            there[key] = entry
            entry.save()
            changed.append(entry)
        for entry in changed[:1]:
            audit.record("media_library.pronunciation.import", entry, actor=actor, rows=len(changed))
        pronunciations_changed.send(sender=Pronunciation, entries=changed)
    return len(changed)


def _of(place: Place, actor: User) -> Any:
    entry = place.entry(actor)
    found = Pronunciation.objects.filter(client=entry.client, organization=entry.organization)
    return found if entry.client or entry.organization else found.filter(owner=actor)


def _rows(data: bytes) -> list[dict[str, Any]]:
    if len(data) > MOST_BYTES:
        raise TooLargeError("A table of pronunciations may have 1 MB at most.")
    try:
        lines = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidFieldError("This is no CSV file in UTF-8.", field="file") from error
    head = [" ".join(cell.replace("_", " ").lower().split()) for cell in lines[0]] if lines else []
    if not {"term", "respelling"} <= set(head):
        raise InvalidFieldError("The first row needs the headings “term” and “respelling”.", field="file")
    rows = [dict(zip(head, map(_cell, line), strict=False)) for line in lines[1:] if any(map(str.strip, line))]
    if not 0 < len(rows) <= MOST_ROWS:
        raise InvalidFieldError(f"A table has 1 to {MOST_ROWS:,} rows.", field="file")
    return [_row(number, row) for number, row in enumerate(rows, 2)]


def _row(number: int, row: dict[str, str]) -> dict[str, Any]:
    case = row.get("case sensitive", "").lower()
    if case not in YES | NO:
        raise InvalidFieldError(f"Row {number}: “case sensitive” is neither yes nor no.", field="file")
    texts = {name: row.get(name, "") for name in ("term", "respelling", "language", "voice")}
    return {**texts, "case_sensitive": case in YES}


def _cell(text: str) -> str:
    text = text.strip()
    # The apostrophe with which our own downloads keep a spreadsheet from running the cell.
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def as_row(entry: Pronunciation) -> tuple[str, ...]:
    return entry.term, entry.respelling, entry.language, entry.voice, "yes" if entry.case_sensitive else ""
