"""A trained selector as files: selector.json (what it is) and selector.weights.h5."""

import pathlib
from typing import Any

from tf_dictsum.selectors.bilstm import BiLSTMSelector
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json, write_json
from tf_dictsum.util.weights import load_weights, save_weights

__all__ = ["load_selector", "save_selector"]

INFO, WEIGHTS = "selector.json", "selector.weights.h5"


def save_selector(selector: BiLSTMSelector, folder: pathlib.Path, info: dict[str, Any]) -> None:
    """Writes both files into `folder`; `info` says more than the sizes: method, feature extractor, ...

    Raises:
      UserError: the file system refused.
    """
    sizes = {
        "input_size": selector.input_size,
        "hidden_size": selector.units,
        "bidirectional": selector.bidirectional,
    }
    save_weights(selector, folder / WEIGHTS)
    write_json(folder / INFO, {**sizes, **info})


def load_selector(folder: pathlib.Path) -> tuple[BiLSTMSelector, dict[str, Any]]:
    """The selector of a split's folder (or of `tf_dictsum.convert`) and its selector.json.

    Raises:
      UserError: a file is missing or damaged.
    """
    info = read_json(folder / INFO)
    try:
        selector = BiLSTMSelector(
            int(info["input_size"]),
            int(info["hidden_size"]),
            bidirectional=bool(info["bidirectional"]),
            name="scorer",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / INFO}: does not describe a selector ({error!r}).") from error
    load_weights(
        selector, folder / WEIGHTS, f"the weights of a selector as {INFO} beside it describes"
    )
    return selector, info
