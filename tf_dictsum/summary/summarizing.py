"""From a video's features to its summary: shots, the choice among them, key frames."""

import dataclasses

import numpy as np

from tf_dictsum.footage.footage import Footage
from tf_dictsum.footage.shot_boundaries import shots_of
from tf_dictsum.shots.frames import frame_scores, shot_scores
from tf_dictsum.shots.parts import split_long_shots
from tf_dictsum.summary.budget import Budget
from tf_dictsum.summary.filling import Filling
from tf_dictsum.summary.key_frames import best_steps, without_repeats
from tf_dictsum.summary.quality import qualities
from tf_dictsum.summary.selectors import Candidates, Choice, Selector
from tf_dictsum.summary.summary import KeyFrame, Segment, VideoSummary

__all__ = ["LONGEST_PART", "summarize"]

LONGEST_PART = 5.0  # seconds; TVSum has one shot per 5 s (one per 150 frames), and a clip of a few such parts is watchable  # noqa: E501


@dataclasses.dataclass(frozen=True, eq=False)
class _Cut:
    """A video cut up.

    Attributes:
      shots: int64 [n_shots, 2], first and last frame of every shot.
      parts: int64 [n_parts, 2], the shots, long ones divided.
      clock: float64 [n_frames + 1], when every frame begins and the last one ends, in mean frames.
      budget: frames that the clip may have.
      least: mean frames that a segment should last.
    """

    shots: np.ndarray
    parts: np.ndarray
    clock: np.ndarray
    budget: int
    least: float


def summarize(footage: Footage, selector: Selector, budget: Budget) -> VideoSummary:
    """Chooses what stands for a video.

    Shots longer than `LONGEST_PART`, or than half of what the clip may have, are offered to the
    choice in parts. Whole parts come first; what is left of the budget goes to the best moments of
    further ones, and then to the frames around what is there already. Blank pictures, and shots
    that are too short to be watched, come in only when nothing else is left.
    Lengths are counted in time, in units of the mean frame, so that a variable frame rate changes
    nothing.
    """
    seconds, ends = footage.timeline.seconds, footage.ends
    duration = float(ends[-1])
    cut = _cut_up(footage, budget)
    quality = qualities(footage.looks, footage.picks, cut.shots)
    candidates = _candidates(footage, cut, quality)
    choice = selector.choose(candidates)
    per_frame = frame_scores(choice.scores, footage.picks, footage.n_frames)
    good = per_frame * frame_scores(quality, footage.picks, footage.n_frames)
    filling = Filling(cut.clock, cut.shots, good, cut.budget, cut.least)
    wanted = _wanted_steps(footage, selector, candidates, choice, budget)
    _fill(filling, footage, cut, candidates, choice, wanted if budget.key_frames else None)
    segments = tuple(
        Segment(
            int(np.searchsorted(cut.shots[:, 0], first, side="right")) - 1,
            first,
            last,
            float(seconds[first]),
            float(ends[last]),
            float(per_frame[first : last + 1].mean()),
        )
        for first, last in filling.ranges
    )
    steps, said = _key_steps(footage, quality * choice.scores, quality, segments, wanted, budget)
    shot_of = np.searchsorted(cut.shots[:, 0], footage.picks, side="right") - 1
    key_frames = tuple(
        KeyFrame(
            number,
            int(footage.picks[step]),
            float(seconds[footage.picks[step]]),
            int(shot_of[step]),
            float(choice.scores[step]),
        )
        for number, step in enumerate(steps, start=1)
    )
    return VideoSummary(
        video=footage.video,
        name=footage.name,
        fps=footage.n_frames / duration,
        n_frames=footage.n_frames,
        duration=duration,
        start_time=footage.timeline.start * float(footage.timeline.time_base),
        width=footage.width,
        height=footage.height,
        picks=footage.picks,
        pick_seconds=seconds[footage.picks],
        scores=choice.scores,
        change_points=cut.shots,
        shot_seconds=np.stack([seconds[cut.shots[:, 0]], ends[cut.shots[:, 1]]], axis=1),
        shot_scores=shot_scores(per_frame, cut.shots),
        segments=segments,
        key_frames=key_frames,
        budget=cut.budget,
        budget_text=str(budget),
        rule=selector.rule,
        method=selector.method,
        method_text=selector.text,
        model=selector.model,
        extractor=footage.extractor,
        warnings=(*footage.warnings, *said),
    )


def _cut_up(footage: Footage, budget: Budget) -> _Cut:
    duration = float(footage.ends[-1])
    fps = footage.n_frames / duration
    allowed = budget.frames(footage.n_frames, fps)
    edges = np.append(footage.timeline.seconds, duration)
    longest = min(LONGEST_PART, max(2 * budget.min_segment, allowed / fps / 2))
    shots = shots_of(footage)
    parts = split_long_shots(shots, footage.picks, edges, longest)
    clock = edges * fps
    even = np.arange(len(edges), dtype=np.float64)
    if np.abs(clock - even).max() < 0.05:  # timestamps are rounded too
        clock = even
    return _Cut(shots, parts, clock, allowed, min(budget.min_segment * fps, allowed))


def _candidates(footage: Footage, cut: _Cut, quality: np.ndarray) -> Candidates:
    # Boundaries may lie between samples: a part without one borrows the sample before it, as its
    # score does.
    steps = [_steps_of(footage.picks, first, last) for first, last in cut.parts.tolist()]
    lengths = cut.clock[cut.parts[:, 1] + 1] - cut.clock[cut.parts[:, 0]]
    costs, room = _costs(lengths, cut.budget)
    sampled = np.array(
        [
            first <= footage.picks[own[-1]] <= last
            for own, (first, last) in zip(steps, cut.parts.tolist(), strict=True)
        ]
    )
    good = np.array([(quality[own] > 0).mean() >= 0.5 for own in steps])
    long = lengths >= cut.least - 0.5  # to the frame
    choices = (sampled & good & long, sampled & good, sampled & long, sampled)
    eligible = next(choice for choice in choices if choice.any())

    def means(scores: np.ndarray) -> np.ndarray:
        return shot_scores(frame_scores(scores, footage.picks, footage.n_frames), cut.parts)

    return Candidates(footage.features, steps, costs, room, means, eligible, quality)


def _costs(lengths: np.ndarray, allowed: int) -> tuple[list[int], int]:
    """Lengths (in mean frames) and what they may be together, as whole numbers: frames at a
    constant rate, else hundredths of a mean frame, rounded up. Rounding never keeps a part out of a
    budget that holds them all."""
    frames = np.round(lengths)
    if np.abs(lengths - frames).max() < 1e-9:
        return [max(int(n), 1) for n in frames], allowed
    costs = [max(int(np.ceil(100 * n - 1e-6)), 1) for n in lengths]
    return costs, sum(costs) if lengths.sum() <= allowed + 1e-6 else 100 * allowed


def _steps_of(picks: np.ndarray, first: int, last: int) -> np.ndarray:
    low, high = np.searchsorted(picks, [first, last + 1])
    return np.arange(low, high) if high > low else np.array([max(low - 1, 0)])


def _wanted_steps(
    footage: Footage, selector: Selector, candidates: Candidates, choice: Choice, budget: Budget
) -> tuple[list[int], int]:
    """The key frames of the whole video that are asked for, most wanted first, and how many of
    them are repeats.
    """
    if budget.key_frames is None:
        return [], 0
    order = selector.rank(candidates, choice, budget.key_frames)
    good = [step for step in order if candidates.quality[step] > 0]
    if len(good) >= budget.key_frames:
        order = good
    steps, repeats = without_repeats(footage.features, order, budget.key_frames, fill=True)
    place = {step: number for number, step in enumerate(order)}
    return sorted(steps, key=place.__getitem__), repeats


def _fill(
    filling: Filling,
    footage: Footage,
    cut: _Cut,
    candidates: Candidates,
    choice: Choice,
    wanted: tuple[list[int], int] | None,
) -> None:
    """Takes frames until the budget is used."""
    worth = choice.scores * candidates.quality + 1e-9 * candidates.quality

    def take(part: int, least: float | None = None) -> bool:
        first, last = cut.parts[part].tolist()
        own = candidates.steps[part]
        inside = own[(footage.picks[own] >= first) & (footage.picks[own] <= last)]
        at = int(footage.picks[inside[np.argmax(worth[inside])]]) if len(inside) else first
        return filling.take_best(first, last, at, least=least)

    if wanted is not None:  # a moment around every key frame, as many as are long enough
        steps, _ = wanted
        each = max(filling.least, cut.budget / len(steps))
        for step in steps:
            frame = int(footage.picks[step])
            shot = int(np.searchsorted(cut.shots[:, 0], frame, side="right")) - 1
            first, last = cut.shots[shot].tolist()
            if not (filling.has_room and filling.take_best(first, last, frame, each)):
                filling.reach(first, last, frame)
        filling.extend()
    else:
        for part in choice.parts:
            filling.take(*cut.parts[part].tolist())
    order = [int(p) for p in np.argsort(-choice.worth, kind="stable")]
    rest = [part for part in order if candidates.eligible[part]]
    for part in rest:
        if filling.has_room:
            take(part)
    filling.extend()
    for part in rest:
        if filling.is_full:
            break
        if filling.make_room(filling.least):
            take(part)
    # What is left could not be avoided: short shots, then blank ones.
    blank = np.array([(candidates.quality[own] > 0).mean() < 0.5 for own in candidates.steps])
    for part in [*(p for p in order if not blank[p]), *(p for p in order if blank[p])]:
        if filling.is_full:
            break
        take(part, 0.0)
    filling.extend()


def _key_steps(
    footage: Footage,
    worth: np.ndarray,
    quality: np.ndarray,
    segments: tuple[Segment, ...],
    wanted: tuple[list[int], int],
    budget: Budget,
) -> tuple[list[int], list[str]]:
    """Steps of the key frames in order of time, and what there is to say about them."""
    if budget.key_frames is None:
        groups = []
        for segment in segments:
            low, high = np.searchsorted(footage.picks, [segment.start_frame, segment.end_frame + 1])
            own = np.arange(low, high)
            groups.append(own[quality[own] > 0] if (quality[own] > 0).any() else own)
        order = best_steps(worth + 1e-9 * quality, groups)
        order.sort(key=lambda step: -worth[step])
        good = [step for step in order if quality[step] > 0] or order[:1]
        return without_repeats(footage.features, good, len(good), fill=False)[0], []
    steps, repeats = wanted
    said = []
    if len(steps) < budget.key_frames:
        said.append(
            f"{len(steps)} key frames instead of {budget.key_frames}: the video has no more "
            "sampled frames."
        )
    if repeats:
        said.append(
            f"{repeats} of the {len(steps)} key frames nearly repeat another one: the video has no "
            "more different pictures."
        )
    frames = footage.picks[steps]
    outside = sum(not any(s.start_frame <= f <= s.end_frame for s in segments) for f in frames)
    if outside:
        said.append(
            f"{outside} of the {len(steps)} key frames lie outside the clip, which is too short "
            "for a moment around each."
        )
    return sorted(steps), said
