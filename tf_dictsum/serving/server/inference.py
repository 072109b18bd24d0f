"""Classify, Regress and MultiInference: what they refuse, and in which order.

They need a signature whose one input takes serialized tf.Examples; models that score videos have
none, so a request gets as far as that check (TensorFlow Serving's
servables/tensorflow/{classifier,regressor,multi_inference}.cc).
"""

from collections.abc import Mapping
from typing import Any

from tf_dictsum.serving.server.servable import DEFAULT_SIGNATURE, Servable
from tf_dictsum.serving.server.status import Code, ServingError, invalid

__all__ = ["first_spec", "refuse", "refuse_multi"]

_METHODS = {
    "tensorflow/serving/classify": "Classify",
    "tensorflow/serving/regress": "Regress",
}


def refuse(servable: Servable, method: str, signature: str) -> ServingError:
    """The answer to Classify or Regress.

    Args:
      servable: the version that is asked.
      method: "Classify" or "Regress".
      signature: its name in the request; "": serving_default.
    """
    name = signature or DEFAULT_SIGNATURE
    if name not in servable.signatures:
        return invalid(f"No signature was found with the name: {name}")
    return _refuse_signature(servable.signatures, method, name)


def _refuse_signature(signatures: Mapping[str, Any], method: str, name: str) -> ServingError:
    if len(signatures[name].inputs) != 1:
        return invalid("Expected one input Tensor.")
    outputs = len(signatures[name].outputs)
    if method == "Regress" and outputs != 1:
        return invalid("Expected one output Tensor.")
    if outputs not in (1, 2):
        return invalid(f"Expected one or two output Tensors, found {outputs}")
    return ServingError(
        Code.UNIMPLEMENTED,
        f"{method} is not served here: the signature takes no tf.Example. Use Predict.",
    )


def first_spec(request: Any) -> Any:
    """The ModelSpec that says which version answers a MultiInferenceRequest: the first task's."""
    return request.tasks[0].model_spec if request.tasks else type(request)().tasks.add().model_spec


def refuse_multi(servable: Servable, request: Any) -> ServingError:
    """The answer to a MultiInferenceRequest: to its first task, as no signature here passes the
    checks.
    """
    if not request.tasks:
        return invalid("ModelSpec has no name specified.")
    task = request.tasks[0]
    name = task.model_spec.signature_name or DEFAULT_SIGNATURE
    if not task.model_spec.name:
        return invalid("Found ModelSpec with an empty model name.")
    if name not in servable.signatures:
        return invalid(f"Requested signature not found in model graph: {name}")
    if task.method_name not in _METHODS:
        return ServingError(
            Code.UNIMPLEMENTED, f"Unsupported signature method_name: {task.method_name}"
        )
    return _refuse_signature(servable.signatures, _METHODS[task.method_name], name)
