import dataclasses
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tf_dictsum.data.hdf5 import load_dataset
from tf_dictsum.footage.footage import Footage, regular_timeline
from tf_dictsum.metrics.representation import representation_error
from tf_dictsum.shots.selection import select_shots
from tf_dictsum.summary import selectors, summarizing
from tf_dictsum.summary.budget import Budget
from tf_dictsum.summary.selectors import Representative, Trained
from tf_dictsum.summary.summarizing import summarize
from tf_dictsum.util.errors import UserError
from tf_dictsum.video.info import Timeline

RECORD = {"network": "n", "layer": "l"}


def footage(lengths, fps=30.0, seed=0, repeats=(), noise=0.1, known=False, **more):
    """Shots of so many sampled frames each, at 2 per second; `repeats` maps a shot to the earlier
    one whose picture it shows.
    """
    rng = np.random.default_rng(seed)
    pictures = 5 * rng.standard_normal((len(lengths), 32))
    for later, earlier in dict(repeats).items():
        pictures[later] = pictures[earlier]
    rows = np.repeat(pictures, lengths, axis=0) + noise * rng.standard_normal((sum(lengths), 32))
    gap = round(fps / 2)
    n_frames = sum(lengths) * gap
    starts = (np.cumsum(lengths) - lengths) * gap
    shots = np.stack([starts, np.append(starts[1:], n_frames) - 1], axis=1) if known else None
    return Footage(
        "v.mp4",
        "v",
        64,
        36,
        regular_timeline(n_frames, fps),
        np.arange(0, n_frames, gap),
        rows.astype(np.float32),
        RECORD,
        shots,
        **more,
    )


def scored(values):
    return Trained(lambda features: np.asarray(values), "dictsum", "run", "Scored.")


def check(summary, budget_frames=None):
    """What must hold of every summary."""
    shots = summary.change_points
    np.testing.assert_array_equal(shots[1:, 0], shots[:-1, 1] + 1)
    assert (shots[0, 0], shots[-1, 1]) == (0, summary.n_frames - 1)
    assert summary.segments
    assert max(1, 0.97 * summary.budget - 1) <= summary.summary_frames <= summary.budget
    assert [s.start_frame for s in summary.segments] == sorted(
        {s.start_frame for s in summary.segments}
    )
    for segment in summary.segments:
        assert (
            shots[segment.shot, 0]
            <= segment.start_frame
            <= segment.end_frame
            <= shots[segment.shot, 1]
        )
        assert 0 <= segment.start < segment.end <= summary.duration + 1e-9
        assert 0 <= segment.score <= 1
    assert summary.key_frames
    assert [k.number for k in summary.key_frames] == list(range(1, len(summary.key_frames) + 1))
    assert [k.frame for k in summary.key_frames] == sorted({k.frame for k in summary.key_frames})
    for key in summary.key_frames:
        assert key.frame in summary.picks
        assert shots[key.shot, 0] <= key.frame <= shots[key.shot, 1]
        assert 0 <= key.score <= 1
    assert summary.fps * summary.duration == pytest.approx(summary.n_frames)
    assert ((summary.scores >= 0) & (summary.scores <= 1)).all()
    assert len(summary.scores) == len(summary.picks) == len(summary.pick_seconds)
    assert summary.shot_seconds.shape == shots.shape
    assert len(summary.shot_scores) == len(shots)


def test_every_picture_once():
    """Three pictures, two of them repeated, room for three shots: each picture is shown once."""
    video = footage([8, 8, 8, 8, 8, 60], repeats={2: 0, 3: 1, 5: 0})
    found = summarize(video, Representative(), Budget(seconds=12.5))
    check(found)
    pictures = {0: 0, 1: 1, 2: 0, 3: 1, 4: 4, 5: 0}
    shown = [pictures[min(int(k.frame // 15 // 8), 5)] for k in found.key_frames]
    assert sorted(shown) == [0, 1, 4]
    assert (found.method, found.rule, found.model, found.budget_text) == (
        "representative",
        "coverage",
        "",
        "12.5 s",
    )
    assert "without a trained model" in found.method_text
    assert found.extractor == RECORD


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=8),
    st.sampled_from([10.0, 24.0, 30.0, 120.0]),
    st.floats(0.01, 1.0),
    st.one_of(st.none(), st.integers(1, 60)),
    st.booleans(),
    st.integers(0, 99),
)
def test_what_holds_always(lengths, fps, ratio, count, trained, seed):
    video = footage(lengths, fps, seed)
    selector = (
        scored(np.random.default_rng(seed).random(sum(lengths))) if trained else Representative()
    )
    found = summarize(video, selector, Budget(ratio, key_frames=count))
    check(found)
    assert found.budget == max(int(video.n_frames * ratio), 1)
    if count:
        assert len(found.key_frames) == min(count, sum(lengths))


def test_a_trained_selectors_choice_is_the_fields(shared, monkeypatch):
    """On real films, with parts as long as the shots: the knapsack of the evaluation code."""
    monkeypatch.setattr(summarizing, "split_long_shots", lambda shots, *_: shots)
    for video in list(
        load_dataset(str(shared / "data" / "real_films_google_pool5.h5")).videos.values()
    )[2:5]:
        scores = np.random.default_rng(1).random(video.n_steps)
        line = regular_timeline(video.n_frames, 30.0)
        film = Footage("", "f", 0, 0, line, video.picks, video.features, {}, video.change_points)
        found = summarize(film, scored(scores), Budget(min_segment=0.0))
        bounds = [tuple(shot) for shot in found.change_points.tolist()]
        whole = [s.shot for s in found.segments if (s.start_frame, s.end_frame) in bounds]
        assert len(found.change_points) == len(video.change_points)
        assert tuple(whole) == select_shots(scores, video).selected_shots
        assert len(found.segments) <= len(whole) + 1  # and the best of one more


def test_key_frames_are_the_best_of_their_shots():
    video = footage([6, 6, 6, 6], known=True)
    scores = np.zeros(24)
    scores[[4, 13, 20]] = [0.9, 0.5, 0.8]
    found = summarize(video, scored(scores), Budget(0.5))
    check(found)
    assert [k.frame // 15 for k in found.key_frames] == [4, 20]
    assert [k.score for k in found.key_frames] == [0.9, 0.8]
    found = summarize(video, scored(scores), Budget(0.5, key_frames=3))
    assert [k.frame // 15 for k in found.key_frames] == [4, 13, 20]


def test_near_duplicates_are_left_out_unless_asked_for():
    video = footage([4, 4, 4, 4], repeats={1: 0, 2: 0}, noise=0.01, known=True)
    scores = np.repeat([0.9, 0.8, 0.7, 0.1], 4)
    found = summarize(video, scored(scores), Budget(0.76))
    assert len(found.segments) == 3
    assert len(found.key_frames) == 1
    found = summarize(video, scored(scores), Budget(0.76, key_frames=4))
    assert len(found.key_frames) == 4
    assert "2 of the 4 key frames nearly repeat another one" in found.warnings[-1]
    found = summarize(video, scored(scores), Budget(key_frames=40))
    assert len(found.key_frames) == 16
    assert "16 key frames instead of 40: the video has no more sampled frames." in found.warnings


def lengths_of(summary):
    return [round(s.duration, 6) for s in summary.segments]


@pytest.mark.parametrize("trained", [False, True])
@pytest.mark.parametrize(
    ("shots", "budget"),
    [
        ([10, 10, 10, 10], Budget(seconds=10)),  # 7.6 s of 20 before
        ([10, 10, 10, 10], Budget()),  # 2.1 s of 3 before
        ([9, 7, 12, 5, 8, 30], Budget(0.3)),
        ([5, 5], Budget(seconds=2.5)),
        ([4], Budget(0.9)),  # a video of two seconds
        ([240], Budget(seconds=7.3)),
    ],
)
def test_the_asked_length_is_filled(shots, budget, trained):
    """Whole shots, then the best part of others; never less than a second at once."""
    video = footage(shots, seed=len(shots))
    scores = np.random.default_rng(2).random(sum(shots))
    found = summarize(video, scored(scores) if trained else Representative(), budget)
    check(found)
    assert found.summary_frames >= 0.97 * found.budget
    assert min(lengths_of(found)) >= 1.0


def test_shorter_segments_only_where_the_video_forces_them():
    found = summarize(footage([4]), Representative(), Budget())  # 0.3 s of 2 s
    assert lengths_of(found) == [0.3]
    quick = footage([1] * 12, known=True)  # shots of half a second
    found = summarize(quick, Representative(), Budget(seconds=2))
    assert found.summary_frames == 60
    found = summarize(footage([2, 1, 2, 1, 2, 8], known=True), Representative(), Budget(seconds=3))
    assert min(lengths_of(found)) >= 1.0
    found = summarize(footage([20, 20]), Representative(), Budget(seconds=7, min_segment=3))
    assert min(lengths_of(found)) >= 3.0
    with pytest.raises(UserError, match=r"^min_segment=-1: must be 0 seconds or more"):
        Budget(min_segment=-1)


def test_the_trimmed_part_is_the_best_one():
    video = footage([20], known=True)
    scores = np.full(20, 0.2)
    scores[[12, 13]] = 0.9
    (segment,) = summarize(video, scored(scores), Budget(seconds=1)).segments
    assert (segment.start_frame, segment.end_frame) == (180, 209)
    (segment,) = summarize(video, scored(scores), Budget(seconds=2)).segments
    assert 150 <= segment.start_frame <= 180


@pytest.mark.parametrize("count", [None, 1, 4, 9])
def test_key_frames_lie_inside_the_clip(count):
    """Asked for by number they make the moments of the clip, as long as it has room for a second
    around each.
    """
    video = footage([8, 6, 12, 9, 20, 5], seed=3)
    for selector in (Representative(), scored(np.random.default_rng(0).random(60))):
        found = summarize(video, selector, Budget(seconds=9.5, key_frames=count))
        check(found)
        assert len(found.key_frames) == (count or len(found.key_frames))
        for key in found.key_frames:
            assert any(s.start_frame <= key.frame <= s.end_frame for s in found.segments)
        assert not any("outside" in text for text in found.warnings)


def test_more_key_frames_than_the_clip_has_room_for():
    found = summarize(footage([10] * 6), Representative(), Budget(seconds=3, key_frames=6))
    assert len(found.key_frames) == 6
    assert "3 of the 6 key frames lie outside the clip" in found.warnings[-1]


def test_several_moments_of_one_shot_are_numbered_by_it():
    found = summarize(footage([60], noise=1.0), Representative(), Budget(seconds=6))
    assert found.change_points.tolist() == [[0, 899]]
    assert {s.shot for s in found.segments} == {k.shot for k in found.key_frames} == {0}


def test_a_static_and_a_black_video():
    for rows in (np.ones((20, 8), np.float32), np.zeros((20, 8), np.float32)):
        video = Footage("v", "v", 9, 9, regular_timeline(300, 30), np.arange(0, 300, 15), rows, {})
        found = summarize(video, Representative(), Budget())
        check(found)
        assert len(found.key_frames) == 1
        assert not found.warnings
        assert len(summarize(video, Representative(), Budget(key_frames=3)).key_frames) == 3


def test_one_frame():
    video = Footage(
        "v",
        "v",
        9,
        9,
        Timeline(np.zeros(1, np.int64), Fraction(1, 90000)),
        np.array([0]),
        np.ones((1, 8), np.float32),
        {},
    )
    for selector in (Representative(), scored([0.0])):
        found = summarize(video, selector, Budget())
        check(found)
        assert (found.summary_frames, found.duration, found.fps) == (1, 0.04, 25.0)
        assert not found.warnings


def test_scores_of_zero_and_a_budget_below_every_shot():
    found = summarize(footage([6, 6], known=True), scored(np.zeros(12)), Budget())
    check(found)  # the knapsack of the field takes nothing here
    video = footage([5, 5, 5], known=True)
    found = summarize(video, scored(np.repeat([0.1, 0.9, 0.2], 5)), Budget(seconds=0.2))
    check(found)
    (segment,) = found.segments
    assert segment.n_frames == 6
    assert 75 <= segment.start_frame <= 144
    assert found.key_frames[0].frame in range(segment.start_frame, segment.end_frame + 1)
    assert not found.warnings


def test_a_variable_frame_rate_counts_in_time():
    """20 s at 30 frames a second, then 20 s at 5: the budget is time, whatever the number of
    frames.
    """
    ticks = np.concatenate(
        [np.arange(0, 20000, 1000 / 30), 20000 + np.arange(0, 20000, 200)]
    ).astype(np.int64)
    line = Timeline(ticks, Fraction(1, 1000))
    picks = np.searchsorted(ticks, np.arange(0, 40000, 500))
    rng = np.random.default_rng(0)
    rows = np.repeat(rng.standard_normal((8, 16)), 10, axis=0) + 0.01 * rng.standard_normal(
        (80, 16)
    )
    found = summarize(
        Footage("v", "v", 9, 9, line, picks, rows.astype(np.float32), {}),
        Representative(),
        Budget(seconds=10),
    )
    assert found.summary_duration == pytest.approx(10, abs=0.2)
    assert max(s.duration for s in found.segments) < 5.5  # whatever the number of frames
    for segment in found.segments:
        assert segment.start == line.seconds[segment.start_frame]
        assert segment.end == line.ends[segment.end_frame]
    assert found.budget_text == "10 s"


def test_known_shots_between_samples():
    video = footage([6, 6, 6])
    video = Footage(**{**vars(video), "change_points": np.array([[0, 95], [96, 99], [100, 269]])})
    for selector in (Representative(), scored(np.linspace(0, 1, 18))):
        found = summarize(video, selector, Budget(0.6))
        assert found.summary_frames <= found.budget


def test_a_model_that_gives_nonsense():
    video = footage([6, 6])
    with pytest.raises(
        UserError, match=r"^model=run: gives NaN or infinite scores for 12 sampled frames"
    ):
        summarize(video, scored([np.nan] * 12), Budget())
    with pytest.raises(UserError, match=r"^model=run: gives shape \(11,\) for 12 sampled frames"):
        summarize(video, scored([0.5] * 11), Budget())


def test_hours_of_video_do_not_need_a_huge_table(monkeypatch):
    monkeypatch.setattr(selectors, "_CELLS", 5000)
    lengths = [int(n) for n in np.random.default_rng(0).integers(2, 9, 40)]
    scores = np.random.default_rng(1).random(sum(lengths))
    found = summarize(footage(lengths, known=True), scored(scores), Budget())
    check(found)
    assert found.summary_frames > 0.8 * found.budget


def test_real_films_are_represented_better_than_by_chance(shared):
    for video in load_dataset(str(shared / "data" / "real_films_google_pool5.h5")).videos.values():
        film = Footage(
            "", "f", 0, 0, regular_timeline(video.n_frames, 30.0), video.picks, video.features, {}
        )
        found = summarize(film, Representative(), Budget(key_frames=8))
        check(found)
        ours = representation_error(
            video.features, np.isin(video.picks, [k.frame for k in found.key_frames])
        )
        rng = np.random.default_rng(0)
        chance = [
            representation_error(
                video.features,
                np.isin(np.arange(video.n_steps), rng.choice(video.n_steps, 8, False)),
            )
            for _ in range(20)
        ]
        assert ours < 0.9 * np.mean(chance)


@pytest.mark.parametrize("seed", range(5))
def test_uneven_timestamps_and_a_budget_of_everything(seed):
    """Rounding up the lengths of shots must not keep one of them out."""
    even = footage([6, 9, 4, 12, 7], known=True)
    rng = np.random.default_rng(seed)
    ticks = np.cumsum(rng.integers(20, 50, even.n_frames))
    timeline = Timeline(ticks - ticks[0], Fraction(1, 1000))
    uneven = dataclasses.replace(even, timeline=timeline)
    found = summarize(uneven, Representative(), Budget(ratio=1.0))
    assert found.summary_frames == found.n_frames
