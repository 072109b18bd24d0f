"""One training step of SUM-GAN-AAE, as the public code takes it and in one forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import tensorflow as tf

from tf_dictsum.methods.sum_gan_aae.forward import Data, Forward, Logs

if TYPE_CHECKING:
    from tf_dictsum.methods.sum_gan_aae.model import Summarizer

__all__ = ["joint", "observe", "sequential"]


def sequential(model: Summarizer, data: Data, mask: tf.Tensor) -> Logs:
    """Selector and encoder, then decoder, then discriminator, each after a forward pass of its own
    (algorithm 1).
    """
    stepper, features = model.stepper, data["features"]

    with tf.GradientTape() as tape:
        forward = model.forward(features, mask)
        total, parts = model.selector_loss(forward, data, mask)
    # The gradients first: what is updated beside moves by the loss that the selector was given.
    gradients = tape.gradient(total, stepper.differentiated(model.selector_group))
    logs = {**parts, **observe(forward, mask), **model.update_others(forward, data)}
    logs["gradient_norm_selector"] = stepper.step(
        model.selector_optimizer, gradients, model.selector_group
    )

    with tf.GradientTape() as tape:
        total, parts = model.decoder_loss(model.forward(features, mask))
    logs |= parts
    logs["gradient_norm_decoder"] = stepper.apply(
        model.decoder_optimizer, tape, total, model.decoder_group
    )

    with tf.GradientTape() as tape:
        _, compressed, _, rebuilt = model.summarize_and_rebuild(features, mask)
        _, _, *judged = model.discriminate(compressed, tf.stop_gradient(rebuilt), mask)
        total, parts = model.discriminator_loss(*judged)
    logs |= parts
    logs["gradient_norm_discriminator"] = stepper.apply(
        model.discriminator_optimizer, tape, total, model.discriminator_group
    )
    return logs


def joint(model: Summarizer, data: Data, mask: tf.Tensor) -> Logs:
    """One forward pass, every gradient from it, then every step."""
    with tf.GradientTape(persistent=True) as tape:
        scores, compressed, encoding, rebuilt = model.summarize_and_rebuild(data["features"], mask)
        judged_input = tf.identity(compressed)
        judged = model.discriminate(judged_input, rebuilt, mask)
        forward = Forward(scores, compressed, encoding, rebuilt, *judged)
        selector_total, parts = model.selector_loss(forward, data, mask)
        decoder_total, decoder_parts = model.decoder_loss(forward)
        discriminator_total, discriminator_parts = model.discriminator_loss(
            forward.p_original, forward.p_reconstruction
        )
    selector_gradients = tape.gradient(selector_total, model.selector_group)
    decoder_gradients = tape.gradient(decoder_total, model.decoder_group)
    # The discriminator's loss does not reach back through X̂: its gradients stop at its input, and
    # go on from X alone.
    judge = model.discriminator.trainable_variables
    compress = model.scorer.compress.trainable_variables
    *of_judge, of_input = tape.gradient(discriminator_total, [*judge, judged_input])
    of_compress = tape.gradient(compressed, compress, output_gradients=of_input)
    by_variable = {
        id(v): g for v, g in zip([*judge, *compress], [*of_judge, *of_compress], strict=True)
    }
    discriminator_gradients = [by_variable[id(v)] for v in model.discriminator_group]

    logs = {**observe(forward, mask), **parts, **decoder_parts, **discriminator_parts}
    logs |= model.update_others(forward, data)
    step = model.stepper.step
    logs["gradient_norm_selector"] = step(
        model.selector_optimizer, selector_gradients, model.selector_group
    )
    logs["gradient_norm_decoder"] = step(
        model.decoder_optimizer, decoder_gradients, model.decoder_group
    )
    logs["gradient_norm_discriminator"] = step(
        model.discriminator_optimizer, discriminator_gradients, model.discriminator_group
    )
    return logs


def observe(forward: Forward, mask: tf.Tensor) -> Logs:
    """Mean and deviation of the scores within a video, and what the discriminator says, averaged
    over the batch.
    """
    weights = tf.cast(mask, forward.scores.dtype)
    count = tf.reduce_sum(weights, axis=1)
    mean = tf.reduce_sum(forward.scores * weights, axis=1) / count
    squares = weights * tf.square(forward.scores - mean[:, tf.newaxis])
    variance = tf.reduce_sum(squares, axis=1) / count
    return {
        "score_mean": tf.reduce_mean(mean),
        "score_std": tf.reduce_mean(tf.sqrt(variance)),
        "p_original": tf.reduce_mean(forward.p_original),
        "p_reconstruction": tf.reduce_mean(forward.p_reconstruction),
    }
