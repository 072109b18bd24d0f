"""Scores one video through a model server, with nothing but grpcio, numpy, tensorflow and
tensorflow-serving-api.

    python export/client_example.py --server 127.0.0.1:8500 --features features.npy

features.npy holds float32 [steps, width], one row per sampled frame (2 a second). Without it random
features of the width that the server asks for are sent. Prints one score per step.
"""

import argparse

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import get_model_metadata_pb2, predict_pb2, prediction_service_pb2_grpc

parser = argparse.ArgumentParser()
parser.add_argument(
    "--server", default="127.0.0.1:8500", help="HOST:PORT of the server's gRPC port"
)
parser.add_argument("--model", default="dictsum")
parser.add_argument("--features", help=".npy file, float32 [steps, width]")
flags = parser.parse_args()

# Messages of long videos are over 4 MB, where gRPC's clients stop by default.
options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
with grpc.insecure_channel(flags.server, options) as channel:
    service = prediction_service_pb2_grpc.PredictionServiceStub(channel)
    if flags.features:
        features = np.load(flags.features).astype(np.float32)
    else:
        question = get_model_metadata_pb2.GetModelMetadataRequest(metadata_field=["signature_def"])
        question.model_spec.name = flags.model
        signatures = get_model_metadata_pb2.SignatureDefMap()
        service.GetModelMetadata(question, timeout=30).metadata["signature_def"].Unpack(signatures)
        width = (
            signatures.signature_def["serving_default"].inputs["features"].tensor_shape.dim[2].size
        )
        features = np.random.default_rng(0).random((120, width), np.float32)

    request = predict_pb2.PredictRequest()
    request.model_spec.name = flags.model
    request.model_spec.signature_name = "serving_default"
    request.inputs["features"].CopyFrom(
        tf.make_tensor_proto(features[None])
    )  # [batch, time, width]
    request.inputs["lengths"].CopyFrom(tf.make_tensor_proto([len(features)], tf.int32))  # [batch]
    reply = service.Predict(request, timeout=60)

# A batching server may have padded the video: its own scores are the first ones.
for score in tf.make_ndarray(reply.outputs["scores"])[0, : len(features)]:
    print(f"{score:.6f}")
