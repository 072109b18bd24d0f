"""Scores as the field writes them: {"video_1": [one number per sampled frame], ...}."""

import os
from collections.abc import Collection, Mapping

import numpy as np
from absl import logging
from numpy.typing import ArrayLike

from tf_dictsum.data.video import Dataset
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.recorded import read_checked_json

__all__ = ["checked_scores", "read_scores"]

_LARGEST = 3e38  # beyond it means and differences of scores overflow


def read_scores(
    path: str | os.PathLike[str],
    dataset: Dataset,
    keys: Collection[str],
    *,
    allow_missing: bool = False,
    quiet: bool = False,
) -> dict[str, np.ndarray]:
    """Reads {"video_1": [n_steps floats], ...}, the scores format of SUM-GAN-AAE and CA-SUM.

    Args:
      path: the JSON file.
      dataset: what the scores belong to.
      keys: videos that must have scores.
      allow_missing: scores of unknown videos are ignored and videos without scores are left out,
        with a log line.
      quiet: without that line, for the later files of a series.

    Returns:
      key -> float64 [n_steps]. Values outside [0, 1] are allowed.

    Raises:
      UserError: names the file, the key, what was found and what to do.
    """
    content = read_checked_json(path)
    if not isinstance(content, dict):
        raise UserError(
            f'{path}: a JSON {type(content).__name__}, not an object {{"video_1": [scores], ...}}.'
        )
    _check_keys(str(path), content.keys(), dataset, keys, allow_missing, quiet)
    return {
        key: _vector(path, key, content[key], video.n_steps)
        for key, video in dataset.videos.items()
        if key in content
    }


def checked_scores(
    name: str,
    scores: Mapping[str, ArrayLike],
    dataset: Dataset,
    keys: Collection[str],
    *,
    allow_missing: bool = False,
) -> dict[str, np.ndarray]:
    """As `read_scores`, of scores in memory; `name` is the system's, for messages."""
    _check_keys(name, scores.keys(), dataset, keys, allow_missing, False)
    vectors = {}
    for key, video in dataset.videos.items():
        if key not in scores:
            continue
        vector = np.asarray(scores[key], np.float64)
        if vector.shape != (video.n_steps,):
            raise UserError(
                f"{name}: {key}: scores of shape {vector.shape}, but the dataset has "
                f"{video.n_steps} sampled frames; give one score per pick."
            )
        usable = np.abs(vector) <= _LARGEST
        if not usable.all():
            step = int(np.flatnonzero(~usable)[0])
            raise UserError(
                f"{name}: {key}: entry {step} is {vector[step]}; all scores must be finite "
                f"and not beyond {_LARGEST:.0e}, the range of float32."
            )
        vectors[key] = vector
    return vectors


def _check_keys(
    source: str,
    given: Collection[str],
    dataset: Dataset,
    keys: Collection[str],
    allow_missing: bool,
    quiet: bool,
) -> None:
    unknown = [key for key in given if key not in dataset.videos]
    missing = [key for key in dataset.videos if key in keys and key not in given]
    for problem, names in (
        (f"videos that {dataset.source} does not have", unknown),
        ("no scores for videos to evaluate", missing),
    ):
        if names and not allow_missing:
            raise UserError(
                f"{source}: {problem}: {', '.join(names)}. "
                "Mend the scores, or go on without them by `allow_missing`."
            )
        if names and not quiet:
            logging.warning("%s: %s: %s; going on without them.", source, problem, ", ".join(names))
    if not set(given) & set(keys):
        raise UserError(
            f"{source}: no scores for any video to evaluate; expected keys such as {min(keys)}."
        )


def _vector(path: str | os.PathLike[str], key: str, value: object, n_steps: int) -> np.ndarray:
    if not isinstance(value, list):
        raise UserError(
            f"{path}: {key}: a JSON {type(value).__name__}, not a list of {n_steps} numbers."
        )
    for step, number in enumerate(value):  # one by one, to name the place
        if not isinstance(number, int | float) or isinstance(number, bool):
            raise UserError(f"{path}: {key}: entry {step} is {number!r:.40}, not a number.")
        if not abs(number) <= _LARGEST:
            raise UserError(
                f"{path}: {key}: entry {step} is {number!r:.40}; all scores must be finite "
                f"and not beyond {_LARGEST:.0e}, the range of float32."
            )
    if len(value) != n_steps:
        raise UserError(
            f"{path}: {key}: {len(value)} scores, but the dataset has {n_steps} sampled frames; "
            "give one score per pick."
        )
    return np.asarray(value, np.float64)
