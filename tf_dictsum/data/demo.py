"""The built-in demo dataset: GENERATED, not videos.

It exists so that every command runs on a fresh machine and the method can be taught: no camera, no
network and no person made it. Numbers measured on it say whether the plumbing works; they are not
results on videos and must not be quoted as such.

Planted structure: places that return, long static stretches, and rare events of a second or two.
Five pretend users share a taste (rare events and the first view of a place; no static repeats),
each with noise of their own.
"""

import numpy as np

from tf_dictsum.data.video import Dataset, Video

__all__ = ["demo_dataset"]

_SEED = 20210919
_STEPS = (180, 60, 240, 96, 300, 132, 75, 210, 155, 270, 110, 225)  # per video, at 2 a second
_WIDTH = 64
_PLACES = 8  # looks that the videos share, as kitchens and streets do
_USERS = 5
_BUDGET = 0.15
_FRAMES_PER_STEP = 15  # 30 frames a second, sampled at 2
_FRAMES_PER_RATING = 60  # TVSum's people rated pieces of two seconds

_VIEW, _RETURN, _STATIC, _EVENT = range(4)  # kinds of shot
_LIKING = np.array([0.60, 0.28, 0.08, 0.95])  # how much people like each kind, 0..1
_MOTION = np.array([0.35, 0.25, 0.03, 0.60])  # how much the picture changes within each kind
_RELATIVE_LENGTH = np.array([1.5, 1.0, 3.0, 0.0])  # events have 2 to 4 steps instead


def demo_dataset() -> Dataset:
    """Twelve generated videos of 60 to 300 steps, the same on every call.

    Returns:
      A Dataset named "demo" with every annotation of `Video` present: features [n_steps, 64],
      nonnegative as pool5 features are; 5 users; `user_scores` whole numbers 1..5; `user_summary`
      about 15 % of the frames; `gtscore` = (mean user score - 1) / 4 at the picks; `gtsummary` 1
      for the 15 % of steps that most users kept.
    """
    rng = np.random.Generator(np.random.PCG64(_SEED))
    places = rng.gamma(
        0.6, 1.0, (_PLACES, _WIDTH)
    )  # many near zero, few large, as after a ReLU and a pooling
    videos = {}
    for number, n_steps in enumerate(_STEPS, start=1):
        own = np.random.Generator(np.random.PCG64([_SEED, number]))
        videos[f"video_{number}"] = _video(f"video_{number}", n_steps, places, own)
    return Dataset(
        "demo",
        "demo",
        videos,
        {"dataset": "demo", "note": "generated for plumbing and teaching; no video behind it"},
    )


def _video(key: str, n_steps: int, places: np.ndarray, rng: np.random.Generator) -> Video:
    kinds, scenes = _storyboard(n_steps, rng)
    first_step = _cut(kinds, n_steps, rng)
    shot_of_step = np.repeat(np.arange(len(kinds)), np.diff(first_step, append=n_steps))
    features = _features(kinds, scenes, shot_of_step, places, rng)

    picks = np.arange(n_steps, dtype=np.int64) * _FRAMES_PER_STEP
    n_frames = int(picks[-1] + rng.integers(1, _FRAMES_PER_STEP + 1))
    # A cut falls anywhere between the last sampled frame of a shot and the first of the next.
    first_frame = first_step * _FRAMES_PER_STEP
    first_frame[1:] -= rng.integers(0, _FRAMES_PER_STEP, len(kinds) - 1)
    change_points = np.stack([first_frame, np.append(first_frame[1:], n_frames) - 1], axis=1)

    interest = _interest(kinds, change_points, n_frames, rng)
    user_scores = _rate(interest, rng)
    user_summary = np.stack([_choose(row, change_points) for row in interest])
    gtscore = ((user_scores[:, picks].mean(axis=0) - 1) / 4).astype(np.float32)
    votes = user_summary[:, picks].sum(axis=0)
    gtsummary = np.zeros(n_steps, dtype=np.float32)
    gtsummary[np.lexsort((-gtscore, -votes))[: int(_BUDGET * n_steps)]] = 1
    return Video(
        key,
        features,
        picks,
        n_frames,
        change_points,
        user_summary,
        user_scores,
        gtscore,
        gtsummary,
        f"demo {key[6:]}",
    )


def _storyboard(n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Kind and place of every shot, int64 [n_shots] each."""
    n_shots = max(8, round(n_steps / 11))
    n_views, n_events, n_static = (
        min(max(3, n_shots // 4), _PLACES),
        max(2, n_shots // 7),
        max(1, n_shots // 6),
    )
    rest = [_EVENT] * n_events + [_STATIC] * n_static
    rest += [_VIEW] * (n_views - 2) + [_RETURN] * (n_shots - n_views - n_events - n_static)
    kinds = np.array(
        [_VIEW, _VIEW, *rng.permutation(rest)]
    )  # two places first, so that there is one to return to
    unseen = list(rng.permutation(_PLACES))
    seen: list[int] = []
    scenes: list[int] = []
    for kind in kinds:
        if kind == _VIEW:
            seen.append(int(unseen.pop()))
            scenes.append(seen[-1])
        elif kind == _EVENT:
            scenes.append(scenes[-1])  # something happens where we are
        else:
            scenes.append(int(rng.choice([place for place in seen if place != scenes[-1]])))
    return kinds, np.array(scenes)


def _cut(kinds: np.ndarray, n_steps: int, rng: np.random.Generator) -> np.ndarray:
    """First step of every shot, int64 [n_shots]; every shot has at least 2 steps."""
    steps = np.where(kinds == _EVENT, rng.integers(2, 5, len(kinds)), 2)
    weights = _RELATIVE_LENGTH[kinds] * rng.uniform(0.6, 1.4, len(kinds))
    steps += rng.multinomial(n_steps - steps.sum(), weights / weights.sum())
    return np.concatenate([[0], np.cumsum(steps)[:-1]])


def _features(
    kinds: np.ndarray,
    scenes: np.ndarray,
    shot_of_step: np.ndarray,
    places: np.ndarray,
    rng: np.random.Generator,
) -> np.ndarray:
    """float32 [n_steps, 64]: the place, seen slightly otherwise in every shot, plus motion,
    clipped at 0.
    """
    shots = places[scenes] + rng.normal(0, 0.15, (len(kinds), _WIDTH))
    events = kinds == _EVENT
    shots[events] = 0.4 * shots[events] + 1.5 * rng.gamma(
        0.4, 1.0, (int(events.sum()), _WIDTH)
    )  # each unlike all else
    drift = np.zeros((len(shot_of_step), _WIDTH))
    noise = rng.normal(size=drift.shape)
    for t, shot in enumerate(shot_of_step):
        same = t > 0 and shot_of_step[t - 1] == shot
        drift[t] = (
            0.8 * drift[t - 1] + 0.6 * noise[t] if same else noise[t]
        )  # unit variance, continuous within a shot
    return np.maximum(shots[shot_of_step] + _MOTION[kinds][shot_of_step, None] * drift, 0).astype(
        np.float32
    )


def _interest(
    kinds: np.ndarray, change_points: np.ndarray, n_frames: int, rng: np.random.Generator
) -> np.ndarray:
    """float64 [users, n_frames]: taste plus each user's own noise per shot; a view pales as it
    lasts.
    """
    liking = (
        _LIKING[kinds] + rng.normal(0, 0.05, len(kinds)) + rng.normal(0, 0.10, (_USERS, len(kinds)))
    )
    interest = np.empty((_USERS, n_frames))
    for shot, (first, last) in enumerate(change_points):
        seconds = np.arange(last - first + 1) / (2 * _FRAMES_PER_STEP)
        interest[:, first : last + 1] = liking[:, shot, None] - 0.02 * seconds
    return interest


def _rate(interest: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Whole scores 1..5, float32 [users, n_frames], constant over pieces of two seconds."""
    starts = np.arange(0, interest.shape[1], _FRAMES_PER_RATING)
    sizes = np.diff(starts, append=interest.shape[1])
    pieces = np.add.reduceat(interest, starts, axis=1) / sizes + rng.normal(
        0, 0.08, (_USERS, len(starts))
    )
    return np.repeat(np.clip(np.round(1 + 4 * pieces), 1, 5), sizes, axis=1).astype(np.float32)


def _choose(interest: np.ndarray, change_points: np.ndarray) -> np.ndarray:
    """One user's summary, bool [n_frames]: the best-liked shots, at most four seconds of each, up
    to 15 % of the frames.
    """
    kept = np.zeros(len(interest), dtype=bool)
    left = int(_BUDGET * len(interest))
    for first, last in change_points[np.argsort(-interest[change_points[:, 0]], kind="stable")]:
        size = min(int(last - first + 1), 8 * _FRAMES_PER_STEP, left)
        kept[first : first + size] = True
        left -= size
    return kept
