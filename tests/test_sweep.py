"""python -m tf_dictsum.sweep: resumable, one bad job beside good ones, one table; mistakes are one
line.
"""

import json
import pathlib
import subprocess
import sys

import pytest

SMALL = [
    "--folds=2",
    "--epochs=1",
    "--pretrain_epochs=1",
    "--hidden_size=3",
    "--parallel_size=3",
    "--jit=off",
    "--threads=1",
]


def sweep(*flags):
    return subprocess.run(
        [sys.executable, "-m", "tf_dictsum.sweep", *flags],
        capture_output=True,
        text=True,
        timeout=500,
    )


@pytest.mark.slow
def test_a_sweep_goes_on_where_it_stopped_and_one_bad_job_stops_no_other(tmp_path, small_dataset):
    data = small_dataset(tmp_path / "small.h5")
    run, frozen, bad = (
        tmp_path / "run",
        tmp_path / "ablation_frozen.flags",
        tmp_path / "diverging.flags",
    )
    frozen.write_text("# A as drawn\n--dictionary=frozen\n--run_dir=elsewhere\n")
    bad.write_text("--learning_rate=1e38\n--clip=0\n--method=sum_gan_aae\n")
    flags = [
        f"--dataset={data}",
        f"--run_dir={run}",
        *SMALL,
        f"--variants={frozen},{bad}",
        "--reference=frozen",
    ]
    first = sweep(*flags, "--seeds=0")
    assert first.returncode == 1, first.stderr
    assert "diverging-split0-seed0: FAILED: " in first.stderr
    assert "training diverged" in first.stderr
    assert "4 of 6 jobs done" in first.stdout
    table = json.loads((run / "sweep.json").read_text())
    assert list(table["variants"]) == ["dictsum-sigma0.15-lambda1", "frozen"]
    assert table["reference"] == "frozen"
    assert len(table["failed"]) == 2
    assert (run / "sweep.md").read_text() + "\n" == first.stdout
    assert {p.name for p in (run / "hparams").iterdir()} == set(table["variants"])
    # dictsum and the frozen one have the same pretraining: done once per split.
    assert len(list((run / "parallel").glob("*.weights.h5"))) == 2
    same = [
        run / "jobs" / f"{v}-split0-seed0/split0-seed0/parallel.weights.h5"
        for v in ("dictsum-sigma0.15-lambda1", "frozen")
    ]
    assert same[0].read_bytes() == same[1].read_bytes()
    assert "--dictionary=frozen" in (run / "jobs/frozen-split0-seed0/config.flags").read_text()

    files = {
        p: p.stat().st_mtime_ns
        for p in (run / "jobs").rglob("history.json")
        if "diverging" not in str(p)
    }
    more = sweep(*flags, "--seeds=0,1", "--nogrid", f"--variants={frozen}", "--workers=2")
    assert more.returncode == 0, more.stderr
    assert "2 of 4 jobs are done; 2 to run in 2 processes" in more.stderr
    assert {p: p.stat().st_mtime_ns for p in files} == files  # nothing is trained twice
    shown = sweep(*flags, "--seeds=0,1", "--notrain")
    assert "6 of 12 jobs done" in shown.stdout
    assert "dictionary" in (run / "hparams" / "frozen").iterdir().__next__().read_bytes().decode(
        "latin-1"
    )


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["stray"], "unexpected argument 'stray'"),
        (["--methods=magic"], "no method named magic"),
        (["--dict_weights=1,x"], "--dict_weights=1,x: expected a list of float"),
        (["--variants=missing.flags"], "missing.flags"),
        (["--nogrid"], "--nogrid without --variants leaves nothing to run"),
        (
            ["--reference=nobody"],
            "--reference=nobody: no such variant; there are dictsum-sigma0.15-lambda1",
        ),
        (["--dataset=missing.h5"], "missing.h5: no such file"),
        (["--notrain"], "no job of this sweep is finished"),
    ],
)
def test_mistakes_are_one_line_and_status_2(tmp_path, flags, message):
    done = sweep(f"--run_dir={tmp_path / 'run'}", *flags)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout


def test_an_unknown_flag_in_a_variant_names_the_file(tmp_path):
    file = tmp_path / "own.flags"
    file.write_text("--lamda=3\n")
    done = sweep(f"--run_dir={tmp_path / 'run'}", f"--variants={file}")
    assert done.returncode == 2
    assert "own.flags" in done.stderr
    assert "lamda" in done.stderr
    assert not pathlib.Path(tmp_path / "run").exists()
