"""What was trained on, as hashes: features on one side, what people marked on the other."""

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from tf_dictsum.data.splits import Split
from tf_dictsum.data.video import Dataset

__all__ = ["annotations_hash", "content_hash", "same_content", "split_identity"]


def content_hash(dataset: Dataset, keys: Sequence[str]) -> str:
    """SHA-256 over the features, picks and change points of some videos."""
    return _hash(dataset, keys, ("features", "picks", "change_points"))


def annotations_hash(dataset: Dataset, keys: Sequence[str]) -> str:
    """SHA-256 over what people marked in some videos: targets of supervised methods, and what all
    are measured by.
    """
    return _hash(dataset, keys, ("user_summary", "user_scores", "gtscore", "gtsummary"))


def _hash(dataset: Dataset, keys: Sequence[str], names: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for key in keys:
        for name in names:
            array: np.ndarray | None = getattr(dataset.videos[key], name)
            if array is not None:
                digest.update(f"{key} {array.dtype} {array.shape} ".encode())
                digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def split_identity(split: Split, dataset: Dataset) -> dict[str, Any]:
    """What split.json holds: the videos of a split, and what is in them."""
    keys = (*split.train_keys, *split.test_keys)
    return {
        "train_keys": list(split.train_keys),
        "test_keys": list(split.test_keys),
        "content": content_hash(dataset, keys),
        "annotations": annotations_hash(dataset, keys),
    }


def same_content(written: Any, present: dict[str, Any]) -> str | None:
    """What differs between two identities, in words; None when nothing does.

    Runs from before annotations were hashed have none in their split.json: nothing is known of
      theirs.
    """
    if not isinstance(written, dict):
        return "its split.json is damaged"
    names = ("train_keys", "test_keys", "content")
    if any(written.get(name) != present[name] for name in names):
        return "it was trained on other videos or other features"
    if written.get("annotations", present["annotations"]) != present["annotations"]:
        return "the annotations have changed since, and its measures are of the earlier ones"
    return None
