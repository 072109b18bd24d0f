"""Returns and losses of an actor and its critic."""

import tensorflow as tf

__all__ = ["actor_loss", "critic_loss", "returns_of"]


def returns_of(rewards: tf.Tensor, gamma: float) -> tf.Tensor:
    """R_k = r_k + γ R_{k+1}, nothing after the last: float [batch, picks] of rewards float [batch,
    picks]."""
    later = tf.zeros_like(rewards[:, 0])
    returns = []
    for reward in reversed(tf.unstack(rewards, axis=1)):
        later = reward + gamma * later
        returns.append(later)
    return tf.stack(returns[::-1], axis=1)


def actor_loss(
    probabilities: tf.Tensor, actions: tf.Tensor, advantages: tf.Tensor, entropy_weight: float
) -> tf.Tensor:
    """−[mean_k(log π(a_k) · advantage_k) + entropy_weight / picks · Σ_k entropy_k]: float [batch].

    Args:
      probabilities: π, float [batch, picks, fragments].
      actions: int32 [batch, picks].
      advantages: float [batch, picks], taken as numbers.
      entropy_weight: of the mean entropy of π.
    """
    logs = tf.math.log(tf.maximum(probabilities, probabilities.dtype.as_numpy_dtype(1e-30)))
    chosen = tf.gather(logs, actions, axis=-1, batch_dims=2)
    gain = tf.reduce_mean(chosen * tf.stop_gradient(advantages), axis=-1)
    entropy = -tf.reduce_sum(probabilities * logs, axis=-1)
    return -(gain + entropy_weight * tf.reduce_mean(entropy, axis=-1))


def critic_loss(returns: tf.Tensor, values: tf.Tensor) -> tf.Tensor:
    """Mean squared advantage: float [batch]; returns and values float [batch, picks]."""
    return tf.reduce_mean(tf.square(tf.stop_gradient(returns) - values), axis=-1)
