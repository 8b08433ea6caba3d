from __future__ import annotations

import numpy as np
import pytest

from ai.local.e5 import E5

PASSAGES = [
    "The rocket lifts off from its launch pad at dawn.",
    "Eine Katze schläft auf dem Sofa.",
    "Una taza de café sobre una mesa de madera.",
    "Les comptes de l'entreprise pour le troisième trimestre.",
]


@pytest.mark.parametrize(
    ("query", "best"),
    [("spacecraft taking off", 0), ("gatto che dorme", 1), ("espresso on a table", 2), ("quarterly finance report", 3)],
)
def test_a_question_finds_the_passage_about_it_across_languages(query, best):
    engine = E5()
    passages, usage = engine.passages(PASSAGES)
    vector, _ = engine.query(query)
    assert passages.shape == (4, engine.dimensions)
    assert vector.shape == (engine.dimensions,)
    assert np.linalg.norm(passages, axis=1) == pytest.approx(1.0, abs=1e-4)
    assert int(np.argmax(passages @ vector)) == best
    assert usage.characters == sum(map(len, PASSAGES))


def test_no_text_and_odd_text_give_vectors_too():
    engine = E5()
    assert engine.passages([])[0].shape == (0, engine.dimensions)
    odd, _ = engine.passages(["", "null\0inside", "word " * 5000])
    assert np.isfinite(odd).all()
