"""The shots of a video: kernel temporal segmentation of its features, with boundaries on the hard
cuts.
"""

import dataclasses

import numpy as np

from tf_dictsum.footage.footage import Footage
from tf_dictsum.shots.cuts import hard_cuts, snap_shots
from tf_dictsum.shots.kts import change_points

__all__ = ["SOURCE", "shots_of", "with_shots"]

SOURCE = (
    "kernel temporal segmentation of these features (tf_dictsum.shots.kts), "
    "at and with the hard cuts of the video (tf_dictsum.shots.cuts)"
)


def shots_of(footage: Footage) -> np.ndarray:
    """First and last frame (inclusive) of every shot: int64 [n_shots, 2], without gaps.

    Shots that are known stay as many as they are; their boundaries too go to the hard cuts that are
    near.
    """
    given = footage.change_points
    if given is None:
        shots = change_points(footage.features, footage.picks, footage.n_frames)
    else:
        shots = np.asarray(given, np.int64)
    gapless = len(shots) and (shots[1:, 0] == shots[:-1, 1] + 1).all()
    if footage.changes is None or not gapless:
        return shots
    cuts = hard_cuts(footage.changes, footage.timeline.fps)
    return snap_shots(shots, footage.picks, cuts, add=given is None)


def with_shots(footage: Footage) -> Footage:
    """The footage with its shots found, once and for all: finding them again needs a second and a
    library.
    """
    return dataclasses.replace(footage, change_points=shots_of(footage), changes=None)
