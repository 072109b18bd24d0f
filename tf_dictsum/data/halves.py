"""A dataset cut into two halves by a rule nobody can bend: one to choose on, one to test on
once.
"""

import hashlib

from tf_dictsum.data.video import Dataset, Video

__all__ = ["halves", "inner_folds"]


def halves(dataset: Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Keys of the videos to choose on and of the videos to test on.

    Videos are sorted by the SHA-256 (hexadecimal, of the UTF-8 text) of their name, or of their key
    where the file has no names; the first half, rounded up, is the one to choose on. No score,
    label or length decides, and the order of the file does not matter.
    """
    order = sorted(dataset.videos.values(), key=_digest)
    middle = (len(order) + 1) // 2
    return tuple(v.key for v in order[:middle]), tuple(v.key for v in order[middle:])


def inner_folds(keys: tuple[str, ...], folds: int = 5) -> list[tuple[tuple[str, ...], ...]]:
    """Cross-validation inside one half: [(keys to fit on, keys held out), ...], every key held out
    once.

    The i-th key goes to fold i mod `folds`; keys from `halves` are in an order that is as good as
    random.

    Raises:
      ValueError: fewer keys than folds, or fewer than two folds.
    """
    if not 2 <= folds <= len(keys):
        raise ValueError(f"folds must be from 2 to the number of videos {len(keys)}, not {folds}")
    return [
        (
            tuple(key for i, key in enumerate(keys) if i % folds != fold),
            tuple(key for i, key in enumerate(keys) if i % folds == fold),
        )
        for fold in range(folds)
    ]


def _digest(video: Video) -> str:
    return hashlib.sha256((video.name or video.key).encode()).hexdigest()
