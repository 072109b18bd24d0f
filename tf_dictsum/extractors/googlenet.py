"""GoogLeNet (Inception v1) as BVLC published it for Caffe, up to pool5: the features of the field's
SumMe and TVSum files.

Sources: C. Szegedy et al., "Going deeper with convolutions", CVPR 2015, table 1; BVLC's
models/bvlc_googlenet/deploy.prototxt for names, paddings and the order of pooling and
normalisation.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tf_dictsum.util.errors import UserError

__all__ = ["FEATURES", "INPUT_SIZE", "convolutions", "googlenet", "set_weights"]

INPUT_SIZE = 224
FEATURES = 1024
_MEAN_RGB = (123.0, 117.0, 104.0)

# Outputs of 1x1 | 3x3_reduce, 3x3 | 5x5_reduce, 5x5 | pool_proj.
_MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


class _CaffeLRN(keras.layers.Layer):
    """Caffe's normalisation across channels: local_size 5, alpha 1e-4 (which Caffe divides by the
    size), beta 0.75.
    """

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.local_response_normalization(
            inputs, depth_radius=2, bias=1.0, alpha=1e-4 / 5, beta=0.75
        )


def googlenet() -> keras.Model:
    """The network with untrained weights.

    Input: uint8 or float [batch, 224, 224, 3], **RGB** 0 to 255. The mean is subtracted inside; the
      BGR order of Caffe
    lives in the first kernel (`set_weights` turns it).

    Output: float32 [batch, 1024], the 7x7 average, not normalised.
    """
    inputs = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), name="rgb")
    x = keras.layers.Rescaling(1.0, [-m for m in _MEAN_RGB], name="mean")(inputs)
    x = keras.layers.ZeroPadding2D(3, name="pad1")(
        x
    )  # Caffe pads 3 on every side; "same" would pad 2 and 3
    x = _convolution(x, "conv1/7x7_s2", 64, 7, strides=2, padding="valid")
    x = _pool(x, 2)  # at 224 "same" has the windows of Caffe's rounding up
    x = _CaffeLRN(name="norm1")(x)
    x = _convolution(x, "conv2/3x3_reduce", 64, 1)
    x = _convolution(x, "conv2/3x3", 192, 3)
    x = _CaffeLRN(name="norm2")(x)
    x = _pool(x, 2)
    for module, sizes in _MODULES.items():
        x = _inception(x, f"inception_{module}", sizes)
        if module in ("3b", "4e"):
            x = _pool(x, 2)
    return keras.Model(
        inputs, keras.layers.GlobalAveragePooling2D(name="pool5")(x), name="googlenet"
    )


def _inception(x: Any, name: str, sizes: tuple[int, ...]) -> Any:
    one, reduce3, three, reduce5, five, projected = sizes
    return keras.layers.Concatenate(name=_layer_name(f"{name}/output"))(
        [
            _convolution(x, f"{name}/1x1", one, 1),
            _convolution(
                _convolution(x, f"{name}/3x3_reduce", reduce3, 1), f"{name}/3x3", three, 3
            ),
            _convolution(_convolution(x, f"{name}/5x5_reduce", reduce5, 1), f"{name}/5x5", five, 5),
            _convolution(_pool(x, 1), f"{name}/pool_proj", projected, 1),
        ]
    )


def _convolution(x: Any, name: str, filters: int, size: int, **options: Any) -> Any:
    return keras.layers.Conv2D(
        filters,
        size,
        **{"padding": "same", "activation": "relu", **options},
        name=_layer_name(name),
    )(x)


def _pool(x: Any, strides: int) -> Any:
    return keras.layers.MaxPooling2D(3, strides, padding="same")(x)


def _layer_name(caffe: str) -> str:
    return caffe.replace("/", ".")  # Keras keeps "/" for itself


def convolutions(model: keras.Model) -> dict[str, keras.layers.Conv2D]:
    """Caffe's name -> layer, for every convolution of `googlenet()`."""
    return {
        layer.name.replace(".", "/"): layer
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    }


def set_weights(model: keras.Model, arrays: Mapping[str, np.ndarray], source: str) -> None:
    """Puts published weights into `googlenet()`.

    Args:
      model: from `googlenet()`.
      arrays: "<caffe layer>/kernel" [height, width, in, out] and "<caffe layer>/bias" [out], input
        channels BGR.
      source: for messages.

    Raises:
      UserError: an array is missing or of another shape.
    """
    layers = convolutions(model)
    missing = [
        f"{name}/{part}"
        for name in layers
        for part in ("kernel", "bias")
        if f"{name}/{part}" not in arrays
    ]
    if missing:
        has = ", ".join(list(arrays)[:3]) or "nothing"
        raise UserError(
            f"{source}: not the weights of BVLC GoogLeNet: {len(missing)} of {2 * len(layers)} "
            f"arrays are missing, such as {missing[0]} "
            f"(it has {has}, ...). Give bvlc_googlenet.caffemodel, googlenet-*.onnx of the ONNX "
            "model zoo, or an .npz with these arrays."
        )
    for name, layer in layers.items():
        kernel, bias = arrays[f"{name}/kernel"], arrays[f"{name}/bias"]
        if kernel.shape != layer.kernel.shape or bias.shape != layer.bias.shape:
            raise UserError(
                f"{source}: {name} has shapes {kernel.shape} and {bias.shape}, GoogLeNet has "
                f"{tuple(layer.kernel.shape)} and "
                f"{tuple(layer.bias.shape)}. Give the weights of BVLC GoogLeNet."
            )
        layer.set_weights([kernel[:, :, ::-1] if name == "conv1/7x7_s2" else kernel, bias])
