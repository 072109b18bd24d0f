"""From a video's features to its summary: shots, the choice among them, key frames."""

import numpy as np

from tf_dictsum.footage.footage import Footage
from tf_dictsum.footage.shot_boundaries import shots_of
from tf_dictsum.shots.frames import frame_scores, shot_scores
from tf_dictsum.shots.parts import split_long_shots
from tf_dictsum.summary.budget import Budget
from tf_dictsum.summary.key_frames import best_steps, without_repeats
from tf_dictsum.summary.selectors import Choice, Selector
from tf_dictsum.summary.summary import KeyFrame, Segment, VideoSummary

__all__ = ["LONGEST_PART", "summarize"]

LONGEST_PART = 5.0  # seconds; TVSum has one shot per 5 s (one per 150 frames), and a clip of a few such parts is watchable
SHORTEST_PART = 1.0  # of short videos, whose whole budget is a few seconds


def summarize(footage: Footage, selector: Selector, budget: Budget) -> VideoSummary:
    """Chooses what stands for a video.

    Shots longer than `LONGEST_PART`, or than half of what the clip may have, are offered to the choice in parts. Lengths are
    counted in time, in units of the mean frame, so that a variable frame rate changes nothing; at a constant one they are
    numbers of frames.
    """
    seconds, ends = footage.timeline.seconds, footage.ends
    duration = float(ends[-1])
    fps = footage.n_frames / duration
    whole = shots_of(footage)
    allowed = budget.frames(footage.n_frames, fps)
    longest = min(LONGEST_PART, max(SHORTEST_PART, allowed / fps / 2))
    shots = split_long_shots(whole, footage.picks, np.append(seconds, duration), longest)
    # Known boundaries may lie between samples: a shot without one borrows the sample before it, as its score does.
    steps = [_steps_of(footage.picks, first, last) for first, last in shots.tolist()]
    costs, room = _costs(
        np.array([ends[last] - seconds[first] for first, last in shots.tolist()]) * fps, allowed
    )

    def means(scores: np.ndarray) -> np.ndarray:
        return shot_scores(frame_scores(scores, footage.picks, footage.n_frames), shots)

    choice = selector.choose(footage.features, steps, costs, room, means)
    per_frame = frame_scores(choice.scores, footage.picks, footage.n_frames)
    segments, warnings = _segments(shots, choice, per_frame, footage, allowed)
    picked, said = _key_steps(footage, selector, choice, steps, segments, budget)
    shot_of = np.searchsorted(shots[:, 0], footage.picks, side="right") - 1
    key_frames = tuple(
        KeyFrame(
            n,
            int(footage.picks[k]),
            float(seconds[footage.picks[k]]),
            int(shot_of[k]),
            float(choice.scores[k]),
        )
        for n, k in enumerate(picked, start=1)
    )
    return VideoSummary(
        video=footage.video,
        name=footage.name,
        fps=fps,
        n_frames=footage.n_frames,
        duration=duration,
        start_time=footage.timeline.start * float(footage.timeline.time_base),
        width=footage.width,
        height=footage.height,
        picks=footage.picks,
        pick_seconds=seconds[footage.picks],
        scores=choice.scores,
        change_points=shots,
        shot_seconds=np.stack([seconds[shots[:, 0]], ends[shots[:, 1]]], axis=1),
        shot_scores=shot_scores(per_frame, shots),
        segments=segments,
        key_frames=key_frames,
        budget=allowed,
        budget_text=str(budget),
        rule=selector.rule,
        method=selector.method,
        method_text=selector.text,
        model=selector.model,
        extractor=footage.extractor,
        warnings=(*footage.warnings, *warnings, *said),
    )


def _costs(lengths: np.ndarray, allowed: int) -> tuple[list[int], int]:
    """Lengths of the shots (in mean frames) and what they may be together, as whole numbers: frames at a constant rate, else
    hundredths of a mean frame, rounded up. Rounding never keeps a shot out of a budget that holds them all."""
    frames = np.round(lengths)
    if np.abs(lengths - frames).max() < 0.05:  # timestamps are rounded too
        return [max(int(n), 1) for n in frames], allowed
    costs = [max(int(np.ceil(100 * n - 1e-6)), 1) for n in lengths]
    return costs, sum(costs) if lengths.sum() <= allowed + 1e-6 else 100 * allowed


def _steps_of(picks: np.ndarray, first: int, last: int) -> np.ndarray:
    low, high = np.searchsorted(picks, [first, last + 1])
    return np.arange(low, high) if high > low else np.array([max(low - 1, 0)])


def _segments(
    shots: np.ndarray, choice: Choice, per_frame: np.ndarray, footage: Footage, allowed: int
) -> tuple[tuple[Segment, ...], list[str]]:
    """The chosen shots; where not even the shortest fits the budget, the middle of the best one."""
    seconds, ends = footage.timeline.seconds, footage.ends
    pairs = [(shot, *shots[shot].tolist()) for shot in choice.shots]
    warnings = []
    if not pairs:
        best = int(np.argmax(shot_scores(per_frame, shots)))
        first, last = shots[best].tolist()
        spare = max(last - first + 1 - allowed, 0) // 2
        pairs = [(best, first + spare, min(first + spare + allowed - 1, last))]
        if footage.n_frames > 1:
            warnings.append(
                f"No shot is as short as the {allowed} frame{'s' * (allowed > 1)} allowed: the clip is the middle of the best one."
            )
    return tuple(
        Segment(
            shot,
            first,
            last,
            float(seconds[first]),
            float(ends[last]),
            float(per_frame[first : last + 1].mean()),
        )
        for shot, first, last in pairs
    ), warnings


def _key_steps(
    footage: Footage,
    selector: Selector,
    choice: Choice,
    steps: list[np.ndarray],
    segments: tuple[Segment, ...],
    budget: Budget,
) -> tuple[list[int], list[str]]:
    if budget.key_frames is None:
        order = best_steps(choice.scores, [steps[segment.shot] for segment in segments])
        order.sort(key=lambda step: -choice.scores[step])
        return without_repeats(footage.features, order, len(order), fill=False)[0], []
    wanted = budget.key_frames
    order = selector.rank(footage.features, choice, steps, wanted)
    found, repeats = without_repeats(footage.features, order, wanted, fill=True)
    said = []
    if len(found) < wanted:
        said.append(
            f"{len(found)} key frames instead of {wanted}: the video has no more sampled frames."
        )
    if repeats:
        said.append(
            f"{repeats} of the {len(found)} key frames nearly repeat another one: the video has no more different pictures."
        )
    return found, said
