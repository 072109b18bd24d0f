"""What is optimised: the numbers and choices of the losses and updates."""

import dataclasses

__all__ = ["Objective"]


@dataclasses.dataclass(frozen=True)
class Objective:
    """Choices of the training objective; README has the table of what the paper and the public code say.

    Attributes:
      sigma: σ, the mean score that L_sparsity asks for.
      dict_weight: λ, weight of L_dict.
      dict_norm, recon_norm: "l2" (‖·‖₂) or "l2sq" (‖·‖₂²).
      recon_weight: weight of L_recon in the selector's and the decoder's update; 0: those two learn without it.
      dictionary: "learned" moves A by its own Adam, "frozen" keeps it as it was drawn.
      clip: largest global gradient norm of an update; 0: no clipping.
      clip_scope: "group" clips by the norm of the group being stepped, "all" as the public code does.
      update: "sequential" (a forward pass before each of the three updates) or "joint" (one for all).
      discriminator_real: "every" step shows X and X̂ to the discriminator's update, "alternate" one of them in turn.
    """

    sigma: float = 0.15
    dict_weight: float = 1.0
    dict_norm: str = "l2"
    recon_norm: str = "l2"
    recon_weight: float = 1.0
    dictionary: str = "learned"
    clip: float = 5.0
    clip_scope: str = "group"
    update: str = "sequential"
    discriminator_real: str = "every"
