"""vsLSTM and dppLSTM against numbers of the public Theano code (float64)."""

import numpy as np
import pytest
import tensorflow as tf
from golden_methods import (
    MODES,
    Golden,
    close,
    float64,  # noqa: F401
    gradients_of,
    run,
)

from tf_dictsum.losses.determinantal import negative_log_likelihood, picked_determinant
from tf_dictsum.methods.vslstm import VsLstmModel
from tf_dictsum.methods.zhang_adam import ZhangAdam
from tf_dictsum.selectors.dpp_lstm import DppLstmSelector

pytestmark = pytest.mark.usefixtures("float64")
VARIANTS = [("vslstm", ""), ("dpplstm", "executed/"), ("dpplstm", "intended/")]


@pytest.fixture(scope="module")
def files(shared):
    return {name: Golden(shared, name) for name in ("vslstm", "dpplstm")}


def weights(selector, arrays):
    """[(variable, value)]: the repository's gates i, c, f, o joined in the order i, f, c, o."""
    size = selector.input_size
    gates = [arrays[f"sumLSTM_bid_W{gate}"] for gate in "ifco"]
    joined = np.concatenate(gates, axis=1)
    pairs = [
        (selector.lstm.cell.kernel, joined[:size]),
        (selector.lstm.cell.recurrent_kernel, joined[size:]),
        (
            selector.lstm.cell.bias,
            np.concatenate([arrays[f"sumLSTM_bid_b{gate}"] for gate in "ifco"]),
        ),
    ]
    layers = {
        "c_init_mlp_{}0": selector.initial_c,
        "h_init_mlp_{}0": selector.initial_h,
        "classify_mlp_{}0": selector.importance_hidden,
        "classify_mlp_{}1": selector.importance,
    }
    if selector.kernel_units:
        layers |= {"kernel_mlp_{}0": selector.kernel_hidden, "kernel_mlp_{}1": selector.kernel}
    for name, layer in layers.items():
        pairs.append((layer.kernel, arrays[name.format("W")]))
        pairs.append((layer.bias, arrays[name.format("b")]))
    return pairs


def make(golden, variant):
    meta, dpp = golden.meta, bool(variant)
    selector = DppLstmSelector(
        meta["input"], meta["hidden"], meta["kernel_output"] if dpp else 0, dtype="float64"
    )
    loss = "executed" if variant == "executed/" else "likelihood"
    model = VsLstmModel(selector, loss, jitter=0.0, dtype="float64")
    for variable, value in weights(selector, golden.group("init/")):
        variable.assign(value)
    return model


def batch(golden, *numbers, padding=4):
    return golden.batch(*numbers, padding=padding, extras=["label"])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "variant"), VARIANTS[:2])
def test_forward(files, name, variant, mode):
    golden = files[name]
    model, data = make(golden, variant), batch(golden, 0, 1)
    mask = tf.sequence_mask(data["lengths"], data["features"].shape[1])
    forward = run(model.selector.forward, mode)(data["features"], mask)
    scores = run(lambda x, m: model.selector(x, mask=m), mode)(data["features"], mask)
    for n in (0, 1):
        length, expected = int(data["lengths"][n]), golden.group(f"forward/{n}/")
        close(forward.importance[n, :length], expected["scores"][:, 0], 1e-11)
        close(scores[n, :length], expected["scores"][:, 0], 1e-11)
        assert not scores[n, length:].numpy().any()
        close(forward.c0[n], expected["c0"], 1e-11)
        close(forward.h0[n], expected["h0"], 1e-11)
        close(forward.video_and_hidden[n, :length], expected["video_and_hidden"], 1e-11)
        if variant:
            close(forward.kernel[n, :length], expected["kernel_features"], 1e-11)
            v = forward.importance[n, :length, None] * forward.kernel[n, :length]
            close(v @ tf.transpose(v), expected["L"], 1e-11)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_losses_and_gradients(files, name, variant, mode):
    golden = files[name]
    model = make(golden, variant)
    for n in (0, 1):
        total, parts = run(model.training_loss, mode)(batch(golden, n))
        close(total, golden[f"{variant}loss/{n}/total"], 1e-9 if variant else 1e-11)
        close(parts["error"], golden[f"{variant}loss/{n}/mse"], 1e-11)
    data = batch(golden, 0)
    pairs = weights(model.selector, golden.group(f"{variant}grad/total/"))
    variables = {str(k): (v, None) for k, (v, _) in enumerate(pairs)}
    gradients = gradients_of(variables, lambda: model.training_loss(data)[0], mode)
    for variable, expected in pairs:
        close(gradients[id(variable)], expected, 1e-9 if variant else 1e-11, variable.path)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(("name", "variant"), VARIANTS)
def test_training(files, name, variant, mode):
    golden = files[name]
    model = make(golden, variant)
    model.compile(selector_optimizer=ZhangAdam(golden.meta["lr"]))
    step = run(model.train_step, mode)
    for expected in golden[f"{variant}train/losses"]:
        logs = step(batch(golden, 0, 1))
        close(logs["total"], expected.mean(), 1e-9)
    for variable, expected in weights(model.selector, golden.group(f"{variant}train/final/")):
        close(variable.numpy(), expected, 1e-9, variable.path)


def test_weight_counts():
    assert DppLstmSelector(1024).count_params() == 2_230_273
    assert DppLstmSelector(1024, kernel_units=256).count_params() == 2_689_537


def test_scores_by_quality():
    model = DppLstmSelector(5, 4, 3, "quality", dtype="float64")
    x = tf.random.stateless_normal([1, 6, 5], [1, 2], dtype=tf.float64)
    forward = model.forward(x)
    v = forward.importance[..., None] * forward.kernel
    np.testing.assert_allclose(model(x), tf.reduce_sum(v * v, axis=-1))
    with pytest.raises(ValueError, match="'quality' of a kernel"):
        DppLstmSelector(5, 4, 0, "quality")


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e6])
def test_determinants_of_equal_frames_stay_finite(scale):
    """Two equal frames in y, and more frames than the kernel is wide, in float32: large, never
    NaN."""
    v = tf.Variable(np.tile(scale * np.eye(3, 4, dtype=np.float32), (1, 2, 1)))
    picked, mask = tf.ones([1, 6]), tf.ones([1, 6], tf.bool)
    with tf.GradientTape(persistent=True) as tape:
        likelihood = negative_log_likelihood(v, picked, mask)
        executed = picked_determinant(v, picked, mask)
    assert likelihood.dtype == tf.float32
    assert np.isfinite(likelihood).all()
    assert np.isfinite(tape.gradient(likelihood, v)).all()
    gram = np.eye(6) + v.numpy()[0].astype(float) @ v.numpy()[0].T.astype(float)
    if scale <= 1:
        np.testing.assert_allclose(executed, [np.linalg.det(gram)], rtol=1e-5)


def test_the_empty_set():
    v = tf.ones([1, 3, 2], tf.float64)
    loss = negative_log_likelihood(v, tf.zeros([1, 3], tf.float64), tf.ones([1, 3], tf.bool))
    np.testing.assert_allclose(loss, [np.log(np.linalg.det(np.eye(3) + np.ones((3, 3)) * 2))])
