"""Scores from a server that speaks TensorFlow Serving's gRPC protocol (extra `serve`)."""

from typing import Any

import numpy as np

from tf_dictsum.errors import UserError

__all__ = ["RemoteScorer"]


class RemoteScorer:
    """Sends the features of one video, receives its scores.

    Args:
      address: HOST:PORT.
      model: name of the model there; its newest version answers.
      deadline: seconds that a call may take.

    Raises:
      UserError: the packages for it are not installed.
    """

    def __init__(self, address: str, model: str, deadline: float = 60.0):
        try:
            import grpc
            from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc
        except ImportError as error:
            raise UserError(f"--model=grpc://... needs the package {error.name}: pip install 'tf-dictsum[serve]'.") from None
        self._address, self._model, self._deadline = address, model, deadline
        self._new_request: Any = predict_pb2.PredictRequest
        # An hour of features is 29 MB; gRPC's own limits are 4 MB.
        options = [("grpc.max_send_message_length", -1), ("grpc.max_receive_message_length", -1)]
        self._channel = grpc.insecure_channel(address, options=options)
        self._stub = prediction_service_pb2_grpc.PredictionServiceStub(self._channel)
        self._rpc_error = grpc.RpcError

    def __call__(self, features: np.ndarray) -> np.ndarray:
        """float [n_steps, D] -> float32 [n_steps].

        Raises:
          UserError: the server refused or did not answer, or its answer is not one score per step.
        """
        import tensorflow as tf

        rows = np.asarray(features, np.float32)[None]
        request = self._new_request()
        request.model_spec.name = self._model
        request.model_spec.signature_name = "serving_default"
        request.inputs["features"].CopyFrom(tf.make_tensor_proto(rows))
        request.inputs["lengths"].CopyFrom(tf.make_tensor_proto(np.array([rows.shape[1]], np.int32)))
        try:
            reply = self._stub.Predict(request, timeout=self._deadline)
        except self._rpc_error as error:
            reason = " ".join(str(error.details()).split())[:300]
            raise UserError(f"--model=grpc://{self._address}/{self._model}: {error.code().name}: {reason}.") from error
        scores = tf.make_ndarray(reply.outputs["scores"])
        if scores.shape != (1, rows.shape[1]) or not np.isfinite(scores).all():
            raise UserError(f"--model=grpc://{self._address}/{self._model}: answered {scores.shape}, not one score per sampled frame.")
        return scores[0]
