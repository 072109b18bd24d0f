"""Every choice of a training run. The flags of `python -m tf_dictsum.train` are exactly these fields."""

import dataclasses

from tf_dictsum.methods.sum_gan_aae.objective import Objective
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.flags import option

__all__ = ["RESUMABLE", "Config"]

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
"""Fields that may differ when a run is resumed. `epochs` may only change what is still to come; the data behind
`dataset`, `splits` and `parallel_encoder` are compared by content."""


@dataclasses.dataclass(frozen=True)
class Config:
    """Configuration of `training.trainer.train`; each field's help says its unit and source."""

    # Data
    dataset: str = option(
        "demo", "feature file in the ECCV16 layout, or demo (generated, needs no download)"
    )
    splits: str = option(
        "", "JSON file of splits [{train_keys, test_keys}, ...]; without it: --folds"
    )
    folds: int = option(
        5, "non-overlapping folds when no --splits; 1 trains and tests on all videos", lower_bound=1
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
    epochs: int = option(
        100, "epochs of adversarial training; a finished run can be prolonged", lower_bound=1
    )
    batch_size: int = option(1, "videos per update; 1 is the paper's", lower_bound=1)
    shuffle: bool = option(
        False, "new order of the videos in every epoch; the public code keeps the split's order"
    )
    jit: str = option(
        "auto",
        "XLA: on compiles the whole training step, loops its time loops only, off nothing; auto: loops on a CPU, on with a GPU",
        choices=("auto", "loops", "on", "off"),
    )
    deterministic: bool = option(False, "bit-equal runs: deterministic ops, no XLA")
    progress: bool = option(True, "show a progress bar; --noprogress for none")

    # Method
    method: str = option(
        "dictsum",
        "dictsum (with the dictionary loss) or sum_gan_aae (without)",
        choices=("dictsum", "sum_gan_aae"),
    )
    hidden_size: int = option(500, "H of every LSTM", lower_bound=1)
    init: str = option(
        "torch",
        "initial weights: torch (the public code's rules) or keras",
        choices=("torch", "keras"),
    )
    selector: str = option(
        "bidirectional",
        "bidirectional (public code) or unidirectional (the paper says LSTM)",
        choices=("bidirectional", "unidirectional"),
    )
    sigma: float = option(
        0.15, "σ, mean score that the sparsity loss asks for", lower_bound=0.0, upper_bound=1.0
    )
    dict_weight: float = option(1.0, "λ, weight of the dictionary loss", lower_bound=0.0)
    dict_norm: str = option("l2", "dictionary loss: l2 (unsquared) or l2sq", choices=("l2", "l2sq"))
    recon_norm: str = option(
        "l2", "reconstruction loss: l2 (public code) or l2sq (the paper)", choices=("l2", "l2sq")
    )
    recon_weight: float = option(
        1.0,
        "weight of the reconstruction loss in the selector's and the decoder's update; 0: without it (ablation)",
        lower_bound=0.0,
    )
    dictionary: str = option(
        "learned",
        "A: learned by its own Adam, or frozen as it was drawn (ablation)",
        choices=("learned", "frozen"),
    )
    parallel_hidden: str = option(
        "own",
        "h that A e must predict: the video's own, or shuffled: that of another training video (ablation)",
        choices=("own", "shuffled"),
    )
    update: str = option(
        "sequential",
        "sequential: a forward pass per update; joint: one for all three",
        choices=("sequential", "joint"),
    )
    discriminator_real: str = option(
        "every",
        "X and X̂ in every discriminator update, or one of them in turn",
        choices=("every", "alternate"),
    )

    # Optimizers
    learning_rate: float = option(
        1e-4, "Adam's rate for selector+encoder and decoder", lower_bound=0.0
    )
    discriminator_lr: float = option(
        1e-5,
        "Adam's rate for the discriminator (public code; the paper reads 1e-4)",
        lower_bound=0.0,
    )
    dictionary_lr: float = option(1e-4, "Adam's rate for the dictionary A", lower_bound=0.0)
    adam_epsilon: float = option(1e-8, "Adam's ε, placed as in PyTorch", lower_bound=0.0)
    clip: float = option(5.0, "largest global gradient norm of an update; 0: none", lower_bound=0.0)
    clip_scope: str = option(
        "group",
        "clip by the norm of the group being stepped, or of all gradients lying about (public code)",
        choices=("group", "all"),
    )

    # Parallel encoder
    parallel_encoder: str = option(
        "",
        "weights of a parallel autoencoder pretrained before (parallel.weights.h5); skips pretraining",
    )
    parallel_size: int = option(
        500, "N, width of the parallel encoder (the public branch has 1024)", lower_bound=1
    )
    parallel_output: str = option(
        "leaky_relu",
        "activation of its output: leaky_relu (public branch) or linear",
        choices=("leaky_relu", "linear"),
    )
    parallel_dropout: float = option(
        0.2,
        "dropout between its encoder's layers while pretraining",
        lower_bound=0.0,
        upper_bound=0.99,
    )
    pretrain_epochs: int = option(
        100, "most epochs of pretraining; 0 keeps the untrained encoder", lower_bound=0
    )
    pretrain_patience: int = option(
        10,
        "stop pretraining after so many epochs without a better training loss; 0: never",
        lower_bound=0,
    )
    pretrain_lr: float = option(1e-4, "Adam's rate while pretraining", lower_bound=0.0)
    pretrain_loss: str = option(
        "sum",
        "squared error summed over steps and features (public branch), or its mean",
        choices=("sum", "mean"),
    )

    def __post_init__(self) -> None:
        if self.deterministic and self.jit in ("on", "loops"):
            raise UserError(
                f"--deterministic and --jit={self.jit} exclude each other: XLA has no deterministic mode here. Drop one of them."
            )
        if self.clip_scope == "all" and self.update == "joint":
            raise UserError(
                "--clip_scope=all describes the public code's sequential updates. Use --update=sequential with it."
            )
        if self.split != "all" and not self.split.isdigit():
            raise UserError(f"--split={self.split}: expected all or a number from 0.")
        for name in ("learning_rate", "discriminator_lr", "dictionary_lr", "pretrain_lr"):
            if not getattr(self, name) > 0:
                raise UserError(
                    f"--{name}={getattr(self, name)}: a learning rate must be positive."
                )
        if any(seed < 0 for seed in self.all_seeds) or len(set(self.all_seeds)) != len(
            self.all_seeds
        ):
            raise UserError(
                f"--seeds={','.join(map(str, self.seeds))}: expected different non-negative integers."
            )

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds to run."""
        return self.seeds or (self.seed,)

    @property
    def use_xla(self) -> bool:
        """Whether anything is compiled with XLA, so that lengths should be few."""
        return self.jit != "off" and not self.deterministic

    @property
    def objective(self) -> Objective:
        """The part of this configuration that the losses and updates read."""
        return Objective(**{f.name: getattr(self, f.name) for f in dataclasses.fields(Objective)})

    def as_flags(self) -> str:
        """A flag file that replays this run."""
        lines = []
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool):
                lines.append(f"--{'' if value else 'no'}{field.name}")
            else:
                lines.append(
                    f"--{field.name}={','.join(map(str, value)) if isinstance(value, tuple) else value}"
                )
        return "\n".join(lines) + "\n"
