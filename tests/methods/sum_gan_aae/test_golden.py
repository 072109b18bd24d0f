"""Against numbers of the public PyTorch SUM-GAN-AAE and the paper author's parallel autoencoder
(float64).
"""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum import losses
from tf_dictsum.layers.initializers import Initializers
from tf_dictsum.layers.loops import compiled_loops
from tf_dictsum.methods.dictsum.model import DictionarySummarizer
from tf_dictsum.methods.dictsum.parallel_autoencoder import ParallelAutoencoder
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.sum_gan_aae.model import Summarizer
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
from tf_dictsum.selectors.torch_weights import load_parallel, load_summarizer

MODES = ("eager", "graph", "loops", "xla")  # loops: a graph whose time loops are compiled
LOSSES = ("recon", "sparsity", "dictionary", "generator", "original", "summary")


def run(function, mode):
    return function if mode == "eager" else tf.function(function, jit_compile=mode == "xla")


@pytest.fixture(autouse=True)
def float64_learning_rates():
    before, policy = (
        keras.config.floatx(),
        keras.config.dtype_policy(),
    )  # asked for first: it is made of what floatx is then, and stays
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


@pytest.fixture(scope="module")
def golden(shared):
    with np.load(shared / "golden" / "sum_gan_aae_public.npz") as archive:
        arrays = dict(archive)
    arrays["meta"] = json.loads(str(arrays["meta"]))
    return arrays


def group(golden, prefix):
    return {k.removeprefix(prefix): v for k, v in golden.items() if k.startswith(prefix)}


def zero_filled(gradients, variables):
    return [tf.zeros_like(v) if g is None else g for g, v in zip(gradients, variables, strict=True)]


def summarizer(golden, dtype="float64", dictionary=True, mode="eager", **objective):
    meta = golden["meta"]
    shared = {"sigma": meta["sigma"], "clip": 0.0, "hidden_size": meta["hidden"], **objective}
    with compiled_loops(mode == "loops"):
        if dictionary:
            settings = DictSumSettings(**shared, parallel_size=meta["hidden"])
            model = DictionarySummarizer(meta["input"], settings, dtype=dtype)
        else:
            model = Summarizer(meta["input"], SumGanAaeSettings(**shared), dtype=dtype)
    load_summarizer(model, group(golden, "init/model/"), "golden")
    if dictionary:
        model.dictionary.matrix.assign(golden["init/A"])
    return model


def inputs(golden, n, dtype="float64", padded_length=0):
    features = golden[f"features/{n}"].astype(dtype)
    padded = np.pad(
        features, [(0, max(0, padded_length - len(features))), (0, 0)], constant_values=7.0
    )
    hidden = golden[f"forward/{n}/parallel_hidden"].astype(dtype)
    return {
        "features": tf.constant(padded[np.newaxis]),
        "lengths": tf.constant([len(features)], tf.int32),
        "hidden": tf.constant(hidden[np.newaxis]),
    }


def loss_values(model, data, mask):
    forward = model.forward(data["features"], mask)
    values = {
        "recon": losses.reconstruction_loss(forward.phi_original, forward.phi_reconstruction),
        "sparsity": losses.sparsity_loss(forward.scores, mask, model.settings.sigma),
        "dictionary": losses.dictionary_loss(data["hidden"], model.dictionary(forward.encoding)),
        "generator": losses.generator_loss(forward.p_reconstruction),
        "original": losses.original_loss(forward.p_original),
        "summary": losses.summary_loss(forward.p_reconstruction),
    }
    return forward, {k: v[0] for k, v in values.items()}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [0, 53])
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 2e-5)])
def test_forward_and_losses(golden, mode, padding, dtype, tolerance):
    model = summarizer(golden, dtype, mode=mode)

    def compute(data):
        return loss_values(
            model, data, tf.sequence_mask(data["lengths"], tf.shape(data["features"])[1])
        )

    compute = run(compute, mode)
    for n, length in enumerate(golden["meta"]["lengths"]):
        forward, values = compute(inputs(golden, n, dtype, padding))
        expected = group(golden, f"forward/{n}/")
        for name, got in (
            ("compressed", forward.compressed[0, :length]),
            ("scores", forward.scores[0, :length]),
            ("encoder_hidden", forward.encoding[0]),
            ("reconstruction", forward.reconstruction[0, :length]),
            ("phi_original", forward.phi_original[0]),
            ("phi_reconstruction", forward.phi_reconstruction[0]),
            ("p_original", forward.p_original[0]),
            ("p_reconstruction", forward.p_reconstruction[0]),
        ):
            np.testing.assert_allclose(
                got, expected[name], rtol=tolerance, atol=tolerance, err_msg=name
            )
        for name, got in values.items():
            np.testing.assert_allclose(
                got, golden[f"loss/{n}/{name}"], rtol=tolerance, atol=tolerance / 10, err_msg=name
            )


def single_bias(arrays):
    """The frozen bias_hh has no gradient of its own: our one bias is bias_ih."""
    return {
        **arrays,
        **{
            k.replace("bias_ih", "bias_hh"): np.zeros_like(v)
            for k, v in arrays.items()
            if "bias_ih" in k
        },
    }


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [0, 53])
def test_gradients(golden, mode, padding):
    model = summarizer(golden, mode=mode)
    variables = [*model.adversarial_variables, model.dictionary.matrix]

    def compute(data):
        with tf.GradientTape(persistent=True) as tape:
            _, values = loss_values(
                model, data, tf.sequence_mask(data["lengths"], tf.shape(data["features"])[1])
            )
        return {
            name: zero_filled(tape.gradient(value, variables), variables)
            for name, value in values.items()
        }

    gradients = run(compute, mode)(inputs(golden, 0, padded_length=padding))
    for name in LOSSES:
        expected = group(golden, f"grad/{name}/")
        reference = summarizer(golden)
        load_summarizer(
            reference,
            single_bias({k: v for k, v in expected.items() if k != "A"}),
            "golden gradients",
        )
        reference.dictionary.matrix.assign(expected["A"])
        wanted = [*reference.adversarial_variables, reference.dictionary.matrix]
        for variable, got, want in zip(variables, gradients[name], wanted, strict=True):
            np.testing.assert_allclose(
                got, want.numpy(), rtol=1e-9, atol=1e-12, err_msg=f"{name} {variable.path}"
            )


@pytest.mark.parametrize("mode", MODES)
def test_dictionary_loss_reaches_selector_and_encoder_only(golden, mode):
    model = summarizer(golden, mode=mode)
    others = model.decoder.trainable_variables + model.discriminator.trainable_variables

    def compute(data):
        with tf.GradientTape() as tape:
            _, values = loss_values(
                model, data, tf.sequence_mask(data["lengths"], tf.shape(data["features"])[1])
            )
        return zero_filled(tape.gradient(values["dictionary"], others), others)

    for gradient in run(compute, mode)(inputs(golden, 0)):
        assert not gradient.numpy().any()


# One padded length for XLA, which compiles anew for every length; exact lengths for the others.
@pytest.mark.parametrize(
    ("mode", "padding"),
    [
        pytest.param("eager", 0, marks=pytest.mark.slow),
        ("graph", 0),
        ("loops", 0),
        pytest.param("xla", 53, marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("kind", ["baseline", "dictionary"])
def test_training_trajectory(golden, mode, padding, kind):
    meta = golden["meta"]
    model = summarizer(golden, dictionary=kind == "dictionary", mode=mode)

    def adam(rate):
        return Adam(rate, epsilon=meta["adam_eps"])

    model.compile(
        selector_optimizer=adam(meta["lr"]),
        decoder_optimizer=adam(meta["lr"]),
        discriminator_optimizer=adam(meta["discriminator_lr"]),
        **({"dictionary_optimizer": adam(meta["lr"])} if kind == "dictionary" else {}),
    )
    step = run(model.train_step, mode)
    names = [
        "reconstruction",
        "sparsity",
        "dictionary",
        "reconstruction_decoder",
        "generator",
        "original",
        "summary",
    ]
    for number, expected in enumerate(golden[f"train/{kind}/losses"]):
        logs = step(inputs(golden, number % 3, padded_length=padding))
        got = [float(logs.get(name, expected[k])) for k, name in enumerate(names)]
        np.testing.assert_allclose(got, expected, rtol=1e-6)
    final = group(golden, f"train/{kind}/final/model/")
    reference = summarizer(golden)
    load_summarizer(reference, final, "golden")
    for got, want in zip(model.adversarial_variables, reference.adversarial_variables, strict=True):
        np.testing.assert_allclose(
            got.numpy(), want.numpy(), rtol=1e-6, atol=1e-8, err_msg=got.path
        )
    if kind == "dictionary":
        np.testing.assert_allclose(
            model.dictionary.matrix.numpy(),
            golden["train/dictionary/final/A"],
            rtol=1e-6,
            atol=1e-8,
        )


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("padding", [0, 53])
def test_parallel_autoencoder(golden, mode, padding):
    with compiled_loops(mode == "loops"):
        model = ParallelAutoencoder(
            golden["meta"]["input"],
            golden["meta"]["hidden"],
            Initializers("keras", 3),
            dtype="float64",
        )
    load_parallel(model, group(golden, "init/parallel/"), "golden")

    def compute(data):
        return model(
            data["features"], mask=tf.sequence_mask(data["lengths"], tf.shape(data["features"])[1])
        )

    compute = run(compute, mode)
    for n, length in enumerate(golden["meta"]["lengths"]):
        hidden, rebuilt = compute(inputs(golden, n, padded_length=padding))
        np.testing.assert_allclose(hidden[0], golden[f"forward/{n}/parallel_hidden"], rtol=1e-9)
        np.testing.assert_allclose(
            rebuilt[0, :length],
            golden[f"forward/{n}/parallel_reconstruction"],
            rtol=1e-9,
            atol=1e-12,
        )


def test_weight_count_at_full_size():
    model = DictionarySummarizer(1024)
    assert sum(keras.ops.size(v) for v in model.adversarial_variables) == 24_285_002
    assert keras.ops.size(model.dictionary.matrix) == 250_000
