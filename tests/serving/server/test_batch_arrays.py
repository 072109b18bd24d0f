"""Merging and splitting requests as TensorFlow Serving does."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tf_dictsum.serving.config.files import Batching
from tf_dictsum.serving.server.batch_arrays import batch_size, merge, split
from tf_dictsum.serving.server.status import Code, ServingError

PADDING = Batching(pad_variable_length_inputs=True)


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 3)), min_size=1, max_size=4
    ),
    st.booleans(),
)
def test_merge_pads_with_the_first_element_and_split_undoes_it(shapes, allowed):
    rng = np.random.default_rng(len(shapes))
    requests = [{"x": rng.random(shape, np.float32), "n": np.arange(shape[0])} for shape in shapes]
    total = sum(shape[0] for shape in shapes)
    sizes = (1, total + 2) if allowed else ()
    merged = merge(requests, dataclasses.replace(PADDING, allowed_batch_sizes=sizes))
    longest = [max(shape[axis] for shape in shapes) for axis in (1, 2)]
    rows = (1 if total == 1 else total + 2) if allowed else total
    assert merged["x"].shape == (rows, *longest)
    row = 0
    for request in requests:
        for video in request["x"]:
            expected = np.full(longest, request["x"].flat[0])
            expected[: video.shape[0], : video.shape[1]] = video
            np.testing.assert_array_equal(merged["x"][row], expected)
            row += 1
    for filler in range(total, rows):
        np.testing.assert_array_equal(merged["x"][filler], merged["x"][total - shapes[-1][0]])
    parts = split(merged, [shape[0] for shape in shapes])
    for part, request in zip(parts, requests, strict=True):
        np.testing.assert_array_equal(part["n"], request["n"])


def test_lengths_are_never_padded():
    requests = [{"lengths": np.array([3, 4], np.int32)}, {"lengths": np.array([7], np.int32)}]
    assert merge(requests, PADDING)["lengths"].tolist() == [3, 4, 7]


def check(code, text, call):
    with pytest.raises(ServingError) as error:
        call()
    assert (error.value.code, error.value.message) == (code, text)


def test_shapes_that_differ_without_padding():
    requests = [{"x": np.zeros((1, 2))}, {"x": np.zeros((1, 3))}]
    text = (
        "Tensors with name 'x' from different tasks have different shapes and padding is turned "
        "off."
        "Set pad_variable_length_inputs to true, or ensure that all tensors with the same name"
        "have equal dimensions starting with the first dim."
    )
    check(Code.FAILED_PRECONDITION, text, lambda: merge(requests, Batching()))
    assert merge([{"x": np.zeros((1, 2))}, {"x": np.zeros((2, 2))}], Batching())["x"].shape == (
        3,
        2,
    )


def test_an_empty_tensor_among_others():
    requests = [{"x": np.zeros((1, 2))}, {"x": np.zeros((1, 0))}]
    check(
        Code.INVALID_ARGUMENT,
        "Got empty tensor in batch of non-empty tensors.",
        lambda: merge(requests, PADDING),
    )


def test_batch_size():
    assert batch_size({"x": np.zeros((3, 2)), "n": np.zeros(3)}) == 3
    text = "Batching Run() input tensors must have at least one dimension"
    check(
        Code.INVALID_ARGUMENT, text, lambda: batch_size({"x": np.zeros((3, 2)), "n": np.zeros(())})
    )
    text = "Batching Run() input tensors must have equal 0th-dimension size"
    check(
        Code.INVALID_ARGUMENT, text, lambda: batch_size({"x": np.zeros((3, 2)), "n": np.zeros(2)})
    )


def test_outputs_without_the_batch():
    check(
        Code.FAILED_PRECONDITION,
        "Batched output tensor has 0 dimensions",
        lambda: split({"y": np.zeros(())}, [1]),
    )
    text = "Batched output tensor's 0th dimension does not equal the sum of the 0th dimension sizes of the input tensors"  # noqa: E501
    check(Code.FAILED_PRECONDITION, text, lambda: split({"y": np.zeros(2)}, [1, 2]))
