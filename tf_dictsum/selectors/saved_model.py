"""A selector from a SavedModel, ours or anybody's of the same signature."""

import pathlib

import numpy as np

from tf_dictsum.selectors.loaded import LoadedSelector
from tf_dictsum.serving.config.version_folders import find_versions
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["SavedModelSelector", "find_saved_model"]

_METADATA = pathlib.Path("assets.extra", "metadata.json")


def find_saved_model(folder: pathlib.Path) -> pathlib.Path | None:
    """`folder` if it is a SavedModel, else the newest of its versions that is one, if any."""
    newest_first = [folder, *reversed(find_versions(folder).values())]
    return next((path for path in newest_first if (path / "saved_model.pb").is_file()), None)


class SavedModelSelector(LoadedSelector):
    """`serving_default` with features float32 [batch, time, D], lengths int32 [batch] -> scores.

    Args:
      folder: of the SavedModel (one version).

    Raises:
      UserError: it is damaged, or does not score features.
    """

    def __init__(self, folder: pathlib.Path):
        load_tensorflow()
        import tensorflow as tf

        try:
            # A signature alone does not keep its variables alive.
            self._loaded = tf.saved_model.load(str(folder))
            self._signature = self._loaded.signatures["serving_default"]
            inputs = self._signature.structured_input_signature[1]
            width = inputs["features"].shape[-1]
            missing = {"lengths"} - inputs.keys() | {"scores"} - set(
                self._signature.structured_outputs
            )
        except (OSError, ValueError, KeyError, AttributeError, tf.errors.OpError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UserError(
                f"{folder}: not a SavedModel that scores features ({type(error).__name__}: "
                f"{reason})."
            ) from error
        if missing:
            raise UserError(
                f"{folder}: not a SavedModel that scores features "
                f"(its signature serving_default has no {', '.join(sorted(missing))})."
            )
        file = folder / _METADATA
        metadata = read_json(file) if file.is_file() else {}
        super().__init__(str(folder), width, metadata)
        self.text = f"Scored by a trained selector ({self.method}, SavedModel)."

    def _score(self, features: np.ndarray) -> np.ndarray:
        import tensorflow as tf

        lengths = tf.constant([len(features)], tf.int32)
        return self._signature(features=tf.constant(features[None]), lengths=lengths)[
            "scores"
        ].numpy()[0]
