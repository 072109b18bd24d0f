"""What every selector is: a Keras model that gives each sampled frame of a video a score."""

from typing import Any

import keras
import tensorflow as tf

from tf_dictsum.selectors.exported import ExportedSelector, GenericModule

__all__ = ["Selector"]


class Selector(keras.Model):
    """Scores the sampled frames of videos: what is left of a method once it is trained.

    A subclass is built on construction, decorated with
    `@keras.saving.register_keras_serializable("tf_dictsum")`, and has a `get_config` whose entries
    are the arguments of its constructor, so that a selector directory can hold it. Weight files
    follow its attributes'
    names: a change of these is a change of the file format.

    Args:
      input_size: D, width of the features.

    Call arguments:
      features: float [batch, time, D]; mask: bool [batch, time] or None, True where a video has a
        frame.

    Returns:
      scores float [batch, time], zero where masked.
    """

    def __init__(self, input_size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.input_size = input_size

    def call(self, features: tf.Tensor, mask: tf.Tensor | None = None) -> tf.Tensor:
        raise NotImplementedError(f"{type(self).__name__} does not say how it scores.")

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "input_size": self.input_size}

    def export_module(self) -> ExportedSelector:
        """A module that computes the scores for inference only, with weights of its own, without
        XLA and at any length.

        This default runs `call`; a selector that has a faster graph overrides it.
        """
        return GenericModule(self)
