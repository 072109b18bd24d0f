"""What a comparison allows one to say."""

from tf_dictsum.metrics.statistics import CONFIDENCE, Comparison

__all__ = ["verdict"]


def verdict(
    comparison: Comparison,
    a: str,
    b: str,
    *,
    lower_is_better: bool = False,
    confidence: float = CONFIDENCE,
) -> str:
    """What a comparison allows one to say, as a sentence.

    Args:
      comparison: of `paired_test` or `compare_runs`.
      a, b: names of the systems, such as "dictsum" and "random".
      lower_is_better: for errors.
      confidence: that was asked of the comparison; a difference counts when p is below 1 -
        confidence.
    """
    difference = comparison.difference
    low, high = difference.low, difference.high
    evidence = f"difference {_signed(difference.mean)}"
    if low is not None and high is not None:
        evidence += f", {confidence:.0%} interval [{_signed(low)}, {_signed(high)}]".replace(
            "%", " %"
        )
    evidence += f", p = {_p_text(comparison.p)}"
    better = "better" if (difference.mean < 0) == lower_is_better else "worse"
    head = f"{a} is {better} than {b}"
    alpha = 1 - confidence
    if comparison.smallest_p >= alpha:
        smallest = _p_text(comparison.smallest_p)
        return (
            f"{a} and {b}: too few runs to tell "
            f"({evidence}; with so few, p cannot be below {smallest})."
        )
    if comparison.p >= alpha:
        return f"{a} is not distinguishable from {b} on this set ({evidence})."
    if low is None or high is None:
        return f"{head} on this set ({evidence}; too few seeds and splits for an interval)."
    if low <= 0 <= high:
        return (
            f"{head} on these very videos, but not reliably so on other seeds or videos "
            f"({evidence})."
        )
    return f"{head} on this set ({evidence})."


def _signed(value: float) -> str:
    return f"{value:+.3g}"


def _p_text(p: float) -> str:
    return f"{p:.2g}" if p >= 0.001 else f"{p:.0e}"
