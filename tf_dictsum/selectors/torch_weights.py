"""PyTorch state dicts of SUM-GAN-AAE, as weights of our models.

PyTorch's LSTM has weight_ih [4H, in] and weight_hh [4H, H] in gate order i, f, g, o (Keras: i, f,
c, o, the same) and two biases that only ever act as their sum; its Linear has weight [out, in].
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from tf_dictsum.util.errors import UserError

__all__ = ["load_parallel", "load_summarizer", "summarizer_sizes"]

PREFIXES = {
    "compress": "0.",
    "selector": "1.s_lstm.",
    "encoder": "1.auto_enc.e_lstm.",
    "decoder": "1.auto_enc.d_lstm.",
    "discriminator": "2.",
}
"""The public code's names: nn.ModuleList([linear_compress, summarizer, discriminator])."""


class _State:
    """A state dict that knows where it came from and what nobody has read yet."""

    def __init__(self, arrays: Mapping[str, Any], source: str):
        self.arrays = {k.removeprefix("module."): np.asarray(v) for k, v in arrays.items()}
        self.source = source
        self.unread = set(self.arrays)

    def take(self, name: str, shape: tuple[int, ...] | None = None) -> np.ndarray:
        if name not in self.arrays:
            raise UserError(
                f"{self.source}: no weight named {name}; expected the state dict of a "
                "SUM-GAN-AAE model (names 0.*, 1.*, 2.*)."
            )
        value = self.arrays[name]
        self.unread.discard(name)
        if shape is not None and value.shape != shape:
            raise UserError(
                f"{self.source}: {name} has shape {list(value.shape)}, expected {list(shape)}."
            )
        if not np.isfinite(value).all():
            raise UserError(f"{self.source}: {name} holds NaN or infinite values.")
        return value

    def dense(self, layer: Any, prefix: str) -> None:
        inputs, outputs = layer.kernel.shape
        layer.set_weights(
            [
                self.take(prefix + "weight", (outputs, inputs)).T,
                self.take(prefix + "bias", (outputs,)),
            ]
        )

    def lstm_arrays(self, prefix: str, suffix: str, inputs: int, units: int) -> list[np.ndarray]:
        bias = self.take(f"{prefix}bias_ih{suffix}", (4 * units,)) + self.take(
            f"{prefix}bias_hh{suffix}", (4 * units,)
        )
        return [
            self.take(f"{prefix}weight_ih{suffix}", (4 * units, inputs)).T,
            self.take(f"{prefix}weight_hh{suffix}", (4 * units, units)).T,
            bias,
        ]

    def stack(self, stack: Any, prefix: str) -> None:
        for number, layer in enumerate(stack.layers):
            for direction, cell in enumerate(layer):
                suffix = f"_l{number}" + ("_reverse" if direction else "")
                cell.set_weights(
                    self.lstm_arrays(prefix + "lstm.", suffix, cell.kernel.shape[0], cell.units)
                )

    def decoder(self, decoder: Any, prefix: str) -> None:
        units = decoder.units
        decoder.query_kernel.assign(self.take(prefix + "attn.attn.weight", (units, 2 * units)).T)
        decoder.query_bias.assign(self.take(prefix + "attn.attn.bias", (units,)))
        for number, name, inputs in ((0, "lower", 2 * units), (1, "upper", units)):
            arrays = self.lstm_arrays(f"{prefix}lstm_cell.layers.{number}.", "", inputs, units)
            for role, value in zip(("kernel", "recurrent_kernel", "bias"), arrays, strict=True):
                getattr(decoder, f"{name}_{role}").assign(value)
        decoder.feedback_kernel.assign(self.take(prefix + "out.weight", (units, units)).T)
        decoder.feedback_bias.assign(self.take(prefix + "out.bias", (units,)))

    def finish(self) -> None:
        if self.unread:
            raise UserError(
                f"{self.source}: {len(self.unread)} weights have no place in the model, such as "
                f"{min(self.unread)}."
            )


def summarizer_sizes(arrays: Mapping[str, Any], source: str) -> tuple[int, int]:
    """(input size D, hidden size H) of a SUM-GAN-AAE state dict.

    Raises:
      UserError: it is not one.
    """
    weight = _State(arrays, source).take(PREFIXES["compress"] + "weight")
    if weight.ndim != 2:
        raise UserError(
            f"{source}: 0.weight has shape {list(weight.shape)}, expected [hidden, input]."
        )
    return int(weight.shape[1]), int(weight.shape[0])


def load_summarizer(summarizer: Any, arrays: Mapping[str, Any], source: str) -> None:
    """Sets every weight of a `Summarizer` (the dictionary apart) from a SUM-GAN-AAE state dict of
    numpy arrays.

    Raises:
      UserError: a weight is missing, left over, of another shape or not finite; names it and the
        source.
    """
    state = _State(arrays, source)
    state.dense(summarizer.scorer.compress, PREFIXES["compress"])
    state.stack(summarizer.scorer.selector, PREFIXES["selector"])
    state.dense(summarizer.scorer.score, PREFIXES["selector"] + "out.0.")
    state.stack(summarizer.encoder, PREFIXES["encoder"])
    state.decoder(summarizer.decoder, PREFIXES["decoder"])
    state.stack(summarizer.discriminator.lstm, PREFIXES["discriminator"] + "cLSTM.")
    state.dense(summarizer.discriminator.out, PREFIXES["discriminator"] + "out.0.")
    state.finish()


def load_parallel(parallel: Any, arrays: Mapping[str, Any], source: str) -> None:
    """Sets every weight of a `ParallelAutoencoder` from the paper author's state dict (enc.*,
    dec.*).

    Raises:
      UserError: as `load_summarizer`.
    """
    state = _State(arrays, source)
    state.stack(parallel.encoder, "enc.")
    state.stack(parallel.decoder, "dec.")
    state.dense(parallel.out, "dec.output.")
    state.finish()
