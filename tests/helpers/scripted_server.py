"""A gRPC server in this process that speaks TensorFlow Serving's protocol and misbehaves on
command.
"""

import concurrent.futures
import threading

import grpc
import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc


def expected_scores(features, version=1):
    """What the server answers: something that depends on every feature and on the version."""
    return (np.tanh(np.asarray(features, np.float32).mean(-1)) / version).astype(np.float32)


class ScriptedServer(prediction_service_pb2_grpc.PredictionServiceServicer):
    """Answers `expected_scores`; `before(number, request, context)` may raise, wait or change
    `version` first.
    """

    def __init__(self, before=None, width=7, credentials=None, threads=8):
        self.before = before or (lambda number, request, context: None)
        self.version, self.width = 1, width
        self.inputs, self.output = ("features", "lengths"), "scores"
        self.padding, self.spoil = 3, lambda scores: scores
        self.requests, self.now, self.most = [], 0, 0
        self._lock = threading.Lock()
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._server = grpc.server(concurrent.futures.ThreadPoolExecutor(threads), options=options)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(self, self._server)
        add = (
            self._server.add_insecure_port
            if credentials is None
            else lambda a: self._server.add_secure_port(a, credentials)
        )
        self.port = add("127.0.0.1:0")
        self.address = f"127.0.0.1:{self.port}"
        self._server.start()

    def Predict(self, request, context):  # noqa: N802 (the protocol's name)
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
            self.now += 1
            self.most = max(self.most, self.now)
        try:
            self.before(number, request, context)
            features = tf.make_ndarray(request.inputs["features"])
            assert tf.make_ndarray(request.inputs["lengths"]).tolist() == [features.shape[1]]
            version = self.version
            scores = np.pad(expected_scores(features, version), ((0, 0), (0, self.padding)))
            reply = predict_pb2.PredictResponse()
            reply.model_spec.name, reply.model_spec.version.value = request.model_spec.name, version
            reply.outputs[self.output].CopyFrom(tf.make_tensor_proto(self.spoil(scores)))
            return reply
        finally:
            with self._lock:
                self.now -= 1

    def GetModelMetadata(self, request, context):  # noqa: N802
        self.before(-1, request, context)
        signature = meta_graph_pb2.SignatureDef()
        for name in self.inputs:
            signature.inputs[name].tensor_shape.CopyFrom(
                tf.TensorShape([None, None, self.width]).as_proto()
            )
        signature.outputs[self.output].name = "a:0"
        found = get_model_metadata_pb2.SignatureDefMap(
            signature_def={"serving_default": signature, "__saved_model_init_op": signature}
        )
        reply = get_model_metadata_pb2.GetModelMetadataResponse()
        reply.model_spec.name, reply.model_spec.version.value = (
            request.model_spec.name,
            self.version,
        )
        reply.metadata["signature_def"].Pack(found)
        return reply

    def stop(self):
        self._server.stop(0).wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
