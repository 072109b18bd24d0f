"""Trained selectors from where people have them."""

import math
import os
import pathlib
import re
from collections.abc import Sequence

from absl import logging

from tf_dictsum.selectors.loaded import KerasSelector, LoadedSelector
from tf_dictsum.selectors.metadata import is_selector, read_metadata
from tf_dictsum.selectors.remote import RemoteSelector, is_address
from tf_dictsum.selectors.salience.training_free import NAME as TRAINING_FREE
from tf_dictsum.selectors.salience.training_free import TrainingFreeSelector
from tf_dictsum.selectors.saved_model import SavedModelSelector, find_saved_model
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["load_selector", "presets", "selector_folder"]

_PRESETS = pathlib.Path(__file__).parents[1] / "presets"
_SPLIT = re.compile(r"split(\d+)-seed(\d+)")


def load_selector(source: str | os.PathLike[str], epoch: str = "last") -> LoadedSelector:
    """A trained selector.

    Args:
      source: a selector directory; a run directory of `tf_dictsum.train` (of several splits and
        seeds the one with the lowest training criterion, which sees no label); a SavedModel (its
        folder, or a folder of
        versions: the newest); grpc://HOST:PORT/NAME (grpcs:// with TLS); the name of a preset that
        this package ships; or
        "salience", which needs no training.
      epoch: of a run: "last", or "selected", the one that was chosen without labels.

    Raises:
      UserError: there is no such model, it is damaged, or a server does not answer.
    """
    source = os.fspath(source)
    if is_address(source):
        return RemoteSelector(source)
    folder = pathlib.Path(source)
    if not folder.exists() and source == TRAINING_FREE:
        return TrainingFreeSelector()
    if not folder.exists() and source in presets():
        folder = _PRESETS / source
    if not folder.is_dir():
        names = f" Presets: {', '.join(presets())}." if presets() else ""
        raise UserError(
            f"{source}: no such folder. Give a run directory, a selector directory, a SavedModel "
            f"or grpc://HOST:PORT/NAME.{names}"
        )
    saved_model = find_saved_model(folder)
    if saved_model:
        return SavedModelSelector(saved_model)
    folder = selector_folder(folder)
    load_tensorflow()
    from tf_dictsum.selectors.files import read_selector

    selector, metadata = read_selector(folder, epoch)
    text = f"Scored by a trained selector ({metadata.get('method', 'trained selector')}"
    if {"epochs", "dataset"} <= metadata.keys():
        text += f", {metadata['epochs']} epochs on {metadata['dataset']}"
    return KerasSelector(selector, str(folder), metadata, f"{text}).")


def presets() -> list[str]:
    """Names of the selectors that this package ships."""
    folders = _PRESETS.iterdir() if _PRESETS.is_dir() else ()
    return sorted(folder.name for folder in folders if is_selector(folder))


def selector_folder(folder: pathlib.Path) -> pathlib.Path:
    """`folder` if it is a selector directory, else the split of this run that `load_selector`
    takes; says which.

    Raises:
      UserError: it is neither, or no split of the run is finished.
    """
    if is_selector(folder):
        return folder
    splits = [
        (int(match[1]), int(match[2]), path)
        for path in folder.iterdir()
        if (match := _SPLIT.fullmatch(path.name)) and path.is_dir()
    ]
    finished = [path for *_, path in sorted(splits) if is_selector(path)]
    if not finished:
        reason = (
            "its training is not finished"
            if splits
            else "it has no metadata.json, no saved_model.pb and no split<k>-seed<s> folder"
        )
        raise UserError(
            f"{folder}: not a trained model ({reason}). Give a run directory of tf_dictsum.train, "
            "a selector directory or a SavedModel."
        )
    if len(finished) == 1:
        return finished[0]
    values = [_criterion(path) for path in finished]
    best = finished[values.index(min(values))]
    why = "the lowest training criterion" if math.isfinite(min(values)) else "the first"
    logging.info(
        "%s has %d selectors; using %s (%s). Name another one's folder to use that.",
        folder,
        len(finished),
        best.name,
        why,
    )
    return best


def _criterion(folder: pathlib.Path) -> float:
    """The lowest value that the method's criterion took in a trained epoch; infinite where nothing
    says so.
    """
    selected = read_metadata(folder).get("selected")
    if isinstance(selected, dict) and isinstance(selected.get("value"), int | float):
        return float(selected["value"])
    history = folder / "history.json"
    try:
        return _lowest(read_json(history)) if history.is_file() else math.inf
    except (TypeError, KeyError, AttributeError):
        raise UserError(f"{history}: not the history of a run.") from None


def _lowest(records: Sequence[dict[str, dict[str, float]]]) -> float:
    """Of `selector_total`, the criterion of the runs whose metadata does not name one."""
    values = [record["losses"].get("selector_total") for record in records]
    return min((v for v in values if v is not None and math.isfinite(v)), default=math.inf)
