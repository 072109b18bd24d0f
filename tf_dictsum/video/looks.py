"""How a picture looks, in a few numbers: what blank, faded and blurred frames are told by."""

import numpy as np

__all__ = ["LOOKS", "looks_of"]

LOOKS = ("brightness", "contrast", "sharpness", "texture", "plain")
"""Columns of what `looks_of` gives."""

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_EDGE = 2.0  # levels from a pixel to the next that are more than noise of a codec


def looks_of(rgb: np.ndarray) -> np.ndarray:
    """float32 [5] of uint8 [h, w, 3], in the order of `LOOKS`.

    brightness, contrast: mean and standard deviation of luma, in levels.
    sharpness: mean squared difference of neighbours, in levels squared.
    texture: part of the pixels that differ from the next one, along rows or along columns,
      whichever is less (colour bars have none along columns).
    plain: part of the pixels that are as their neighbours on either side.
    """
    luma = rgb.astype(np.float32) @ _LUMA
    if min(luma.shape) < 2:
        return np.array([luma.mean(), luma.std(), 0, 0, 1], np.float32)
    across = np.abs(np.diff(luma, axis=1))[:-1]
    down = np.abs(np.diff(luma, axis=0))[:, :-1]
    return np.array(
        [
            luma.mean(dtype=np.float64),
            luma.std(dtype=np.float64),
            (across**2 + down**2).mean(dtype=np.float64),
            min((across >= _EDGE).mean(), (down >= _EDGE).mean()),
            (across + down < _EDGE / 2).mean(),
        ],
        np.float32,
    )
