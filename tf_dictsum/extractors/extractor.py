"""A network with its weights and its preprocessing, ready to turn pictures into features."""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.extractors.backbones import make_backbone
from tf_dictsum.extractors.googlenet import (
    FEATURES,
    INPUT_SIZE,
    convolutions,
    googlenet,
    set_weights,
)
from tf_dictsum.extractors.weight_formats import read_weights
from tf_dictsum.extractors.weights_cache import GOOGLENET, Source, find_weights
from tf_dictsum.video.crop import Crop

__all__ = ["Extractor", "make_extractor"]


class Extractor:
    """Pictures -> features.

    Args:
      model: uint8-valued float RGB [batch, side, side, 3] -> [batch, D]; everything after the crop
        is inside.
      crop: the part of a frame that it reads.
      network, layer, preprocessing: for the record.
      weights: `checksum` of its weights.

    Attributes:
      crop, model: as given.
      size: D.
      weights: checksum of its weights.
    """

    def __init__(
        self,
        model: keras.Model,
        crop: Crop,
        *,
        network: str,
        layer: str,
        preprocessing: str,
        weights: str,
    ):
        self.crop = crop
        self.model = model
        self.weights = weights
        self.size = int(model.output.shape[-1])
        self._record = {
            "network": network,
            "layer": layer,
            "preprocessing": preprocessing,
            "weights": weights,
        }
        # One graph for every batch size, by TensorFlow's own kernels: XLA's convolutions are slower
        # on a CPU (benchmarks/features.py).
        shape = [None, crop.size, crop.size, 3]
        self._run = tf.function(
            lambda pictures: model(tf.cast(pictures, tf.float32), training=False),
            input_signature=[tf.TensorSpec(shape, tf.uint8)],
        )

    def record(self, fps: float) -> dict[str, Any]:
        """What features made at `fps` steps per second are (`data.extractor_record`)."""
        return {**self._record, "fps": float(fps)}

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        """uint8 RGB [batch, side, side, 3] -> float32 [batch, D]."""
        return self._run(tf.constant(pictures)).numpy()


def make_extractor(
    backbone: str = "googlenet",
    weights: str = "",
    progress: Callable[[Source, int], None] | None = None,
    sources: tuple[Source, ...] = GOOGLENET,
) -> Extractor:
    """The extractor that two flags describe.

    Args:
      backbone: "googlenet" (BVLC, pool5), or the name of a network in keras.applications, such as
        "ResNet50".
      weights: a file; "" looks into the cache folder and then asks the publisher.
      progress: of a download, as `find_weights` calls it.
      sources: where GoogLeNet's weights are published.

    Raises:
      UserError: an unknown network, or weights that cannot be had or do not fit.
    """
    if backbone.lower() != "googlenet":
        model, name, side = make_backbone(backbone, weights)
        crop = Crop(side, round(side * 256 / 224))
        return Extractor(
            model,
            crop,
            network=f"keras.applications.{name}",
            layer="average of the last feature map",
            preprocessing=f"{crop}, keras.applications preprocess_input",
            # By place: Keras counts up the names of layers within a process.
            weights=checksum(
                {
                    f"{place:05d}": np.asarray(variable)
                    for place, variable in enumerate(model.weights)
                }
            ),
        )
    path = find_weights(weights, sources, progress)
    model = googlenet()
    arrays = read_weights(path)
    set_weights(model, arrays, str(path))
    used = {
        f"{name}/{part}": arrays[f"{name}/{part}"]
        for name in convolutions(model)
        for part in ("kernel", "bias")
    }
    assert model.output.shape[-1] == FEATURES
    crop = Crop(INPUT_SIZE, 256)
    preprocessing = f"{crop}, BGR minus (104, 117, 123)"
    return Extractor(
        model,
        crop,
        network="bvlc_googlenet",
        layer="pool5",
        preprocessing=preprocessing,
        weights=checksum(used),
    )


def checksum(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 over names, shapes and float32 values, in the order of the names: the same for the
    same weights in any file.
    """
    digest = hashlib.sha256()
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name], "<f4")
        digest.update(json.dumps([name, values.shape]).encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
