"""Checks of one array of a dataset file; each raises UserError with one line that says where, what
and what to do.

`where` is always "file:video/key", such as "data.h5:video_3/features".
"""

from typing import NoReturn

import numpy as np

from tf_dictsum.util.errors import UserError

__all__ = [
    "check_change_points",
    "check_picks",
    "check_user_summary",
    "fail",
    "finite_float32",
    "one_integer",
    "whole_numbers",
]


_MOST = 1 << 53


def fail(where: str, found: str, remedy: str) -> NoReturn:
    """Raises the UserError "where: found. remedy."."""
    raise UserError(f"{where}: {found}. {remedy}.")


def _few(numbers: np.ndarray) -> str:
    return ", ".join(str(int(n)) for n in numbers[:5]) + (", ..." if len(numbers) > 5 else "")


def _numeric(where: str, array: np.ndarray) -> None:
    if array.dtype.kind not in "buif":
        kind = "text" if array.dtype.kind in "OSU" else str(array.dtype)
        fail(where, f"holds {kind}, expected real numbers", "Store floats or integers")


def finite_float32(where: str, array: np.ndarray, rank: int) -> np.ndarray:
    """`array` as float32, checked to be numbers of `rank` dimensions, all finite (float64 beyond
    float32 is not).

    Raises:
      UserError: another rank or type; NaN or infinite values (says in how many rows, and which).
    """
    _numeric(where, array)
    if array.ndim != rank:
        fail(
            where,
            f"shape {array.shape}, expected {rank} dimension{'s' * (rank > 1)}",
            "Store one row per entry",
        )
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.ascontiguousarray(array, dtype=np.float32)
    finite = np.isfinite(array)
    if not finite.all():
        bad = np.flatnonzero(~(finite.all(axis=1) if rank == 2 else finite))
        fail(
            where,
            f"NaN or infinite in {len(bad)} of {len(array)} rows (rows {_few(bad)})",
            "Compute these rows again or drop the video",
        )
    return array


def whole_numbers(where: str, array: np.ndarray) -> np.ndarray:
    """`array` as int64; integral floats are fine.

    Raises:
      UserError: not numbers, not whole, or beyond what float64 counts exactly (9e15): no count of
        frames.
    """
    _numeric(where, array)
    if array.dtype.kind == "f" and not (
        np.isfinite(array).all() and (array == np.round(array)).all()
    ):
        bad = array[~(np.isfinite(array) & (array == np.round(array)))]
        fail(where, f"holds {bad.flat[0]}, expected whole numbers", "Store integers")
    if array.size and (array.max() > _MOST or array.min() < -_MOST):
        fail(
            where,
            f"holds {array.max() if array.max() > _MOST else array.min()}, too large",
            "Store frame numbers",
        )
    return array.astype(np.int64)


def one_integer(where: str, array: np.ndarray) -> int:
    """A scalar or one-element array as a positive int.

    Raises:
      UserError: several values, not whole, or below 1.
    """
    if array.size != 1:
        fail(where, f"shape {array.shape}, expected one number", "Store a scalar")
    value = int(whole_numbers(where, array.reshape(-1))[0])
    if value < 1:
        fail(where, f"is {value}, expected at least 1", "Store the true count or drop the video")
    return value


def check_picks(where: str, picks: np.ndarray, n_frames: int) -> np.ndarray:
    """Frame numbers of the sampled frames as int64 [n_steps]: 0 first, increasing, below
    `n_frames`.

    Raises:
      UserError: any of these does not hold.
    """
    if picks.ndim != 1:
        fail(
            where,
            f"shape {picks.shape}, expected 1 dimension",
            "Store one frame number per feature row",
        )
    picks = whole_numbers(where, picks)
    if picks.min(initial=0) < 0:
        fail(
            where,
            f"holds the negative frame number {picks.min()}",
            "Store frame numbers counted from 0",
        )
    steps = np.flatnonzero(np.diff(picks) <= 0)
    if len(steps):
        i = int(steps[0])
        fail(
            where,
            f"not increasing: {picks[i]} is followed by {picks[i + 1]} at step {i + 1}",
            "Sort the sampled frames in time",
        )
    if len(picks) and picks[0] != 0:
        # Every frame takes the score of the last pick at or before it.
        fail(
            where,
            f"begins at frame {picks[0]}, so that the frames before it would have no score",
            "Let the first pick be frame 0",
        )
    if len(picks) and picks[-1] >= n_frames:
        fail(
            where,
            f"last pick is frame {picks[-1]}, but n_frames is {n_frames}",
            "Correct n_frames or the picks",
        )
    return picks


def check_change_points(where: str, points: np.ndarray, n_frames: int) -> np.ndarray:
    """First and last frame of every shot as int64 [n_shots, 2], inclusive; [2, n_shots] is
    transposed.

    Raises:
      UserError: the shots do not follow one another from frame 0 to frame n_frames - 1.
    """
    points = whole_numbers(where, points)
    if points.ndim != 2 or 2 not in points.shape:
        fail(
            where,
            f"shape {points.shape}, expected [shots, 2]",
            "Store the first and the last frame (inclusive) of every shot",
        )
    # Of a 2x2 array only the content tells: transposed, the second shot (column) begins where the
    # first ends.
    if points.shape[1] != 2 or (points.shape == (2, 2) and points[0, 1] == points[1, 0] + 1):
        points = points.T
    points = np.ascontiguousarray(points)
    if not len(points):
        fail(where, "holds no shots", "Remove the key if the shots are not known")
    remedy = "Store inclusive pairs that follow one another from frame 0 to the last"
    first, last = points[:, 0], points[:, 1]
    for i in np.flatnonzero(last < first)[:1]:
        fail(where, f"shot {i} ends at frame {last[i]}, before its beginning {first[i]}", remedy)
    for i in np.flatnonzero(first[1:] < first[:-1])[:1]:
        fail(
            where,
            f"not in order: shot {i + 1} begins at frame {first[i + 1]}, before shot {i} at "
            f"{first[i]}",
            remedy,
        )
    for i in np.flatnonzero(first[1:] <= last[:-1])[:1]:
        fail(
            where,
            f"shots {i} and {i + 1} overlap: {first[i]}-{last[i]} and {first[i + 1]}-{last[i + 1]}",
            remedy,
        )
    for i in np.flatnonzero(first[1:] > last[:-1] + 1)[:1]:
        fail(
            where,
            f"frames {last[i] + 1}-{first[i + 1] - 1} between shots {i} and {i + 1} belong to no "
            "shot",
            remedy,
        )
    if first[0] != 0:
        fail(where, f"the first shot begins at frame {first[0]}, not 0", remedy)
    if last[-1] >= n_frames:
        fail(
            where,
            f"the last shot ends at frame {last[-1]}, but n_frames is {n_frames} (frames "
            f"0-{n_frames - 1})",
            remedy,
        )
    if last[-1] < n_frames - 1:
        fail(where, f"frames {last[-1] + 1}-{n_frames - 1} at the end belong to no shot", remedy)
    return points


def check_user_summary(where: str, array: np.ndarray, n_frames: int) -> np.ndarray:
    """The frames each person kept as bool [users, n_frames]; a single row may come without its
    dimension.

    Raises:
      UserError: another frame count, no users, or values other than 0 and 1.
    """
    _numeric(where, array)
    array = array[None] if array.ndim == 1 else array
    if array.ndim != 2 or array.shape[1] != n_frames or not len(array):
        fail(
            where,
            f"shape {array.shape}, expected [users, {n_frames}] since n_frames is {n_frames}",
            "Store one 0/1 row per person",
        )
    kept = array == 1
    if not (kept | (array == 0)).all():
        odd = array[~(kept | (array == 0))]
        fail(
            where,
            f"holds {odd.flat[0]}, expected only 0 and 1",
            "Store 1 for every frame that the person kept, else 0",
        )
    return kept
