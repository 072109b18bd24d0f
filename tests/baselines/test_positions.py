import numpy as np
import pytest

from tf_dictsum.baselines.positions import beginning, ending, middle


@pytest.mark.parametrize("n", [1, 2, 7, 40, 333])
def test_middle_falls_linearly_to_both_ends(n):
    scores = middle(n)
    assert scores.shape == (n,)
    assert scores.min() > 0  # a knapsack would take nothing of 0
    assert scores.tolist() == scores[::-1].tolist()  # ties are exact
    place = (np.arange(n) + 0.5) / n
    np.testing.assert_allclose(scores, 0.5 - np.abs(place - 0.5), atol=1e-12)


def test_beginning_and_ending_raise_a_tenth():
    assert ending(20).tolist() == [1.0] * 18 + [5.0] * 2
    assert beginning(20).tolist() == [5.0] * 2 + [1.0] * 18
    assert ending(3).tolist() == [1.0, 1.0, 5.0]
