"""Classify, Regress and MultiInference: what they are refused with."""

import types

import pytest
from tensorflow_serving.apis import inference_pb2

from tf_dictsum.serving.server.inference import first_spec, refuse, refuse_multi
from tf_dictsum.serving.server.status import Code


def signature(inputs, outputs):
    return types.SimpleNamespace(inputs=["x"] * inputs, outputs=["y"] * outputs)


SERVABLE = types.SimpleNamespace(
    signatures={
        "serving_default": signature(2, 2),
        "one": signature(1, 1),
        "three": signature(1, 3),
        "no_input": signature(0, 1),
    }
)


@pytest.mark.parametrize(
    ("method", "name", "code", "text"),
    [
        ("Classify", "", Code.INVALID_ARGUMENT, "Expected one input Tensor."),
        ("Regress", "no_input", Code.INVALID_ARGUMENT, "Expected one input Tensor."),
        ("Classify", "nope", Code.INVALID_ARGUMENT, "No signature was found with the name: nope"),
        ("Regress", "three", Code.INVALID_ARGUMENT, "Expected one output Tensor."),
        (
            "Classify",
            "three",
            Code.INVALID_ARGUMENT,
            "Expected one or two output Tensors, found 3",
        ),
        ("Classify", "one", Code.UNIMPLEMENTED, "Classify is not served here: the signature"),
    ],
)
def test_classify_and_regress(method, name, code, text):
    error = refuse(SERVABLE, method, name)
    assert error.code == code
    assert error.message.startswith(text)


CLASSIFY = "tensorflow/serving/classify"


@pytest.mark.parametrize(
    ("tasks", "code", "text"),
    [
        ([("", "", CLASSIFY)], Code.INVALID_ARGUMENT, "Found ModelSpec with an empty model name."),
        ([("m", "nope", CLASSIFY)], Code.INVALID_ARGUMENT, "Requested signature not found in"),
        ([("m", "", "x")], Code.UNIMPLEMENTED, "Unsupported signature method_name: x"),
        ([("m", "", CLASSIFY)], Code.INVALID_ARGUMENT, "Expected one input Tensor."),
        ([], Code.INVALID_ARGUMENT, "ModelSpec has no name specified."),
    ],
)
def test_multi_inference(tasks, code, text):
    request = inference_pb2.MultiInferenceRequest()
    for model, name, method in tasks:
        task = request.tasks.add(method_name=method)
        task.model_spec.name, task.model_spec.signature_name = model, name
    error = refuse_multi(SERVABLE, request)
    assert error.code == code
    assert error.message.startswith(text)
    assert first_spec(request).name == (tasks[0][0] if tasks else "")
