"""What holds for every registered method: exact resume, masks, exports, logs, settings that
replay."""

import inspect

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.data.video import Video
from tf_dictsum.methods.registry import METHODS, make_method
from tf_dictsum.methods.setup import Setup
from tf_dictsum.metrics.rank import spearman_rho

SIZE = 6
SMALL = {
    "hidden_size": 4,
    "parallel_size": 4,
    "pretrain_epochs": 0,
    "episodes": 2,
    "block": 5,
    "kernel_size": 4,
    "fragments": 5,
    "picks": 2,
    "heads": 2,
    "dense_size": 4,
}
ELSEWHERE = ("dictsum", "sum_gan_aae", "salience", "salience_student", "logistic")
HERE = [name for name in METHODS if name not in ELSEWHERE]


def videos(count=3, planted=None):
    made, rng = [], np.random.default_rng(3)
    for n in range(count):
        steps = 12 + 3 * n
        features = rng.random((steps, SIZE), np.float32)
        score = features[:, 0] if planted is None else planted(features)
        edges = np.linspace(0, steps * 15, 9).astype(int)
        made.append(
            Video(
                key=f"video_{n}",
                features=features,
                picks=np.arange(steps) * 15,
                n_frames=steps * 15,
                change_points=np.stack([edges[:-1], edges[1:] - 1], axis=1),
                gtscore=score.astype(np.float32),
            )
        )
    return made


def small(name, batch_size=1, **changes):
    kind = METHODS.settings(name)
    wanted = {**SMALL, **changes}
    known = set(kind().values())
    setup = Setup(SIZE, tuple(v.n_steps for v in videos()), batch_size)
    return make_method(kind(**{k: v for k, v in wanted.items() if k in known}), setup)


def values(method):
    return {name: np.array(variable) for name, variable in method.variables.items()}


def train(method, folder, first, last):
    method.prepare(videos(2), folder, [])
    method.fit(first_epoch=first, epochs=last, callbacks=[])


@pytest.mark.parametrize("name", HERE)
def test_resume_and_reset_are_exact(name, tmp_path):
    """All that a checkpoint holds, put into another object after an epoch: the same bits after the
    second; a seed is all that an untrained model depends on."""
    method, other = small(name), small(name)
    method.reset(5)
    untrained = values(method)
    train(method, tmp_path, 0, 1)
    saved = values(method)
    train(method, tmp_path, 1, 2)
    whole = values(method)
    assert set(saved) == set(other.variables)
    for key, variable in other.variables.items():
        variable.assign(saved[key])
    other.seed = 5
    train(other, tmp_path, 1, 2)
    for key, value in values(other).items():
        np.testing.assert_array_equal(value, whole[key], err_msg=key)
    assert any((whole[key] != saved[key]).any() for key in whole if key.startswith("model/"))
    method.reset(5)
    for key, value in values(method).items():
        np.testing.assert_array_equal(value, untrained[key], err_msg=key)
    method.reset(6)
    assert any((value != untrained[key]).any() for key, value in values(method).items())


@pytest.mark.parametrize("name", HERE)
def test_scores_do_not_depend_on_padding_batch_or_call(name):
    method = small(name)
    method.reset(1)
    made = videos()
    scores = method.score(made)
    again = method.score(made)
    longest = max(v.n_steps for v in made) + 5
    features = np.full((len(made), longest, SIZE), 50, np.float32)
    for row, video in zip(features, made, strict=True):
        row[: video.n_steps] = video.features
    lengths = tf.constant([v.n_steps for v in made])
    together = method.selector(features, mask=tf.sequence_mask(lengths, longest))
    exported = method.selector.export_module()(tf.constant(features), lengths)["scores"]
    for n, video in enumerate(made):
        steps = video.n_steps
        assert scores[video.key].shape == (steps,)
        np.testing.assert_array_equal(scores[video.key], again[video.key])
        for batch in (together, exported):
            np.testing.assert_allclose(batch[n, :steps], scores[video.key], rtol=2e-5, atol=2e-6)
            assert not np.asarray(batch)[n, steps:].any()


@pytest.mark.parametrize("name", HERE)
def test_selector_is_rebuilt_from_its_config(name):
    selector = small(name).selector
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(selector))
    again.set_weights(selector.get_weights())
    x = tf.constant(videos()[0].features[None])
    np.testing.assert_array_equal(again(x), selector(x))
    assert again.get_config() == selector.get_config()


@pytest.mark.parametrize("name", HERE)
def test_logs_and_updates_are_described(name):
    method = small(name)
    method.prepare(videos(), None, [])
    (batch, *_) = method.batches
    logs = method.model.train_step({k: tf.constant(v) for k, v in batch.tensors().items()})
    undescribed = {k for k in logs if not k.startswith("gradient_norm_")} - set(method.logs)
    assert not undescribed
    if method.criterion is not None:
        assert method.criterion.log in logs
    assert list(method.optimizers()) == list(method.learning_rates)
    assert set(method.learning_rates) == set(method.model.groups)
    assert all(np.isfinite(float(value)) for value in logs.values())


@pytest.mark.parametrize("name", HERE)
def test_padding_changes_no_update(name):
    """Without draws: dropout off; methods that draw noise or picks have their golden tests."""
    if "noise" in inspect.getsource(METHODS[name].build) or hasattr(small(name).model, "noise"):
        pytest.skip("draws noise: its golden test pads")
    plain, padded = (small(name, dropout=0.0) for _ in range(2))
    batches = []
    for method, extra in ((plain, 0), (padded, 4)):
        method.reset(2)
        method.prepare(videos(), None, [])
        data = dict(method.batches[0].tensors())
        steps = data["features"].shape[1]
        if name == "dr_dsn":
            data["actions"] = np.tile(np.float32([1, 0, 0]), steps // 3)[None, None].repeat(2, 1)
        for key, value in data.items():
            for axis, size in enumerate(value.shape):
                if size == steps:
                    pad = [(0, extra if axis == n else 0) for n in range(value.ndim)]
                    data[key] = np.pad(value, pad, constant_values=9 if key == "features" else 0)
        batches.append(method.model.train_step({k: tf.constant(v) for k, v in data.items()}))
    for key, value in batches[0].items():
        np.testing.assert_allclose(batches[1][key], value, rtol=2e-5, atol=1e-6, err_msg=key)


@pytest.mark.parametrize("name", HERE)
def test_settings_replay(name):
    settings = METHODS.settings(name)
    assert settings.method == name
    assert settings(**settings().values()) == settings()
    assert f"--method={name}" in settings().as_flags()


@pytest.mark.slow
@pytest.mark.parametrize("name", [n for n in HERE if METHODS[n].supervised()])
def test_supervised_methods_recover_a_planted_score(name, tmp_path):
    """The label is the first feature, on the training videos themselves."""
    changes = {"hidden_size": 16, "learning_rate": 1e-2, "dropout": 0.0, "kernel_size": 8}
    epochs = 250
    if name == "a_avs":  # slower, and unsteady at that rate
        changes["learning_rate"], epochs = 3e-3, 800
    if name == "dpplstm":  # its labels are a few key frames; on their ranking the DPP says nothing
        changes |= {"scores": "importance", "dpp_weight": 0.0}
    method = small(name, **changes)
    method.reset(0)
    made = videos()
    if name == "dpplstm":
        method.extras = lambda v: METHODS["vslstm"].extras(method, v)
    method.prepare(made, tmp_path, [])
    method.fit(first_epoch=0, epochs=epochs, callbacks=[])
    for video in made:
        rho = spearman_rho(method.score([video])[video.key], video.gtscore[None])
        assert rho > 0.9, video.key
