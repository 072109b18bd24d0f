"""The logistic reference: scikit-learn's probabilities, as a selector."""

import numpy as np
import pytest
import tensorflow as tf
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from test_every_method import SIZE, videos

from tf_dictsum.methods.labels import key_frames, normalised_importance, summary_frames
from tf_dictsum.methods.logistic import Logistic, LogisticSettings
from tf_dictsum.methods.setup import Setup
from tf_dictsum.util.errors import UserError


def fitted(made):
    method = Logistic(LogisticSettings(), Setup(SIZE))
    method.prepare(made, None, [])
    return method


def test_scores_are_the_probabilities_of_scikit_learn():
    made = videos()
    x = np.concatenate([v.features for v in made])
    y = np.concatenate([summary_frames(made).values[v.key] for v in made])
    expected = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    method = fitted(made)
    for video in made:
        got = method.score([video])[video.key]
        want = expected.predict_proba(video.features)[:, 1]
        np.testing.assert_allclose(got, want, rtol=1e-4)
    exported = method.selector.export_module()
    both = exported(tf.constant(made[0].features[None]), tf.constant([5]))["scores"][0]
    np.testing.assert_allclose(both[:5], method.score(made)["video_0"][:5], rtol=1e-6)
    assert not both[5:].numpy().any()
    method.reset(0)
    np.testing.assert_array_equal(method.score(made)["video_0"], 0.5)


def test_a_summary_that_holds_nothing_is_refused():
    made = videos(1)[0]
    whole = np.array([[0, made.n_frames - 1]])
    one_shot = type(made)(**{**vars(made), "change_points": whole})
    with pytest.raises(UserError, match="has nothing to tell apart"):
        fitted([one_shot])


def test_labels():
    made = videos()
    for video in made:
        summary, keys = (f(made).values[video.key] for f in (summary_frames, key_frames))
        assert set(summary) <= {0, 1}
        assert (keys <= summary).all()  # a key frame lies in a chosen shot
        between = normalised_importance(made).values[video.key]
        assert between.min() == 0
        assert between.max() == 1
    flat = type(made[0])(**{**vars(made[0]), "gtscore": np.full(made[0].n_steps, 0.3, np.float32)})
    np.testing.assert_array_equal(normalised_importance([flat]).values["video_0"], 0)
