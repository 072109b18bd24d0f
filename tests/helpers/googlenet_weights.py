"""Random weights of GoogLeNet's shapes, and the published formats written by Google's protobuf
library.
"""

import functools

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from tf_dictsum.extractors.googlenet import convolutions, googlenet

Field = descriptor_pb2.FieldDescriptorProto


@functools.cache
def random_weights(seed=0):
    """Caffe's names -> float32 arrays, scaled so that activations stay of the same size through
    all layers.
    """
    rng = np.random.default_rng(seed)
    found = {}
    for name, layer in convolutions(googlenet()).items():
        shape = tuple(layer.kernel.shape)
        found[f"{name}/kernel"] = rng.normal(0, np.sqrt(2 / np.prod(shape[:3])), shape).astype(
            np.float32
        )
        found[f"{name}/bias"] = rng.normal(0, 0.01, shape[-1]).astype(np.float32)
    return found


def _messages(syntax, schema):
    """Message classes of {"Message": [(name, number, type, repeated, packed)]}."""
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{syntax}.proto", package=syntax, syntax="proto2"
    )
    for message, fields in schema.items():
        made = file.message_type.add(name=message)
        for name, number, kind, repeated, packed in fields:
            label = Field.LABEL_REPEATED if repeated else Field.LABEL_OPTIONAL
            field = made.field.add(name=name, number=number, label=label)
            if kind in schema:
                field.type, field.type_name = Field.TYPE_MESSAGE, f".{syntax}.{kind}"
            else:
                field.type = getattr(Field, f"TYPE_{kind}")
            if packed:
                field.options.packed = True
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{syntax}.{name}"))
        for name in schema
    }


def caffemodel(arrays, old):
    """A NetParameter as Caffe writes it; `old`: layers and blobs of before 2015, as in
    bvlc_googlenet.caffemodel.
    """
    schema = {
        "BlobShape": [("dim", 1, "INT64", True, True)],
        "Blob": [
            ("num", 1, "INT32", False, False),
            ("channels", 2, "INT32", False, False),
            ("height", 3, "INT32", False, False),
            ("width", 4, "INT32", False, False),
            ("data", 5, "FLOAT", True, True),
            ("diff", 6, "FLOAT", True, True),
            ("shape", 7, "BlobShape", False, False),
        ],
        "V1": [
            ("bottom", 2, "STRING", True, False),
            ("name", 4, "STRING", False, False),
            ("type", 5, "INT32", False, False),
            ("blobs", 6, "Blob", True, False),
            ("blobs_lr", 7, "FLOAT", True, False),
        ],
        "Layer": [
            ("name", 1, "STRING", False, False),
            ("type", 2, "STRING", False, False),
            ("blobs", 7, "Blob", True, False),
        ],
        "Net": [
            ("name", 1, "STRING", False, False),
            ("layers", 2, "V1", True, False),
            ("layer", 100, "Layer", True, False),
        ],
    }
    net = _messages("caffe_old" if old else "caffe_new", schema)["Net"](name="GoogleNet")
    names = [name.removesuffix("/kernel") for name in arrays if name.endswith("/kernel")]
    dense = {
        "loss3/classifier": (np.ones((1, 1, 1024, 5), np.float32), np.ones(5, np.float32))
    }  # not a convolution of ours
    for name in [None, *names, *dense]:
        layer = net.layers.add() if old else net.layer.add()
        if name is None:
            layer.name = "data"  # without weights
            continue
        layer.name = name
        kernel, bias = dense.get(name) or (arrays[f"{name}/kernel"], arrays[f"{name}/bias"])
        for values in (kernel.transpose(3, 2, 0, 1), bias):
            blob = layer.blobs.add()
            blob.data.extend(values.ravel().tolist())
            if old:
                blob.num, blob.channels, blob.height, blob.width = (1,) * (
                    4 - values.ndim
                ) + values.shape
            else:
                blob.shape.dim.extend(values.shape)
    return net.SerializeToString()


def onnx_model(arrays, raw):
    """A ModelProto as the ONNX model zoo has it; `raw`: little-endian bytes instead of a list of
    floats.
    """
    schema = {
        "Tensor": [
            ("dims", 1, "INT64", True, False),
            ("data_type", 2, "INT32", False, False),
            ("float_data", 4, "FLOAT", True, True),
            ("int64_data", 7, "INT64", True, True),
            ("name", 8, "STRING", False, False),
            ("raw_data", 9, "BYTES", False, False),
        ],
        "Graph": [("name", 2, "STRING", False, False), ("initializer", 5, "Tensor", True, False)],
        "Model": [
            ("ir_version", 1, "INT64", False, False),
            ("producer_name", 2, "STRING", False, False),
            ("graph", 7, "Graph", False, False),
        ],
    }
    model = _messages("onnx_raw" if raw else "onnx_floats", schema)["Model"](
        ir_version=3, producer_name="onnx-caffe2"
    )
    model.graph.name = "bvlc_googlenet"
    model.graph.initializer.add(name="OC2_DUMMY_1", data_type=7, dims=[2], int64_data=[1, 1024])
    for name, values in arrays.items():
        layer, part = name.rsplit("/", 1)
        values = values.transpose(3, 2, 0, 1) if part == "kernel" else values
        tensor = model.graph.initializer.add(
            name=f"{layer}_{'w' if part == 'kernel' else 'b'}_0", data_type=1, dims=values.shape
        )
        if raw:
            tensor.raw_data = np.ascontiguousarray(values, "<f4").tobytes()
        else:
            tensor.float_data.extend(values.ravel().tolist())
    return model.SerializeToString()
