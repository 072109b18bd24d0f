"""The picture of a video's scores."""

import dataclasses

import numpy as np
import pytest

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.video import Video
from tf_dictsum.report.score_plot import figure_pixels, score_figure, score_image
from tf_dictsum.shots.selection import select_shots

VIDEO = demo_dataset().videos["video_2"]
SCORES = np.linspace(0.2, 0.8, VIDEO.n_steps)
GREEN = np.array([193, 226, 200])  # the span's colour on white


def green_columns(image: np.ndarray) -> np.ndarray:
    """bool [width]: where the shade of a chosen shot is seen under the upper edge of the plot."""
    return (np.abs(image[40].astype(int) - GREEN) < 12).all(axis=1)


def test_size_and_type():
    image = score_image(SCORES, VIDEO, select_shots(SCORES, VIDEO), "video_2")
    assert image.shape == (280, 900, 3)
    assert image.dtype == np.uint8


def test_chosen_shots_are_shaded_where_they_are():
    summary = select_shots(SCORES, VIDEO)
    image = score_image(SCORES, dataclasses.replace(VIDEO, gtscore=None), summary, "")
    left, right = 0.065 * 900, 0.985 * 900
    frames = np.clip(
        ((np.arange(900) + 0.5 - left) / (right - left) * (VIDEO.n_frames - 1)).astype(int),
        0,
        VIDEO.n_frames - 1,
    )
    inside = (np.arange(900) > left + 2) & (np.arange(900) < right - 2)
    wanted = summary.frames[frames]
    assert (green_columns(image) == wanted)[inside].mean() > 0.97
    assert not green_columns(score_image(SCORES, VIDEO, None, "")).any()


@pytest.mark.parametrize(
    "scores", [np.full(VIDEO.n_steps, 0.5), np.zeros(VIDEO.n_steps), np.arange(VIDEO.n_steps) % 2]
)
def test_flat_and_extreme_scores(scores: np.ndarray):
    assert score_image(scores, VIDEO, select_shots(scores, VIDEO), "flat").std() > 10


def test_flat_human_importance_and_no_annotations():
    flat = dataclasses.replace(VIDEO, gtscore=np.full(VIDEO.n_steps, 0.3, np.float32))
    assert (score_image(SCORES, flat, None, "a") != score_image(SCORES, VIDEO, None, "a")).any()
    bare = Video("video_1", None, np.array([0]), 1)
    assert score_image([0.5], bare, None, "one frame").shape == (280, 900, 3)


def test_title_may_hold_anything():
    title = "$x_{ and a very long title of a film 日本 " * 3
    score_image(SCORES, VIDEO, None, title.replace("日本", "é"))


def test_same_picture_twice_and_no_pyplot_figures():
    import matplotlib.pyplot as plt

    first, second = (score_image(SCORES, VIDEO, None, "t") for _ in range(2))
    assert (first == second).all()
    assert plt.get_fignums() == []


def test_wrong_number_of_scores():
    with pytest.raises(ValueError, match=r"video_2.*60"):
        score_image(SCORES[:-1], VIDEO, None, "")


def test_the_figure_is_one_of_matplotlib_and_the_image_is_what_it_looks_like():
    summary = select_shots(SCORES, VIDEO)
    figure = score_figure(SCORES, VIDEO, summary, "video_2")
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert lines["score"].get_xdata().tolist() == VIDEO.picks.tolist()
    assert lines["score"].get_ydata().tolist() == SCORES.tolist()
    assert (figure_pixels(figure) == score_image(SCORES, VIDEO, summary, "video_2")).all()
