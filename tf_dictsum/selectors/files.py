"""A selector directory: config.json, metadata.json, model.weights.h5, README.md; the older layout
is still read.

The older one is selector.json (sizes and metadata in one) and selector.weights.h5, without
checksums.
"""

import importlib
import pathlib
from collections.abc import Mapping
from typing import Any

import keras

from tf_dictsum._version import __version__
from tf_dictsum.selectors.base import Selector
from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.selectors.card import model_card
from tf_dictsum.selectors.metadata import (
    CARD,
    CHECKSUMS,
    CONFIG,
    METADATA,
    OLD_METADATA,
    SELECTED,
    WEIGHTS,
    read_checked_metadata,
    weights_file,
)
from tf_dictsum.util.checksums import check_file, sha256_of_file, sha256_of_json
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json, write_text
from tf_dictsum.util.weights import load_weights, save_weights

__all__ = ["read_selector", "save_selector"]

_SIZES = ("input_size", "hidden_size", "bidirectional")  # in selector.json


def save_selector(selector: Selector, folder: pathlib.Path, info: Mapping[str, Any]) -> None:
    """Writes a selector directory, metadata.json last: a folder that has it is whole.

    Args:
      selector: built.
      folder: made where missing; what else it holds is left alone.
      info: plain JSON values beside the class and its config: `method`, `settings`, `seed`,
        `epochs`, `dataset`, `training_data` (keys and hash), `extractor` (record of the features),
        `results` (measured),
        ...

    Raises:
      UserError: the file system refused.
    """
    metadata = {"tf_dictsum": __version__, "keras": keras.__version__, **info}
    metadata.pop(CHECKSUMS, None)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / METADATA).unlink(missing_ok=True)
    save_weights(selector, folder / WEIGHTS)
    config = keras.saving.serialize_keras_object(selector)
    write_json(folder / CONFIG, config)
    write_text(folder / CARD, model_card(config, metadata))
    files = (CONFIG, WEIGHTS, *([SELECTED] if (folder / SELECTED).is_file() else []))
    checksums = {name: sha256_of_file(folder / name) for name in files}
    checksums[METADATA] = sha256_of_json(metadata)  # of all but these checksums
    write_json(folder / METADATA, {**metadata, CHECKSUMS: checksums})


def read_selector(folder: pathlib.Path, epoch: str = "last") -> tuple[Selector, dict[str, Any]]:
    """The selector of a selector directory (such as a split's folder of a run) and its metadata.

    Args:
      folder: of either layout.
      epoch: "last", or "selected" for the epoch that a run chose without labels.

    Raises:
      UserError: a file is missing, damaged or does not fit the others.
    """
    metadata, checksums = read_checked_metadata(folder)
    if checksums is None:
        selector, file = _old_selector(folder / OLD_METADATA, metadata), OLD_METADATA
    else:
        check_file(folder / CONFIG, checksums, folder / METADATA)
        selector, file = _selector_of(folder / CONFIG), CONFIG
    weights = weights_file(folder, epoch)
    what = f"the weights of a selector as {file} beside it describes"
    if epoch == "selected":
        what = "the selector of the epoch that was chosen without labels"
        if not weights.is_file():
            raise UserError(f"{weights}: no such file; expected {what}.")
    if checksums is not None:
        check_file(weights, checksums, folder / METADATA)
    load_weights(selector, weights, what)
    return selector, metadata


def _selector_of(path: pathlib.Path) -> Selector:
    config = read_json(path)
    try:
        name, module = config["registered_name"], str(config["module"])
        if keras.saving.get_registered_object(name) is None:
            if not module.startswith("tf_dictsum."):
                raise UserError(
                    f"{path}: the class {config['class_name']} is not ours; import its module "
                    f"({module}) first."
                )
            importlib.import_module(module)
        selector = keras.saving.deserialize_keras_object(config)
    except (KeyError, TypeError, ValueError, ImportError, AttributeError) as error:
        raise UserError(f"{path}: does not describe a selector ({error!r:.200}).") from error
    if not isinstance(selector, Selector):
        raise UserError(f"{path}: describes a {type(selector).__name__}, not a selector.")
    return selector


def _old_selector(path: pathlib.Path, info: Mapping[str, Any]) -> Selector:
    try:
        input_size, units, bidirectional = (info[name] for name in _SIZES)
        return BiLSTMSelector(
            int(input_size), int(units), bidirectional=bool(bidirectional), name="scorer"
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: does not describe a selector ({error!r}).") from error
