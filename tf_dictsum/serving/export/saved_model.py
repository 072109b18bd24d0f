"""Writes a trained selector as a SavedModel that TensorFlow Serving loads."""

import contextlib
import hashlib
import os
import pathlib
import shutil
import uuid
from typing import Any

import keras
import tensorflow as tf

from tf_dictsum._version import __version__
from tf_dictsum.selectors.base import Selector
from tf_dictsum.serving.config.version_folders import new_version
from tf_dictsum.serving.export.check import check_export
from tf_dictsum.serving.server.warmup import EXTRA, WARMUP_FILE, write_warmup
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.files import write_json

__all__ = ["METADATA_FILE", "write_saved_model"]

METADATA_FILE = "metadata.json"
# (videos, sampled frames). One video each: TensorFlow Serving sends warm-up requests through its
# batcher, and more videos than the server's max_batch_size would stop the version from loading.
WARMUP_SHAPES = tuple((1, steps) for steps in (1, 60, 100, 200, 320, 640))


def write_saved_model(
    selector: Selector, folder: pathlib.Path, version: int, metadata: dict[str, Any]
) -> pathlib.Path:
    """Writes `folder/version`, checks it, and publishes it by one rename.

    Args:
      selector: built, float32.
      folder: of the model, named as the model; holds the versions.
      version: a number that is not there yet.
      metadata: what assets.extra/metadata.json says beside sizes and checksums.

    Returns:
      The version's folder.

    Raises:
      UserError: the version exists, the file system refused, or the written model does not compute
        what the selector does.
    """
    target = new_version(folder, version)
    partial = folder / f".{uuid.uuid4().hex[:8]}.partial.{version}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write(selector, partial)
        extra = partial / EXTRA
        extra.mkdir()
        write_warmup(extra / WARMUP_FILE, folder.name, selector.input_size, WARMUP_SHAPES)
        write_json(extra / METADATA_FILE, _describe(selector, partial, version, metadata))
        check_export(partial, selector)
        for path in partial.rglob("*"):
            _flush(path)
        os.rename(partial, target)
        _flush(folder)
    except (OSError, tf.errors.OpError) as error:
        reason = error.message if isinstance(error, tf.errors.OpError) else error.strerror or error
        raise UserError(
            f"{target}: cannot write it: {reason}. Free space or choose another --export_dir."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            shutil.rmtree(partial)
    return target


def _write(selector: Selector, path: pathlib.Path) -> None:
    signature = [
        tf.TensorSpec([None, None, selector.input_size], tf.float32, "features"),
        tf.TensorSpec([None], tf.int32, "lengths"),
    ]
    with tf.device("/CPU:0"):  # the same graph wherever it is written
        exported = selector.export_module()
        archive = keras.export.ExportArchive()
        archive.track(exported)
        archive.add_endpoint("serve", exported.__call__, signature)
    archive.write_out(str(path), verbose=False)


def _describe(
    selector: Selector, path: pathlib.Path, version: int, metadata: dict[str, Any]
) -> dict[str, Any]:
    config = selector.get_config()
    sizes = {
        name: config[key]
        for name, key in (("hidden_size", "units"), ("bidirectional", "bidirectional"))
        if key in config
    }
    files = sorted(p for p in path.rglob("*") if p.is_file())
    return {
        "tf_dictsum": __version__,
        "tensorflow": tf.__version__,
        "version": version,
        "input_size": selector.input_size,
        "selector": type(selector).__name__,
        **sizes,
        **metadata,
        "sha256": {
            str(p.relative_to(path)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files
        },
    }


def _flush(path: pathlib.Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
