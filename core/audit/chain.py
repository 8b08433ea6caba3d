"""The chain over the trail: each sealed row carries a hash of itself and of the one before. See docs/adr/0006-audit-chain.md.

Rows are sealed in order after their commit, by one sealer at a time. Hashes are keyed, so that whoever changes, removes, adds or
reorders rows with SQL alone cannot make the chain fit again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from core.audit import checkpoints, hashes
from core.models import AuditEvent, AuditHead, AuditTombstone

# Any number that no other advisory lock of this database uses.
LOCK = 0x41554449
BATCH = 1000

SEAL = """
    UPDATE core_auditevent AS event SET position = fresh.position, prev_hash = fresh.prev_hash, hash = fresh.hash
    FROM unnest(%s::uuid[], %s::bigint[], %s::text[], %s::text[]) AS fresh (id, position, prev_hash, hash)
    WHERE event.id = fresh.id AND event.position IS NULL
"""


@dataclass(frozen=True)
class Verdict:
    """`broken` is a sentence about the first thing that does not fit, empty when all does."""

    rows: int
    removed: int
    position: int
    broken: str = ""


def hold() -> None:
    """Keeps the sealer and others away from the chain until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _try_to_hold() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


def seal() -> int:
    """Seals what was committed and returns how many rows that were. While somebody else seals it does nothing."""
    total = 0
    while True:
        with transaction.atomic():
            if not _try_to_hold():
                return total
            sealed = _seal_batch()
        total += sealed
        if sealed < BATCH:
            return total


def seal_all() -> None:
    """Call with the chain held."""
    while _seal_batch() == BATCH:
        pass


def _seal_batch() -> int:
    position, before = end()
    fresh = AuditEvent.objects.filter(position=None).order_by("at", "id").values_list("id", "row_hash")[:BATCH]
    ids, positions, befores, afters = [], [], [], []
    for row_id, row_hash in fresh:
        position += 1
        after = link(before, row_hash)
        ids.append(row_id)
        positions.append(position)
        befores.append(before)
        afters.append(after)
        before = after
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(SEAL, [ids, positions, befores, afters])
        AuditHead.objects.update_or_create(
            pk=1, defaults={"position": position, "hash": before, "signature": sign_end(position, before)}
        )
    return len(ids)


def end() -> tuple[int, str]:
    """Position and hash of the last sealed row. The rows count, not the head: a head that was set back must not fork the chain."""
    last = AuditEvent.objects.exclude(position=None).order_by("-position").values_list("position", "hash").first()
    grave = AuditTombstone.objects.order_by("-last_position").values_list("last_position", "last_hash").first()
    head = AuditHead.objects.filter(pk=1).values_list("position", "hash").first()
    known = [(int(position), found) for position, found in filter(None, (last, grave, head)) if position is not None]
    return max(known, default=(0, hashes.START))


def link(before: str, row_hash: str) -> str:
    return hashes.signed("link", [before, row_hash])


def sign_end(position: int, last: str) -> str:
    return hashes.signed("head", [position, last])


def grave_content(grave: AuditTombstone) -> list[object]:
    return [grave.first_position, grave.last_position, grave.prev_hash, grave.last_hash, grave.made_at]


@transaction.atomic
def verify() -> Verdict:
    """Seals what is pending, then walks everything from the first row to the last. Nobody else seals meanwhile."""
    hold()
    seal_all()
    return walk()


def walk() -> Verdict:
    """Call with the chain held."""
    walker = Walker()
    broken = next(walker.faults(), "")
    return Verdict(walker.rows, walker.removed, walker.position, broken)


class Walker:
    def __init__(self) -> None:
        self.rows = self.removed = self.position = 0
        self.hash = hashes.START
        # By position, for what ends between two rows.
        self.checkpoint = checkpoints.newest()
        self.seen_at_checkpoint = ""

    def faults(self) -> Iterator[str]:
        graves = {grave.first_position: grave for grave in AuditTombstone.objects.all()}
        rows = AuditEvent.objects.exclude(position=None).order_by("position")
        for row in rows.values(*hashes.FIELDS, "row_hash", "position", "prev_hash", "hash").iterator(chunk_size=2000):
            yield from self._graves(graves)
            expected, name = self.position + 1, f"row {row['position']} ({row['id']}, {row['action']})"
            if row["position"] != expected:
                yield f"{name} follows row {self.position}: what was between them is missing"
            if not hashes.is_signed(row["row_hash"], "row", hashes.content(row)):
                yield f"{name} was changed or was not written by the studio"
            if row["prev_hash"] != self.hash or not hashes.is_signed(row["hash"], "link", [self.hash, row["row_hash"]]):
                yield f"{name} does not continue the row before it"
            self.rows += 1
            self._advance(row["position"], row["hash"])
        yield from self._graves(graves)
        yield from self._end(graves)

    def _graves(self, graves: dict[int, AuditTombstone]) -> Iterator[str]:
        while (grave := graves.pop(self.position + 1, None)) is not None:
            if grave.prev_hash != self.hash or not hashes.is_signed(grave.signature, "tombstone", grave_content(grave)):
                yield f"the tombstone of rows {grave} was not made by a clean-up"
            self.removed += grave.count
            self._advance(grave.last_position, grave.last_hash)

    def _advance(self, position: int, last: str) -> None:
        self.position, self.hash = position, last
        if self.checkpoint and position == self.checkpoint.position:
            self.seen_at_checkpoint = last

    def _end(self, graves: dict[int, AuditTombstone]) -> Iterator[str]:
        if graves:
            yield f"the tombstone of rows {next(iter(graves.values()))} stands where rows are"
        head = AuditHead.objects.filter(pk=1).first()
        if head is None:
            if self.position:
                yield "the signed end of the trail is missing"
        elif not hashes.is_signed(head.signature, "head", [head.position, head.hash]):
            yield "the signed end of the trail was changed"
        elif (head.position, head.hash) != (self.position, self.hash):
            yield f"the trail ends with row {self.position}, and row {head.position} was sealed"
        yield from self._against_checkpoint()

    def _against_checkpoint(self) -> Iterator[str]:
        kept = self.checkpoint
        if kept is None:
            return
        if not kept.is_genuine():
            yield f"the checkpoint {kept.name} was changed"
        elif kept.position > self.position:
            yield f"the trail ends with row {self.position}, and the checkpoint {kept.name} has seen row {kept.position}"
        elif self.seen_at_checkpoint not in ("", kept.hash):
            yield f"row {kept.position} is not the one that the checkpoint {kept.name} has seen"
