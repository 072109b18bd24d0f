"""Warm-up requests inside a SavedModel: TensorFlow Serving replays them before a version takes
traffic.
"""

import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import tensorflow as tf

from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["EXTRA", "WARMUP_FILE", "read_warmup", "write_warmup"]

EXTRA = "assets.extra"
WARMUP_FILE = "tf_serving_warmup_requests"
_MOST = 1000  # tensorflow_serving/servables/tensorflow/saved_model_warmup_util.h


def write_warmup(
    path: pathlib.Path, name: str, input_size: int, shapes: Sequence[tuple[int, int]]
) -> None:
    """Writes one PredictionLog per (batch, time) into a TFRecord file.

    Every request says its features by one value that stands for all of them, as a TensorProto may,
    so that the file stays small.

    Args:
      path: the file.
      name: the model's.
      input_size: D.
      shapes: (batch, time) of the requests, at most 1000.
    """
    from tensorflow.core.framework import tensor_pb2
    from tensorflow_serving.apis import prediction_log_pb2

    with tf.io.TFRecordWriter(str(path)) as writer:
        for batch, time in shapes:
            log = prediction_log_pb2.PredictionLog()
            request = log.predict_log.request
            request.model_spec.name = name
            request.model_spec.signature_name = "serving_default"
            request.inputs["features"].CopyFrom(
                tensor_pb2.TensorProto(
                    dtype=tf.float32.as_datatype_enum,
                    tensor_shape=tf.TensorShape([batch, time, input_size]).as_proto(),
                    float_val=[0.5],
                )
            )
            request.inputs["lengths"].CopyFrom(
                tf.make_tensor_proto([time] * batch, tf.int32, [batch])
            )
            writer.write(log.SerializeToString())


def read_warmup(version: pathlib.Path) -> Iterator[Any]:
    """The PredictRequests of a SavedModel's warm-up file, none if it has none.

    Raises:
      ServingError: DATA_LOSS (not TFRecord) or INVALID_ARGUMENT (more than 1000 records, or other
        than Predict).
    """
    from tensorflow_serving.apis import prediction_log_pb2

    path = version / EXTRA / WARMUP_FILE
    if not path.is_file():
        return
    try:
        records = [bytes(r.numpy()) for r in tf.data.TFRecordDataset(str(path)).take(_MOST + 1)]
    except tf.errors.OpError as error:
        message = f"{error.message}. Please verify your warmup data is in TFRecord format."
        raise ServingError(Code.DATA_LOSS, message) from error
    if len(records) > _MOST:
        raise ServingError(
            Code.INVALID_ARGUMENT,
            f"Number of warmup records exceeds the maximum ({_MOST}) in {path}. Warmup data "
            "should be minimal.",
        )
    for record in records:
        log = prediction_log_pb2.PredictionLog.FromString(record)
        kind = log.WhichOneof("log_type")
        if kind in ("classify_log", "regress_log", "multi_inference_log"):
            raise invalid("Expected one input Tensor.")  # no model here has a signature for them
        if kind not in (None, "predict_log"):
            raise ServingError(
                Code.UNIMPLEMENTED, f"Unsupported log_type for warmup: {kind} in {path}"
            )
        if kind is not None:
            yield log.predict_log.request
