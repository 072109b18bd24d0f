"""The options of salience and of its student."""

import dataclasses
from typing import ClassVar

from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.saliency.blend import DIRECTION_WEIGHT
from tf_dictsum.saliency.smoothing import SIGMA
from tf_dictsum.util.options import option

__all__ = ["SalienceSettings", "StudentSettings"]


@dataclasses.dataclass(frozen=True)
class SalienceSettings(MethodSettings):
    """What is blended; docs/agreement.md has what each part is worth."""

    method: ClassVar[str] = "salience"

    direction_weight: float = option(
        DIRECTION_WEIGHT,
        "weight of what salient frames of the training videos have in common; 0: without",
        lower_bound=0.0,
    )
    position_weight: float = option(
        0.0,
        "weight of nearness to the middle of the video (a prior that sees nothing); 0: without",
        lower_bound=0.0,
    )
    smoothing: float = option(
        SIGMA, "standard deviation in seconds of the smoothing of each signal", lower_bound=0.0
    )


@dataclasses.dataclass(frozen=True)
class StudentSettings(SalienceSettings):
    """Those of the teacher, and of the network that learns its ranks."""

    method: ClassVar[str] = "salience_student"

    hidden_size: int = option(64, "H of the student's LSTM", lower_bound=1)
    selector: str = option(
        "bidirectional",
        "bidirectional, or unidirectional: causal, for live streams",
        choices=("bidirectional", "unidirectional"),
    )
    init: str = option(
        "torch",
        "initial weights: torch (the public code's rules) or keras",
        choices=("torch", "keras"),
    )
    excerpt: int = option(
        256,
        "sampled frames of a random excerpt that an update sees of each video; 0: all of it",
        lower_bound=0,
    )
    learning_rate: float = option(1e-3, "Adam's rate", lower_bound=0.0)
    clip: float = option(5.0, "largest global gradient norm of an update; 0: none", lower_bound=0.0)
