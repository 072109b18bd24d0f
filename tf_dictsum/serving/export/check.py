"""What an exported model must prove before it is published."""

import pathlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow as tf

from tf_dictsum.selectors.base import Selector
from tf_dictsum.serving.config.files import Batching
from tf_dictsum.serving.server.batch_arrays import merge
from tf_dictsum.serving.server.predict import predict
from tf_dictsum.serving.server.servable import DEFAULT_SIGNATURE, Servable
from tf_dictsum.serving.server.warmup import read_warmup
from tf_dictsum.util.errors import UserError

__all__ = ["check_export", "graph_nodes"]

_TOLERANCE = 1e-6
_LENGTHS = (1, 2, 7, 60)
_COMPILED = "_XlaMustCompile"


def graph_nodes(saved_model: Any) -> Iterator[Any]:
    """All nodes of a SavedModel proto, those inside functions too."""
    for meta in saved_model.meta_graphs:
        yield from meta.graph_def.node
        for function in meta.graph_def.library.function:
            yield from function.node_def


def check_export(path: pathlib.Path, selector: Selector) -> None:
    """Loads a written SavedModel in TensorFlow's C++ session and compares it with the selector it
    was made from.

    Raises:
      UserError: it computes something else, or would not run on a stock TensorFlow Serving.
    """
    _check_graph(path)
    servable = Servable(path)
    try:
        _check_signature(path, servable, selector)
        _check_scores(path, servable, selector)
        for request in read_warmup(path):
            predict(servable, request, None, servable.run)
    finally:
        servable.close()


def _fail(path: pathlib.Path, finding: str) -> UserError:
    return UserError(
        f"{path}: the exported model fails its own check: {finding}. Nothing was published; "
        "please report it."
    )


def _check_graph(path: pathlib.Path) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    proto = saved_model_pb2.SavedModel.FromString((path / "saved_model.pb").read_bytes())
    nodes = list(graph_nodes(proto))
    functions = [f for meta in proto.meta_graphs for f in meta.graph_def.library.function]
    for node in nodes:
        if "Cudnn" in node.op:
            raise _fail(path, f"node {node.name} is {node.op}, which runs on a GPU only")
    compiled = [x for x in (*nodes, *functions) if _COMPILED in x.attr and x.attr[_COMPILED].b]
    if compiled:
        raise _fail(
            path,
            f"{len(compiled)} functions must be compiled by XLA, which stock TensorFlow Serving "
            "refuses",
        )


def _check_signature(path: pathlib.Path, servable: Servable, selector: Selector) -> None:
    definition = servable.signatures[DEFAULT_SIGNATURE]
    sides = {"inputs": definition.inputs, "outputs": definition.outputs}
    found = {
        side: {n: (i.dtype, tf.TensorShape(i.tensor_shape).as_list()) for n, i in infos.items()}
        for side, infos in sides.items()
    }
    real, whole = tf.float32.as_datatype_enum, tf.int32.as_datatype_enum
    expected = {
        "inputs": {
            "features": (real, [None, None, selector.input_size]),
            "lengths": (whole, [None]),
        },
        "outputs": {"scores": (real, [None, None]), "lengths": (whole, [None])},
    }
    if found != expected:
        raise _fail(path, f"its signature is {found}, not {expected}")


def _check_scores(path: pathlib.Path, servable: Servable, selector: Selector) -> None:
    rng = np.random.default_rng(0)
    videos = [rng.random((1, length, selector.input_size), np.float32) for length in _LENGTHS]
    alone = [selector(video).numpy()[0] for video in videos]
    lengths = np.array(_LENGTHS, np.int32)

    def run(features: np.ndarray, lengths: np.ndarray) -> dict[str, np.ndarray]:
        return servable.run(
            DEFAULT_SIGNATURE, {"features": features, "lengths": lengths}, ["scores", "lengths"]
        )

    for video, length, score in zip(videos, lengths, alone, strict=True):
        _compare(
            path,
            f"one video of {length} frames",
            run(video, np.array([length]))["scores"][0],
            score,
        )
    # The server fills a shorter video with the first element of its own tensor, not with zeros.
    padded = merge(
        [{"features": v, "lengths": lengths[n : n + 1]} for n, v in enumerate(videos)],
        Batching(pad_variable_length_inputs=True),
    )
    together = run(padded["features"], padded["lengths"])["scores"]
    for n, score in enumerate(alone):
        _compare(
            path,
            f"a video of {len(score)} frames in a padded batch",
            together[n, : len(score)],
            score,
        )
        if together[n, len(score) :].any():
            raise _fail(path, "scores past a video's length are not zero")
    odd = run(videos[2], np.array([1000], np.int32))
    if odd["lengths"].tolist() != [7]:
        raise _fail(path, f"a length of 1000 for 7 frames is taken as {odd['lengths'].tolist()}")
    _compare(path, "a length past the frames", odd["scores"][0], alone[2])
    empty = run(np.zeros((2, 0, selector.input_size), np.float32), np.array([0, 3], np.int32))
    if empty["scores"].shape != (2, 0) or empty["lengths"].tolist() != [0, 0]:
        raise _fail(path, "videos without frames are not answered with no scores")


def _compare(path: pathlib.Path, what: str, found: np.ndarray, expected: np.ndarray) -> None:
    difference = (
        float(np.abs(found - expected).max(initial=0.0))
        if found.shape == expected.shape
        else np.inf
    )
    if not difference <= _TOLERANCE:
        raise _fail(path, f"scores of {what} differ from the trainer's by {difference:.2g}")
