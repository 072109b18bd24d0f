"""The table of a sweep, from histories worked out by hand."""

import json
import pathlib
from typing import Any

import pytest

from tf_dictsum.data.demo import demo_dataset
from tf_dictsum.data.splits import make_folds
from tf_dictsum.sweeps.grid import Job, jobs_of, variants_of
from tf_dictsum.sweeps.summary import summarize
from tf_dictsum.sweeps.work import finished, write_outcome
from tf_dictsum.training.config import RunConfig
from tf_dictsum.util.files import write_json

DEMO = demo_dataset()
SPLITS = dict(enumerate(make_folds(list(DEMO.videos), 2, 0)))
BASE = RunConfig(seeds=(0, 1, 2, 3, 4), epochs=2, folds=2)
VARIANTS = variants_of(BASE, ("sum_gan_aae", "dictsum"))


def write(job: Job, error: float) -> None:
    video = {
        "f_max": 20.0 + job.seed,
        "representation_error": error,
        "selected_steps": 9.0,
        "selected_shots": 4.0,
    }
    records = [
        {
            "epoch": e,
            "losses": {"selector_total": 1.0 / (e + 1)} if e else {},
            "videos": {"video_1": video},
            "mean": {},
        }
        for e in range(3)
    ]
    write_json(job.history, records)


@pytest.fixture
def jobs(tmp_path: pathlib.Path) -> list[Job]:
    made = jobs_of(VARIANTS, SPLITS, tmp_path)
    for job in made:
        write(
            job,
            (4.0 if job.config.method.method == "sum_gan_aae" else 1.0)
            + job.seed / 100
            + job.split,
        )
    return made


def test_rows_tests_and_words(jobs: list[Job]):
    failed = {"dictsum-sigma0.15-lambda1-split1-seed4": "out of memory"}
    done = [job for job in jobs if job.name not in failed]
    report = summarize(VARIANTS, done, len(jobs), DEMO, SPLITS, "sum_gan_aae-sigma0.15", failed)
    found: Any = report.to_dict()
    json.dumps(found, allow_nan=False)
    ours = found["variants"]["dictsum-sigma0.15-lambda1"]
    assert (len(ours["runs"]), found["jobs"]) == (9, {"done": 19, "total": 20})
    tests = {
        (c["against"], c["column"]): c
        for c in ours["comparisons"]
        if c["metric"] == "representation_error"
    }
    against = tests["sum_gan_aae-sigma0.15", "selected"]
    assert against["p"] < 0.001
    assert against["difference"] == pytest.approx(
        -3.0, abs=0.02
    )  # the seed that lacks a split is left out
    assert "is better than sum_gan_aae-sigma0.15" in against["verdict"]
    assert all(
        c["against"] == "random" for c in found["variants"]["sum_gan_aae-sigma0.15"]["comparisons"]
    )
    page = report.to_markdown()
    assert "19 of 20 jobs done" in page
    assert "- dictsum-sigma0.15-lambda1-split1-seed4: out of memory" in page
    rows = {line.split("|")[1].strip(): line for line in page.splitlines() if line.startswith("|")}
    assert {
        "random (200 draws)",
        "constant",
        "ending",
        "middle",
        "greedy shots",
        "human (leave one out)",
        "k-medoids",
        "random, best of as many (200 draws)",
    } <= rows.keys()
    assert "p against sum_gan_aae-sigma0.15" in page
    assert "GENERATED" in page


def test_a_job_counts_as_finished_only_with_these_flags_and_these_videos(jobs: list[Job]):
    job = jobs[0]
    assert not finished(job, DEMO)
    write_outcome(job, DEMO, "it broke", 1.0)
    assert not finished(job, DEMO)
    write_outcome(job, DEMO, None, 1.0)
    assert finished(job, DEMO)
    import dataclasses

    method: Any = job.config.method
    for change in (
        {"epochs": 3},
        {"method": dataclasses.replace(method, sigma=0.2)},
        {"method": dataclasses.replace(method, recon_weight=0.5)},
    ):
        assert not finished(
            dataclasses.replace(job, config=dataclasses.replace(job.config, **change)), DEMO
        )
    assert finished(
        dataclasses.replace(job, config=dataclasses.replace(job.config, progress=True)), DEMO
    )
    videos = dict(DEMO.videos)
    first = next(iter(videos))
    features = DEMO.videos[first].features
    assert features is not None
    videos[first] = dataclasses.replace(videos[first], features=features + 1)
    assert not finished(job, dataclasses.replace(DEMO, videos=videos))
    videos[first] = dataclasses.replace(DEMO.videos[first], gtscore=None)
    assert not finished(job, dataclasses.replace(DEMO, videos=videos))
