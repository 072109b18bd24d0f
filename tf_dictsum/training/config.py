"""Every choice of a training run: data and run here, the method's own in its settings."""

import dataclasses
from typing import Any

from tf_dictsum.methods.registry import DEFAULT, METHODS
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import as_flag, check_options, is_option, option

__all__ = ["RESUMABLE", "RunConfig"]

RESUMABLE = frozenset(
    {
        "run_dir",
        "compare_to",
        "overwrite",
        "progress",
        "epochs",
        "split",
        "seeds",
        "seed",
        "dataset",
        "splits",
        "parallel_encoder",
    }
)
"""Options that may differ when a run is resumed. `epochs` may only change what is still to come; the data behind
`dataset`, `splits` and `parallel_encoder` are compared by content."""  # noqa: E501


@dataclasses.dataclass(frozen=True)
class RunConfig:
    """Configuration of `training.trainer.train`; each field's help says its unit and source.

    Attributes:
      method: the settings of the method that is trained; a name stands for its defaults.

    Raises:
      UserError: a value that cannot be, values that exclude each other, or an unknown method.
    """

    # Data
    dataset: str = option(
        "demo", "feature file in the ECCV16 layout, or demo (generated, needs no download)"
    )
    splits: str = option(
        "", "JSON file of splits [{train_keys, test_keys}, ...]; without it: --folds"
    )
    folds: int = option(
        5,
        "non-overlapping folds when no --splits; 1 trains and tests on all videos",
        lower_bound=1,
    )
    fold_seed: int = option(0, "seed of the folds", lower_bound=0)
    split: str = option("all", "which split to run: all, or its number from 0")

    # Run
    run_dir: str = option("runs/latest", "where everything is written; the same command resumes it")
    compare_to: str = option(
        "", "run directory of another method on the same splits: results.md tests the difference"
    )
    overwrite: bool = option(
        False, "start anew in a run directory of another configuration, deleting what it holds"
    )
    seed: int = option(0, "seed of weights, dropout and shuffling", lower_bound=0)
    seeds: tuple[int, ...] = option([], "several seeds, such as 0,1,2,3,4; overrides --seed")
    epochs: int = option(100, "epochs of training; a finished run can be prolonged", lower_bound=1)
    batch_size: int = option(1, "videos per update; 1 is the paper's", lower_bound=1)
    shuffle: bool = option(
        False, "new order of the videos in every epoch; the public code keeps the split's order"
    )
    jit: str = option(
        "auto",
        "XLA: on compiles the whole training step, loops its time loops only, off nothing; auto: loops on a CPU, on with a GPU",  # noqa: E501
        choices=("auto", "loops", "on", "off"),
    )
    deterministic: bool = option(False, "bit-equal runs: deterministic ops, no XLA")
    progress: bool = option(True, "show a progress bar; --noprogress for none")

    method: MethodSettings = DEFAULT  # type: ignore[assignment]  # a name becomes its settings

    def __post_init__(self) -> None:
        if isinstance(self.method, str):
            object.__setattr__(self, "method", METHODS.settings(self.method)())
        if isinstance(self.seeds, list):
            object.__setattr__(self, "seeds", tuple(self.seeds))
        check_options(self)
        if self.deterministic and self.jit in ("on", "loops"):
            raise UserError(
                f"`deterministic` and jit={self.jit} exclude each other: XLA has no deterministic mode here. "  # noqa: E501
                "Drop one of them."
            )
        if self.split != "all" and not self.split.isdigit():
            raise UserError(f"split={self.split}: expected all or a number from 0.")
        seeds = self.all_seeds
        if any(seed < 0 for seed in seeds) or len(set(seeds)) != len(seeds):
            raise UserError(
                f"seeds={','.join(map(str, self.seeds))}: expected different non-negative integers."
            )

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds to run."""
        return self.seeds or (self.seed,)

    @property
    def use_xla(self) -> bool:
        """Whether anything is compiled with XLA, so that lengths should be few."""
        return self.jit != "off" and not self.deterministic

    def values(self) -> dict[str, Any]:
        """Option -> value, those of the method and its name included: what a flag file holds."""
        run = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if is_option(f)}
        return {**run, "method": self.method.method, **self.method.values()}

    def as_flags(self) -> str:
        """A flag file that replays this run."""
        return "".join(as_flag(name, value) + "\n" for name, value in self.values().items())
