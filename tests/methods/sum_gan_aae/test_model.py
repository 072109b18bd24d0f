"""The training step's choices: padding and batches change nothing, every flag does what it says."""

import numpy as np
import pytest
import tensorflow as tf

from tf_dictsum.methods.dictsum.model import DictionarySummarizer
from tf_dictsum.methods.dictsum.settings import DictSumSettings
from tf_dictsum.methods.optimizers import Adam
from tf_dictsum.methods.sum_gan_aae.model import Summarizer
from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings

SIZE, UNITS, PARALLEL = 5, 4, 3


def make(dictionary=True, seed=1, bidirectional=True, dictionary_kind="learned", **changes):
    changes = {"clip": 0.0, "hidden_size": UNITS, **changes}
    changes["selector"] = "bidirectional" if bidirectional else "unidirectional"
    if dictionary:
        changes |= {"dictionary": dictionary_kind, "parallel_size": PARALLEL}
        settings = DictSumSettings(**changes)
        model = DictionarySummarizer(SIZE, settings, seed, dtype="float64")
    else:
        changes.pop("dict_weight", None)
        model = Summarizer(SIZE, SumGanAaeSettings(**changes), seed, dtype="float64")
    model.compile(
        selector_optimizer=Adam(1e-2),
        decoder_optimizer=Adam(1e-2),
        discriminator_optimizer=Adam(1e-3),
        **({"dictionary_optimizer": Adam(1e-2)} if dictionary else {}),
    )
    return model


def video(length, padded=None, seed=0):
    rng = np.random.default_rng(seed)
    features = np.zeros((padded or length, SIZE))
    features[:length] = rng.random((length, SIZE))
    features[length:] = 9.0  # rubbish that must not matter
    return {
        "features": tf.constant(features[None]),
        "lengths": tf.constant([length]),
        "hidden": tf.constant(rng.normal(size=(1, PARALLEL))),
    }


def weights(model):
    return [w.copy() for w in model.get_weights()]


def steps(model, *batches):
    """Eagerly: tracing a step takes longer than a few of these; graph and XLA are the golden
    tests' part.
    """
    return [{k: float(v) for k, v in model.train_step(b).items()} for b in batches]


def test_without_weight_the_dictionary_changes_nothing_else():
    with_zero, without = make(dict_weight=0.0), make(dictionary=False)
    before = with_zero.dictionary.matrix.numpy().copy()
    a, b = steps(with_zero, video(6), video(6)), steps(without, video(6), video(6))
    for got, want in zip(
        with_zero.adversarial_variables, without.adversarial_variables, strict=True
    ):
        np.testing.assert_array_equal(got.numpy(), want.numpy())
    assert a[1]["reconstruction"] == b[1]["reconstruction"]
    assert (with_zero.dictionary.matrix.numpy() != before).all()  # A still learns by its own Adam


def test_a_frozen_dictionary_stays_and_still_teaches_the_others():
    frozen, learned = make(dictionary_kind="frozen"), make()
    before = frozen.dictionary.matrix.numpy().copy()
    first, others = weights(frozen), steps(frozen, video(6))
    np.testing.assert_array_equal(frozen.dictionary.matrix.numpy(), before)
    assert "gradient_norm_dictionary" not in others[0]
    assert others[0]["dictionary"] == steps(learned, video(6))[0]["dictionary"]
    for got, want in zip(frozen.adversarial_variables, learned.adversarial_variables, strict=True):
        np.testing.assert_array_equal(got.numpy(), want.numpy())  # the first step sees the same A
    assert (learned.dictionary.matrix.numpy() != before).any()
    assert len(first) == len(weights(frozen))


@pytest.mark.parametrize("update", ["sequential", "joint"])
def test_without_the_reconstruction_loss(update):
    model, usual, half = (
        make(recon_weight=0.0, update=update),
        make(update=update),
        make(recon_weight=0.5, update=update),
    )
    (found,), (seen,), (halved,) = (steps(m, video(6)) for m in (model, usual, half))
    assert found["reconstruction"] == seen["reconstruction"]  # still shown
    assert found["selector_total"] == pytest.approx(seen["sparsity"] + seen["dictionary"])
    assert halved["selector_total"] == pytest.approx(
        0.5 * seen["reconstruction"] + seen["sparsity"] + seen["dictionary"]
    )
    # Without it the selector's loss says nothing about φ(X̂): its gradient is that of sparsity and
    # dictionary alone.
    none = make(recon_weight=0.0, dict_weight=0.0, update=update, dictionary=False)
    (alone,) = steps(none, video(6))
    assert alone["selector_total"] == alone["sparsity"]
    assert alone["gradient_norm_selector"] < found["gradient_norm_selector"]


def test_dictionary_moves_only_by_its_own_optimizer():
    model = make()
    model.dictionary_optimizer.learning_rate.assign(0.0)
    before = model.dictionary.matrix.numpy().copy()
    steps(model, video(6), video(6))
    np.testing.assert_array_equal(model.dictionary.matrix.numpy(), before)


@pytest.mark.parametrize("update", ["sequential", "joint"])
def test_padding_changes_nothing(update):
    a, b = make(update=update), make(update=update)
    logs_a, logs_b = steps(a, video(6), video(4)), steps(b, video(6, 9), video(4, 9))
    for got, want in zip(logs_b, logs_a, strict=True):
        for name, value in want.items():
            assert got[name] == pytest.approx(value, rel=1e-9, abs=1e-12), name
    for got, want in zip(weights(b), weights(a), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-10)


def test_a_batch_is_the_mean_over_its_videos():
    one, two = video(6, 6, seed=1), video(4, 6, seed=2)
    both = {k: tf.concat([one[k], two[k]], axis=0) for k in one}
    alone = [steps(make(), v)[0] for v in (one, two)]
    together = steps(make(), both)[0]
    for name in (
        "reconstruction",
        "sparsity",
        "dictionary",
        "score_mean",
        "score_std",
        "p_original",
    ):
        assert together[name] == pytest.approx(np.mean([logs[name] for logs in alone]), rel=1e-9), (
            name
        )


def test_joint_update_uses_one_forward_pass():
    """Its gradients are those of the initial weights: the first losses agree with a pass that
    changes nothing.
    """
    joint, sequential = make(update="joint"), make()
    a, b = steps(joint, video(6))[0], steps(sequential, video(6))[0]
    for name in ("reconstruction", "sparsity", "dictionary", "gradient_norm_selector"):
        assert a[name] == pytest.approx(b[name], rel=1e-9)
    assert a["reconstruction_decoder"] == pytest.approx(a["reconstruction"], rel=1e-12)
    assert b["reconstruction_decoder"] != b["reconstruction"]


@pytest.mark.parametrize("lengths", [(6,), (6, 4)])
def test_joint_gradients_are_those_of_each_loss_alone(lengths):
    videos = [video(length, 6, seed=length) for length in lengths]
    batch = {k: tf.concat([v[k] for v in videos], axis=0) for k in videos[0]}
    joint, same = make(update="joint"), make()
    steps(joint, batch)
    mask = tf.sequence_mask(batch["lengths"], 6)
    with tf.GradientTape(persistent=True) as tape:
        forward = same.forward(batch["features"], mask)
        selector_total, _ = same.selector_loss(forward, batch, mask)
        decoder_total, _ = same.decoder_loss(forward)
        _, _, p_original, p_rebuilt = same.discriminate(
            forward.compressed, tf.stop_gradient(forward.reconstruction), mask
        )
        discriminator_total, _ = same.discriminator_loss(p_original, p_rebuilt)
    for name, total in (
        ("selector", selector_total),
        ("decoder", decoder_total),
        ("discriminator", discriminator_total),
    ):
        group = getattr(same, f"{name}_group")
        moments = getattr(joint, f"{name}_optimizer")._momentums
        for variable, moment, gradient in zip(
            group, moments, tape.gradient(total, group), strict=True
        ):
            found = moment.numpy() / 0.1  # the first moment after one step: (1 - β₁) g
            np.testing.assert_allclose(
                found, gradient, rtol=1e-8, atol=1e-12, err_msg=f"{name}: {variable.path}"
            )


def test_norms_and_selector_kind():
    square = steps(make(recon_norm="l2sq", dict_norm="l2sq"), video(6))[0]
    plain = steps(make(), video(6))[0]
    assert square["reconstruction"] == pytest.approx(plain["reconstruction"] ** 2, rel=1e-9)
    assert square["dictionary"] == pytest.approx(plain["dictionary"] ** 2, rel=1e-9)
    assert [len(x) for x in make(bidirectional=False).scorer.selector.layers] == [1, 1]
    assert np.isfinite(list(steps(make(bidirectional=False), video(6))[0].values())).all()


def test_discriminator_sees_one_side_in_turn():
    def moved(model, batch):
        before = [v.numpy().copy() for v in model.discriminator.trainable_variables]
        steps(model, batch)
        return [
            v.numpy() - b
            for v, b in zip(model.discriminator.trainable_variables, before, strict=True)
        ]

    first = moved(make(discriminator_real="alternate"), video(6))
    assert all(np.isfinite(m).all() for m in first)
    assert first[-1][0] > 0  # only L_orig: the output's bias can only rise
    later = make(discriminator_real="alternate")
    later.discriminator_optimizer.iterations.assign(1)
    assert moved(later, video(6))[-1][0] < 0  # only L_sum


def test_clipping_bounds_the_norm_of_a_group():
    model = make(clip=1e-3, dictionary=False)
    model.selector_optimizer.learning_rate.assign(1.0)
    logs = steps(model, video(6))[0]
    assert logs["gradient_norm_selector"] > 1e-3
    moments = [v.numpy() for v in model.selector_optimizer._momentums]
    norm = (
        np.sqrt(sum((m**2).sum() for m in moments)) / 0.1
    )  # first moment after one step: (1 - β₁) g
    assert norm == pytest.approx(1e-3, rel=2e-3)


def test_clip_scope_all_sees_what_other_updates_left():
    """By hand: the second step's factor for the selector counts the gradients that the first
    step's updates left behind.
    """
    limit = 1e-2
    model = make(clip_scope="all", clip=limit, dictionary=False)
    steps(model, video(6), video(6))
    left = model.stepper.state
    # The discriminator's update came last: all gradients, its own included, were scaled to the
    # limit together.
    assert np.sqrt(sum((v.numpy() ** 2).sum() for v in left)) == pytest.approx(limit, rel=1e-3)
    own = {id(v) for v in model.discriminator_group}
    stale = [
        v.numpy()
        for v, w in zip(left, model.adversarial_variables, strict=True)
        if id(w) not in own
    ]
    assert any(s.any() for s in stale)


def test_needs_a_dictionary_optimizer():
    model = DictionarySummarizer(SIZE, DictSumSettings(hidden_size=UNITS, parallel_size=PARALLEL))
    with pytest.raises(ValueError, match="needs a dictionary_optimizer"):
        model.compile(
            selector_optimizer=Adam(1e-2),
            decoder_optimizer=Adam(1e-2),
            discriminator_optimizer=Adam(1e-3),
        )
