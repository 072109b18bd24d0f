"""How much there is to see in a frame."""

import numpy as np
from numpy.typing import ArrayLike

from tf_dictsum.saliency.checks import checked

__all__ = ["vector_length"]

_EQUAL = 1e-3  # relative: lengths that differ less were made equal, and the rest is rounding


def vector_length(features: ArrayLike, times: ArrayLike) -> np.ndarray | None:
    """Euclidean length of each feature vector, float64 [n]: black, blurred and plain frames have
    short ones.

    None where all are equally long, as normalised features are: there is nothing to learn from
    them.

    Raises:
      ValueError: as `saliency.checks.checked`.
    """
    rows, _ = checked(features, times)
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1)
    return None if lengths.max() - lengths.min() <= _EQUAL * lengths.max() else lengths
