"""The losses and rewards of the methods, as pure functions of one batch; one file per family.

Every function takes float tensors with a leading batch axis and returns float [batch], one value
per video.
"""

from tf_dictsum.losses.adversarial import (
    dictionary_loss,
    generator_loss,
    norm,
    original_loss,
    reconstruction_loss,
    sparsity_loss,
    summary_loss,
)

__all__ = [
    "dictionary_loss",
    "generator_loss",
    "norm",
    "original_loss",
    "reconstruction_loss",
    "sparsity_loss",
    "summary_loss",
]
