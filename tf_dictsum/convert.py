"""python -m tf_dictsum.convert: brings a SUM-GAN-AAE trained in PyTorch along.

    python -m tf_dictsum.convert --torch_weights=epoch-99.pkl --out=converted

Reads a state dict as .npz (no PyTorch needed) or as .pkl/.pt/.pth (PyTorch must be installed) and
makes --out a selector directory (config.json, metadata.json, model.weights.h5, README.md) with
summarizer.weights.h5 (all parts) beside it.
"""

import dataclasses
import pathlib
from typing import Any

from tf_dictsum.util import flags as cli
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.npz import read_npz
from tf_dictsum.util.quiet import load_tensorflow

__all__ = ["Options", "main", "read_state_dict", "run"]


@dataclasses.dataclass(frozen=True)
class Options:
    """The flags of this command."""

    torch_weights: str = cli.option(
        "", "state dict of a SUM-GAN-AAE model: .npz, or .pkl/.pt/.pth with PyTorch installed"
    )
    out: str = cli.option("", "folder to write")


def read_state_dict(path: pathlib.Path) -> dict[str, Any]:
    """Name -> array of a state dict.

    Raises:
      UserError: missing, unreadable or not a state dict; PyTorch is needed and missing.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file.")
    if path.suffix == ".npz":
        return dict(read_npz(path))
    if path.suffix not in (".pkl", ".pt", ".pth"):
        raise UserError(
            f"{path}: unknown kind of file; expected a state dict as .npz, .pkl, .pt or .pth."
        )
    try:
        import torch
    except ImportError:
        raise UserError(
            f"{path}: reading it needs PyTorch: pip install torch, or save the state dict as .npz."
        ) from None
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {name: tensor.numpy() for name, tensor in state.items()}
    except Exception as error:  # torch raises whatever its unpickler raises
        reason = (str(error).splitlines() or ["?"])[0]
        raise UserError(f"{path}: not a PyTorch state dict ({reason[:160]}).") from error


def main(argv: list[str]) -> None:
    """Converts as the flags say. Raises UserError for bad input."""
    options = cli.from_flags(Options)
    for name in ("torch_weights", "out"):
        if not getattr(options, name):
            raise UserError(
                f"--{name} is missing, as in --torch_weights=epoch-99.pkl --out=converted."
            )
    source, out = pathlib.Path(options.torch_weights), pathlib.Path(options.out)
    state = read_state_dict(source)
    load_tensorflow()

    from tf_dictsum.methods.sum_gan_aae.model import Summarizer
    from tf_dictsum.methods.sum_gan_aae.settings import SumGanAaeSettings
    from tf_dictsum.selectors.files import save_selector
    from tf_dictsum.selectors.torch_weights import load_summarizer, summarizer_sizes
    from tf_dictsum.util.weights import save_weights

    input_size, hidden_size = summarizer_sizes(state, str(source))
    model = Summarizer(input_size, SumGanAaeSettings(hidden_size=hidden_size))
    load_summarizer(model, state, str(source))
    save_selector(model.scorer, out, {"method": "sum_gan_aae", "converted_from": source.name})
    save_weights(model, out / "summarizer.weights.h5")
    print(
        f"{out}: a selector directory, and summarizer.weights.h5 ({input_size} features, H = "
        f"{hidden_size})"
    )


run = cli.command(main, Options)


if __name__ == "__main__":
    run()
