import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tf_dictsum.errors import UserError
from tf_dictsum.metrics.fscore import f_average, f_max, f_scores


def naive(summary, user):
    both = sum(1 for s, u in zip(summary, user, strict=True) if s and u)
    precision = both / sum(summary) if sum(summary) else 0.0
    recall = both / sum(user) if sum(user) else 0.0
    return 100 * precision, 100 * recall, 100 * 2 * precision * recall / (precision + recall) if both else 0.0


@settings(deadline=None)
@given(st.integers(1, 40).flatmap(lambda n: st.tuples(hnp.arrays(bool, n), hnp.arrays(bool, (3, n)))))
def test_against_the_definition(pair):
    summary, users = pair
    expected = np.array([naive(summary.tolist(), user.tolist()) for user in users]).T
    found = f_scores(summary, users)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    assert all(x.dtype == np.float64 for x in found)
    assert f_max(found[2]) == found[2].max()
    assert f_average(found[2]) == pytest.approx(found[2].mean())


def test_a_user_against_itself_gives_100():
    user = np.arange(50) % 7 < 2
    assert [x.tolist() for x in f_scores(user, user[None])] == [[100.0]] * 3


def test_accepts_zeros_and_ones_of_any_type():
    assert f_scores(np.array([1, 0, 1], np.int8), np.array([[1.0, 1.0, 0.0]], np.float32))[2] == [50.0]


def test_lengths_must_agree():
    with pytest.raises(UserError, match=r"the summary has 4 frames but user_summary has 5"):
        f_scores(np.ones(4), np.ones((2, 5)))
