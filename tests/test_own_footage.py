"""The whole way with somebody's own videos, as commands: features, training, export, serving, and
summaries by each form of model.
"""

import csv
import json
import os
import pathlib
import subprocess
import sys

import clips
import numpy as np
import pytest
from serving_harness import EmbeddedServer

from tf_dictsum.data.hdf5 import load_dataset

ROOT = pathlib.Path(__file__).parents[1]
SMALL = [
    "--hidden_size=8",
    "--parallel_size=8",
    "--epochs=2",
    "--pretrain_epochs=1",
    "--noprogress",
]


@pytest.fixture
def run(tmp_path):
    """Runs a command in `tmp_path`, which must succeed; gives its stdout."""

    def command(module, *arguments):
        environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "XDG_CACHE_HOME": str(tmp_path / "cache"),
        }
        line = [sys.executable, "-m", f"tf_dictsum.{module}", *map(str, arguments)]
        found = subprocess.run(
            line, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
        )
        assert found.returncode == 0, found.stderr
        return found.stdout

    return command


@pytest.fixture
def films(tmp_path):
    """A folder of two videos with cuts, of different sizes and frame rates, one of them with
    sound.
    """
    folder = tmp_path / "my films"
    folder.mkdir()

    def picture(number, width, height):
        return clips.picture(20 * (number // 50), width, height)

    clips.write_clip(folder / "first ü.mp4", frames=250, fps=25, make=picture, audio=1)
    clips.write_clip(folder / "second.mkv", frames=300, fps=30, width=128, height=96, make=picture)
    return folder


@pytest.mark.slow
def test_from_videos_to_summaries(run, films, weights_file, tmp_path):
    said = run("features", films, "--out=films.h5", f"--weights={weights_file}")
    assert said.splitlines()[-1] == "films.h5: 2 videos"
    videos = load_dataset(str(tmp_path / "films.h5")).videos
    run(
        "train",
        f"--flagfile={ROOT / 'configs' / 'films.flags'}",
        "--dataset=films.h5",
        "--run_dir=runs/films",
        *SMALL,
    )
    trained = json.loads((tmp_path / "runs/films/split0-seed0/scores/epoch-002.json").read_text())
    exported = run(
        "export", "--run_dir=runs/films/split0-seed0", "--export_dir=models/dictsum"
    ).strip()
    assert exported == "models/dictsum/1"
    with EmbeddedServer(
        "--model_name=dictsum", f"--model_base_path={tmp_path / 'models' / 'dictsum'}"
    ) as server:
        forms = {
            "run": "runs/films/split0-seed0",
            "export": "models/dictsum",
            "server": f"grpc://{server.address}/dictsum",
        }
        for form, model in forms.items():
            outputs = "json,csv,keyframes,mp4,html" if form == "server" else "json,csv"
            said = run(
                "summarize",
                films,
                f"--model={model}",
                f"--weights={weights_file}",
                f"--out={form}",
                f"--outputs={outputs}",
                "--ratio=0.5",
            )
            assert [line.partition(":")[0] for line in said.splitlines()] == ["first ü", "second"]
    # The same footage through every door: what training wrote down as the scores of the last epoch.
    for key, video in videos.items():
        for form, model in forms.items():
            folder = tmp_path / form / video.name
            summary = json.loads((folder / f"{video.name}-summary.json").read_text())
            np.testing.assert_allclose(summary["scores"], trained[key], atol=2e-5, err_msg=form)
            assert summary["picks"] == video.picks.tolist()
            assert summary["model"].startswith(model)
            assert summary["rule"] == "knapsack"
            assert summary["extractor"]["network"] == "bvlc_googlenet"
            assert "Scored by a trained selector" in summary["method_text"]
            assert 0 < summary["summary_frames"] <= summary["budget"] <= video.n_frames // 2
            with open(folder / f"{video.name}-summary.csv", newline="") as table:
                rows = list(csv.DictReader(table))
            assert [int(row["start_frame"]) for row in rows] == [
                part["start_frame"] for part in summary["segments"]
            ]
            assert {row["model"] for row in rows} == {summary["model"]}
        kinds = {
            path.suffix
            for path in (tmp_path / "server" / video.name).iterdir()
            if not path.name.startswith(".")
        }
        assert kinds == {".json", ".csv", ".jpg", ".mp4", ".html"}
    assert (tmp_path / "server" / "index.html").is_file()
