"""Few lengths to pad videos to, so that XLA compiles a handful of shapes and little is computed in
vain.
"""

import bisect
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["bucket_of", "choose_buckets", "padded_lengths"]

ALIGNMENT = 8  # padded lengths are multiples of this, so that datasets share compiled programs


def choose_buckets(
    lengths: Sequence[int], max_padding: float = 0.10, max_buckets: int = 12
) -> tuple[int, ...]:
    """The smallest set of lengths to pad to whose total padding stays within a share of the total
    length.

    Exact, by dynamic programming over the sorted distinct lengths: in an optimal choice every
      bucket holds
    consecutive lengths and its bound is the largest of them.

    Args:
      lengths: number of steps of every video, each at least 1.
      max_padding: sum(bound - length) may be at most this times sum(lengths).
      max_buckets: at most so many; when they are not enough, the choice with the least padding.

    Returns:
      Increasing bounds, each the length of some video; the last one the longest. Among choices of
      the same number, one with the least padding. Empty for no lengths.

    Raises:
      ValueError: a length below 1, max_buckets below 1 or max_padding below 0.
    """
    if max_buckets < 1 or not max_padding >= 0:
        raise ValueError(
            f"max_buckets {max_buckets} must be at least 1 and max_padding {max_padding} at least 0"
        )
    distinct, counts = np.unique(np.asarray(lengths, dtype=np.int64), return_counts=True)
    if not len(distinct):
        return ()
    if distinct[0] < 1:
        raise ValueError(f"length {distinct[0]} is below 1")
    n = len(distinct)
    videos_before = np.concatenate([[0], np.cumsum(counts)])
    steps_before = np.concatenate([[0], np.cumsum(counts * distinct)])
    allowed = max_padding * float(steps_before[-1])

    # least[j]: least padding of the j shortest distinct lengths with the current number of buckets.
    unreachable = np.iinfo(np.int64).max // 2
    least = np.full(n + 1, unreachable)
    least[0] = 0
    starts: list[
        np.ndarray
    ] = []  # starts[k][j]: where the last of k + 1 buckets over the first j lengths begins
    for _ in range(min(max_buckets, n)):
        following, start = np.full(n + 1, unreachable), np.zeros(n + 1, dtype=np.int64)
        for j in range(1, n + 1):
            padding = distinct[j - 1] * (videos_before[j] - videos_before[:j]) - (
                steps_before[j] - steps_before[:j]
            )
            total = least[:j] + padding
            start[j] = np.argmin(total)
            following[j] = min(total[start[j]], unreachable)
        least = following
        starts.append(start)
        if least[n] <= allowed:
            break

    bounds, end = [], n
    for start in reversed(starts):
        bounds.append(int(distinct[end - 1]))
        end = int(start[end])
    return tuple(reversed(bounds))


def bucket_of(length: int, buckets: Sequence[int]) -> int:
    """The smallest of the increasing `buckets` that is at least `length`; a longer length is its
    own bucket.
    """
    i = bisect.bisect_left(buckets, length)
    return buckets[i] if i < len(buckets) else length


def padded_lengths(lengths: Iterable[int]) -> tuple[int, ...]:
    """The few lengths that sequences of `lengths` are padded to: at most about 10 % padding in
    all, multiples of ALIGNMENT.
    """
    return choose_buckets([-(-length // ALIGNMENT) * ALIGNMENT for length in lengths])
