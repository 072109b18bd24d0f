"""Curves of several systems over the people."""

import dataclasses

import numpy as np
import pytest

from tf_dictsum.report.plots import compare_scores
from tf_dictsum.report.score_plot import figure_pixels


def curves(figure):
    return {line.get_label(): line for line in figure.axes[0].lines}


def test_every_system_and_the_people_are_drawn(dataset):
    video = dataset.videos["video_4"]
    rising = np.linspace(3.0, 7.0, video.n_steps)
    figure = compare_scores(video, {"rising": rising, "flat": np.ones(video.n_steps)})
    lines = curves(figure)
    assert list(lines) == ["people, mean", "rising", "flat"]
    np.testing.assert_allclose(lines["rising"].get_ydata(), (rising - 3) / 4)
    assert set(lines["flat"].get_ydata()) == {0.5}
    low, high = video.user_scores.min(), video.user_scores.max()
    people = (video.user_scores[:, video.picks].mean(axis=0) - low) / (high - low)
    at_picks = lines["people, mean"].get_ydata()
    assert np.corrcoef(at_picks, people)[0, 1] == pytest.approx(1)
    assert lines["rising"].get_color() != lines["flat"].get_color()
    assert figure_pixels(figure).std() > 10


def test_a_video_without_annotations_and_shots(dataset):
    video = dataclasses.replace(
        dataset.videos["video_4"], user_summary=None, user_scores=None, change_points=None
    )
    assert list(curves(compare_scores(video, {"a": np.arange(video.n_steps)}))) == ["a"]


def test_scores_of_another_length(dataset):
    with pytest.raises(ValueError, match=r"video_4: mine: scores of shape \(3,\) for \d+ sampled"):
        compare_scores(dataset.videos["video_4"], {"mine": [0.1, 0.2, 0.3]})
