import dataclasses

import numpy as np
import pytest

from tf_dictsum.baselines.human import human_measures
from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.metrics.evaluation import VideoMeasures, VideoResult, evaluate_video
from tf_dictsum.metrics.fscore import f_scores
from tf_dictsum.metrics.protocols import PROTOCOLS, measures_of
from tf_dictsum.shots.selection import select_shots

VIDEO = demo_dataset().videos["video_2"]
SUMME_LIKE = dataclasses.replace(VIDEO, user_scores=None)
SCORES = np.random.default_rng(0).random(VIDEO.n_steps)


def test_every_measure_is_a_field_of_the_result():
    names = measures_of(PROTOCOLS)
    assert len(set(names)) == len(names)
    assert set(names) <= {f.name for f in dataclasses.fields(VideoResult)}


def test_all_protocols_of_a_summe_like_video():
    result = evaluate_video(SCORES, SUMME_LIKE, protocols=PROTOCOLS)
    assert all(type(getattr(result, name)) is float for name in measures_of(PROTOCOLS))
    assert result.summary_percent == pytest.approx(100 * result.summary_frames / VIDEO.n_frames)


def test_variants_b_and_c_are_for_videos_without_importance_scores():
    result = evaluate_video(SCORES, VIDEO, protocols=PROTOCOLS)
    assert result.kendall_tau is not None
    assert result.tau_summe_b is result.tau_summe_c is None


def test_only_what_was_asked_for():
    result = evaluate_video(SCORES, VIDEO, protocols=("single",))
    assert result.f_single is not None
    assert result.f_max is result.kendall_tau is result.representation_error is None
    assert result.selected_shots


def test_single_reference_is_the_knapsack_of_gtscore():
    reference = select_shots(VIDEO.gtscore, VIDEO).frames
    found = evaluate_video(SCORES, VIDEO, protocols=("single",)).f_single
    assert found == pytest.approx(
        f_scores(select_shots(SCORES, VIDEO).frames, reference[None])[2][0]
    )
    assert evaluate_video(
        VIDEO.gtscore, VIDEO, "knapsack", protocols=("single",)
    ).f_single == pytest.approx(100)


def test_people_on_every_protocol():
    found = human_measures(SUMME_LIKE, PROTOCOLS)
    users = VIDEO.user_summary
    reference = select_shots(VIDEO.gtscore, VIDEO).frames
    assert found["f_single"] == pytest.approx(
        np.mean([f_scores(user, reference[None])[2] for user in users])
    )
    from scipy import stats

    others = [np.delete(users, i, axis=0).mean(axis=0) for i in range(len(users))]
    at = VIDEO.picks
    expected = [
        stats.kendalltau(user[at], other[at]).statistic
        for user, other in zip(users, others, strict=True)
    ]
    assert found["tau_summe_b"] == pytest.approx(np.mean(expected))
    expected = [
        stats.spearmanr(user, other).statistic for user, other in zip(users, others, strict=True)
    ]
    assert found["rho_summe_c"] == pytest.approx(np.mean(expected))
    assert found["summary_percent"] == pytest.approx(100 * users.mean())
    assert not human_measures(
        dataclasses.replace(VIDEO, user_summary=users[:1], user_scores=None), PROTOCOLS
    )


def test_protocols_can_be_left_out_of_a_measurement():
    measures = VideoMeasures(SUMME_LIKE, protocols=PROTOCOLS)
    rows = SCORES[None]
    found = measures.measure(rows, measures.choose(rows), without=("rank", "summe_b"))
    assert not {"kendall_tau", "undefined", "tau_summe_b"} & found.keys()
    assert {"tau_summe_c", "f_max", "selected_steps"} <= found.keys()
