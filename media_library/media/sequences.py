"""What two sequences have in common, in order: the ground of every comparison of texts.

The longest common subsequence is exact, found with one big integer for a whole row (Hyyrö 2004, "Bit-parallel LCS-length computation
revisited"): Python adds thousands of bits at once, so this beats `difflib` by far and never finds less. Beyond LARGEST the items that
occur once on either side are taken for landmarks first, as patience sorting does, so that no pair of texts costs more than a moment.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence

# Bits kept for finding the way back: 8 MB.
LARGEST = 64_000_000

Pair = tuple[int, int]


def matching(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Pair]:
    """Positions of equal items, rising on both sides, as many as there can be."""
    found: list[Pair] = []
    waiting = [(0, len(before), 0, len(after))]
    while waiting:
        first, last, start, end = waiting.pop()
        while first < last and start < end and before[first] == after[start]:
            found.append((first, start))
            first, start = first + 1, start + 1
        while first < last and start < end and before[last - 1] == after[end - 1]:
            last, end = last - 1, end - 1
            found.append((last, end))
        common = set(before[first:last]) & set(after[start:end])
        if not common:
            continue
        mine = [index for index in range(first, last) if before[index] in common]
        theirs = [index for index in range(start, end) if after[index] in common]
        if len(mine) * len(theirs) <= LARGEST:
            pairs = _longest([before[index] for index in mine], [after[index] for index in theirs])
            found += [(mine[one], theirs[other]) for one, other in pairs]
            continue
        for one, other in _landmarks(before, after, mine, theirs):
            found.append((one, other))
            waiting.append((first, one, start, other))
            first, start = one + 1, other + 1
        if first > mine[0] or start > theirs[0]:
            waiting.append((first, last, start, end))
    return sorted(found)


def _longest(before: Sequence[Hashable], after: Sequence[Hashable]) -> list[Pair]:
    places: dict[Hashable, int] = {}
    for index, item in enumerate(before):
        places[item] = places.get(item, 0) | 1 << index
    full = (1 << len(before)) - 1
    row = full
    rows = []
    for item in after:
        hit = row & places[item]
        row = ((row + hit) | (row - hit)) & full
        rows.append(row)
    # A zero bit says that the common part grows at this item.
    found = []
    left, right = len(before), len(after)
    while left and right:
        if rows[right - 1] >> (left - 1) & 1:
            left -= 1
            continue
        right -= 1
        if not right or rows[right - 1] >> (left - 1) & 1:
            left -= 1
            found.append((left, right))
    return found[::-1]


def _landmarks(before: Sequence[Hashable], after: Sequence[Hashable], mine: list[int], theirs: list[int]) -> list[Pair]:
    """Items that each side has once, the longest run of them that rises on both sides."""
    often, often_there = Counter(before[index] for index in mine), Counter(after[index] for index in theirs)
    places = {after[index]: index for index in theirs if often_there[after[index]] == 1}
    pairs = [(index, places[before[index]]) for index in mine if often[before[index]] == 1 and before[index] in places]
    ends: list[int] = []
    tails: list[int] = []
    previous: list[int] = []
    for number, (_, place) in enumerate(pairs):
        at = bisect_left(ends, place)
        previous.append(tails[at - 1] if at else -1)
        if at == len(ends):
            ends.append(place)
            tails.append(number)
        else:
            ends[at], tails[at] = place, number
    chosen = []
    number = tails[-1] if tails else -1
    while number >= 0:
        chosen.append(pairs[number])
        number = previous[number]
    return chosen[::-1]
