"""From a trained selector to a SavedModel with all that is to be said about it."""

import os
import pathlib
from typing import Any

from tf_dictsum.selectors.loaded import KerasSelector, LoadedSelector
from tf_dictsum.selectors.loading import load_selector
from tf_dictsum.selectors.metadata import weights_file
from tf_dictsum.serving.config.version_folders import new_version
from tf_dictsum.util.checksums import sha256_of_file
from tf_dictsum.util.errors import UserError

__all__ = ["export"]

FPS = 2.0  # the sampling of the field's datasets, where no record says another


def export(
    selector: LoadedSelector | str | os.PathLike[str],
    folder: str | os.PathLike[str],
    *,
    version: int | None = None,
    epoch: str = "last",
    feature_extractor: str = "",
    sampling_fps: float = FPS,
) -> pathlib.Path:
    """Writes a SavedModel for TensorFlow Serving and `tf_dictsum.serve`; it appears whole or not at
    all.

    Args:
      selector: with weights of its own, or where one is (see `load_selector`).
      folder: of the model; its last part is the model's name, versions go below.
      version: to write; None: the next one.
      epoch: of a selector that is given by where it is: "last", or "selected" without labels.
      feature_extractor: what made the features, for the metadata; "": what the selector's metadata
        says, or unknown.
      sampling_fps: frames a second that are scored, for the metadata, unless the selector's says.

    Returns:
      The version's folder.

    Raises:
      UserError: no such selector, one without weights here (a SavedModel, a server), the version
        exists, the file system refuses, or tensorflow-serving-api is not installed.
    """
    try:
        import tensorflow_serving.apis  # noqa: F401
    except ImportError:
        raise UserError(
            "exporting needs tensorflow-serving-api for the warm-up requests: "
            "pip install 'tf-dictsum[serve]'."
        ) from None
    target = new_version(pathlib.Path(folder), version)
    if not isinstance(selector, LoadedSelector):
        selector = load_selector(selector, epoch)
    if not isinstance(selector, KerasSelector):
        raise UserError(
            f"{selector.source}: holds no weights of ours to export; "
            "give a run directory, a selector directory or a preset."
        )
    from tf_dictsum.serving.export.saved_model import write_saved_model

    record = selector.extractor or {}
    network = " ".join(str(record[name]) for name in ("network", "layer") if name in record)
    metadata = {
        **selector.metadata,
        "feature_extractor": feature_extractor or network or "unknown",
        "sampling_fps": record.get("fps", sampling_fps),
        **_origin(pathlib.Path(selector.source), epoch),
    }
    return write_saved_model(selector.model, target.parent, int(target.name), metadata)


def _origin(folder: pathlib.Path, epoch: str) -> dict[str, Any]:
    """The flags of the run and the weights file, as far as the selector came from files."""
    config, weights = folder.parent / "config.flags", weights_file(folder, epoch)
    flags = config.read_text(encoding="utf-8").splitlines() if config.is_file() else None
    if not weights.is_file():
        return {"training_config": flags}
    return {
        "training_config": flags,
        "weights": weights.name,
        "weights_sha256": sha256_of_file(weights),
    }
