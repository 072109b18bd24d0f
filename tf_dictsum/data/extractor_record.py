"""What the features of a file are: a record in HDF5 attributes and in a selector's metadata, and
the comparison of two records.

A record has `network`, `layer`, `preprocessing`, `weights` (SHA-256 over the arrays, the same
whatever file they came from) and `fps` (sampled frames per second), as plain JSON values.
"""

import json
import os
from collections.abc import Mapping
from typing import Any

import h5py

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.stored import open_stored, read_attributes

__all__ = ["ATTRIBUTE", "FIELDS", "check_extractor", "extractor_attributes", "read_extractor"]

ATTRIBUTE = "extractor"
FIELDS = ("network", "layer", "preprocessing", "weights", "fps")
_SAME_FPS = 1e-6


def extractor_attributes(record: Mapping[str, Any]) -> dict[str, str]:
    """The HDF5 attributes that hold a record: one, as JSON."""
    return {ATTRIBUTE: json.dumps({name: record[name] for name in FIELDS})}


def read_extractor(
    source: h5py.Group | Mapping[str, object] | str | os.PathLike[str],
) -> dict[str, Any] | None:
    """The record of a features file, or None where there is none (files made elsewhere).

    Args:
      source: an open file or group (a group without a record has its file's), a path, or attributes
        as `Dataset` has them.

    Raises:
      UserError: the record is damaged.
    """
    if isinstance(source, str | os.PathLike):
        with open_stored(source) as file:
            return read_extractor(file)
    if isinstance(source, h5py.Group):
        text = read_attributes(source).get(ATTRIBUTE)
        text = read_attributes(source.file).get(ATTRIBUTE) if text is None else text
        where = f"{source.file.filename}{source.name}"
    else:
        text, where = source.get(ATTRIBUTE), "features file"
    if text is None:
        return None
    try:
        found = json.loads(str(text))
        return {name: found[name] for name in FIELDS}
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(
            f"{where}: its attribute {ATTRIBUTE!r} is not a record of an extractor "
            f"({str(text)[:60]!r})."
        ) from None


SELECTOR = "that this selector was trained on"
_OF_SELECTOR = (
    "Extract them with the same network, weights and `fps`, or use a selector trained on features "
    "like these."
)


def check_extractor(
    trained: Mapping[str, Any] | None,
    given: Mapping[str, Any] | None,
    what: str,
    others: str = SELECTOR,
    advice: str = _OF_SELECTOR,
) -> None:
    """Refuses features that are not of the same kind as others, such as those that a selector was
    trained on.

    Where either side has no record there is nothing to compare.

    Args:
      trained: the record of the others, such as that of a selector.
      given: the record of the features to score.
      what: these features, for the message.
      others: what the others are, for the message: "not the features {others}".
      advice: what to do.

    Raises:
      UserError: the records differ; names each difference.
    """
    if not trained or not given:
        return
    differences = []
    for name in FIELDS:
        a, b = trained.get(name), given.get(name)
        same = (
            abs(float(a) - float(b)) < _SAME_FPS
            if name == "fps" and a is not None and b is not None
            else a == b
        )
        if not same:
            differences.append(f"{name} {_short(b)} here, {_short(a)} there")
    if differences:
        raise UserError(f"{what}: not the features {others} ({'; '.join(differences)}). {advice}")


def _short(value: object) -> str:
    text = str(value)
    return text[:12] if len(text) == 64 else text  # checksums
