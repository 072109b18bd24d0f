"""Cycle-SUM as a method."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.data.batches import epoch_order
from tf_dictsum.data.video import Video
from tf_dictsum.methods.cycle_sum.model import CycleSumModel
from tf_dictsum.methods.cycle_sum.rmsprop import RMSprop
from tf_dictsum.methods.keras_method import KerasMethod
from tf_dictsum.methods.logs import Log, scores_logs
from tf_dictsum.methods.settings import MethodSettings
from tf_dictsum.methods.training_model import step_mask
from tf_dictsum.selectors.lstm import LstmSelector
from tf_dictsum.util.options import option

__all__ = ["CycleSum", "CycleSumSettings"]

PRETRAINED = "generators.npz"


@dataclasses.dataclass(frozen=True)
class CycleSumSettings(MethodSettings):
    """The paper's sizes, optimizer and clipping; what says "ours" is not in the text that we
    have."""

    method: ClassVar[str] = "cycle_sum"

    hidden_size: int = option(300, "H of every LSTM", lower_bound=1)
    selector_layers: int = option(3, "layers of the selector", lower_bound=1)
    init: str = option(
        "xavier", "initial weights: xavier, torch or keras", choices=("xavier", "torch", "keras")
    )
    sigma: float = option(
        0.3, "σ, mean score that the sparsity asks for (ours)", lower_bound=0.0, upper_bound=1.0
    )
    gan_weight: float = option(1.0, "λ₁, weight of the GAN terms (ours)", lower_bound=0.0)
    autoencoder_weight: float = option(
        1.0, "λ₂, weight of priors and reconstructions (ours)", lower_bound=0.0
    )
    cycle_weight: float = option(1.0, "λ₃, weight of the cycles (ours)", lower_bound=0.0)
    learning_rate: float = option(1e-4, "RMSProp's rate (ours)", lower_bound=0.0)
    rho: float = option(0.9, "RMSProp's ρ (ours)", lower_bound=0.0, upper_bound=1.0)
    epsilon: float = option(1e-8, "RMSProp's ε, outside of the root (ours)", lower_bound=0.0)
    weight_clip: float = option(
        0.5, "all weights are kept within ± this; 0: no clipping", lower_bound=0.0
    )
    pretrain_epochs: int = option(
        20, "epochs of the generators on the videos themselves, before (number ours)", lower_bound=0
    )


class CycleSum(KerasMethod):
    """Cycle-consistent adversarial LSTMs; the last epoch counts."""

    name: ClassVar[str] = "cycle_sum"
    Settings = CycleSumSettings
    logs: ClassVar[Mapping[str, Log]] = {
        "sparsity": Log("loss/sparsity", "sparse"),
        **{
            f"{term}_{way}": Log(f"loss/{term}_{way}")
            for way in ("forward", "backward")
            for term in ("gan", "prior", "recon", "cycle")
        },
        "generator": Log("loss/generator", "gen"),
        "critic": Log("loss/critic", "critic"),
        "generator_1": Log("loss/generator_1"),
        "generator_2": Log("loss/generator_2"),
        "critic_3": Log("loss/critic_3"),
        **scores_logs(),
    }

    settings: CycleSumSettings

    def build(self, seed: int) -> CycleSumModel:
        settings = self.settings
        selector = LstmSelector(
            self.setup.input_size,
            settings.hidden_size,
            settings.selector_layers,
            settings.init,
            seed,
            name="selector",
        )
        return CycleSumModel(
            selector,
            settings.hidden_size,
            settings.sigma,
            (settings.gan_weight, settings.autoencoder_weight, settings.cycle_weight),
            settings.weight_clip,
            settings.init,
            seed,
            name="cycle_sum",
        )

    def optimizers(self) -> dict[str, keras.optimizers.Optimizer]:
        return {name: self._rmsprop() for name in ("generator", "critic")}

    def _rmsprop(self) -> RMSprop:
        settings = self.settings
        return RMSprop(settings.learning_rate, rho=settings.rho, epsilon=settings.epsilon)

    def prepare(
        self,
        videos: Sequence[Video],
        folder: pathlib.Path,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        """Pretrains both generators, or reads what an earlier start of the run wrote when it
        had."""
        super().prepare(videos, folder, callbacks)
        if not self.settings.pretrain_epochs:
            return
        file, variables = folder / PRETRAINED, self._pretrained
        if file.exists():
            with np.load(file) as values:
                for n, variable in enumerate(variables):
                    variable.assign(values[f"w{n}"])
            return
        self._pretrain()
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = file.with_suffix(".unfinished.npz")
        np.savez(unfinished, **{f"w{n}": v.numpy() for n, v in enumerate(variables)})
        unfinished.replace(file)

    @property
    def _pretrained(self) -> list[Any]:
        model = self.model
        return (
            model.forward_generator.trainable_variables
            + model.backward_generator.trainable_variables
        )

    def _pretrain(self) -> None:
        optimizer, variables, model = self._rmsprop(), self._pretrained, self.model
        optimizer.build(variables)

        @tf.function(reduce_retracing=True, jit_compile=self.setup.jit == "on", autograph=False)
        def step(features: tf.Tensor, lengths: tf.Tensor, seed: tf.Tensor) -> None:
            mask = step_mask({"features": features, "lengths": lengths})
            shape = [2, tf.shape(features)[0], 2, model.units]
            noise = tf.random.stateless_normal(shape, seed, dtype=features.dtype)
            with tf.GradientTape() as tape:
                loss = model.pretraining_loss(features, mask, noise[0], "forward")
                loss += model.pretraining_loss(features, mask, noise[1], "backward")
            optimizer.apply(tape.gradient(loss, variables), variables)

        count = len(self.batches)
        for epoch in range(self.settings.pretrain_epochs):
            order = epoch_order(count, epoch, self.seed, self.setup.shuffle)
            for place, n in enumerate(order):
                batch, number = self.batches[n], epoch * count + place
                step(
                    tf.constant(batch.features),
                    tf.constant(batch.lengths),
                    tf.constant([self.seed, number]),
                )
