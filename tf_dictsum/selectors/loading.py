"""Trained selectors from where people have them: a run directory, a SavedModel, a model server."""

import pathlib
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from absl import logging

from tf_dictsum.data.extractor_record import check_extractor
from tf_dictsum.summary.selectors import Trained
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import read_json
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["load_model"]

Scorer = Callable[[np.ndarray], np.ndarray]
_METADATA = pathlib.Path("assets.extra", "metadata.json")


def load_model(source: str, extractor: Mapping[str, Any], width: int) -> Trained:
    """A selector for features of one kind.

    Args:
      source: a run directory of `tf_dictsum.train` (of several splits and seeds the first), one of its split folders, a
        folder of `tf_dictsum.convert`, a SavedModel (a folder with saved_model.pb, or one with versions of it: the newest),
        or grpc://HOST:PORT/NAME (grpcs:// with TLS).
      extractor: record of the features that will be scored.
      width: D of these features.

    Raises:
      UserError: there is no such model, it is damaged, or it was trained on other features.
    """
    if source.startswith(("grpc://", "grpcs://")):
        return _remote(source, width)
    folder = pathlib.Path(source)
    if not folder.is_dir():
        raise UserError(
            f"--model={source}: no such folder. Give a run directory, a SavedModel or grpc://HOST:PORT/NAME."
        )
    versions = sorted(
        (p for p in folder.iterdir() if p.name.isascii() and p.name.isdigit()),
        key=lambda p: int(p.name),
    )
    for candidate in (folder, *versions[-1:]):
        if (candidate / "saved_model.pb").is_file():
            return _saved_model(candidate, extractor, width)
    splits = sorted(
        folder.glob("split*-seed*"), key=lambda p: [int(n) for n in re.findall(r"\d+", p.name)]
    )
    finished = [p for p in (folder, *splits) if (p / "selector.json").is_file()]
    if not finished:
        found = (
            "its training is not finished"
            if splits
            else "it has no selector.json, no saved_model.pb and no split<k>-seed<s> folder"
        )
        raise UserError(
            f"--model={source}: not a trained model ({found}). Give a run directory of tf_dictsum.train or a SavedModel."
        )
    if len(finished) > 1:
        logging.info(
            "%s has %d selectors; using %s. Name another one's folder to use that.",
            source,
            len(finished),
            finished[0].name,
        )
    return _run_directory(finished[0], extractor, width)


def _run_directory(folder: pathlib.Path, extractor: Mapping[str, Any], width: int) -> Trained:
    load_tensorflow()
    from tf_dictsum.selectors.files import load_selector

    scorer, info = load_selector(folder)
    _check(str(folder), info.get("extractor"), extractor, scorer.input_size, width)

    def score(features: np.ndarray) -> np.ndarray:
        return np.asarray(scorer(np.asarray(features, np.float32)[None]))[0]

    method = str(info.get("method", "trained selector"))
    text = f"Scored by a trained selector ({method}"
    text += (
        f", {info['epochs']} epochs on {info['dataset']})."
        if {"epochs", "dataset"} <= info.keys()
        else ")."
    )
    return Trained(score, method, str(folder), text)


def _saved_model(folder: pathlib.Path, extractor: Mapping[str, Any], width: int) -> Trained:
    load_tensorflow()
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(folder))
        signature = loaded.signatures["serving_default"]
        wanted = signature.structured_input_signature[1]["features"].shape[-1]
        outputs = signature.structured_outputs["scores"]
    except (OSError, ValueError, KeyError, AttributeError, tf.errors.OpError) as error:
        reason = " ".join(str(error).split())[:200]
        raise UserError(
            f"--model={folder}: not a SavedModel that scores features ({type(error).__name__}: {reason})."
        ) from error
    del outputs
    file = folder / _METADATA
    info = read_json(file) if file.is_file() else {}
    _check(str(folder), info.get("extractor"), extractor, wanted, width)

    def score(features: np.ndarray) -> np.ndarray:
        rows = tf.constant(np.asarray(features, np.float32)[None])
        return signature(features=rows, lengths=tf.constant([len(features)], tf.int32))[
            "scores"
        ].numpy()[0]

    score.keep = loaded  # type: ignore[attr-defined]  # a signature alone does not keep its variables alive
    method = str(info.get("method", "trained selector"))
    return Trained(
        score, method, str(folder), f"Scored by a trained selector ({method}, SavedModel)."
    )


def _remote(source: str, width: int) -> Trained:
    load_tensorflow()  # its messages are tensors
    from tf_dictsum.selectors.remote import RemoteScorer

    scorer = RemoteScorer(source, width)
    text = f"Scored by a trained selector (model server {scorer.server}, model {scorer.model})."
    return Trained(scorer, "trained selector", source, text)


def _check(
    where: str,
    trained: Mapping[str, Any] | None,
    given: Mapping[str, Any],
    wanted: int | None,
    width: int,
) -> None:
    if wanted is not None and wanted != width:
        raise UserError(
            f"--model={where}: was trained on features of width {wanted}, these have {width}. "
            "Use a model trained on features of the same network."
        )
    check_extractor(trained, given, f"--model={where}")
