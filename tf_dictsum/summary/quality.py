"""How good a picture is, whatever it shows: blank, faded and blurred frames should stand for
nothing.
"""

import numpy as np

from tf_dictsum.video.looks import LOOKS

__all__ = ["qualities"]

_UNIFORM = 6.0  # contrast in levels: a lens cap, black and white frames, the ends of fades
_FEATURELESS = 0.02  # texture: gradients, plain grounds
_DARK, _MOSTLY_PLAIN = 40.0, 0.75  # brightness and plain part of credits: letters on a black ground
_PLAIN, _GRAPHIC, _FEW_EDGES = 0.8, 30.0, 0.05  # plain part, contrast, texture of colour bars
_SOFT = 0.7  # sharpness and contrast of so much of what is usual in the shot are as good as any
_BLURRED = 0.3  # of less than so much: as bad as can be


def qualities(looks: np.ndarray | None, picks: np.ndarray, shots: np.ndarray) -> np.ndarray:
    """float64 [n_steps] in [0, 1]: 0 for blank frames (uniform, bars, credits); less than 1 for
    frames that are blurred or faded beside the other frames of their shot.

    Where all are blank, all are as good as any. Sharpness and contrast are compared within a shot
      only: a misty view is not a bad picture of the mist.

    Args:
      looks: [n_steps, 5] (`video.looks`); None: nothing is known, so every frame is good.
      picks: int [n_steps], frame number of every sampled frame.
      shots: int [n_shots, 2], first and last frame of every shot.
    """
    if looks is None:
        return np.ones(len(picks))
    brightness, contrast, sharpness, texture, plain = (
        np.asarray(looks[:, LOOKS.index(name)], np.float64)
        for name in ("brightness", "contrast", "sharpness", "texture", "plain")
    )
    uniform = (contrast < _UNIFORM) | (texture < _FEATURELESS)
    letters = (brightness < _DARK) & (plain > _MOSTLY_PLAIN)
    graphic = (plain > _PLAIN) & (contrast > _GRAPHIC) & (texture < _FEW_EDGES)
    blank = uniform | letters | graphic
    if blank.all():
        return np.ones(len(picks))
    result = np.where(blank, 0.0, 1.0)
    shot_of = np.searchsorted(shots[:, 0], picks, side="right") - 1
    for shot in np.unique(shot_of):
        steps = np.flatnonzero((shot_of == shot) & ~blank)
        if len(steps):
            for values in (np.sqrt(sharpness[steps]), contrast[steps]):
                result[steps] *= _against_usual(values)
    return result


def _against_usual(values: np.ndarray) -> np.ndarray:
    """1 where a value is near the upper quartile of all or above, falling to 0.1 where it is far
    below.
    """
    usual = max(float(np.quantile(values, 0.75)), 1e-9)
    return np.clip((values / usual - _BLURRED) / (_SOFT - _BLURRED), 0.1, 1.0)
