"""Initial weights: PyTorch's rules (what the public code trains from) or Keras' own."""

import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

__all__ = ["Initializers", "TwoUniforms"]


class TwoUniforms(keras.initializers.Initializer):
    """The sum of two draws of U(-limit, limit): PyTorch's b_ih + b_hh as the one bias of a Keras
    LSTM.
    """

    def __init__(self, limit: float, seed: int):
        self.limit = limit
        self.seed = seed

    def __call__(self, shape: Sequence[int], dtype: Any = None) -> Any:
        draws = [
            keras.random.uniform(shape, -self.limit, self.limit, dtype=dtype, seed=self.seed + n)
            for n in (0, 1)
        ]
        return draws[0] + draws[1]

    def get_config(self) -> dict[str, Any]:
        return {"limit": self.limit, "seed": self.seed}


class Initializers:
    """Hands out initializers with seeds of their own, so that one seed fixes every weight of a
    model.

    With kind="torch" (default of the method): LSTM weights and both of PyTorch's biases U(±1/√H),
    no forget-gate bias of one; Linear weights and biases U(±1/√fan_in). With kind="keras": Glorot
    uniform kernels, orthogonal recurrent kernels, zero biases with a forget-gate bias of one. With
    kind="xavier": Glorot uniform for every matrix, zero biases.

    Args:
      kind: "torch", "keras" or "xavier".
      seed: any non-negative integer.

    Raises:
      ValueError: unknown kind.
    """

    def __init__(self, kind: str = "torch", seed: int = 0):
        if kind not in ("torch", "keras", "xavier"):
            raise ValueError(f"init is {kind!r}; expected 'torch', 'keras' or 'xavier'.")
        self.kind = kind
        self.seed = seed
        self._rng = np.random.default_rng(seed)

    @classmethod
    def of(cls, init: "str | Initializers", seed: int = 0) -> "Initializers":
        """What a layer's `init` and `seed` stand for; the parts of a model share one object, and
        so one sequence of seeds.
        """
        return init if isinstance(init, Initializers) else cls(init, seed)

    def get_config(self) -> dict[str, Any]:
        """`init` and `seed` for the config of a layer.

        A layer made from them alone starts a sequence of seeds anew: of a part of a model they say
          the kind and the
        model's seed, not the values that this part was given.
        """
        return {"init": self.kind, "seed": self.seed}

    def _seed(self) -> int:
        return int(self._rng.integers(2**31 - 2))

    def _uniform(self, fan_in: int) -> keras.initializers.Initializer:
        limit = 1 / math.sqrt(fan_in)
        return keras.initializers.RandomUniform(-limit, limit, seed=self._seed())

    def lstm(self, units: int) -> dict[str, Any]:
        """Arguments for a `layers.LSTM` of `units`."""
        if self.kind == "torch":
            return {
                "kernel_initializer": self._uniform(units),
                "recurrent_initializer": self._uniform(units),
                "bias_initializer": TwoUniforms(1 / math.sqrt(units), self._seed()),
                "unit_forget_bias": False,
            }
        if self.kind == "xavier":
            return {
                "kernel_initializer": self.glorot(),
                "recurrent_initializer": self.glorot(),
                "bias_initializer": "zeros",
                "unit_forget_bias": False,
            }
        return {
            "kernel_initializer": self.glorot(),
            "recurrent_initializer": keras.initializers.Orthogonal(seed=self._seed()),
            "bias_initializer": "zeros",
            "unit_forget_bias": True,
        }

    def dense(self, fan_in: int) -> dict[str, Any]:
        """Arguments for a `keras.layers.Dense` that reads `fan_in` values."""
        if self.kind == "torch":
            return {
                "kernel_initializer": self._uniform(fan_in),
                "bias_initializer": self._uniform(fan_in),
            }
        return {"kernel_initializer": self.glorot(), "bias_initializer": "zeros"}

    def glorot(self) -> keras.initializers.Initializer:
        """Glorot uniform, the paper's choice for the dictionary A."""
        return keras.initializers.GlorotUniform(seed=self._seed())
