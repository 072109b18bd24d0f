"""Reading shared/golden/methods: arrays, weights into Keras variables, comparisons in every way of
running."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

MODES = ("eager", "graph", "xla")


def run(function, mode):
    """`function` as it is, as a graph, or compiled."""
    if mode == "eager":
        return function
    return tf.function(function, jit_compile=mode == "xla", autograph=False)


@pytest.fixture
def float64():
    """Learning rates and optimizer moments in float64."""
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)
    keras.config.set_dtype_policy(policy)


class Golden:
    """One golden file; `meta` is its description."""

    def __init__(self, shared, name):
        with np.load(shared / "golden" / "methods" / f"{name}.npz") as archive:
            self.arrays = dict(archive)
        self.meta = json.loads(str(self.arrays.pop("meta")))

    def __getitem__(self, name):
        return self.arrays[name]

    def group(self, prefix):
        return {k.removeprefix(prefix): v for k, v in self.arrays.items() if k.startswith(prefix)}

    def batch(self, *numbers, padding=0, extras=()):
        """Sequences `numbers` as one batch, padded with values that must not matter.

        extras: names of further arrays per step (`<name>/<i>`), padded with zeros.
        """
        features = [self.arrays[f"features/{n}"] for n in numbers]
        lengths = [len(f) for f in features]
        longest = max(lengths) + padding
        data = {
            "features": np.stack(
                [np.pad(f, [(0, longest - len(f)), (0, 0)], constant_values=3.0) for f in features]
            ),
            "lengths": np.array(lengths, np.int32),
            "index": np.array(numbers, np.int32),
        }
        for name in extras:
            rows = [self.arrays[f"{name}/{n}"] for n in numbers]
            data[name] = np.stack([np.pad(r, (0, longest - len(r))) for r in rows])
        return {k: tf.constant(v) for k, v in data.items()}


def matrix(variable):
    """A weight that PyTorch stores transposed."""
    return variable, lambda value: value.T


def same(variable):
    """A weight of one layout in both."""
    return variable, lambda value: value


def dense(layer, prefix):
    """{golden name: (variable, conversion)} of a Dense layer."""
    names = {f"{prefix}.weight": matrix(layer.kernel)}
    if layer.use_bias:
        names[f"{prefix}.bias"] = same(layer.bias)
    return names


def lstm(cell, prefix, suffix=""):
    """{golden name: (variable, conversion)} of a `layers.LSTM`; bias_hh is zero in the files."""
    return {
        f"{prefix}.weight_ih{suffix}": matrix(cell.kernel),
        f"{prefix}.weight_hh{suffix}": matrix(cell.recurrent_kernel),
        f"{prefix}.bias_ih{suffix}": same(cell.bias),
    }


def stacked(stack, prefix):
    """{golden name: (variable, conversion)} of a `StackedLSTM`."""
    names = {}
    for layer, cells in enumerate(stack.layers):
        for cell, suffix in zip(cells, ("", "_reverse"), strict=False):
            names |= lstm(cell, prefix, f"_l{layer}{suffix}")
    return names


def assign(names, values, unused=()):
    """Sets every variable of `names`; every array of `values` must have a place or be named
    unused."""
    for name, value in values.items():
        if name in names:
            variable, convert = names[name]
            variable.assign(convert(value))
        elif "bias_hh" in name:
            assert not value.any()
        else:
            assert name.startswith(tuple(unused)), name
    assert set(names) <= set(values), set(names) - set(values)


def close(got, want, tolerance, name=""):
    """max |a - b| / max(1, |b|), the measure of the files' description."""
    got, want = np.asarray(got), np.asarray(want)
    assert got.shape == want.shape, f"{name}: {got.shape}, expected {want.shape}"
    error = np.max(np.abs(got - want) / np.maximum(1, np.abs(want)), initial=0)
    assert error <= tolerance, f"{name}: off by {error:.2e}"


def close_variables(names, values, tolerance):
    """Compares every variable with the array of its name."""
    for name, (variable, convert) in names.items():
        close(variable.numpy(), convert(values[name]), tolerance, name)


def close_gradients(names, gradients, values, tolerance=1e-11):
    """Compares {id of a variable: gradient or None}; a missing array stands for zero."""
    compared = 0
    for name, (variable, convert) in names.items():
        got = gradients[id(variable)]
        got = np.zeros(variable.shape) if got is None else np.asarray(got)
        want = convert(values[name]) if name in values else np.zeros(variable.shape)
        close(got, want, tolerance, name)
        compared += name in values
    assert compared == sum("bias_hh" not in name for name in values if name in names)
    assert compared


def gradients_of(names, function, mode):
    """{id of a variable: gradient} of function() -> scalar, computed in `mode`."""
    variables = [variable for variable, _ in names.values()]

    def compute():
        with tf.GradientTape() as tape:
            loss = function()
        found = tape.gradient(loss, variables)
        return [
            tf.zeros(v.shape, v.dtype) if g is None else g
            for g, v in zip(found, variables, strict=True)
        ]

    return {id(v): g for v, g in zip(variables, run(compute, mode)(), strict=True)}
