"""Networks of keras.applications as extractors: the average of the last feature map."""

import inspect
import pathlib
import textwrap
from typing import Any

import keras

from tf_dictsum.util.errors import UserError
from tf_dictsum.util.weights import load_weights

__all__ = ["BACKBONES", "make_backbone"]

# Side of the pictures that the published weights were trained on, where it is not 224.
_SIDES = {
    **dict.fromkeys(("InceptionV3", "InceptionResNetV2", "Xception"), 299),
    "NASNetLarge": 331,
    **{
        f"EfficientNetB{i}": side for i, side in enumerate((224, 240, 260, 300, 380, 456, 528, 600))
    },
    **{f"EfficientNetV2B{i}": side for i, side in enumerate((224, 240, 260, 300))},
    **{"EfficientNetV2S": 384, "EfficientNetV2M": 480, "EfficientNetV2L": 480},
}
BACKBONES = tuple(
    sorted(name for name, value in vars(keras.applications).items() if inspect.isfunction(value))
)


def make_backbone(name: str, weights: str) -> tuple[keras.Model, str, int]:
    """A network that reads RGB 0 to 255 and gives its last feature map's average.

    Args:
      name: of the function in keras.applications, in any case.
      weights: file of the network without its top (`model.save_weights`); "" takes Keras' own
        ImageNet weights from its cache or download.

    Returns:
      The model, the network's name as keras.applications writes it, the side of its pictures.

    Raises:
      UserError: unknown name, or weights that cannot be had or do not fit.
    """
    known = {backbone.lower(): backbone for backbone in BACKBONES}
    if name.lower() not in known:
        raise UserError(
            f"--backbone={name}: unknown. Give googlenet or one of keras.applications: "
            f"{', '.join(BACKBONES)}."
        )
    name = known[name.lower()]
    build = getattr(keras.applications, name)
    side = _SIDES.get(name, 224)
    options: dict[str, Any] = {
        "include_top": False,
        "pooling": "avg",
        "input_shape": (side, side, 3),
    }
    if weights:
        network = build(weights=None, **options)
        load_weights(network, pathlib.Path(weights), f"the weights of {name} without its top")
    else:
        try:
            network = build(weights="imagenet", **options)
        except Exception as error:  # keras.utils.get_file raises a bare Exception
            raise UserError(
                f"{name}: Keras has no weights of it in its cache and cannot download them "
                f"({textwrap.shorten(str(error), 200)}). "
                "Give them by --weights=FILE.weights.h5 (of the network with include_top=False)."
            ) from None
    inputs = keras.Input((side, side, 3), name="rgb")
    preprocess = inspect.getmodule(build).preprocess_input  # type: ignore[union-attr]
    # Some of these functions work in place; keras.ops on a symbolic tensor never does.
    outputs = network(preprocess(inputs, data_format="channels_last"))
    return keras.Model(inputs, outputs, name=name), name, side
