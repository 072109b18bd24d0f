"""Scores of all videos of a dataset."""

import dataclasses
import html
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tf_dictsum.data.extractor_record import read_extractor
from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.data.video import Dataset
from tf_dictsum.selectors.loaded import LoadedSelector
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_json

__all__ = ["Scores", "score"]


@dataclasses.dataclass(frozen=True, eq=False)
class Scores(Mapping[str, np.ndarray]):
    """Scores of the sampled frames of several videos: a mapping key -> float32 [n_steps].

    Attributes:
      values_of: the mapping itself.
      dataset: name of the dataset.
      method: by which the selector was trained.
      source: of the selector.
    """

    values_of: dict[str, np.ndarray]
    dataset: str
    method: str
    source: str

    def __getitem__(self, key: str) -> np.ndarray:
        return self.values_of[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_of)

    def __len__(self) -> int:
        return len(self.values_of)

    def to_dict(self) -> dict[str, list[float]]:
        """{"video_1": [n_steps floats], ...}, the field's format of scores."""
        return {key: [float(x) for x in row] for key, row in self.items()}

    def write(self, path: str | os.PathLike[str]) -> None:
        """Writes `to_dict` as JSON, what `python -m tf_dictsum.evaluate --scores` reads.

        Raises:
          UserError: the file system refused.
        """
        write_json(path, self.to_dict())

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th>{html.escape(key)}</th><td>{len(row)}</td><td>{row.mean():.3f}</td>"
            f"<td>{row.std():.3f}</td><td>{row.min():.3f}</td><td>{row.max():.3f}</td></tr>"
            for key, row in self.items()
        )
        head = "".join(
            f"<th>{name}</th>" for name in ("video", "steps", "mean", "sd", "min", "max")
        )
        title = html.escape(f"Scores of {self.dataset} by {self.method} ({self.source})")
        return f"<p>{title}</p><table><tr>{head}</tr>{rows}</table>"


def score(
    selector: LoadedSelector | str | os.PathLike[str],
    dataset: Dataset | str | os.PathLike[str],
    *,
    progress: Callable[[int], Any] | None = None,
) -> Scores:
    """Scores every video of a dataset.

    Args:
      selector: a trained selector, or where one is (see `load_selector`).
      dataset: with features, or where one is (see `load_dataset`).
      progress: called with the number of videos done, after each.

    Raises:
      UserError: no such selector or dataset, or features that the selector was not trained on.
    """
    if not isinstance(dataset, Dataset):
        dataset = load_dataset(os.fspath(dataset))
    if not isinstance(selector, LoadedSelector):
        selector = load_selector(selector)
    values = {}
    record = read_extractor(dataset.attributes)
    for key, video in dataset.videos.items():
        if video.features is None:
            raise UserError(f"{dataset.source}: {key}: has no features to score.")
        selector.check_features(video.features.shape[1], record)
        values[key] = selector.score(video.features)
        if progress:
            progress(len(values))
    return Scores(values, dataset.name, selector.method, selector.source)
