import json

import numpy as np
import pytest

from tf_dictsum.report.scores_file import read_scores
from tf_dictsum.util.errors import UserError


def plain(scores):
    return {key: values.tolist() for key, values in scores.items()}


def write(path, value):
    path.write_text(json.dumps(value))
    return path


def change(key, value):
    return lambda scores: {**scores, key: value(scores.get(key))}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            change("video_2", lambda v: v[:-1]),
            r"bad.json: video_2: 59 scores, but the dataset has 60 sampled frames; give one score "
            r"per pick",
        ),
        (
            change("video_2", lambda v: [*v[:5], float("nan"), *v[6:]]),
            r"bad.json: video_2: entry 5 is nan; all scores must be finite",
        ),
        (
            change("video_2", lambda v: [*v[:5], float("inf"), *v[6:]]),
            r"bad.json: video_2: entry 5 is inf",
        ),
        (
            change("video_2", lambda v: [10**400, *v[1:]]),
            r"bad.json: video_2: entry 0 is 1000.*; all scores must be finite",
        ),
        (
            change("video_2", lambda v: [1e308, -1e308, *v[2:]]),
            r"bad.json: video_2: entry 0 is 1e\+308; .* beyond 3e\+38",
        ),
        (
            change("video_2", lambda v: "high"),
            r"bad.json: video_2: a JSON str, not a list of 60 numbers",
        ),
        (change("video_2", lambda v: [v]), r"bad.json: video_2: entry 0 is \[.*not a number"),
        (
            change("video_2", lambda v: [True, *v[1:]]),
            r"bad.json: video_2: entry 0 is True, not a number",
        ),
        (
            change("video_2", lambda v: [None, *v[1:]]),
            r"bad.json: video_2: entry 0 is None, not a number",
        ),
        (
            change("video_99", lambda v: [0.5]),
            r"bad.json: videos that small.h5 does not have: video_99\. .*`allow_missing`",
        ),
        (
            lambda s: {"video_2": s["video_2"]},
            r"bad.json: no scores for videos to evaluate: video_4, .*video_11\. .*`allow_missing`",
        ),
        (lambda s: list(s.values()), r"bad.json: a JSON list, not an object"),
    ],
)
def test_bad_scores(tmp_path, dataset, random_scores, spoil, message):
    path = write(tmp_path / "bad.json", spoil(plain(random_scores(dataset))))
    with pytest.raises(UserError, match=message):
        read_scores(path, dataset, set(dataset.videos))


def test_allow_missing_keeps_what_both_have(tmp_path, dataset, random_scores, caplog):
    scores = {"video_2": plain(random_scores(dataset))["video_2"], "video_99": [0.5]}
    path = write(tmp_path / "scores.json", scores)
    found = read_scores(path, dataset, set(dataset.videos), allow_missing=True)
    assert list(found) == ["video_2"]
    np.testing.assert_array_equal(found["video_2"], scores["video_2"])
    assert "video_99" in caplog.text
    assert "video_4, video_6" in caplog.text
    caplog.clear()
    read_scores(path, dataset, set(dataset.videos), allow_missing=True, quiet=True)
    assert not caplog.text
    path = write(tmp_path / "scores.json", {"video_99": [0.5]})
    with pytest.raises(
        UserError, match=r"no scores for any video to evaluate; expected keys such as video_11"
    ):
        read_scores(path, dataset, set(dataset.videos), allow_missing=True)
