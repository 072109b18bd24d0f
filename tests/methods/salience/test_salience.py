"""The training-free method and its student."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.times import times_of
from tf_dictsum.data.video import Video
from tf_dictsum.losses.correlation import correlation_loss
from tf_dictsum.methods.registry import METHODS, make_method
from tf_dictsum.methods.salience.settings import SalienceSettings, StudentSettings
from tf_dictsum.methods.salience.student_model import excerpts
from tf_dictsum.methods.salience.teacher import seconds_per_step, targets
from tf_dictsum.methods.setup import Setup
from tf_dictsum.saliency.blend import collection_salience, video_salience
from tf_dictsum.saliency.direction import direction
from tf_dictsum.util.errors import UserError


@pytest.fixture(scope="module")
def videos():
    """Some of the demo set."""
    return list(demo_dataset().videos.values())[:5]


def _setup(videos, **options):
    lengths = tuple(v.n_steps for v in videos)
    return Setup(videos[0].features.shape[1], lengths, **options)


def _salience(videos, tmp_path, **options):
    method = make_method(SalienceSettings(**options), _setup(videos))
    method.reset(0)
    method.prepare(videos, tmp_path, [])
    return method


def test_scores_are_the_blend_of_video_and_training_videos(videos, tmp_path):
    train, test = videos[:3], videos[3:]
    axis = direction([(v.features, video_salience(v.features, times_of(v))) for v in train])
    scores = _salience(train, tmp_path, position_weight=0.5).score(test)
    for video in test:
        expected = collection_salience(
            video.features, 0.5 * np.arange(video.n_steps), axis, position_weight=0.5
        )
        np.testing.assert_allclose(scores[video.key], expected, atol=3 / video.n_steps)
        assert scores[video.key].dtype == np.float32


def test_without_a_direction_training_videos_do_not_matter(videos, tmp_path):
    one = _salience(videos[:1], tmp_path, direction_weight=0.0).score(videos[4:])
    two = _salience(videos[:3], tmp_path, direction_weight=0.0).score(videos[4:])
    np.testing.assert_array_equal(one[videos[4].key], two[videos[4].key])


def test_reset_forgets_the_training_videos(videos, tmp_path):
    method = _salience(videos, tmp_path)
    assert np.any(method.selector.direction.numpy())
    method.reset(1)
    assert not np.any(method.selector.direction.numpy())


def test_a_checkpoint_holds_all_that_scores_depend_on(videos, tmp_path):
    method = _salience(videos[:3], tmp_path)
    kept = {name: np.array(v) for name, v in method.variables.items()}
    other = make_method(SalienceSettings(), _setup(videos))
    for name, variable in other.variables.items():
        variable.assign(kept[name])
    for key, row in other.score(videos).items():
        np.testing.assert_array_equal(row, method.score(videos)[key])


def test_it_has_nothing_to_train(videos, tmp_path):
    method = _salience(videos, tmp_path)
    assert not METHODS["salience"].trains
    assert METHODS["salience"].criterion is None
    assert method.steps_per_epoch(videos) == 0
    assert method.learning_rates == {}
    assert not METHODS["salience"].supervised()
    assert not METHODS["salience_student"].supervised()


def test_videos_that_tell_nothing(tmp_path):
    still = Video("still", np.ones((9, 4), np.float32), 15 * np.arange(9), 135)
    with pytest.raises(UserError, match="the 1 training videos tell nothing about salience"):
        _salience([still], tmp_path)
    scores = _salience([still], tmp_path, direction_weight=0.0).score([still])
    np.testing.assert_allclose(scores["still"], 0.5)


def test_seconds_per_step_is_the_median_over_the_videos():
    made = [
        Video(str(fps), None, 15 * np.arange(5), 75, attributes={"fps": fps})
        for fps in (30.0, 25.0, 24.0)
    ]
    assert seconds_per_step(made) == pytest.approx(0.6)
    assert seconds_per_step([Video("v", None, np.arange(1), 1)]) == 0.5


@pytest.mark.parametrize(
    ("values", "message"),
    [({"direction_weight": -1.0}, "direction_weight=-1.0"), ({"smoothing": -1.0}, "smoothing")],
)
def test_settings_check_themselves(values, message):
    with pytest.raises(UserError, match=message):
        SalienceSettings(**values)


def test_correlation_loss_is_one_minus_pearsons():
    rng = np.random.default_rng(0)
    scores, target = rng.random((3, 20)), rng.random((3, 20))
    lengths = [20, 11, 2]
    loss = correlation_loss(
        tf.constant(scores), tf.constant(target), tf.sequence_mask(lengths, 20)
    ).numpy()
    expected = [1 - stats.pearsonr(scores[i, :n], target[i, :n])[0] for i, n in enumerate(lengths)]
    np.testing.assert_allclose(loss, expected, atol=1e-5)


def test_correlation_loss_of_constant_scores_is_one_and_has_a_gradient():
    scores = tf.Variable(np.full((1, 4), 0.5))
    with tf.GradientTape() as tape:
        loss = correlation_loss(
            scores, tf.constant([[1.0, 2, 3, 4]], tf.float64), tf.ones([1, 4], bool)
        )
    assert loss.numpy() == pytest.approx(1)
    assert np.isfinite(tape.gradient(loss, scores)).all()


@pytest.mark.parametrize("longest", [1, 4, 9, 20])
@pytest.mark.parametrize("start", [0.0, 0.5, 0.999999])
def test_excerpts_are_steps_in_a_row(longest, start):
    features = np.arange(2 * 9, dtype=np.float32).reshape(2, 9, 1)
    lengths = np.array([9, 3], np.int32)
    rows, target, kept = excerpts(
        tf.constant(features),
        tf.constant(features[..., 0]),
        tf.constant(lengths),
        tf.constant([start, start]),
        longest,
    )
    for i, n in enumerate(lengths):
        assert kept[i] == min(n, longest)
        first = min(int(start * (n - kept[i].numpy() + 1)), n - kept[i].numpy())
        np.testing.assert_array_equal(
            rows[i, : kept[i], 0], features[i, first : first + kept[i].numpy(), 0]
        )
        np.testing.assert_array_equal(target[i, : kept[i]], rows[i, : kept[i], 0])


@pytest.mark.parametrize("selector", ["bidirectional", "unidirectional"])
def test_the_student_learns_its_teacher(videos, tmp_path, selector):
    settings = StudentSettings(hidden_size=8, selector=selector, learning_rate=5e-3, excerpt=16)
    method = make_method(settings, _setup(videos, batch_size=3))
    method.reset(0)
    method.prepare(videos, tmp_path, [])
    wanted = targets(videos, settings)

    def likeness():
        scores = method.score(videos)
        return np.mean([stats.spearmanr(scores[v.key], wanted[v.key])[0] for v in videos])

    before = likeness()
    method.fit(first_epoch=0, epochs=12, callbacks=[])
    assert likeness() > before + 0.1


def test_a_causal_student_does_not_see_what_comes(videos, tmp_path):
    settings = StudentSettings(hidden_size=8, selector="unidirectional")
    method = make_method(settings, _setup(videos))
    method.reset(0)
    rows = tf.constant(videos[0].features)[tf.newaxis]
    np.testing.assert_allclose(
        method.selector(rows)[0, :10], method.selector(rows[:, :10])[0], atol=1e-6
    )
