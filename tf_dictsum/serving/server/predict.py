"""Predict on one loaded version: what a request must look like, and what it is answered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tf_dictsum.serving.server.deadline import Deadline
from tf_dictsum.serving.server.servable import DEFAULT_SIGNATURE, Inputs, Servable
from tf_dictsum.serving.server.status import Code, ServingError, invalid
from tf_dictsum.serving.server.tensor_codec import Unfeedable, decode

__all__ = ["Run", "predict", "predict_arrays"]

Run = Callable[[str, Inputs, Sequence[str], Deadline | None], dict[str, np.ndarray]]
"""Computes (signature, inputs, outputs, deadline): `Servable.run`, or a batcher in front of it."""


def _find_signature(servable: Servable, name: str) -> str:
    """The signature that a request names; "" is serving_default.

    Raises:
      ServingError: FAILED_PRECONDITION, there is none of this name.
    """
    name = name or DEFAULT_SIGNATURE
    if name not in servable.signatures:
        raise ServingError(Code.FAILED_PRECONDITION, f'Serving signature key "{name}" not found.')
    return name


def predict(
    servable: Servable, request: Any, deadline: Deadline | None, run: Run
) -> tuple[str, dict[str, np.ndarray]]:
    """Answers a PredictRequest.

    Args:
      servable: the version that answers.
      request: PredictRequest.
      deadline: when it must be answered; None: no limit.
      run: what computes.

    Returns:
      (resolved signature name, output name -> array).

    Raises:
      ServingError: with TensorFlow Serving's codes and texts
        (servables/tensorflow/predict_util.cc).
    """
    signature = _find_signature(servable, request.model_spec.signature_name)
    inputs = _inputs(servable.signatures[signature], request.inputs)
    return signature, predict_arrays(
        servable, signature, inputs, deadline, run, request.output_filter
    )


def predict_arrays(
    servable: Servable,
    signature: str,
    inputs: Inputs,
    deadline: Deadline | None,
    run: Run,
    output_filter: Sequence[str] = (),
) -> dict[str, np.ndarray]:
    """Computes outputs from arrays: all that the signature has, or those of the filter.

    Raises:
      ServingError: as `predict`.
    """
    definition = servable.signatures[signature]
    outputs = _outputs(definition, output_filter)
    return run(signature, inputs, outputs, deadline)


def _inputs(definition: Any, given: Mapping[str, Any]) -> dict[str, np.ndarray | Unfeedable]:
    wanted, sent = set(definition.inputs), set(given)
    if len(sent) > len(wanted) or (len(sent) < len(wanted) and not definition.defaults):
        raise invalid(
            f"input size does not match signature: {len(sent)}!={len(wanted)} len({_set(sent)}) "
            f"!= len({_set(wanted)}). "
            f"Sent extra: {_set(sent - wanted)}. Missing but required: {_set(wanted - sent)}."
        )
    arrays: dict[str, np.ndarray | Unfeedable] = {}
    for alias in sorted(wanted, reverse=True):  # TensorFlow Serving has no fixed order
        if alias in sent:
            arrays[alias] = decode(given[alias], alias)
        elif alias in definition.defaults:
            arrays[alias] = decode(definition.defaults[alias], alias)
        else:
            raise invalid(
                f"Signature input alias: {alias}(feed name: {definition.inputs[alias].name}) not "
                "found in request and no default value "
                f"provided. Inputs expected to be in the request {_set(sent)}, or default input "
                "alias set: "
                f"{','.join(sorted(definition.defaults))}"
            )
    if sent - wanted:
        used = ",".join(sorted(sent & wanted))
        raise invalid(
            f"Inputs contains invalid name. Used request inputs: {used}, request input: "
            f"{','.join(sorted(sent))}"
        )
    return arrays


def _outputs(definition: Any, names: Sequence[str]) -> list[str]:
    seen: list[str] = []
    for name in names:
        if name not in definition.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {name} Outputs expected to be in "
                f"the set {_set(definition.outputs)}."
            )
        if name in seen:
            raise invalid(f"duplicate output tensor alias: {name}")
        seen.append(name)
    return seen or sorted(definition.outputs)


def _set(names: Any) -> str:
    return "{" + ",".join(sorted(names)) + "}"
