from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media_library.media import webvtt
from media_library.media.merging import Conflict, merge, merge_documents
from media_library.media.webvtt import Cue
from media_library.tests.media.test_cue_diff import CUES

BASE = [Cue(at * 4000, at * 4000 + 3000, f"line {at} of the film") for at in range(4)]


def changed(index: int, **fields: object) -> list[Cue]:
    cues = [Cue(cue.start_ms, cue.end_ms, cue.text) for cue in BASE]
    for name, value in fields.items():
        setattr(cues[index], name, value)
    return cues


@given(CUES, CUES)
def test_what_only_one_side_did_is_the_result(base, other):
    for merged in (merge(base, other, base), merge(base, base, other), merge(base, other, other)):
        assert (merged.cues, merged.conflicts) == (other, [])


@given(CUES, CUES, CUES)
def test_no_text_of_either_side_falls_out(base, mine, theirs):
    merged = merge(base, mine, theirs)
    at_hand = {cue.text for cue in merged.cues}
    for conflict in merged.conflicts:
        at_hand |= {cue.text for cue in (conflict.mine, conflict.theirs) if cue}
    old = {cue.text for cue in base}
    assert {cue.text for cue in [*mine, *theirs]} - old <= at_hand
    assert all(0 <= conflict.cue_index < len(merged.cues) for conflict in merged.conflicts)


@given(st.lists(st.sampled_from(["mine", "theirs", "nobody", "both"]), min_size=1, max_size=8))
def test_different_cues_merge_silently(who):
    base = [Cue(at * 4000, at * 4000 + 3000, f"line {at}") for at in range(len(who))]
    sides = {
        side: [Cue(c.start_ms, c.end_ms, c.text + "!" * (whose in {side, "both"})) for c, whose in zip(base, who, strict=True)]
        for side in ("mine", "theirs")
    }  # fmt: skip
    merged = merge(base, sides["mine"], sides["theirs"])
    assert merged.conflicts == []
    assert [cue.text for cue in merged.cues] == [
        cue.text + "!" * (whose != "nobody") for cue, whose in zip(base, who, strict=True)
    ]


def test_times_and_text_of_one_cue_merge():
    merged = merge(BASE, changed(1, text="new words"), changed(1, start_ms=4200))
    assert merged.conflicts == []
    assert merged.cues[1] == Cue(4200, 7000, "new words")


def test_two_texts_for_one_cue_conflict_and_theirs_stands():
    merged = merge(BASE, changed(2, text="mine"), changed(2, text="theirs"))
    assert merged.conflicts == [
        Conflict(2, BASE[2], Cue(8000, 11000, "mine"), Cue(8000, 11000, "theirs")),
    ]
    assert [cue.text for cue in merged.cues][2] == "theirs"


def test_a_cue_removed_here_and_changed_there_stays_and_conflicts():
    for sides in ((BASE[:2] + BASE[3:], changed(2, text="kept")), (changed(2, text="kept"), BASE[:2] + BASE[3:])):
        merged = merge(BASE, *sides)
        assert [cue.text for cue in merged.cues][2] == "kept"
        assert [(conflict.cue_index, conflict.base) for conflict in merged.conflicts] == [(2, BASE[2])]


def test_new_cues_of_both_stand_in_the_order_of_the_film():
    mine, theirs = Cue(3200, 3500, "mine"), Cue(3600, 3900, "theirs")
    merged = merge(BASE, [BASE[0], mine, *BASE[1:]], [BASE[0], theirs, *BASE[1:]])
    assert (merged.cues, merged.conflicts) == ([BASE[0], mine, theirs, *BASE[1:]], [])


def test_new_cues_at_the_same_time_conflict():
    mine, theirs = Cue(3200, 3800, "mine"), Cue(3600, 3900, "theirs")
    merged = merge(BASE, [BASE[0], mine, *BASE[1:]], [BASE[0], theirs, *BASE[1:]])
    assert merged.conflicts == [Conflict(1, None, mine, theirs)]
    assert merged.cues[1] == theirs


def test_a_split_and_a_change_elsewhere_merge():
    split = [BASE[0], Cue(4000, 5000, "line 1"), Cue(5000, 7000, "of the film"), *BASE[2:]]
    merged = merge(BASE, split, changed(3, text="the end"))
    assert merged.conflicts == []
    assert [cue.text for cue in merged.cues][1:] == ["line 1", "of the film", BASE[2].text, "the end"]


def test_joined_cues_and_a_change_in_one_of_them_conflict():
    joined = [BASE[0], Cue(4000, 11000, "both lines"), BASE[3]]
    merged = merge(BASE, joined, changed(2, text="changed meanwhile"))
    assert len(merged.conflicts) == 1
    assert {"both lines", "changed meanwhile"} <= {cue.text for cue in merged.cues}


def test_notes_and_styles_of_both_stay():
    def document(head: str, note: str) -> webvtt.Document:
        cues = "\n\n".join(cue.write() for cue in BASE[:2])
        return webvtt.parse(f"WEBVTT\n\n{head}{cues}\n\n{note}{BASE[2].write()}\n")

    style = "STYLE\n::cue { color: lime }\n\n"
    base, mine, theirs = document("", ""), document(style, ""), document("", "NOTE ask the client\n\n")
    assert merge_documents(base, mine, base)[0].write() == mine.write()
    assert merge_documents(base, base, theirs)[0].write() == theirs.write()
    assert merge_documents(base, mine, theirs)[0].write() == document(style, "NOTE ask the client\n\n").write()
