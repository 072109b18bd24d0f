"""Salience and representativeness added."""

import numpy as np
import pytest

from tf_dictsum.saliency.ranks import ranks
from tf_dictsum.summary.blended import Blended
from tf_dictsum.summary.selectors import Candidates, Representative, Trained
from tf_dictsum.util.errors import UserError

STEPS = np.split(np.arange(24), 8)
ROWS = np.random.default_rng(0).standard_normal((24, 5)).cumsum(axis=0)


def _candidates(quality=None):
    return Candidates(
        features=ROWS,
        steps=STEPS,
        costs=[3] * 8,
        budget=9,
        means=lambda scores: np.array([scores[own].mean() for own in STEPS]),
        eligible=np.ones(8, bool),
        quality=np.ones(24) if quality is None else quality,
    )


def _scores(features):
    return np.linspace(0, 1, len(features)) ** 2


def test_the_ranks_are_added_and_the_best_shots_taken():
    choice = Blended(_scores, "salience").choose(_candidates())
    own = Representative().choose(_candidates()).scores
    both = ranks(ranks(_scores(ROWS)) + ranks(own))
    np.testing.assert_allclose(choice.scores, both)
    means = [both[steps].mean() for steps in STEPS]
    assert choice.parts == tuple(sorted(np.argsort(means)[-3:].tolist()))


def test_it_lies_between_the_two():
    chosen = set(Blended(_scores, "salience").choose(_candidates()).parts)
    ways = (Representative(), Trained(_scores, "m", "m", "t"))
    assert all(chosen & set(way.choose(_candidates()).parts) for way in ways)


def test_blank_pictures_have_no_score():
    quality = np.ones(24)
    quality[21:] = 0
    scores = Blended(_scores, "salience").choose(_candidates(quality)).scores
    assert not scores[21:].any()
    assert scores[:21].all()


def test_it_says_what_it_is():
    way = Blended(_scores, "salience-googlenet")
    assert (way.method, way.model, way.rule) == ("blended", "salience-googlenet", "knapsack")
    assert "scores of salience-googlenet" in way.text


def test_a_model_that_gives_something_else_is_refused():
    with pytest.raises(UserError, match="salience: gives shape"):
        Blended(lambda features: features[:3, 0], "salience").choose(_candidates())
