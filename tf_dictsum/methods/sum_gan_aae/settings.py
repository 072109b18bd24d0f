"""The options of SUM-GAN-AAE."""

import dataclasses
from typing import ClassVar

from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.util.errors import UserError
from tf_dictsum.util.options import option

__all__ = ["SumGanAaeSettings"]


@dataclasses.dataclass(frozen=True)
class SumGanAaeSettings(MethodSettings):
    """Choices of the adversarial model and its training; the README has what the paper and the
    public code say.
    """

    method: ClassVar[str] = "sum_gan_aae"

    # Model
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

    # Losses and updates
    sigma: float = option(
        0.15, "σ, mean score that the sparsity loss asks for", lower_bound=0.0, upper_bound=1.0
    )
    recon_norm: str = option(
        "l2", "reconstruction loss: l2 (public code) or l2sq (the paper)", choices=("l2", "l2sq")
    )
    recon_weight: float = option(
        1.0,
        "weight of the reconstruction loss in the selector's and the decoder's update; 0: "
        "without it (ablation)",
        lower_bound=0.0,
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
    adam_epsilon: float = option(1e-8, "Adam's ε, placed as in PyTorch", lower_bound=0.0)
    clip: float = option(5.0, "largest global gradient norm of an update; 0: none", lower_bound=0.0)
    clip_scope: str = option(
        "group",
        "clip by the norm of the group being stepped, or of all gradients, stale ones included "
        "(public code)",
        choices=("group", "all"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.clip_scope == "all" and self.update == "joint":
            raise UserError(
                "clip_scope=all describes the public code's sequential updates. Use "
                "update=sequential with it."
            )

    @property
    def bidirectional(self) -> bool:
        """Whether the selector reads in both directions."""
        return self.selector == "bidirectional"
